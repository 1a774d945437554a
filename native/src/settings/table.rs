//! The table of all settings: names, defaults and purposes.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use likeness_core::{
    limits::{
        DAILY_PICTURES, DAILY_TRAININGS, DatasetLimits, MOCK_TRAINING, RETENTION_DAYS, TELEGRAM_TRAININGS,
    },
    photo::Reencode,
    storage::REGION,
};

/// A setting.
pub(super) struct Known {
    /// Name: of a variable of the environment, whose small letters are the key in the settings file; or, with a dot, the
    /// key of a table in that file, which the environment does not have.
    pub(super) name: &'static str,
    /// Form in which `likeness config` shows a value.
    pub(super) shown: Shown,
    /// Value that counts where none is set, or words about it.
    pub(super) default: &'static (dyn Display + Sync),
    /// Purpose of the setting.
    pub(super) about: &'static str,
}

/// The form in which a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Only whether there is one: neither its text nor its length, nor a part of it.
    Secret,
    /// An address without the password and the query that it may carry.
    Address,
    /// As it is.
    Whole,
}

/// A duration, shown as it is typed: `30s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time(pub(super) Duration);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

const UNSET: &str = "not set";
const PRESET: &str = "the preset's";
const PHOTOS: DatasetLimits = DatasetLimits::DEFAULT;

const fn secret(name: &'static str, about: &'static str) -> Known {
    Known { name, shown: Shown::Secret, default: &UNSET, about }
}

const fn address(name: &'static str, default: &'static &str, about: &'static str) -> Known {
    Known { name, shown: Shown::Address, default, about }
}

const fn known(name: &'static str, default: &'static (dyn Display + Sync), about: &'static str) -> Known {
    Known { name, shown: Shown::Whole, default, about }
}

/// All settings, in the order in which `likeness config` shows them.
pub(super) const KNOWN: &[Known] = &[
    secret("FAL_KEY", "fal.ai's key"),
    secret("FAL_API_KEY", "the same, under its other name"),
    secret("FAL_ADMIN_KEY", "lets `erase` delete what fal.ai stored of a request"),
    address("FAL_BASE_URL", &"fal.ai's own addresses", "where fal.ai is spoken to, such as a simulator"),
    address("FAL_WEBHOOK_URL", &UNSET, "where fal.ai reports the end of a training"),
    known("AVATAR_TEST_MODE", &false, "use the built-in simulator"),
    known("FAL_MOCK_TRAINING_DURATION", &Time(MOCK_TRAINING), "a simulated training, in seconds"),
    address("MINIO_ENDPOINT", &UNSET, "the S3 server of the bucket"),
    secret("MINIO_ACCESS_KEY", "the bucket's access key"),
    secret("MINIO_SECRET_KEY", "its secret"),
    known("MINIO_BUCKET", &UNSET, "the bucket that `train --keys` reads"),
    known("MINIO_REGION", &REGION, "the region that the server names"),
    known("MINIO_ADDRESSING", &"path", "where the bucket stands in addresses: path or virtual"),
    known("LIKENESS_HOME", &"not known", "the data folder"),
    known("LIKENESS_LOG", &"info; warning on a terminal", "error, warning, info or debug"),
    known("LIKENESS_TRAINING_PRICE", &UNSET, "what one training costs, such as 2.40 USD"),
    known("LIKENESS_REENCODE", &Reencode::Always, "encode photos anew: always or when_needed"),
    known("LIKENESS_MAX_SIDE", &UNSET, "scale photos down to this longer side, in pixels"),
    known("NO_COLOR", &false, "no colours"),
    secret("ADMIN_TOKEN", "lets the operator of `serve` in"),
    address("LIKENESS_URL", &UNSET, "the deployment that `token` speaks to"),
    address("NOTIFY_URL", &UNSET, "the backend that `serve` tells of every change"),
    secret("NOTIFY_SECRET", "what it is told is signed with"),
    known("ALLOWED_ORIGINS", &UNSET, "the pages that may call `serve`, with commas between"),
    known("RETENTION_DAYS", &RETENTION_DAYS, "how long `serve` keeps photos of which nothing was trained"),
    known("DAILY_TRAININGS", &DAILY_TRAININGS, "how many trainings `serve` buys on a day (UTC)"),
    known("DAILY_PICTURES", &DAILY_PICTURES, "how many pictures `serve` buys on a day"),
    secret("TELEGRAM_BOT_TOKEN", "the Telegram bot's token, as @BotFather gives it"),
    secret("TELEGRAM_WEBHOOK_SECRET", "what Telegram's messages to `serve` are known by"),
    address("TELEGRAM_API_URL", &"Telegram's own", "a Bot API server of your own"),
    known("TELEGRAM_ALLOWED", &"nobody", "who needs no invite: 123456789 or @name, with commas between"),
    known("TELEGRAM_TRAININGS", &TELEGRAM_TRAININGS, "how many trainings each of them may buy"),
    known("training.quality", &"fast", "the preset: fast, balanced or high"),
    known("training.steps", &PRESET, "steps, 1 to 10000"),
    known("training.learning_rate", &PRESET, "learning rate, 0.000001 to 0.001"),
    known("training.multiresolution_training", &true, "train at several resolutions"),
    known("training.subject_crop", &true, "crop to the person"),
    known("training.create_masks", &false, "learn from the person more than from the background"),
    known("training.min_photos", &PHOTOS.min_photos, "the fewest good photos of a set"),
    known("training.max_photos", &PHOTOS.max_photos, "the most photos of a set"),
    known("generation.scale", &1, "how strongly the model counts, 0 to 4"),
    known("generation.steps", &28, "denoising steps of a picture, 1 to 50"),
    known("generation.guidance", &3.5, "how closely to follow the prompt, 0 to 35"),
    known("generation.image_size", &"square_hd", "the size of a picture, such as square_hd"),
];

impl Known {
    /// Returns the key in the settings file.
    pub(super) fn key(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    /// Returns the name in the environment. `None` when only the file and flags have the setting.
    pub(super) fn variable(&self) -> Option<&'static str> {
        Some(self.name).filter(|name| !name.contains('.'))
    }
}

/// Finds a setting by its name.
pub(super) fn named(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// Finds a setting by its key in the settings file.
pub(super) fn of_key(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key() == key)
}

/// Finds the key that is spelt most like this one, when one is near enough to be meant.
pub(super) fn nearest(key: &str) -> Option<String> {
    KNOWN
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&key.to_lowercase(), &known.key()), known.key()))
        .min()
        .filter(|(distance, known)| *distance * 3 <= known.len())
        .map(|(_, known)| known)
}
