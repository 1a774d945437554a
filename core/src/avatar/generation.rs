//! Pictures made with a trained model.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    OrderKey, TriggerPhrase,
    order::{Order, Plan},
    task::UploadSource,
};
use crate::{
    fal::{
        generate::{self, GUIDANCE_SCALE, IMAGES, INFERENCE_STEPS, ImageSize, SCALE},
        result::Pictures,
    },
    limits::MAX_PROMPT,
    text::changes_direction,
};

/// An order of pictures for one prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Number of the order, counted from 1 in each avatar.
    pub number: u32,
    /// The checked request.
    #[serde(rename = "wish")]
    pub request: PictureRequest,
    /// fal's random seed. Likeness chooses one if the person did not, so that the seed tells an unclear purchase from
    /// others.
    pub seed: u32,
    /// The order at fal.
    pub order: Order<Pictures>,
    /// True once the person has been given the pictures. Until then the same request means these pictures, which are
    /// paid for.
    #[serde(default = "given_before")]
    pub delivered: bool,
}

/// Returns `true`: old records lack the field `delivered`, and their pictures were delivered.
fn given_before() -> bool {
    true
}

/// A checked request for pictures. Only [`PictureSettings::check`] makes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureRequest {
    prompt: String,
    count: u32,
    image_size: ImageSize,
    steps: u32,
    guidance_scale: f64,
    lora_scale: f64,
    /// The person's own seed.
    seed: Option<u32>,
}

/// The settings that a person or program writes: everything but the prompt may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "NewPictures"))]
pub struct PictureSettings {
    /// Prompt: the content of the pictures in words.
    pub prompt: String,
    /// Number of pictures, 1 to 4; 1 unless given.
    pub count: Option<u32>,
    /// One of fal's sizes; `square_hd` unless given.
    pub image_size: Option<ImageSize>,
    /// Inference steps, 1 to 50; 28 unless given.
    pub steps: Option<u32>,
    /// Closeness to the prompt, 0 to 35; 3.5 unless given.
    pub guidance_scale: Option<f64>,
    /// Strength of the model, 0 to 4; 1 unless given.
    pub lora_scale: Option<f64>,
    /// The random seed, to get the same pictures again.
    pub seed: Option<u32>,
}

/// A setting for pictures that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// An empty prompt.
    NoPrompt,
    /// A prompt longer than [`MAX_PROMPT`].
    LongPrompt,
    /// A character that makes the prompt pass for another.
    Direction,
    /// A number outside fal's range (its page of fal-ai/flux-lora): the field's name and the range.
    Range(&'static str, &'static str),
}

impl PictureSettings {
    /// Fills in the defaults and checks every range, before any money is spent. The trigger phrase is put in
    /// front of a prompt that lacks it.
    pub fn check(&self, trigger: Option<&TriggerPhrase>) -> Result<PictureRequest, PictureError> {
        let prompt = self.prompt.trim();
        if prompt.is_empty() {
            return Err(PictureError::NoPrompt);
        }
        if prompt.chars().count() > MAX_PROMPT {
            return Err(PictureError::LongPrompt);
        }
        if prompt.chars().any(changes_direction) {
            return Err(PictureError::Direction);
        }
        Ok(PictureRequest {
            prompt: trigger.map_or_else(|| prompt.to_owned(), |trigger| trigger.call(prompt)),
            count: in_range(self.count.unwrap_or(1), &IMAGES, "count", "1 to 4")?,
            image_size: self.image_size.unwrap_or(ImageSize::SquareHd),
            steps: in_range(self.steps.unwrap_or(28), &INFERENCE_STEPS, "steps", "1 to 50")?,
            guidance_scale: in_range(
                self.guidance_scale.unwrap_or(3.5),
                &GUIDANCE_SCALE,
                "guidance_scale",
                "0 to 35",
            )?,
            lora_scale: in_range(self.lora_scale.unwrap_or(1.0), &SCALE, "lora_scale", "0 to 4")?,
            seed: self.seed,
        })
    }
}

