//! Settings of `likeness serve`, read by the core as for any deployment.

use likeness_core::{api::Deployment, secret::Secret};
use url::Url;

use super::{Setting, Settings};
use crate::failure::{Exit, Failure};

impl Settings {
    /// Reads the settings with the core, as any deployment does, which judges them as well.
    pub(crate) fn deployment(&self) -> Result<Deployment, Failure> {
        let deployment = Deployment::read(|name| self.text_of(name)).map_err(|error| {
            Failure::new(Exit::Usage, "settings.invalid", "the settings cannot be used")
                .why(error.to_string())
                .next("correct these values, or take them away")
        })?;
        // The simulated training may take less than a second here.
        Ok(Deployment { mock_training: self.mock_training.value, ..deployment })
    }

    fn text_of(&self, name: &str) -> Option<String> {
        let secret = |setting: &Setting<Option<Secret>>| {
            setting.value.as_ref().map(|secret| secret.expose().to_owned())
        };
        let url = |setting: &Setting<Option<Url>>| setting.value.as_ref().map(Url::to_string);
        match name {
            "FAL_KEY" => secret(&self.fal_key),
            "FAL_ADMIN_KEY" => secret(&self.fal_admin_key),
            "FAL_BASE_URL" => url(&self.fal_base_url),
            "FAL_WEBHOOK_URL" => url(&self.fal_webhook_url),
            "AVATAR_TEST_MODE" => Some(self.test_mode.value.to_string()),
            "MINIO_ENDPOINT" => url(&self.minio_endpoint),
            "MINIO_BUCKET" => self.minio_bucket.value.clone(),
            "MINIO_ACCESS_KEY" => secret(&self.minio_access_key),
            "MINIO_SECRET_KEY" => secret(&self.minio_secret_key),
            "MINIO_REGION" => Some(self.minio_region.value.clone()),
            "MINIO_ADDRESSING" => self.minio_addressing.value.map(|addressing| addressing.to_string()),
            "ADMIN_TOKEN" => secret(&self.serving.admin_token),
            "NOTIFY_URL" => url(&self.serving.notify_url),
            "NOTIFY_SECRET" => secret(&self.serving.notify_secret),
            "ALLOWED_ORIGINS" => self.serving.allowed_origins.value.clone(),
            "RETENTION_DAYS" => Some(self.serving.retention_days.value.to_string()),
            "DAILY_TRAININGS" => Some(self.serving.daily_trainings.value.to_string()),
            "DAILY_PICTURES" => Some(self.serving.daily_pictures.value.to_string()),
            _ => None,
        }
    }
}
