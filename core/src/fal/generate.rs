//! Input of the picture model (fal.ai/docs/model-api-reference/image-generation-api/flux-lora).

use std::{fmt, ops::RangeInclusive, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::Endpoint;
use crate::{http::without_query, text::stored_as_text};

/// The numbers of inference steps that the model takes.
pub const INFERENCE_STEPS: RangeInclusive<u32> = 1..=50;

/// The guidance scales that the model takes.
pub const GUIDANCE_SCALE: RangeInclusive<f64> = 0.0..=35.0;

/// The numbers of pictures that one request can make.
pub(crate) const IMAGES: RangeInclusive<u32> = 1..=4;

/// The strengths that a LoRA may have. fal publishes no range for this model; this one is that of its newer LoRA
/// models (`fal-ai/flux-2/lora`).
pub const SCALE: RangeInclusive<f64> = 0.0..=4.0;

/// The length of a picture's sides, in pixels. fal publishes no range for this model; longer sides only fail there.
const SIDE: RangeInclusive<u32> = 64..=4096;

/// The input of one generation.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Description of the picture, with the trigger phrase in it.
    pub prompt: String,
    /// Trained models to use.
    pub loras: Vec<Lora>,
    /// Size of the pictures.
    pub image_size: ImageSize,
    /// Number of inference steps.
    pub num_inference_steps: u32,
    /// Guidance scale: the higher, the closer the picture follows the prompt.
    pub guidance_scale: f64,
    /// Number of pictures.
    pub num_images: u32,
    /// Seed. Equal seeds make equal pictures, and our seed identifies our request in fal's list.
    pub seed: Option<u64>,
}

/// A trained model and the strength at which it is used.
#[derive(Clone, PartialEq)]
pub struct Lora {
    /// Address of the weights; a presigned address is a secret, so `Debug` leaves out the query.
    pub path: Url,
    /// Strength; 1 is as trained.
    pub scale: f64,
}

/// The size of a picture: one of fal's names, or `WIDTHxHEIGHT` in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ImageSize {
    /// 1024 × 1024.
    SquareHd,
    /// 512 × 512.
    Square,
    /// 768 × 1024.
    Portrait4To3,
    /// 576 × 1024.
    Portrait16To9,
    /// 1024 × 768.
    Landscape4To3,
    /// 1024 × 576.
    Landscape16To9,
    /// Any other size.
    Custom {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
}

/// The text is not a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ImageSizeError;

/// Returns `fal-ai/flux-lora`.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::known("fal-ai/flux-lora")
}

impl Input {
    /// Writes the submit's body.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let loras = self.loras.iter().map(|lora| json!({"path": lora.path, "scale": lora.scale}));
        let mut input = json!({
            "prompt": self.prompt,
            "loras": loras.collect::<Vec<_>>(),
            "image_size": self.image_size.to_json(),
            "num_inference_steps": self.num_inference_steps,
            "guidance_scale": self.guidance_scale,
            "num_images": self.num_images,
        });
        if let (Some(seed), Some(input)) = (self.seed, input.as_object_mut()) {
            input.insert("seed".to_owned(), seed.into());
        }
        input
    }

    /// Tells whether a request that fal lists was sent with this input: seed, prompt and the LoRAs' addresses are
    /// equal. Without a seed nothing tells two equal requests apart, so the answer is no.
    #[must_use]
    pub(crate) fn is_input_of(&self, listed: &Value) -> bool {
        let paths: Option<Vec<_>> = listed.get("loras").and_then(Value::as_array).map(|loras| {
            loras.iter().map(|lora| lora.get("path").and_then(Value::as_str).unwrap_or_default()).collect()
        });
        let ours: Vec<_> = self.loras.iter().map(|lora| lora.path.as_str()).collect();
        self.seed.is_some()
            && listed.get("seed").and_then(Value::as_u64) == self.seed
            && listed.get("prompt").and_then(Value::as_str) == Some(self.prompt.as_str())
            && paths.unwrap_or_default() == ours
    }
}

impl fmt::Debug for Lora {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", without_query(&self.path), self.scale)
    }
}

