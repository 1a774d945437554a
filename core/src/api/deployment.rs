//! The settings of a deployment, read once from its environment.

use std::{fmt, str::FromStr, time::Duration};

use http::{HeaderMap, HeaderName, header};
use url::Url;

use super::{call::Reply, problem::ApiProblem};
use crate::{
    avatar::Avatar,
    budget::{AdminToken, DailyCaps},
    fal::{Account, Origins},
    http::StatusCode,
    limits::{
        DAILY_PICTURES, DAILY_TRAININGS, MIN_ADMIN_TOKEN, MOCK_TRAINING, POLL_INTERVAL, RETENTION_DAYS,
        poll_interval_in_test_mode,
    },
    photo::{FaceCheck, PhotoForm, Treatment},
    price::Money,
    secret::Secret,
    storage::{Access, Addressing, AddressingError, Bucket, BucketError, REGION},
    telegram::{SettingProblem, TelegramSettings},
};

/// The settings of a deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Key of fal.ai.
    pub key: Option<Secret>,
    /// Address of fal.ai, when another server stands for it.
    pub fal: Option<Url>,
    /// Key that lets an erase delete what fal.ai stored.
    pub admin_key: Option<Secret>,
    /// True in test mode, where nothing is bought.
    pub test_mode: bool,
    /// True if the shell carries the simulator, without which test mode only shows and erases.
    pub simulator: bool,
    /// True if the shell keeps the operator's ledger apart from its avatars, and has to be told of each change.
    pub ledger: bool,
    /// Duration of a training in test mode.
    pub mock_training: Duration,
    /// Bucket of photos and models.
    pub bucket: Option<Bucket>,
    /// Address to which fal.ai reports the end of a training.
    pub webhook: Option<Url>,
    /// Token that admits the operator.
    pub admin: Option<AdminToken>,
    /// Backend that gets notices.
    pub notify: Option<Notify>,
    /// Origins whose pages may call.
    pub cors: Cors,
    /// Time for which photos are kept while no training was made of them.
    pub retention: Duration,
    /// Most that may be bought in a day (UTC).
    pub caps: DailyCaps,
    /// Price of one training, in place of the one that our rules give.
    pub training_price: Option<Money>,
    /// The Telegram bot, where there is one.
    pub telegram: Option<TelegramSettings>,
    /// Choices about photos. (On a machine of one's own faces are looked for without a setting.)
    pub treatment: Treatment,
}

/// A backend that is told of every change.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Address of the backend.
    pub url: Url,
    /// Secret that signs the messages.
    pub secret: Secret,
}

