//! Input of the portrait trainer (fal.ai/models/fal-ai/flux-lora-portrait-trainer).

use std::{fmt, ops::RangeInclusive};

use serde_json::{Value, json};
use url::Url;

use crate::{fal::Endpoint, http::without_query};

/// The numbers of steps that the trainer takes.
pub const STEPS: RangeInclusive<u32> = 1..=10_000;

/// The learning rates that the trainer takes.
pub const LEARNING_RATE: RangeInclusive<f64> = 0.000_001..=0.001;

/// The input of one training. The trainer would silently take fields that it does not know, so this type has the
/// known fields alone; [`crate::avatar::TrainingSettings`] checks ranges before any money is spent.
#[derive(Clone, PartialEq)]
pub struct Input {
    /// Address of the archive.
    pub images_data_url: Url,
    /// Word that stands for the person, and the caption of photos that have none.
    pub trigger_phrase: String,
    /// Number of training steps.
    pub steps: u32,
    /// Learning rate.
    pub learning_rate: f64,
    /// True to train at several resolutions.
    pub multiresolution_training: bool,
    /// True to crop the photos to the person.
    pub subject_crop: bool,
    /// True to mask everything but the person.
    pub create_masks: bool,
}

/// Returns `fal-ai/flux-lora-portrait-trainer`.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::known("fal-ai/flux-lora-portrait-trainer")
}

impl Input {
    /// Writes the submit's body.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "images_data_url": self.images_data_url,
            "trigger_phrase": self.trigger_phrase,
            "steps": self.steps,
            "learning_rate": self.learning_rate,
            "multiresolution_training": self.multiresolution_training,
            "subject_crop": self.subject_crop,
            "create_masks": self.create_masks,
        })
    }

    /// Tells whether a request that fal lists was sent with this input: each upload has an address of its own.
    #[must_use]
    pub(crate) fn is_input_of(&self, listed: &Value) -> bool {
        listed.get("images_data_url").and_then(Value::as_str) == Some(self.images_data_url.as_str())
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "training of {} for {} steps at {}",
            without_query(&self.images_data_url),
            self.steps,
            self.learning_rate
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Input, endpoint};
    use crate::fal::{Endpoint, fixtures::python};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn input() -> Input {
        Input {
            images_data_url: "https://v3b.fal.media/files/b/0a1b/photos.zip".parse().expect("a URL"),
            trigger_phrase: "ohwx_anna".to_owned(),
            steps: 1000,
            learning_rate: 0.0002,
            multiresolution_training: true,
            subject_crop: true,
            create_masks: false,
        }
    }

    #[test]
    fn it_is_the_captured_input() {
        assert_eq!(input().to_json(), python("submit")[0]["json"]);
        assert_eq!(endpoint().as_str().parse::<Endpoint>(), Ok(endpoint()));
    }

    #[test]
    fn our_request_is_known_by_its_archive() {
        assert!(input().is_input_of(&input().to_json()));
        assert!(!input().is_input_of(&json!({"images_data_url": "https://v3b.fal.media/files/b/other.zip"})));
        assert!(!input().is_input_of(&json!(null)));
    }
}
