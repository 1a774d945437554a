//! Limits on what is kept, and the order of forgetting: bytes of uploads, in files of the shell's; uploads;
//! requests that are over.
//!
//! The simulator does no IO. It names the files that the shell keeps, and says which of them are not needed any
//! more.

use std::collections::BTreeSet;

use super::{
    Keeping, Simulator,
    delivery::Delivery,
    job::{Job, Phase},
    upload::Upload,
};
use crate::time::Timestamp;

/// The most uploads that are remembered. fal keeps them for as long as the caller asks; the simulator forgets the
/// oldest, which then answer as expired ones do.
const MOST_UPLOADS: usize = 1_000;
/// The most requests that are remembered once they are over. A forgotten one is answered as fal answers an unknown
/// one.
const MOST_ENDED: usize = 1_000;
/// The most bytes of submits that are remembered once they are over: an input may hold a file as a data URI.
const MOST_ENDED_BYTES: u64 = 32 << 20;
/// The most requests of any kind. More are refused, as by a queue that is full.
pub(super) const MOST_REQUESTS: usize = 10_000;
/// The most bytes of uploads that lie in the state itself.
const MOST_INLINE: u64 = 8 << 20;
impl Simulator {
    /// Takes the work that the shell must do before the answer to the last call leaves. A shell that cannot keep a
    /// file calls [`Simulator::lost`].
    pub fn take_keeping(&mut self) -> Keeping {
        std::mem::take(&mut self.keeping)
    }

    /// Notes that a file is not kept: it could not be written, or is not there any more. Returns the files that are
    /// not needed without it.
    #[must_use]
    pub fn lost(&mut self, name: &str) -> Vec<String> {
        let mut forget = Vec::new();
        for piece in self.uploads.iter_mut().flat_map(Upload::pieces) {
            // Without one of its files an upload's others are of no use.
            if piece.files.iter().any(|file| file.name == name) {
                piece.let_go(&mut forget);
            }
        }
        forget
    }

    /// Returns the length of all files together in bytes.
    #[must_use]
    pub(crate) fn kept_bytes(&self) -> u64 {
        let files =
            self.uploads.iter().flat_map(|upload| upload.state.pieces()).flat_map(|piece| &piece.files);
        files.map(|file| file.length).sum()
    }

    /// Makes room after bytes have come for this upload: the oldest of others go until all fit. Where it does not
    /// fit alone, its own bytes are not kept.
    pub(super) fn make_room(&mut self, id: &str) {
        let room = self.plan.files.unwrap_or(0);
        let (mut bytes, mut inline) = (self.kept_bytes(), self.inline_bytes());
        for place in 0..self.uploads.len() {
            if bytes <= room && inline <= MOST_INLINE {
                return;
            }
            let Some(upload) = self.uploads.get_mut(place).filter(|upload| upload.id != id) else { continue };
            for piece in upload.pieces() {
                if bytes > room {
                    bytes -= piece.let_go(&mut self.keeping.forget);
                }
                if inline > MOST_INLINE {
                    inline -= piece.kept.take().map_or(0, |kept| kept.0.len() as u64);
                }
            }
        }
        if bytes > room
            && let Some(upload) = self.uploads.iter_mut().find(|upload| upload.id == id)
        {
            for piece in upload.pieces() {
                piece.let_go(&mut self.keeping.forget);
            }
            // The body of this very call may be among the files to remove: then it is not written at all.
            if let Some(name) = &self.keeping.keep
                && self.keeping.forget.contains(name)
            {
                self.keeping.keep = None;
            }
        }
    }

    fn inline_bytes(&self) -> u64 {
        let pieces = self.uploads.iter().flat_map(|upload| upload.state.pieces());
        pieces.filter_map(|piece| piece.kept.as_ref()).map(|kept| kept.0.len() as u64).sum()
    }

    /// Forgets uploads that have expired, and the oldest where there are too many.
    pub(super) fn forget_uploads(&mut self, now: Timestamp) {
        let many = self.uploads.len().saturating_sub(MOST_UPLOADS - 1);
        let (forget, mut place) = (&mut self.keeping.forget, 0);
        self.uploads.retain_mut(|upload| {
            place += 1;
            let keeps = place > many && !upload.has_expired(now);
            if !keeps {
                for piece in upload.pieces() {
                    piece.let_go(forget);
                }
            }
            keeps
        });
    }

    /// Forgets the oldest requests that are over, where there are too many. One whose webhook is still on its way
    /// stays.
    pub(super) fn forget_requests(&mut self, now: Timestamp) {
        let awaited: BTreeSet<&str> = self.deliveries.iter().map(Delivery::request).collect();
        let over = |job: &Job| job.phase(now) == Phase::Completed && !awaited.contains(job.id.as_str());
        let ended = || self.jobs.iter().filter(|job| over(job));
        let (mut many, mut bytes) = (ended().count(), ended().map(|job| job.bytes).sum::<u64>());
        let mut gone = BTreeSet::new();
        for job in ended() {
            if many <= MOST_ENDED && bytes <= MOST_ENDED_BYTES {
                break;
            }
            (many, bytes) = (many - 1, bytes - job.bytes);
            gone.insert(job.id.clone());
        }
        if !gone.is_empty() {
            self.jobs.retain(|job| !gone.contains(&job.id));
        }
    }
}