/// The account and the bucket for an avatar.
#[derive(Clone, Debug)]
pub struct ConnectionSettings {
    /// Account at fal, or at its simulator.
    pub account: Account,
    /// Bucket of the avatar's files.
    pub bucket: Option<Bucket>,
    /// Pause between two looks at a request.
    pub poll: Duration,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {why}")]
pub struct DeploymentError {
    /// Name of the setting.
    pub setting: &'static str,
    /// Reason, as the end of a sentence that begins with the name.
    pub why: String,
}

impl From<SettingProblem> for DeploymentError {
    fn from(SettingProblem { setting, why }: SettingProblem) -> Self {
        Self { setting, why: why.to_owned() }
    }
}

impl Deployment {
    /// Reads the settings of a shell that carries the simulator; `value` gives the value of a name. An empty value
    /// counts as not set.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Result<Self, DeploymentError> {
        let settings = Settings(&value);
        let test_mode = settings.flag("AVATAR_TEST_MODE")?;
        let short = || DeploymentError {
            setting: "ADMIN_TOKEN",
            why: format!("must have at least {MIN_ADMIN_TOKEN} characters"),
        };
        let admin = match settings.secret("ADMIN_TOKEN")? {
            None => None,
            Some(secret) if test_mode => Some(AdminToken::of_test_mode(secret)),
            Some(secret) => Some(AdminToken::new(secret).ok_or_else(short)?),
        };
        let key = settings
            .secret("FAL_KEY")?
            .map_or_else(|| settings.secret("FAL_API_KEY"), |key| Ok(Some(key)))?;
        let fal = settings.url("FAL_BASE_URL")?;
        let deployment = Self {
            key,
            fal,
            admin_key: settings.secret("FAL_ADMIN_KEY")?,
            test_mode,
            simulator: true,
            ledger: false,
            mock_training: settings
                .number("FAL_MOCK_TRAINING_DURATION")?
                .map_or(MOCK_TRAINING, |seconds| Duration::from_secs(seconds.into())),
            bucket: settings.bucket()?,
            webhook: settings.url("FAL_WEBHOOK_URL")?,
            admin,
            notify: settings.notify()?,
            cors: Cors::read(&settings.text("ALLOWED_ORIGINS").unwrap_or_default())?,
            retention: Duration::from_hours(
                u64::from(settings.number("RETENTION_DAYS")?.unwrap_or(RETENTION_DAYS)) * 24,
            ),
            caps: DailyCaps {
                trainings: settings.number("DAILY_TRAININGS")?.unwrap_or(DAILY_TRAININGS),
                pictures: settings.number("DAILY_PICTURES")?.unwrap_or(DAILY_PICTURES),
            },
            training_price: settings
                .parsed("LIKENESS_TRAINING_PRICE", "must be an amount such as 2.40 USD")?,
            telegram: TelegramSettings::read(&value)?,
            treatment: Treatment {
                form: PhotoForm {
                    reencode: settings
                        .parsed("LIKENESS_REENCODE", "must be always or when_needed")?
                        .unwrap_or_default(),
                    max_side: settings
                        .parsed("LIKENESS_MAX_SIDE", "must be a number of pixels from 512 to 65500")?,
                },
                face_check: if settings.flag("FACE_CHECK")? { FaceCheck::On } else { FaceCheck::Off },
            },
        };
        deployment.account()?;
        Ok(deployment)
    }

    /// Makes the account for orders that are not simulated. `None` without a key.
    pub fn account(&self) -> Result<Option<Account>, DeploymentError> {
        let Some(key) = self.key.clone() else { return Ok(None) };
        self.account_of(key).map(Some)
    }

    /// Makes the account that may delete what fal.ai stored.
    #[must_use]
    pub fn admin_account(&self) -> Option<Account> {
        self.account_of(self.admin_key.clone()?).ok()
    }

    fn account_of(&self, key: Secret) -> Result<Account, DeploymentError> {
        let unusable = |setting| {
            move |error: crate::fal::AccountError| DeploymentError {
                setting,
                why: format!("cannot be used: {error}"),
            }
        };
        let origins = self.fal.as_ref().map_or_else(|| Ok(Origins::fal()), Origins::single);
        Account::new(key, origins.map_err(unusable("FAL_BASE_URL"))?).map_err(unusable("FAL_KEY"))
    }

    /// Returns the address of the page, where it is known: that to which fal.ai reports is this deployment's own.
    #[must_use]
    pub fn page(&self) -> Option<Url> {
        self.webhook.as_ref()?.join("/").ok()
    }

    /// Returns the pause between two looks at a request.
    #[must_use]
    pub fn poll(&self) -> Duration {
        if self.test_mode {
            return poll_interval_in_test_mode(self.mock_training);
        }
        self.account().ok().flatten().map_or(POLL_INTERVAL, |account| account.origins().poll())
    }

    /// Tells whether the deployment can buy anything, or pretend to.
    #[must_use]
    pub fn is_able(&self) -> bool {
        if self.test_mode { self.simulator } else { self.key.is_some() }
    }

    /// Tells whether test mode is on in a shell that does not carry the simulator.
    #[must_use]
    pub fn lacks_simulator(&self) -> bool {
        self.test_mode && !self.simulator
    }

    /// Says why nothing can be bought where [`Self::is_able`] is `false`.
    #[must_use]
    pub(crate) fn inability(&self) -> ApiProblem {
        if self.lacks_simulator() { ApiProblem::NoSimulator } else { ApiProblem::NoKey }
    }

