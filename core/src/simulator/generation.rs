//! `fal-ai/flux-lora`: its input, its output and its pictures.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    drawing::{self, Looks},
    input::{Input, Range, number},
    plan::Plan,
    random,
};

/// A generation whose input was understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pictures {
    pub(super) prompt: String,
    pub(super) seed: u64,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) count: u32,
    pub(super) format: Format,
    /// Addresses of the LoRAs.
    pub(super) loras: Vec<String>,
    /// True if the safety filter blanked the first picture.
    pub(super) blanked: bool,
    /// Looks of the person on whose photos a LoRA was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) looks: Option<Looks>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Format {
    Jpeg,
    Png,
}

/// The named sizes of fal's FLUX endpoints.
const SIZES: [(&str, u32, u32); 6] = [
    ("square_hd", 1024, 1024),
    ("square", 512, 512),
    ("portrait_4_3", 768, 1024),
    ("portrait_16_9", 576, 1024),
    ("landscape_4_3", 1024, 768),
    ("landscape_16_9", 1024, 576),
];

/// The longest side that is drawn, in pixels. fal's schema ends at 14142, which would take half a gigabyte to draw.
const LONGEST_SIDE: f64 = 2048.0;

impl Pictures {
    /// Reads the input; ranges and defaults are those of fal's page of the endpoint. Without a seed one is made
    /// from `chance`.
    pub(super) fn read(value: &Value, chance: u64) -> Result<Self, Vec<Value>> {
        let mut input = Input::new(value)?;
        let prompt = input.required_text("prompt");
        let (width, height) = size(&mut input);
        input.whole("num_inference_steps", Range { least: 1.0, most: 50.0 }, 28);
        input.number("guidance_scale", Range { least: 0.0, most: 35.0 }, 3.5);
        input.flag("sync_mode", false);
        input.flag("enable_safety_checker", true);
        input.word("acceleration", &["none", "regular"], "none");
        let png = input.word("output_format", &["jpeg", "png"], "jpeg") == "png";
        let pictures = Self {
            prompt,
            seed: input.seed("seed").unwrap_or(chance),
            width,
            height,
            count: input.whole("num_images", Range { least: 1.0, most: 4.0 }, 1),
            format: if png { Format::Png } else { Format::Jpeg },
            loras: loras(&mut input),
            blanked: false,
            looks: None,
        };
        input.finish().map(|()| pictures)
    }

    /// Writes the bare output.
    pub(super) fn output(&self, id: &str, took: Duration, plan: &Plan) -> Value {
        let images = (0..self.count).map(|index| {
            json!({
                "url": plan.file_url(&plan.file_path(id, &self.name(index))),
                "width": self.width,
                "height": self.height,
                "content_type": self.content_type(),
            })
        });
        let blanked = (0..self.count).map(|index| self.blanked && index == 0);
        json!({
            "images": images.collect::<Vec<_>>(),
            "timings": { "inference": took.as_secs_f64() },
            "seed": self.seed,
            "has_nsfw_concepts": blanked.collect::<Vec<_>>(),
            "prompt": self.prompt,
        })
    }

    /// Returns a picture's file name.
    pub(super) fn name(&self, index: u32) -> String {
        match self.format {
            Format::Jpeg => format!("{index}.jpg"),
            Format::Png => format!("{index}.png"),
        }
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self.format {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
        }
    }

    /// Draws a picture's file anew each time: a face for each LoRA, with the looks of its photos, a pose for
    /// each prompt and seed, and TEST across a corner. A blanked picture is black, as fal's filter leaves it.
    pub(super) fn picture(&self, index: u32) -> Option<Vec<u8>> {
        let rgb = if self.blanked && index == 0 {
            let size = u64::from(self.width) * u64::from(self.height) * 3;
            vec![0; usize::try_from(size).ok()?]
        } else {
            let subject = self.loras.first().map_or(self.prompt.as_str(), |lora| without_query(lora));
            let person = random::number(0, "person", subject);
            let variation = random::number(self.seed.wrapping_add(u64::from(index)), "pose", &self.prompt);
            let mut rgb = match &self.looks {
                Some(looks) => drawing::resemblance(looks, person, variation, (self.width, self.height)),
                None => drawing::portrait(person, variation, self.width, self.height),
            };
            drawing::stamp(&mut rgb, self.width, "TEST");
            rgb
        };
        match self.format {
            Format::Jpeg => drawing::jpeg(&rgb, self.width, self.height),
            Format::Png => drawing::png(&rgb, self.width, self.height),
        }
    }
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(path, _)| path)
}

