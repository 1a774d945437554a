//! Settings of a command: flags before the environment before the settings file before the default. fal's key may also
//! come from the file of `likeness login`, which takes precedence over the settings file of the configuration folder,
//! but not over one that was named. Each value remembers its origin, so that `likeness config` can show it.
//!
//! The settings file is read from the configuration folder or from the path in `--config` or LIKENESS_CONFIG, never
//! from the current folder: a `likeness.toml` that came with another person's photos could otherwise send the key to an
//! address of its choice.

mod deployment;
mod file;
pub(crate) mod key_file;
mod known;
mod rows;
mod serving;
mod setting;
mod source;
mod training;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use likeness_core::{
    fal::{Account, AccountError, Origins},
    limits::{DatasetLimits, MOCK_TRAINING},
    price::Money,
    secret::Secret,
    storage::{Access, Addressing, Bucket, REGION},
};
use log::LevelFilter;
use url::Url;

use self::{serving::Serving, source::Sources};
pub(crate) use self::{
    setting::{Origin, Setting},
    training::Defaults,
};
use crate::{
    args::{Global, values},
    disk::make_private,
    failure::{Exit, Failure},
};

/// All settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// fal's key, `id:secret`.
    pub(crate) fal_key: Setting<Option<Secret>>,
    /// Key that may delete request payloads at fal; used when a job is erased.
    pub(crate) fal_admin_key: Setting<Option<Secret>>,
    /// Address of the server that stands for fal, if any.
    pub(crate) fal_base_url: Setting<Option<Url>>,
    /// Address to which fal reports the end of a training.
    pub(crate) fal_webhook_url: Setting<Option<Url>>,
    /// True to use the built-in simulator.
    pub(crate) test_mode: Setting<bool>,
    /// Duration of a training in the simulator.
    pub(crate) mock_training: Setting<Duration>,
    /// Address of the bucket's server.
    pub(crate) minio_endpoint: Setting<Option<Url>>,
    pub(crate) minio_access_key: Setting<Option<Secret>>,
    pub(crate) minio_secret_key: Setting<Option<Secret>>,
    pub(crate) minio_bucket: Setting<Option<String>>,
    pub(crate) minio_region: Setting<String>,
    pub(crate) minio_addressing: Setting<Option<Addressing>>,
    /// Folder of jobs and their files.
    pub(crate) home: Setting<Option<PathBuf>>,
    /// Level of the least important log lines that are shown.
    pub(crate) log: Setting<Option<LevelFilter>>,
    /// Price of one training, for the question before it is bought.
    pub(crate) training_price: Setting<Option<Money>>,
    /// True for output without colours (no-color.org).
    pub(crate) no_color: Setting<bool>,
    /// Fewest photos of a set.
    pub(crate) min_photos: Setting<usize>,
    pub(crate) max_photos: Setting<usize>,
    /// Defaults of trainings and pictures.
    pub(crate) defaults: Defaults,
    /// Settings that only a server has.
    pub(crate) serving: Serving,
    /// Settings file that was read.
    pub(crate) file: Option<PathBuf>,
    /// File in which `likeness login` stores the key, in the configuration folder.
    pub(crate) key_file: Option<PathBuf>,
}

/// The address of the built-in simulator. No name ends in `.invalid` (RFC 6761, section 6.4), so that a request which
/// took the network by mistake would reach no server.
pub(crate) const SIMULATOR: &str = "http://simulator.invalid";

impl Settings {
    /// Reads every source. All faults are reported at once.
    pub(crate) fn read(
        global: &Global,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let mut sources = Sources::read(global.config.as_deref(), environment)?;
        let settings = Self::from(&mut sources, global);
        sources.finish()?;
        Ok(settings)
    }

    fn from(sources: &mut Sources<'_>, global: &Global) -> Self {
        let mut test_mode = sources.value("avatar_test_mode", values::switch).or(false);
        if global.test {
            test_mode = Setting { value: true, origin: Origin::Flag("--test") };
        }
        let photos = DatasetLimits::default();
        let home = sources.path("likeness_home");
        let home = if home.value.is_none() {
            Setting { value: sources.standard_home(), origin: Origin::Default }
        } else {
            home
        };
        Self {
            fal_key: sources.fal_key(),
            fal_admin_key: sources.secret("fal_admin_key"),
            fal_base_url: sources.value("fal_base_url", values::web_address).optional(),
            fal_webhook_url: sources.value("fal_webhook_url", values::web_address).optional(),
            test_mode,
            mock_training: sources.value("fal_mock_training_duration", values::seconds).or(MOCK_TRAINING),
            minio_endpoint: sources.value("minio_endpoint", values::bucket_address).optional(),
            minio_access_key: sources.secret("minio_access_key"),
            minio_secret_key: sources.secret("minio_secret_key"),
            minio_bucket: sources.value("minio_bucket", values::text).optional(),
            minio_region: sources.value("minio_region", values::text).or(REGION.to_owned()),
            minio_addressing: sources.value("minio_addressing", values::addressing).optional(),
            home,
            log: sources.value("likeness_log", values::level).optional(),
            training_price: sources.value("likeness_training_price", values::price).optional(),
            no_color: sources.no_color(),
            min_photos: sources.value("training.min_photos", values::photos).or(photos.min_photos),
            max_photos: sources.value("training.max_photos", values::photos).or(photos.max_photos),
            defaults: Defaults::read(sources),
            serving: Serving::read(sources),
            file: sources.file().map(Path::to_owned),
            key_file: sources.key_file(),
        }
    }