    /// Tells whether the shell can do what is due for this avatar. Without the simulator only an erase goes on in test
    /// mode: it deletes files, and calls off orders that no simulator knows any more.
    #[must_use]
    pub fn can_drive(&self, avatar: Option<&Avatar>) -> bool {
        !self.lacks_simulator() || avatar.is_some_and(|avatar| avatar.person().is_none())
    }

    /// Returns account and bucket for an avatar that is really bought.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionSettings> {
        let account = self.account().ok().flatten()?;
        let poll = account.origins().poll();
        Some(ConnectionSettings { account, bucket: self.bucket.clone(), poll })
    }

    /// Returns account and bucket for an avatar in test mode: the simulator at this address, and the bucket of the
    /// settings or, when there is none, one that the shell keeps itself.
    #[must_use]
    pub fn test_connection(&self, simulator: &Url, own: Option<Bucket>) -> Option<ConnectionSettings> {
        let key = Secret::new("simulator:simulator")?;
        let account = Account::new(key, Origins::single(simulator).ok()?).ok()?;
        let poll = poll_interval_in_test_mode(self.mock_training);
        Some(ConnectionSettings { account, bucket: self.bucket.clone().or(own), poll })
    }
}

/// Describes a bucket that the shell keeps itself in test mode, at this address.
#[must_use]
pub fn test_bucket(address: &Url) -> Option<Bucket> {
    let secret = Secret::new("likeness-test-mode")?;
    let access = Access { key: secret.clone(), secret, region: REGION.to_owned() };
    Bucket::at(address, "test", &access, Addressing::Path).ok()
}

struct Settings<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Settings<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn secret(&self, name: &'static str) -> Result<Option<Secret>, DeploymentError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let why = || DeploymentError { setting: name, why: "holds a control character".to_owned() };
        Secret::new(&text).map(Some).ok_or_else(why)
    }

    fn url(&self, name: &'static str) -> Result<Option<Url>, DeploymentError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let why =
            || DeploymentError { setting: name, why: "must be a whole http or https address".to_owned() };
        let url = Url::parse(&text).map_err(|_| why())?;
        if matches!(url.scheme(), "http" | "https") { Ok(Some(url)) } else { Err(why()) }
    }

    fn flag(&self, name: &'static str) -> Result<bool, DeploymentError> {
        match self.text(name).unwrap_or_default().to_ascii_lowercase().as_str() {
            "" | "false" | "0" | "no" | "off" => Ok(false),
            "true" | "1" | "yes" | "on" => Ok(true),
            _ => Err(DeploymentError { setting: name, why: "must be true or false".to_owned() }),
        }
    }

    fn number(&self, name: &'static str) -> Result<Option<u32>, DeploymentError> {
        let why = |_| DeploymentError { setting: name, why: "must be a whole number".to_owned() };
        self.text(name).map(|text| text.parse().map_err(why)).transpose()
    }

    fn parsed<T: FromStr>(&self, name: &'static str, needed: &str) -> Result<Option<T>, DeploymentError> {
        let why = |_| DeploymentError { setting: name, why: needed.to_owned() };
        self.text(name).map(|text| text.parse().map_err(why)).transpose()
    }

    fn bucket(&self) -> Result<Option<Bucket>, DeploymentError> {
        let endpoint = self.url("MINIO_ENDPOINT")?;
        let (key, secret) = (self.secret("MINIO_ACCESS_KEY")?, self.secret("MINIO_SECRET_KEY")?);
        let name = self.text("MINIO_BUCKET");
        match (endpoint, name, key, secret) {
            (None, None, None, None) => Ok(None),
            (Some(endpoint), Some(name), Some(key), Some(secret)) => {
                let region = self.text("MINIO_REGION").unwrap_or_else(|| REGION.to_owned());
                let access = Access { key, secret, region };
                let bucket = Bucket::new(&endpoint, &name, &access, self.addressing()?);
                let why = |error: BucketError| DeploymentError {
                    setting: "MINIO_ENDPOINT, MINIO_BUCKET, MINIO_REGION or MINIO_ADDRESSING",
                    why: format!("cannot be used: {error}; {}", error.advice()),
                };
                bucket.map(Some).map_err(why)
            }
            (endpoint, name, key, _) => {
                let setting = match (endpoint, name, key) {
                    (None, _, _) => "MINIO_ENDPOINT",
                    (_, None, _) => "MINIO_BUCKET",
                    (_, _, None) => "MINIO_ACCESS_KEY",
                    _ => "MINIO_SECRET_KEY",
                };
                Err(DeploymentError { setting, why: "is not set, and others of the bucket are".to_owned() })
            }
        }
    }

    fn addressing(&self) -> Result<Option<Addressing>, DeploymentError> {
        let why = |error: AddressingError| DeploymentError {
            setting: "MINIO_ADDRESSING",
            why: format!("cannot be used: {error}"),
        };
        self.text("MINIO_ADDRESSING").map(|text| text.parse().map_err(why)).transpose()
    }

    fn notify(&self) -> Result<Option<Notify>, DeploymentError> {
        match (self.url("NOTIFY_URL")?, self.secret("NOTIFY_SECRET")?) {
            (None, _) => Ok(None),
            (Some(url), Some(secret)) => Ok(Some(Notify { url, secret })),
            (Some(_), None) => {
                let why = "is not set, and what NOTIFY_URL is told must be signed".to_owned();
                Err(DeploymentError { setting: "NOTIFY_SECRET", why })
            }
        }
    }
}

