//! Messages of a status document. Their sentences stand in words/status.rs.

use crate::{error::Error, fal::submit::Unclear};

/// The message of a status document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'a> {
    /// A photo is being prepared.
    Photo {
        /// Number of the photo, counted from 1.
        number: usize,
        /// Number of all photos.
        of: usize,
    },
    /// The photos are being prepared.
    Preparing,
    /// The archive, or a model's file, is on its way to fal.
    Uploading,
    /// The order is being placed.
    Submitting,
    /// fal may have taken the order.
    Unclear(&'a Unclear),
    /// fal has not begun.
    Queued {
        /// Number of requests before this one, when fal says so.
        ahead: Option<u64>,
    },
    /// fal works.
    Running {
        /// Progress in percent, when fal gives one.
        percent: Option<u8>,
    },
    /// fal has ended its work.
    Ended,
    /// The files that fal made are being fetched.
    Keeping,
    /// Every file is kept.
    Done,
    /// The order ended without a result.
    Failed(&'a Error),
    /// The order was called off.
    Cancelled,
    /// The last step failed, and is tried again.
    TriedAgain(&'a Error),
    /// fal has been asked to stop.
    Stopping,
}
