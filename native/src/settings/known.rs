//! The names of all settings.

/// The name of a setting.
#[derive(Debug)]
pub(super) struct Known {
    /// Key in the settings file; a dot stands before a key of a table.
    pub(super) key: &'static str,
    /// Name in the environment; empty when only the file and flags have the setting.
    pub(super) variable: &'static str,
    /// Purpose of the setting.
    pub(super) about: &'static str,
}

const fn known(key: &'static str, variable: &'static str, about: &'static str) -> Known {
    Known { key, variable, about }
}

/// All settings, in the order in which `likeness config` shows them.
pub(super) const KNOWN: &[Known] = &[
    known("fal_key", "FAL_KEY", "fal.ai's key"),
    known("fal_api_key", "FAL_API_KEY", "the same, under its other name"),
    known("fal_admin_key", "FAL_ADMIN_KEY", "lets `erase` delete what fal.ai stored of a request"),
    known("fal_base_url", "FAL_BASE_URL", "where fal.ai is spoken to, such as a simulator"),
    known("fal_webhook_url", "FAL_WEBHOOK_URL", "where fal.ai reports the end of a training"),
    known("avatar_test_mode", "AVATAR_TEST_MODE", "use the built-in simulator"),
    known("fal_mock_training_duration", "FAL_MOCK_TRAINING_DURATION", "a simulated training, in seconds"),
    known("minio_endpoint", "MINIO_ENDPOINT", "the S3 server of the bucket"),
    known("minio_access_key", "MINIO_ACCESS_KEY", "the bucket's access key"),
    known("minio_secret_key", "MINIO_SECRET_KEY", "its secret"),
    known("minio_bucket", "MINIO_BUCKET", "the bucket that `train --keys` reads"),
    known("minio_region", "MINIO_REGION", "the region that the server names"),
    known("minio_addressing", "MINIO_ADDRESSING", "where the bucket stands in addresses: path or virtual"),
    known("likeness_home", "LIKENESS_HOME", "the data folder"),
    known("likeness_log", "LIKENESS_LOG", "error, warning, info or debug"),
    known("likeness_training_price", "LIKENESS_TRAINING_PRICE", "what one training costs, such as 2.40 USD"),
    known("no_color", "NO_COLOR", "no colours"),
    known("admin_token", "ADMIN_TOKEN", "lets the operator of `serve` in"),
    known("likeness_url", "LIKENESS_URL", "the deployment that `token` speaks to"),
    known("notify_url", "NOTIFY_URL", "the backend that `serve` tells of every change"),
    known("notify_secret", "NOTIFY_SECRET", "what it is told is signed with"),
    known("allowed_origins", "ALLOWED_ORIGINS", "the pages that may call `serve`, with commas between"),
    known("retention_days", "RETENTION_DAYS", "how long `serve` keeps photos of which nothing was trained"),
    known("daily_trainings", "DAILY_TRAININGS", "how many trainings `serve` buys on a day (UTC)"),
    known("daily_pictures", "DAILY_PICTURES", "how many pictures `serve` buys on a day"),
    known("training.quality", "", "the preset: fast, balanced or high"),
    known("training.steps", "", "steps, 1 to 10000"),
    known("training.learning_rate", "", "learning rate, 0.000001 to 0.001"),
    known("training.multiresolution_training", "", "train at several resolutions"),
    known("training.subject_crop", "", "crop to the person"),
    known("training.create_masks", "", "learn from the person more than from the background"),
    known("training.min_photos", "", "the fewest good photos of a set"),
    known("training.max_photos", "", "the most photos of a set"),
    known("generation.scale", "", "how strongly the model counts, 0 to 4"),
    known("generation.steps", "", "denoising steps of a picture, 1 to 50"),
    known("generation.guidance", "", "how closely to follow the prompt, 0 to 35"),
    known("generation.image_size", "", "the size of a picture, such as square_hd"),
];

/// Finds a key of the settings file.
pub(super) fn find(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key == key)
}

/// Finds the known key that is spelt most like this one, when one is near enough to be meant.
pub(super) fn nearest(key: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&key.to_lowercase(), known.key), known.key))
        .min()
        .filter(|(distance, known)| *distance * 3 <= known.len())
        .map(|(_, known)| known)
}