/// The origins whose pages may call: exact ones.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cors(Vec<String>);

impl fmt::Debug for Cors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Cors {
    /// Reads origins with commas between them, such as `https://example.com`.
    fn read(text: &str) -> Result<Self, DeploymentError> {
        let wrong = |origin: &str| DeploymentError {
            setting: "ALLOWED_ORIGINS",
            why: format!("holds `{origin}`, which is not an origin such as https://example.com"),
        };
        let mut origins = Vec::new();
        for origin in text.split(',').map(str::trim).filter(|origin| !origin.is_empty()) {
            let url = Url::parse(origin).map_err(|_| wrong(origin))?;
            if url.origin().ascii_serialization() != origin {
                return Err(wrong(origin));
            }
            origins.push(origin.to_owned());
        }
        Ok(Self(origins))
    }

    /// Answers a browser's preflight request; grants nothing to an origin that is not allowed.
    #[must_use]
    pub fn preflight(&self, headers: &HeaderMap) -> Reply {
        let reply = self.apply(headers, Reply::empty(StatusCode::NO_CONTENT));
        if !reply.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return reply;
        }
        reply
            .with(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT, POST, DELETE")
            .with(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, if-none-match, if-range, prefer, range",
            )
            .with(header::ACCESS_CONTROL_MAX_AGE, "600")
    }

