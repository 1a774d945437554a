//! Every number that Likeness promises, with its source.

use std::time::Duration;

/// The default number of days for which photos are kept of which nothing was trained.
pub const RETENTION_DAYS: u32 = 30;

/// The default number of trainings that may be bought in a day (UTC).
pub const DAILY_TRAININGS: u32 = 20;

/// The default number of pictures that may be bought in a day (UTC).
pub const DAILY_PICTURES: u32 = 200;

/// The default number of trainings that each person of TELEGRAM_ALLOWED may buy.
pub const TELEGRAM_TRAININGS: u32 = 1;

/// The largest file that Telegram's own server hands to a bot, in bytes ("up to 20MB in size", says getFile).
pub const TELEGRAM_FILE_BYTES: u64 = 20_000_000;

/// The longest update of Telegram's that is read, in bytes. A message has at most 4096 characters of text, and an album
/// comes as one update for each photo.
pub const MAX_UPDATE_BYTES: u64 = 1 << 20;

/// The default length of a simulated training.
pub const MOCK_TRAINING: Duration = Duration::from_secs(30);

/// The time for which fal keeps what it stores for us: the archive, the model, pictures. Ours are the copies that
/// last.
pub const EXPIRY_AT_FAL: Duration = Duration::from_hours(7 * 24);

/// The time for which a presigned request is valid. Its transfer must begin by then, and may end later: storage
/// checks the signature once.
pub const SIGNED_FOR: Duration = Duration::from_mins(10);

/// The longest time that an upload can take, at the lowest rate at which one is taken.
pub const LONGEST_UPLOAD: Duration = Duration::from_hours(1);

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

/// Returns the pause between two looks at a simulated training that takes this long: some thirty looks in all.
#[must_use]
pub fn poll_interval_in_test_mode(training: Duration) -> Duration {
    (training / 30).clamp(Duration::from_millis(100), POLL_INTERVAL)
}

/// The time after which the status of an unclear purchase is the error `submission_unclear`.
pub const UNCLEAR_FOR: Duration = Duration::from_hours(24);

/// The time for which fal's public keys are kept (its webhook page: at most 24 hours).
pub const KEYS_FOR: Duration = Duration::from_hours(24);

/// The time for which a delivered webhook is remembered: twice the five minutes for which its signature counts.
pub const WEBHOOK_REPLAY_WINDOW: Duration = Duration::from_mins(10);

/// The time for which an object at the edge remembers a message. Cloudflare repeats a call to an object within
/// seconds (its page "Automatic retries"); a caller of ours has given up long before.
pub const MESSAGES_REMEMBERED_FOR: Duration = Duration::from_mins(10);

/// The number of times a notice is sent before the backend is taken not to listen: about a day.
pub const MOST_NOTICES: u32 = 288;

/// The longest wait that `Prefer: wait` is granted, below the limits of proxies.
pub const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// The pause between two looks for a change that a call waits for.
pub const HOLD_PAUSE: Duration = Duration::from_millis(300);

/// The time for which a server token that was admitted is not checked again. A revocation takes as long where answers are
/// remembered.
pub const LET_IN_FOR: Duration = Duration::from_secs(5);

/// The time for which an admitted credential is not refused for the sake of its address, whatever else comes from there.
pub const KNOWN_FOR: Duration = Duration::from_hours(1);

/// The time for which a refusal counts. A token that was not minted up to now never will be.
pub const REFUSED_FOR: Duration = Duration::from_mins(1);

/// The number of calls without a valid credential that one address may make in [`REFUSED_FOR`].
pub const MOST_REFUSED: u32 = 60;

/// The number of server tokens, and of invites, that may be live at a time.
pub const MOST_LIVE: usize = 1000;

/// The number of avatars that live invites remember together.
pub const MOST_INVITED: usize = 10_000;

/// The fewest characters of an admin token. Tokens are derived from it: a thief of the stored budget could try short
/// ones until the hashes fit.
pub const MIN_ADMIN_TOKEN: usize = 32;

/// The largest JSON body, in bytes.
pub const MAX_BODY: u64 = 64 << 10;

/// The longest answer that is read, in bytes. A training's status carries all its log lines; 16 MiB holds a hundred
/// thousand of them.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;

/// The length in bytes above which an upload goes in parts, as in fal's own JavaScript client (`90 * 1024 * 1024`).
pub const SINGLE_UPLOAD_BYTES: u64 = 90 << 20;

/// The length of each part but the last, in bytes (10 MiB in all of fal's clients).
pub const UPLOAD_PART_BYTES: u64 = 10 << 20;

/// The longest caption, in bytes. The text encoder of FLUX reads 512 tokens, which is about 2,000 characters.
pub const MAX_CAPTION_BYTES: usize = 4096;

/// The longest prompt, in characters.
pub const MAX_PROMPT: usize = 4000;

/// The longest trigger phrase, in characters.
pub const MAX_TRIGGER: usize = 100;

/// The longest name, in characters.
pub const MAX_NAME: usize = 200;

/// The most photos in a set: as many as names like `photo_001.jpg` can number.
pub const MAX_PHOTOS: usize = 999;

/// The smallest length of a photo's shorter side, in pixels: what fal's trainer works at.
pub const MIN_SIDE: u32 = 512;

/// The longest side that encoders of JPEG write (libjpeg's `JPEG_MAX_DIMENSION`; the format ends at 65,535).
pub const LONGEST_SIDE: u32 = 65_500;

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
        Self { max_bytes: 32_000_000, max_pixels: 52_000_000, min_side: MIN_SIDE, max_memory: 1 << 30 }
    }
}

/// The most linear memory that the imager may take, in bytes. Cloudflare gives an isolate 128 MB for WebAssembly and
/// JavaScript together (its limits page); the rest is for the runtime, and for what is on its way in and out.
pub const IMAGER_MEMORY: u64 = 112_000_000;

/// The part of the imager's memory that is not for photos, in bytes: the module's data and stack, jobs, and gaps
/// between blocks of memory. WebAssembly starts with 1.5 MB; the gaps were measured with photos of each kind
/// (`tests/edge/memory.test.mjs`).
const IMAGER_OWN: u64 = 6_000_000;

/// The most memory in bytes that a photo stored in tiles may take in the imager, beside its file: such a photo is made a
/// band at a time, and smaller where a band would take more.
const IMAGER_TILES: u64 = (45 << 20) - IMAGER_OWN;

impl PhotoLimits {
    /// Tightens the limits for a photo that is stored in tiles, in the imager.
    #[must_use]
    pub(crate) fn for_tiles_in_the_imager(self) -> Self {
        Self { max_memory: self.max_memory.min(IMAGER_TILES), ..self }
    }

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

impl DatasetLimits {
    /// The product's limits.
    pub const DEFAULT: Self = Self { min_photos: 10, max_photos: 20 };
}

impl Default for DatasetLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