impl ImageSize {
    pub(crate) const NAMED: [(Self, &'static str); 6] = [
        (Self::SquareHd, "square_hd"),
        (Self::Square, "square"),
        (Self::Portrait4To3, "portrait_4_3"),
        (Self::Portrait16To9, "portrait_16_9"),
        (Self::Landscape4To3, "landscape_4_3"),
        (Self::Landscape16To9, "landscape_16_9"),
    ];

    /// Returns width and height in pixels.
    #[must_use]
    pub(crate) fn width_and_height(self) -> (u32, u32) {
        match self {
            Self::SquareHd => (1024, 1024),
            Self::Square => (512, 512),
            Self::Portrait4To3 => (768, 1024),
            Self::Portrait16To9 => (576, 1024),
            Self::Landscape4To3 => (1024, 768),
            Self::Landscape16To9 => (1024, 576),
            Self::Custom { width, height } => (width, height),
        }
    }

    fn to_json(self) -> Value {
        match self {
            Self::Custom { width, height } => json!({"width": width, "height": height}),
            named => named.to_string().into(),
        }
    }
}

impl fmt::Display for ImageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Custom { width, height } = self {
            return write!(f, "{width}x{height}");
        }
        Self::NAMED.iter().filter(|(size, _)| size == self).try_for_each(|(_, name)| f.write_str(name))
    }
}

impl FromStr for ImageSize {
    type Err = ImageSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((size, _)) = Self::NAMED.iter().find(|(_, name)| *name == text) {
            return Ok(*size);
        }
        let (width, height) = text.split_once('x').ok_or(ImageSizeError)?;
        let side = |text: &str| text.parse().ok().filter(|side| SIDE.contains(side)).ok_or(ImageSizeError);
        Ok(Self::Custom { width: side(width)?, height: side(height)? })
    }
}

stored_as_text!(ImageSize: from_str, ImageSizeError);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ImageSize, Input, Lora, endpoint};
    use crate::fal::{
        Endpoint,
        fixtures::{account, described, javascript, python, with, without},
        submit,
    };
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn input() -> Input {
        let path = "https://v3b.fal.media/files/b/0a1b/pytorch_lora_weights.safetensors";
        Input {
            prompt: "ohwx_anna in a garden, «как в кино»".to_owned(),
            loras: vec![Lora { path: path.parse().expect("a URL"), scale: 1.0 }],
            image_size: ImageSize::SquareHd,
            num_inference_steps: 28,
            guidance_scale: 3.5,
            num_images: 2,
            seed: Some(4_807_526_976),
        }
    }

    #[test]
    fn it_is_what_fals_clients_send() {
        let ours = described(&submit::request(&account(), &endpoint(), &input().to_json(), None));
        let theirs = with(python("generate").remove(0), "accept", "application/json");
        assert_eq!(ours, with(theirs, "x-fal-object-lifecycle-preference", &submit::lifecycle()));
        let mut theirs = without(javascript("generate").remove(0), "x-fal-queue-priority");
        theirs["json"]["loras"][0]["scale"] = json!(1.0); // JavaScript writes it as 1
        assert_eq!(ours, theirs);
        assert_eq!(endpoint().as_str().parse::<Endpoint>(), Ok(endpoint()));
    }

    #[test]
    fn sizes_are_fals_names_or_pixels() {
        for (size, name) in ImageSize::NAMED {
            assert_eq!(name.parse(), Ok(size));
            assert_eq!(size.to_json(), json!(name));
        }
        let custom = ImageSize::Custom { width: 640, height: 960 };
        assert_eq!("640x960".parse(), Ok(custom));
        assert_eq!(custom.to_string(), "640x960");
        assert_eq!(custom.to_json(), json!({"width": 640, "height": 960}));
        for text in ["", "x", "640x", "0x640", "640x99999", "-1x64", "640X960", "square_HD"] {
            assert!(text.parse::<ImageSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn our_request_is_known_by_seed_prompt_and_model() {
        let listed = input().to_json();
        assert!(input().is_input_of(&listed));
        for (field, other) in
            [("seed", json!(1)), ("prompt", json!("p")), ("loras", json!([])), ("loras", json!(1))]
        {
            let mut listed = listed.clone();
            listed[field] = other;
            assert!(!input().is_input_of(&listed), "{field}");
        }
        let seedless = Input { seed: None, ..input() };
        assert!(!seedless.is_input_of(&seedless.to_json()));
    }

    #[test]
    fn a_signed_address_is_not_shown() {
        let path = "https://bucket.example/m.safetensors?X-Amz-Signature=abc".parse().expect("a URL");
        let shown = format!("{:?}", Lora { path, scale: 1.0 });
        assert!(shown.contains("m.safetensors") && !shown.contains("abc"), "{shown}");
    }
}
