//! The end of a JPEG's picture, and the check that nothing of the picture is missing.
//!
//! Most files mark the end: EOI follows the last scan. Some phones leave EOI out, and put a film or notes of their
//! own behind the picture. Their files are whole nevertheless. A walk through the coded data (see [`super::walk`])
//! tells them from files that are cut off: every unit of every scan must be there, and the scans must bring every
//! coefficient of every component to its last bit.

use std::borrow::Cow;

use likeness_jpeg::marker::{DNL, EOI, SOF0, SOF2, SOI, SOS, Segments};

use super::{
    frame::{Frame, MAX_SCANS, Scan},
    precision::Precision,
    problem::{DAMAGED, TRUNCATED, problem},
    walk,
};
use crate::photo::{PhotoProblem, Unsupported, bytes::be16};

/// The end of the picture in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The offset behind EOI. The decoder checks that the units before are complete.
    Marked(usize),
    /// The offset behind the last unit, without EOI.
    Unmarked(usize),
}

impl End {
    /// Finds the picture's end. Bytes behind the picture do not matter.
    ///
    /// A decoder could do without EOI. But then nothing except the scans' headers would tell a whole progressive
    /// picture from one whose last scans are missing, and which is blurred. The headers are therefore read even
    /// where there is EOI.
    pub(super) fn find(bytes: &[u8]) -> Result<Self, PhotoProblem> {
        let mut segments = Segments::of(bytes).map_err(problem)?;
        let mut read: Option<(Frame, Precision)> = None;
        let mut scans = 0;
        loop {
            let segment = segments.read().map_err(problem)?;
            match (segment.marker, &mut read) {
                (SOF0..=SOF2, None) => {
                    let frame = Frame::read(segment.marker, segment.parameters)?;
                    read = Some((frame.clone(), Precision::before(&frame)));
                }
                (SOS, Some((frame, precision))) => {
                    scans += 1;
                    if scans > MAX_SCANS {
                        return Err(PhotoProblem::TooManyScans { max: MAX_SCANS });
                    }
                    precision.refine(&Scan::read(segment.parameters, frame)?);
                    segments.skip_scan();
                    if !precision.is_full() {
                        continue;
                    }
                    if segments.marker_here() == Some(DNL) {
                        check_height(segments.read().map_err(problem)?.parameters, frame)?;
                    }
                    if segments.marker_here() == Some(EOI) {
                        segments.read().map_err(problem)?;
                        return Ok(Self::Marked(segments.at));
                    }
                    return walk::end_of_picture(bytes).map(Self::Unmarked);
                }
                (DNL, Some((frame, _))) => check_height(segment.parameters, frame)?,
                // Another picture begins before the end of this one.
                (EOI | SOI, _) => return Err(TRUNCATED),
                (SOF0..=SOF2 | SOS, _) => return Err(DAMAGED),
                _ => {}
            }
        }
    }

    /// Returns the file up to the picture's end. A decoder that expects more scans needs an EOI: if there is none,
    /// the result is a copy of the file with one added.
    pub(super) fn picture(self, bytes: &[u8], one_scan: bool) -> Cow<'_, [u8]> {
        match self {
            Self::Unmarked(end) if !one_scan => {
                Cow::Owned([bytes.get(..end).unwrap_or(bytes), &[0xff, EOI]].concat())
            }
            Self::Marked(end) | Self::Unmarked(end) => Cow::Borrowed(bytes.get(..end).unwrap_or(bytes)),
        }
    }
}

/// Checks the height that DNL tells behind the first scan (B.2.5). No decoder of photos reads DNL, and none needs
/// to where it repeats the frame header.
fn check_height(body: &[u8], frame: &Frame) -> Result<(), PhotoProblem> {
    if be16(body, 0).map(u32::from) == Some(frame.height) {
        return Ok(());
    }
    Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::LateHeightJpeg })
}