fn in_range<T: PartialOrd>(
    value: T,
    range: &RangeInclusive<T>,
    name: &'static str,
    words: &'static str,
) -> Result<T, PictureError> {
    if range.contains(&value) { Ok(value) } else { Err(PictureError::Range(name, words)) }
}

impl PictureRequest {
    /// Returns the description of the pictures, with the trigger phrase.
    #[must_use]
    pub fn prompt(&self) -> &str {
        &self.prompt
    }

    /// Returns the number of pictures.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Returns the size of each picture.
    #[must_use]
    pub fn image_size(&self) -> ImageSize {
        self.image_size
    }

    /// Returns the person's own seed.
    #[must_use]
    pub fn seed(&self) -> Option<u32> {
        self.seed
    }

    pub(super) fn forget(&mut self) {
        self.prompt.clear();
    }
}

impl Generation {
    fn input(&self, lora: &Url) -> generate::Input {
        let PictureRequest { prompt, count, image_size, steps, guidance_scale, lora_scale, seed: _ } =
            &self.request;
        generate::Input {
            prompt: prompt.clone(),
            loras: vec![generate::Lora { path: lora.clone(), scale: *lora_scale }],
            image_size: *image_size,
            num_inference_steps: *steps,
            guidance_scale: *guidance_scale,
            num_images: *count,
            seed: Some(self.seed.into()),
        }
    }

    /// Tells whether a request that fal lists is this order. A forgotten person's prompt is not stored: our seed and
    /// the model's address must do.
    fn is_input(&self, lora: &Url, listed: &Value) -> bool {
        let mut input = self.input(lora);
        if input.prompt.is_empty() {
            let prompt = listed.get("prompt").and_then(Value::as_str);
            prompt.unwrap_or_default().clone_into(&mut input.prompt);
        }
        input.is_input_of(listed)
    }

    /// Calls `then` with the order's plan. `model` is our copy of the model's file, if there is one.
    pub(super) fn with_plan<T>(&self, model: Option<&(String, u64)>, then: impl FnOnce(&Plan<'_>) -> T) -> T {
        then(&Plan {
            order: OrderKey::Pictures(self.number),
            endpoint: generate::endpoint(),
            input: &|lora| self.input(lora).to_json(),
            is_input: &|lora, listed| self.is_input(lora, listed),
            upload_source: &|| model.map(|(file, length)| (UploadSource::Model(file.clone()), *length)),
            webhook: &|_| None,
            file_name: &|index, file| {
                let kind = match file.content_type {
                    Some("image/png") => "png",
                    Some("image/webp") => "webp",
                    _ => "jpg",
                };
                format!("picture-{}-{}.{kind}", self.number, index + 1)
            },
            copy: &|_| None,
            steps: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{PictureError, PictureSettings};
    use crate::avatar::TriggerPhrase;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_prompt_that_turns_its_direction_is_refused() {
        for control in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let settings =
                PictureSettings { prompt: format!("at{control}sea"), ..PictureSettings::default() };
            assert_eq!(settings.check(None), Err(PictureError::Direction), "{control:?}");
        }
        let settings = PictureSettings { prompt: "שלום".to_owned(), ..PictureSettings::default() };
        assert!(settings.check(None).is_ok());
    }

    #[test]
    fn settings_are_filled_in_and_checked() {
        let settings = PictureSettings { prompt: " at the sea ".to_owned(), ..PictureSettings::default() };
        let trigger = TriggerPhrase::new("anna").expect("a phrase");
        let request = settings.check(Some(&trigger)).expect("in range");
        assert_eq!((request.prompt(), request.count()), ("anna, at the sea", 1));
        let wrong = [
            PictureSettings { count: Some(0), ..settings.clone() },
            PictureSettings { count: Some(5), ..settings.clone() },
            PictureSettings { steps: Some(51), ..settings.clone() },
            PictureSettings { guidance_scale: Some(f64::NAN), ..settings.clone() },
            PictureSettings { lora_scale: Some(-0.1), ..settings.clone() },
        ];
        for wrong in wrong {
            assert!(matches!(wrong.check(None), Err(PictureError::Range(..))), "{wrong:?}");
        }
        assert_eq!(PictureSettings::default().check(None), Err(PictureError::NoPrompt));
    }
}