    /// Makes the account: fal, or the simulator. Test mode is only used on demand: without it a key is needed, so that
    /// a lost key never leads to a simulated portrait. In test mode the key is not used.
    pub(crate) fn account(&self) -> Result<Account, Failure> {
        self.account_in(self.test_mode.value)
    }

    /// Makes the account for a job that began in test mode, or did not: a job keeps its mode.
    pub(crate) fn account_in(&self, test_mode: bool) -> Result<Account, Failure> {
        if test_mode {
            return account(Secret::new("simulator:simulator"), Url::parse(SIMULATOR).ok().as_ref());
        }
        self.account_of(self.fal_key.value.clone())
    }

    /// Makes the account with this key, at the address of the settings.
    pub(crate) fn account_of(&self, key: Option<Secret>) -> Result<Account, Failure> {
        account(key, self.fal_base_url.value.as_ref())
    }

    /// Names the server of an account, as a person knows it.
    pub(crate) fn place(&self, account: &Account) -> String {
        if self.fal_base_url.value.is_none() { "fal.ai".to_owned() } else { account.origins().origin() }
    }

    /// Describes the bucket that photos are read from.
    pub(crate) fn bucket(&self) -> Result<Bucket, Failure> {
        let (endpoint, name) = (&self.minio_endpoint.value, &self.minio_bucket.value);
        let (key, secret) = (&self.minio_access_key.value, &self.minio_secret_key.value);
        let (Some(endpoint), Some(name), Some(key), Some(secret)) = (endpoint, name, key, secret) else {
            let needed = [
                ("MINIO_ENDPOINT", endpoint.is_some()),
                ("MINIO_BUCKET", name.is_some()),
                ("MINIO_ACCESS_KEY", key.is_some()),
                ("MINIO_SECRET_KEY", secret.is_some()),
            ];
            let missing: Vec<&str> =
                needed.iter().filter(|(_, is_set)| !is_set).map(|(name, _)| *name).collect();
            return Err(Failure::new(Exit::Usage, "settings.bucket_missing", "no bucket is set")
                .why(format!("not set: {}", missing.join(", ")))
                .next("set them in the environment or in the settings file"));
        };
        let access =
            Access { key: key.clone(), secret: secret.clone(), region: self.minio_region.value.clone() };
        Bucket::new(endpoint, name, &access, self.minio_addressing.value).map_err(|error| {
            Failure::new(Exit::Usage, "settings.bucket", "the bucket's settings cannot be used")
                .why(error.to_string())
                .next(error.advice())
        })
    }

    /// Returns the data folder, made private and created when it does not exist.
    pub(crate) fn home(&self) -> Result<PathBuf, Failure> {
        let Some(home) = self.home.value.clone() else {
            return Err(Failure::new(Exit::Usage, "settings.home_missing", "no data folder is known")
                .why("neither LIKENESS_HOME nor HOME is set")
                .next("set LIKENESS_HOME to a folder of your own"));
        };
        make_private(&home).map_err(|error| {
            Failure::io("storage.home", format!("the data folder {} cannot be used", home.display()), &error)
        })?;
        Ok(home)
    }

    /// Returns the bounds of a set's size, with the flags applied.
    pub(crate) fn photos(&self, min: Option<u16>, max: Option<u16>) -> Result<DatasetLimits, Failure> {
        let limits = DatasetLimits {
            min_photos: min.map_or(self.min_photos.value, usize::from),
            max_photos: max.map_or(self.max_photos.value, usize::from),
        };
        if limits.min_photos > limits.max_photos {
            let (min, max) = (limits.min_photos, limits.max_photos);
            return Err(Failure::new(Exit::Usage, "settings.photo_range", "no number of photos would do")
                .why(format!("at least {min} and at most {max} are asked for"))
                .next("raise --max-photos or lower --min-photos"));
        }
        Ok(limits)
    }

    /// Changes these settings for the demo: the simulator, with a training of this length, in this folder.
    pub(crate) fn for_demo(mut self, home: PathBuf, training: Duration) -> Self {
        let origin = Origin::Flag("demo");
        self.test_mode = Setting { value: true, origin: origin.clone() };
        self.mock_training = Setting { value: training, origin: origin.clone() };
        self.home = Setting { value: Some(home), origin };
        self
    }
}

fn account(key: Option<Secret>, base: Option<&Url>) -> Result<Account, Failure> {
    let unusable = |error: AccountError| {
        let names = match error {
            AccountError::Key => "FAL_KEY",
            AccountError::Address => "FAL_BASE_URL",
        };
        Failure::new(Exit::Usage, "settings.account", format!("{names} cannot be used"))
            .why(error.to_string())
    };
    let Some(key) = key else {
        return Err(Failure::new(Exit::Usage, "settings.key_missing", "no fal.ai key is set")
            .why("without a key nothing can be trained, and test mode was not asked for")
            .next("store a key from https://fal.ai/dashboard/keys: likeness login")
            .next("or set FAL_KEY to it, as scripts do")
            .next("or add --test (AVATAR_TEST_MODE=true) to use the built-in simulator")
            .next("or see everything once: likeness demo"));
    };
    let origins = base.map_or_else(|| Ok(Origins::fal()), Origins::single).map_err(unusable)?;
    Account::new(key, origins).map_err(unusable)
}

#[cfg(test)]
mod tests;
