//! Every number that Likeness promises, with its source.

use std::time::Duration;

/// How long fal keeps what it stores for us: the archive, the model, pictures. Ours are the copies that last.
pub const EXPIRY_AT_FAL: Duration = Duration::from_hours(7 * 24);

/// How long a read may take: a status, a result, a list.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time for a short transfer, and for storage to think about a file that has arrived whole.
pub const TRANSFER_TIMEOUT: Duration = Duration::from_mins(5);

/// The longest time for moving one photo. Twice as long fits into the lease of preparing it.
pub const PHOTO_TIMEOUT: Duration = Duration::from_mins(9);

/// The longest silence in a transfer. One that keeps moving is not cut off: a model may have 200 MB, and a line 2 Mbit/s.
pub const TRANSFER_SILENCE: Duration = Duration::from_mins(1);

/// The longest time for a transfer that keeps moving: 5 GB at 2 Mbit/s.
pub const TRANSFER_CEILING: Duration = Duration::from_hours(6);

/// The pause between two words that a transfer still moves.
pub const PROGRESS_INTERVAL: Duration = Duration::from_secs(30);

/// How long the submit may take. Long on purpose: a hasty timeout makes unclear purchases.
pub const SUBMIT_TIMEOUT: Duration = Duration::from_mins(5);

/// The pause between two looks at a training's status.
pub const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// After this long unclear, a purchase's status is the error `submission_unclear`.
pub const UNCLEAR_FOR: Duration = Duration::from_hours(24);

/// How long fal's public keys are kept (its webhook page: at most 24 hours).
pub const KEYS_FOR: Duration = Duration::from_hours(24);

/// How long a delivered webhook is remembered: twice the five minutes for which its signature counts.
pub const WEBHOOK_REPLAY_WINDOW: Duration = Duration::from_mins(10);

/// How long an object at the edge remembers a message. Cloudflare repeats a call to an object within seconds (its page
/// "Automatic retries"); a caller of ours has given up long before.
pub const MESSAGES_REMEMBERED_FOR: Duration = Duration::from_mins(10);

/// The longest answer that is read whole. A training's status carries all its log lines; 16 MiB holds a
/// hundred thousand of them.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Above this an upload goes in parts, as fal's own JavaScript client does (`90 * 1024 * 1024`).
pub const SINGLE_UPLOAD_BYTES: u64 = 90 << 20;

/// The size of each part but the last (10 MiB in all of fal's clients).
pub const UPLOAD_PART_BYTES: u64 = 10 << 20;

/// The longest caption. The text encoder of FLUX reads 512 tokens, which is about 2,000 characters.
pub const MAX_CAPTION_BYTES: usize = 4096;

/// What one photo may be. The defaults are the product's; a caller may tighten them. Phones make photos of 50
/// megapixels, 8192 x 6144 the largest; as JPEGs of their best quality these have some 25 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PhotoLimits {
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// The most pixels, width times height.
    pub max_pixels: u64,
    /// The shortest that the shorter side may be, in pixels.
    pub min_side: u32,
    /// The memory that preparing one photo may take, in bytes, predicted from its headers.
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

/// What of it is not for photos: the module's data and stack, jobs, and gaps between blocks of memory. WebAssembly
/// starts with 1.5 MB; the gaps were measured with photos of each kind (`tests/edge/memory.test.mjs`).
const IMAGER_OWN: u64 = 6_000_000;

impl PhotoLimits {
    /// What a photo of this many bytes may be in the imager, whatever else is asked: its file lies in the same memory.
    #[must_use]
    pub fn in_the_imager(self, bytes: u64) -> Self {
        let left = (IMAGER_MEMORY - IMAGER_OWN).saturating_sub(bytes);
        Self { max_memory: self.max_memory.min(left), ..self }
    }
}

/// How many photos a set may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DatasetLimits {
    /// The fewest good photos ("at least 10 images", says fal's page of the portrait trainer).
    pub min_photos: usize,
    /// The most photos.
    pub max_photos: usize,
}

impl Default for DatasetLimits {
    fn default() -> Self {
        Self { min_photos: 10, max_photos: 20 }
    }
}
