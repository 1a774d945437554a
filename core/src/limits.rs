//! Every number that Likeness promises, with its source.

use std::time::Duration;

/// The time for which fal keeps what it stores for us: the archive, the model, pictures. Ours are the copies that
/// last.
pub const EXPIRY_AT_FAL: Duration = Duration::from_hours(7 * 24);

/// The longest time for a read: a status, a result, a list.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time for a short transfer, and for storage to process a file that has arrived whole.
pub const TRANSFER_TIMEOUT: Duration = Duration::from_mins(5);

/// The longest time for moving one photo. Twice as long fits into the lease of preparing it.
pub const PHOTO_TIMEOUT: Duration = Duration::from_mins(9);

/// The longest silence in a transfer. One that keeps moving is not cut off: a model may have 200 MB, and a line 2
/// Mbit/s.
pub const TRANSFER_SILENCE: Duration = Duration::from_mins(1);

/// The longest time for a transfer that keeps moving: 5 GB at 2 Mbit/s.
pub const TRANSFER_CEILING: Duration = Duration::from_hours(6);

/// The pause between two reports that a transfer still moves.
pub const PROGRESS_INTERVAL: Duration = Duration::from_secs(30);

/// The longest time for a submit. Long on purpose: a hasty timeout makes unclear purchases.
pub const SUBMIT_TIMEOUT: Duration = Duration::from_mins(5);

/// The pause between two looks at a training's status.
pub const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// The time after which the status of an unclear purchase is the error `submission_unclear`.
pub const UNCLEAR_FOR: Duration = Duration::from_hours(24);

/// The time for which fal's public keys are kept (its webhook page: at most 24 hours).
pub const KEYS_FOR: Duration = Duration::from_hours(24);

/// The time for which a delivered webhook is remembered: twice the five minutes for which its signature counts.
pub const WEBHOOK_REPLAY_WINDOW: Duration = Duration::from_mins(10);

/// The time for which an object at the edge remembers a message. Cloudflare repeats a call to an object within
/// seconds (its page "Automatic retries"); a caller of ours has given up long before.
pub const MESSAGES_REMEMBERED_FOR: Duration = Duration::from_mins(10);

/// The longest answer that is read, in bytes. A training's status carries all its log lines; 16 MiB holds a hundred
/// thousand of them.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;

/// The length in bytes above which an upload goes in parts, as in fal's own JavaScript client (`90 * 1024 * 1024`).
pub const SINGLE_UPLOAD_BYTES: u64 = 90 << 20;

/// The length of each part but the last, in bytes (10 MiB in all of fal's clients).
pub const UPLOAD_PART_BYTES: u64 = 10 << 20;

/// The longest caption, in bytes. The text encoder of FLUX reads 512 tokens, which is about 2,000 characters.
pub const MAX_CAPTION_BYTES: usize = 4096;

/// The limits of a photo. The defaults are the product's; a caller may tighten them. Phones make photos of 50
/// megapixels, 8192 x 6144 the largest; as JPEGs of their best quality these have some 25 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PhotoLimits {
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Most pixels, width times height.
    pub max_pixels: u64,
    /// Smallest length of the shorter side, in pixels.
    pub min_side: u32,
    /// Most memory in bytes that preparing one photo may take, predicted from its headers.
    pub max_memory: u64,
}

impl Default for PhotoLimits {
    fn default() -> Self {
        Self { max_bytes: 32_000_000, max_pixels: 52_000_000, min_side: 512, max_memory: 1 << 30 }
    }
}

/// The most linear memory that the imager may take, in bytes. Cloudflare gives an isolate 128 MB for WebAssembly and
/// JavaScript together (its limits page); the rest is for the runtime, and for what is on its way in and out.
pub const IMAGER_MEMORY: u64 = 112_000_000;

/// The part of the imager's memory that is not for photos, in bytes: the module's data and stack, jobs, and gaps
/// between blocks of memory. WebAssembly starts with 1.5 MB; the gaps were measured with photos of each kind
/// (`tests/edge/memory.test.mjs`).
const IMAGER_OWN: u64 = 6_000_000;

impl PhotoLimits {
    /// Tightens the limits for a photo of this many bytes in the imager, whose memory holds the file as well.
    #[must_use]
    pub fn in_the_imager(self, bytes: u64) -> Self {
        let left = (IMAGER_MEMORY - IMAGER_OWN).saturating_sub(bytes);
        Self { max_memory: self.max_memory.min(left), ..self }
    }
}

/// The limits of a set of photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DatasetLimits {
    /// Fewest good photos ("at least 10 images", says fal's page of the portrait trainer).
    pub min_photos: usize,
    /// Most photos.
    pub max_photos: usize,
}

impl Default for DatasetLimits {
    fn default() -> Self {
        Self { min_photos: 10, max_photos: 20 }
    }
}