    /// Adds the headers that let a page of an allowed origin read the reply.
    #[must_use]
    pub fn apply(&self, headers: &HeaderMap, reply: Reply) -> Reply {
        let reply = reply.with(header::VARY, "Origin");
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        match origin.filter(|origin| self.0.iter().any(|allowed| allowed == origin)) {
            Some(origin) => reply.with(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin).with(
                HeaderName::from_static("access-control-expose-headers"),
                "accept-ranges, content-range, etag, location, retry-after",
            ),
            None => reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::Deployment;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{api::Reply, http::StatusCode};

    fn read(settings: &[(&str, &str)]) -> Result<Deployment, &'static str> {
        let value =
            |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Deployment::read(value).map_err(|error| error.setting)
    }

    #[test]
    fn nothing_set_buys_nothing() {
        let deployment = read(&[]).expect("settings");
        assert!(!deployment.is_able() && deployment.connection().is_none() && deployment.admin.is_none());
        assert!(read(&[("AVATAR_TEST_MODE", "true"), ("ADMIN_TOKEN", "short")]).expect("settings").is_able());
        assert_eq!(
            read(&[("FAL_API_KEY", "a:b")])
                .expect("settings")
                .connection()
                .map(|connection| connection.account.origins().origin())
                .as_deref(),
            Some("https://queue.fal.run")
        );
    }

    #[test]
    fn test_mode_needs_the_simulator_and_buying_does_not() {
        let of = |settings, simulator| Deployment { simulator, ..read(settings).expect("settings") };
        let (test, paid) = (&[("AVATAR_TEST_MODE", "true")][..], &[("FAL_KEY", "a:b")][..]);
        for (settings, simulator, able) in
            [(test, true, true), (test, false, false), (paid, false, true), (&[], false, false)]
        {
            let deployment = of(settings, simulator);
            assert_eq!(
                (deployment.is_able(), deployment.can_drive(None)),
                (able, able || settings.is_empty())
            );
        }
        assert_eq!(of(test, false).inability().code(), "settings.simulator_missing");
        assert_eq!(of(&[], false).inability().code(), "settings.key_missing");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        const BUCKET: &str = "MINIO_ENDPOINT, MINIO_BUCKET, MINIO_REGION or MINIO_ADDRESSING";
        let with = |endpoint, addressing| {
            let key = [("MINIO_BUCKET", "photos"), ("MINIO_ACCESS_KEY", "a"), ("MINIO_SECRET_KEY", "b")];
            let place = [("MINIO_ENDPOINT", endpoint), ("MINIO_ADDRESSING", addressing)];
            key.into_iter().chain(place).collect::<Vec<_>>()
        };
        for (settings, named) in [
            (&[("AVATAR_TEST_MODE", "ture")][..], "AVATAR_TEST_MODE"),
            (&[("ADMIN_TOKEN", "short")], "ADMIN_TOKEN"),
            (&[("FAL_KEY", "ключ")], "FAL_KEY"),
            (&[("FAL_KEY", "a:b"), ("FAL_BASE_URL", "http://a?b")], "FAL_BASE_URL"),
            (&[("NOTIFY_URL", "https://example.com")], "NOTIFY_SECRET"),
            (&[("ALLOWED_ORIGINS", "https://example.com/")], "ALLOWED_ORIGINS"),
            (&[("ALLOWED_ORIGINS", "*")], "ALLOWED_ORIGINS"),
            (&[("MINIO_ENDPOINT", "https://s3.example.com")], "MINIO_BUCKET"),
            (&[("RETENTION_DAYS", "-1")], "RETENTION_DAYS"),
            (&with("https://s3.example.com", "vhost"), "MINIO_ADDRESSING"),
            (&with("https://photos.s3.example.com", ""), BUCKET),
            (&with("https://photos.s3.example.com", "virtual"), BUCKET),
            (&with("https://s3.example.com/photos", "path"), BUCKET),
            (&with("http://127.0.0.1:9000", "virtual"), BUCKET),
        ] {
            assert_eq!(read(settings).map(|_| ()), Err(named), "{settings:?}");
        }
    }

    #[test]
    fn a_bucket_is_addressed_as_the_settings_say() {
        let url = |addressing| {
            let deployment = read(&[
                ("MINIO_ENDPOINT", "https://s3.example.com"),
                ("MINIO_BUCKET", "photos"),
                ("MINIO_ACCESS_KEY", "a"),
                ("MINIO_SECRET_KEY", "b"),
                ("MINIO_ADDRESSING", addressing),
            ]);
            deployment.expect("settings").bucket.expect("a bucket").url().to_string()
        };
        assert_eq!(url(""), "https://s3.example.com/photos/");
        assert_eq!(url("path"), "https://s3.example.com/photos/");
        assert_eq!(url("virtual"), "https://photos.s3.example.com/");
    }

    #[test]
    fn only_an_exact_origin_may_read() {
        let cors =
            read(&[("ALLOWED_ORIGINS", "https://a.example, https://b.example:8443")]).expect("settings").cors;
        let allowed = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("origin", HeaderValue::from_static(origin));
            let reply = cors.apply(&headers, Reply::empty(StatusCode::OK));
            assert!(reply.headers.contains_key("vary"));
            reply
                .headers
                .get("access-control-allow-origin")
                .map(|value| value.to_str().expect("text").to_owned())
        };
        assert_eq!(allowed("https://b.example:8443").as_deref(), Some("https://b.example:8443"));
        for other in ["https://b.example", "http://a.example", "null", "https://a.example.evil"] {
            assert_eq!(allowed(other), None, "{other}");
        }
    }
}
