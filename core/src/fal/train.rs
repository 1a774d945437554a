//! What the portrait trainer takes (fal.ai/models/fal-ai/flux-lora-portrait-trainer).

use std::{fmt, ops::RangeInclusive};

use serde_json::{Value, json};
use url::Url;

use super::Endpoint;
use crate::http::without_query;

/// How many steps the trainer takes.
pub const STEPS: RangeInclusive<u32> = 1..=10_000;

/// Which learning rates the trainer takes.
pub const LEARNING_RATE: RangeInclusive<f64> = 0.000_001..=0.001;

/// The input of one training. Fields that the trainer does not know would be taken silently, and ranges are
/// checked only after the money is spent: so this type has the known fields alone, and [`check`](Self::check).
#[derive(Clone, PartialEq)]
pub struct Input {
    /// Where the archive is.
    pub images_data_url: Url,
    /// The word that stands for the person; the caption of photos that have none.
    pub trigger_phrase: String,
    /// Training steps.
    pub steps: u32,
    /// Learning rate.
    pub learning_rate: f64,
    /// Whether to train at several resolutions.
    pub multiresolution_training: bool,
    /// Whether to crop to the person.
    pub subject_crop: bool,
    /// Whether to mask what is not the person.
    pub create_masks: bool,
}

/// What the model at fal would refuse, or take otherwise than it was meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InputError {
    /// A whole number is out of range.
    #[error("{name} is {value}, but must be from {} to {}", .range.start(), .range.end())]
    Count {
        /// The field.
        name: &'static str,
        /// What it is.
        value: u32,
        /// What it may be.
        range: RangeInclusive<u32>,
    },
    /// A number is out of range, or none.
    #[error("{name} is {value}, but must be from {} to {}", .range.start(), .range.end())]
    Number {
        /// The field.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        range: RangeInclusive<f64>,
    },
    /// A text is missing.
    #[error("{name} is empty")]
    Empty {
        /// The field.
        name: &'static str,
    },
}

/// `fal-ai/flux-lora-portrait-trainer`.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::known("fal-ai/flux-lora-portrait-trainer")
}

impl Input {
    /// Whether fal will take it.
    pub fn check(&self) -> Result<(), InputError> {
        count("steps", self.steps, STEPS)?;
        number("learning_rate", self.learning_rate, LEARNING_RATE)?;
        present("trigger_phrase", &self.trigger_phrase)
    }

    /// The submit's body.
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

    /// Whether a request that fal lists was sent with this input: each upload has an address of its own.
    #[must_use]
    pub fn is_input_of(&self, listed: &Value) -> bool {
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

pub(super) fn count(name: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<(), InputError> {
    if range.contains(&value) { Ok(()) } else { Err(InputError::Count { name, value, range }) }
}

pub(super) fn number(name: &'static str, value: f64, range: RangeInclusive<f64>) -> Result<(), InputError> {
    if range.contains(&value) { Ok(()) } else { Err(InputError::Number { name, value, range }) }
}

pub(super) fn present(name: &'static str, value: &str) -> Result<(), InputError> {
    if value.trim().is_empty() { Err(InputError::Empty { name }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Input, InputError, endpoint};
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
        assert_eq!(input().check(), Ok(()));
        assert_eq!(endpoint().as_str().parse::<Endpoint>(), Ok(endpoint()));
    }

    #[test]
    fn what_fal_would_refuse_is_refused_before() {
        let named = |input: Input| match input.check() {
            Err(
                InputError::Count { name, .. } | InputError::Number { name, .. } | InputError::Empty { name },
            ) => name,
            Ok(()) => "",
        };
        assert_eq!(named(Input { steps: 0, ..input() }), "steps");
        assert_eq!(named(Input { steps: 10_001, ..input() }), "steps");
        for rate in [0.0, 0.0011, -0.0002, f64::NAN, f64::INFINITY] {
            assert_eq!(named(Input { learning_rate: rate, ..input() }), "learning_rate");
        }
        assert_eq!(named(Input { trigger_phrase: " ".to_owned(), ..input() }), "trigger_phrase");
        let steep = Input { learning_rate: 0.1, ..input() }.check().expect_err("too steep");
        assert_eq!(steep.to_string(), "learning_rate is 0.1, but must be from 0.000001 to 0.001");
    }

    #[test]
    fn our_request_is_known_by_its_archive() {
        assert!(input().is_input_of(&input().to_json()));
        assert!(!input().is_input_of(&json!({"images_data_url": "https://v3b.fal.media/files/b/other.zip"})));
        assert!(!input().is_input_of(&json!(null)));
    }
}
