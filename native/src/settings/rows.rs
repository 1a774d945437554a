//! Rows of settings for `likeness config`.

use likeness_core::secret::Secret;
use url::Url;

use super::{Origin, Setting, Settings, known::KNOWN};

/// A setting, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Name in the settings file.
    pub(crate) key: &'static str,
    /// Name in the environment; empty when the setting has none.
    pub(crate) variable: &'static str,
    /// Value; of a secret only whether it is set.
    pub(crate) value: String,
    /// Origin of the value.
    pub(crate) origin: Origin,
    /// Purpose of the setting.
    pub(crate) about: &'static str,
}

impl Settings {
    /// Lists every setting, in a fixed order.
    pub(crate) fn rows(&self) -> Vec<Row> {
        KNOWN
            .iter()
            // The other name of the key is shown as the origin of `fal_key`.
            .filter(|known| known.key != "fal_api_key")
            .map(|known| {
                let (value, origin) = self.shown(known.key);
                Row { key: known.key, variable: known.variable, value, origin, about: known.about }
            })
            .collect()
    }

    fn shown(&self, key: &str) -> (String, Origin) {
        let defaults = &self.defaults;
        match key {
            "fal_key" => secret(&self.fal_key),
            "fal_admin_key" => secret(&self.fal_admin_key),
            "fal_base_url" => address(&self.fal_base_url, "fal.ai's own addresses"),
            "fal_webhook_url" => address(&self.fal_webhook_url, "not set"),
            "avatar_test_mode" => plain(&self.test_mode),
            "fal_mock_training_duration" => {
                (format!("{:?}", self.mock_training.value), self.mock_training.origin.clone())
            }
            "minio_endpoint" => address(&self.minio_endpoint, "not set"),
            "minio_access_key" => secret(&self.minio_access_key),
            "minio_secret_key" => secret(&self.minio_secret_key),
            "minio_bucket" => optional(&self.minio_bucket, "not set"),
            "minio_region" => plain(&self.minio_region),
            "minio_addressing" => optional(&self.minio_addressing, "path"),
            "likeness_home" => {
                let home = self.home.value.as_ref().map(|path| path.display().to_string());
                (home.unwrap_or_else(|| "not known".to_owned()), self.home.origin.clone())
            }
            "likeness_log" => {
                let level = self.log.value.map(|level| match level {
                    log::LevelFilter::Warn => "warning".to_owned(),
                    level => level.as_str().to_lowercase(),
                });
                let fallback = "info; warning on a terminal";
                (level.unwrap_or_else(|| fallback.to_owned()), self.log.origin.clone())
            }
            "likeness_training_price" => optional(&self.training_price, "not set"),
            "no_color" => plain(&self.no_color),
            "admin_token" => secret(&self.serving.admin_token),
            "likeness_url" => address(&self.serving.url, "not set"),
            "notify_url" => address(&self.serving.notify_url, "not set"),
            "notify_secret" => secret(&self.serving.notify_secret),
            "allowed_origins" => optional(&self.serving.allowed_origins, "not set"),
            "retention_days" => plain(&self.serving.retention_days),
            "daily_trainings" => plain(&self.serving.daily_trainings),
            "daily_pictures" => plain(&self.serving.daily_pictures),
            "training.quality" => {
                let quality = defaults.quality.value.map(|quality| format!("{quality:?}").to_lowercase());
                (quality.unwrap_or_else(|| "fast".to_owned()), defaults.quality.origin.clone())
            }
            "training.steps" => optional(&defaults.steps, "the preset's"),
            "training.learning_rate" => optional(&defaults.learning_rate, "the preset's"),
            "training.multiresolution_training" => plain(&defaults.multiresolution),
            "training.subject_crop" => plain(&defaults.subject_crop),
            "training.create_masks" => plain(&defaults.create_masks),
            "training.min_photos" => plain(&self.min_photos),
            "training.max_photos" => plain(&self.max_photos),
            "generation.scale" => plain(&defaults.scale),
            "generation.steps" => plain(&defaults.picture_steps),
            "generation.guidance" => plain(&defaults.guidance),
            "generation.image_size" => plain(&defaults.image_size),
            other => (format!("no value for {other}"), Origin::Default),
        }
    }
}

fn plain<T: ToString>(setting: &Setting<T>) -> (String, Origin) {
    (setting.value.to_string(), setting.origin.clone())
}

fn optional<T: ToString>(setting: &Setting<Option<T>>, missing: &str) -> (String, Origin) {
    (setting.value.as_ref().map_or_else(|| missing.to_owned(), T::to_string), setting.origin.clone())
}

/// Shows whether a secret is set: neither its text nor its length, nor a part of it.
fn secret(setting: &Setting<Option<Secret>>) -> (String, Origin) {
    let shown = if setting.value.is_some() { "set (hidden)" } else { "not set" };
    (shown.to_owned(), setting.origin.clone())
}

/// Shows an address without the password and the query that it may carry.
fn address(setting: &Setting<Option<Url>>, missing: &str) -> (String, Origin) {
    let shown = setting.value.as_ref().map(likeness_core::http::without_query);
    (shown.unwrap_or_else(|| missing.to_owned()), setting.origin.clone())
}
