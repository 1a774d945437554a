//! Settings of a command: flags before the environment before the settings file before the default. fal's key may also
//! come from the file of `likeness login`, which takes precedence over the settings file of the configuration folder,
//! but not over one that was named. Each value remembers its origin, so that `likeness config` can show it.
//!
//! The settings file is read from the configuration folder or from the path in `--config` or LIKENESS_CONFIG, never
//! from the current folder: a `likeness.toml` that came with another person's photos could otherwise send the key to an
//! address of its choice.

mod file;
pub(crate) mod key_file;
mod rows;
mod setting;
mod source;
mod table;
mod training;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use likeness_core::{
    api::Deployment,
    fal::{Account, AccountError, Origins},
    limits::DatasetLimits,
    photo::{FaceCheck, PhotoForm, Treatment},
    price::Money,
    secret::Secret,
    storage::{Access, Addressing, Bucket},
};
use log::LevelFilter;
use url::Url;

use self::{
    rows::{Row, Texts},
    source::Sources,
    table::Time,
};
pub(crate) use self::{
    setting::{Origin, Setting},
    training::Defaults,
};
use crate::{
    args::{self, Global, values},
    disk::make_private,
    failure::{Exit, Failure},
};

/// All settings. The table of their names says what they are for; those that only a deployment has are read by the core
/// from their texts.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) fal_key: Setting<Option<Secret>>,
    pub(crate) fal_admin_key: Option<Secret>,
    pub(crate) fal_base_url: Option<Url>,
    pub(crate) fal_webhook_url: Option<Url>,
    pub(crate) test_mode: Setting<bool>,
    pub(crate) mock_training: Duration,
    pub(crate) minio_endpoint: Option<Url>,
    minio_access_key: Option<Secret>,
    minio_secret_key: Option<Secret>,
    pub(crate) minio_bucket: Option<String>,
    minio_region: String,
    minio_addressing: Option<Addressing>,
    pub(crate) home: Setting<Option<PathBuf>>,
    /// Level of the least important log lines that are shown.
    pub(crate) log: Option<LevelFilter>,
    pub(crate) training_price: Option<Money>,
    /// Form of clean photos.
    form: PhotoForm,
    /// Choice whether faces are looked for: always, unless a flag says otherwise.
    face_check: FaceCheck,
    pub(crate) no_color: bool,
    pub(crate) admin_token: Option<Secret>,
    pub(crate) deployment_url: Option<Url>,
    pub(crate) allowed_origins: Option<String>,
    /// Defaults of trainings and pictures.
    pub(crate) defaults: Defaults,
    /// Settings file that was read.
    pub(crate) file: Option<PathBuf>,
    /// File in which `likeness login` stores the key, in the configuration folder.
    pub(crate) key_file: Option<PathBuf>,
    texts: Texts,
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
        let mut settings = Self::from(&mut sources, global);
        settings.texts = sources.finish()?;
        Ok(settings)
    }

    fn from(sources: &mut Sources<'_>, global: &Global) -> Self {
        let mut test_mode = sources.setting("AVATAR_TEST_MODE", values::switch, bool::to_string).or(false);
        if global.test {
            test_mode = sources.set_to("AVATAR_TEST_MODE", true.to_string(), true, Origin::Flag("--test"));
        }
        // Only a deployment has these, yet every command names one that is wrong.
        sources.find("NOTIFY_URL", values::web_address);
        sources.secret("NOTIFY_SECRET");
        for name in ["RETENTION_DAYS", "DAILY_TRAININGS", "DAILY_PICTURES", "TELEGRAM_TRAININGS"] {
            sources.find(name, values::whole);
        }
        sources.secret("TELEGRAM_BOT_TOKEN");
        sources.secret("TELEGRAM_WEBHOOK_SECRET");
        sources.find("TELEGRAM_API_URL", values::web_address);
        sources.find("TELEGRAM_ALLOWED", values::text);
        let seconds = |text: &str| values::seconds(text).map(Time);
        Self {
            fal_key: sources.fal_key(),
            fal_admin_key: sources.secret("FAL_ADMIN_KEY").value,
            fal_base_url: sources.find("FAL_BASE_URL", values::web_address),
            fal_webhook_url: sources.find("FAL_WEBHOOK_URL", values::web_address),
            test_mode,
            mock_training: sources.value("FAL_MOCK_TRAINING_DURATION", seconds).0,
            minio_endpoint: sources.find("MINIO_ENDPOINT", values::bucket_address),
            minio_access_key: sources.secret("MINIO_ACCESS_KEY").value,
            minio_secret_key: sources.secret("MINIO_SECRET_KEY").value,
            minio_bucket: sources.find("MINIO_BUCKET", values::text),
            minio_region: sources.value("MINIO_REGION", values::text),
            minio_addressing: sources.find("MINIO_ADDRESSING", values::addressing),
            home: sources.home(),
            log: sources.setting("LIKENESS_LOG", values::level, |level| values::name_of_level(*level)).value,
            training_price: sources.find("LIKENESS_TRAINING_PRICE", values::price),
            form: PhotoForm {
                reencode: sources.value("LIKENESS_REENCODE", values::reencode),
                max_side: sources.find("LIKENESS_MAX_SIDE", values::max_side),
            },
            face_check: FaceCheck::On,
            no_color: sources.no_color(),
            admin_token: sources.secret("ADMIN_TOKEN").value,
            deployment_url: sources.find("LIKENESS_URL", values::web_address),
            allowed_origins: sources.find("ALLOWED_ORIGINS", values::text),
            defaults: Defaults::read(sources),
            file: sources.file().map(Path::to_owned),
            key_file: sources.key_file(),
            texts: Texts::default(),
        }
    }

    /// Leaves it to this choice whether faces are looked for.
    pub(crate) fn with_face_check(self, face_check: FaceCheck) -> Self {
        Self { face_check, ..self }
    }

    /// Returns the choices about photos.
    pub(crate) fn treatment(&self) -> Treatment {
        Treatment { form: self.form, face_check: self.face_check }
    }

    /// Lists every setting for `likeness config`, in a fixed order.
    pub(crate) fn rows(&self) -> Vec<Row> {
        self.texts.rows()
    }

    /// Reads the settings with the core, as any deployment does, which judges them as well.
    pub(crate) fn deployment(&self) -> Result<Deployment, Failure> {
        // The simulated training may take less than a second here.
        let text = |name: &str| self.texts.of(name).filter(|_| name != "FAL_MOCK_TRAINING_DURATION");
        let deployment = Deployment::read(|name| text(name).map(str::to_owned)).map_err(|error| {
            Failure::new(Exit::Usage, "settings.invalid", "the settings cannot be used")
                .why(error.to_string())
                .next("correct these values, or take them away")
        })?;
        Ok(Deployment { test_mode: self.test_mode.value, mock_training: self.mock_training, ..deployment })
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
        account(key, self.fal_base_url.as_ref())
    }

    /// Names the server of an account, as a person knows it.
    pub(crate) fn place(&self, account: &Account) -> String {
        if self.fal_base_url.is_none() { "fal.ai".to_owned() } else { account.origins().origin() }
    }

    /// Describes the bucket that photos are read from.
    pub(crate) fn bucket(&self) -> Result<Bucket, Failure> {
        let (endpoint, name) = (&self.minio_endpoint, &self.minio_bucket);
        let (key, secret) = (&self.minio_access_key, &self.minio_secret_key);
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
        let access = Access { key: key.clone(), secret: secret.clone(), region: self.minio_region.clone() };
        Bucket::new(endpoint, name, &access, self.minio_addressing).map_err(|error| {
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
            min_photos: min.map_or(self.defaults.photos.min_photos, usize::from),
            max_photos: max.map_or(self.defaults.photos.max_photos, usize::from),
        };
        if limits.min_photos > limits.max_photos {
            let (min, max) = (limits.min_photos, limits.max_photos);
            return Err(Failure::new(Exit::Usage, "settings.photo_range", "no number of photos would do")
                .why(format!("at least {min} and at most {max} are asked for"))
                .next("raise --max-photos or lower --min-photos"));
        }
        Ok(limits)
    }

    /// Lets the flags of a command that prepares photos count before the settings.
    pub(crate) fn with_form(mut self, flags: &args::Form) -> Self {
        self.form = PhotoForm {
            reencode: flags.reencode.unwrap_or(self.form.reencode),
            max_side: flags.max_side.or(self.form.max_side),
        };
        self
    }

    /// Tells whether test mode was asked for by this very command, to try things out.
    pub(crate) fn is_trial(&self) -> bool {
        self.test_mode.value && matches!(self.test_mode.origin, Origin::Flag(_))
    }

    /// Changes these settings for the demo: the simulator, with a training of this length, in this folder.
    pub(crate) fn for_demo(mut self, home: PathBuf, training: Duration) -> Self {
        let origin = Origin::Flag("demo");
        self.test_mode = Setting { value: true, origin: origin.clone() };
        self.mock_training = training;
        self.home = Setting { value: Some(home), origin };
        // Neither this machine's bucket nor its backend has a part in it.
        self.texts = Texts::default();
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