fn size(input: &mut Input<'_>) -> (u32, u32) {
    let standard = (1024, 768);
    let Some(value) = input.field("image_size") else { return standard };
    if let Some(name) = value.as_str() {
        if let Some((_, width, height)) = SIZES.iter().find(|(known, ..)| *known == name) {
            return (*width, *height);
        }
    } else if value.is_object() {
        let mut side = |name: &str| {
            let Some(side) = value.get(name) else { return 512 };
            let loc = json!(["body", "image_size", name]);
            let Some(length) = number(side).filter(|length| length.fract() == 0.0) else {
                input.mistake(&loc, "int_parsing", "Input should be a valid integer", &Value::Null, side);
                return 512;
            };
            input.within(&loc, length, Range { least: 1.0, most: LONGEST_SIDE }, side);
            length.to_string().parse().unwrap_or(512)
        };
        return (side("width"), side("height"));
    }
    let names = SIZES.map(|(name, ..)| name);
    let msg = format!("Input should be one of {}", names.join(", "));
    input.mistake(&json!(["body", "image_size"]), "one_of", &msg, &json!({ "expected": names }), value);
    standard
}

fn loras(input: &mut Input<'_>) -> Vec<String> {
    let Some(value) = input.field("loras") else { return Vec::new() };
    let Some(list) = value.as_array() else {
        let loc = json!(["body", "loras"]);
        input.mistake(&loc, "list_type", "Input should be a valid list", &Value::Null, value);
        return Vec::new();
    };
    let mut paths = Vec::new();
    for (index, lora) in list.iter().enumerate() {
        match lora.get("path") {
            Some(Value::String(path)) => paths.push(path.clone()),
            Some(other) => {
                let loc = json!(["body", "loras", index, "path"]);
                input.mistake(&loc, "string_type", "Input should be a valid string", &Value::Null, other);
            }
            None => {
                let loc = json!(["body", "loras", index, "path"]);
                input.mistake(&loc, "missing", "Field required", &Value::Null, lora);
            }
        }
        if let Some(scale) = lora.get("scale").filter(|scale| number(scale).is_none()) {
            let loc = json!(["body", "loras", index, "scale"]);
            input.mistake(&loc, "float_parsing", "Input should be a valid number", &Value::Null, scale);
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Pictures;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn pictures(value: &Value) -> Pictures {
        Pictures::read(value, 9).expect("an input")
    }

    #[test]
    fn sizes_have_names_or_numbers() {
        let size = |value: Value| {
            let pictures = pictures(&json!({ "prompt": "p", "image_size": value }));
            (pictures.width, pictures.height)
        };
        assert_eq!(size(Value::Null), (1024, 768));
        assert_eq!(size(json!("portrait_16_9")), (576, 1024));
        assert_eq!(size(json!({ "width": 300 })), (300, 512));
    }

    #[test]
    fn mistakes_name_their_place() {
        let wrong = json!({
            "prompt": "p", "image_size": { "width": 100_000 }, "num_images": 5,
            "loras": [{ "path": "u" }, { "scale": 1 }], "output_format": "gif",
        });
        let mistakes = Pictures::read(&wrong, 0).expect_err("mistakes");
        let places: Vec<String> = mistakes.iter().map(|mistake| mistake["loc"].to_string()).collect();
        assert_eq!(
            places,
            [
                r#"["body","image_size","width"]"#,
                r#"["body","output_format"]"#,
                r#"["body","num_images"]"#,
                r#"["body","loras",1,"path"]"#,
            ]
        );
    }

    #[test]
    fn every_prompt_and_every_seed_is_another_picture() {
        let small = |prompt: &str, seed: u64| {
            let size = json!({ "width": 64, "height": 64 });
            let input = json!({ "prompt": prompt, "seed": seed, "image_size": size, "output_format": "png" });
            pictures(&input).picture(0).expect("a picture")
        };
        assert!(small("a", 1) == small("a", 1));
        assert!(small("a", 1) != small("a", 2));
        assert!(small("a", 1) != small("b", 1));
    }

    #[test]
    fn the_files_are_what_they_say() {
        let size = json!({ "width": 80, "height": 50 });
        let mut drawn = pictures(&json!({ "prompt": "p", "image_size": size }));
        let file = drawn.picture(0).expect("a picture");
        let image = libjpeg_turbo_rs::decompress(&file).expect("a JPEG");
        assert_eq!((image.width, image.height), (80, 50));
        drawn.blanked = true;
        let black = libjpeg_turbo_rs::decompress(&drawn.picture(0).expect("a picture")).expect("a JPEG");
        assert!(black.data.iter().all(|sample| *sample == 0));
    }
}
