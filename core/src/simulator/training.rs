//! `fal-ai/flux-lora-portrait-trainer`: its input, its log and its output.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    drawing::Looks,
    input::{Input, Range},
    plan::Plan,
    safetensors::{self, Label},
};

/// A training whose input was understood. The fields have the names of the schema.
#[allow(clippy::struct_field_names, reason = "`multiresolution_training` is fal's name")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Training {
    pub(super) images_data_url: String,
    pub(super) trigger_phrase: Option<String>,
    pub(super) steps: u32,
    pub(super) learning_rate: f64,
    pub(super) multiresolution_training: bool,
    pub(super) subject_crop: bool,
    pub(super) create_masks: bool,
    /// Number of images in the archive.
    pub(super) images: u32,
    pub(super) captions: u32,
    /// Looks of the person in the images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) looks: Option<Looks>,
}

impl Training {
    /// Reads the input; ranges and defaults are those of the endpoint's published schema (its llms.txt).
    pub(super) fn read(value: &Value) -> Result<Self, Vec<Value>> {
        let mut input = Input::new(value)?;
        let training = Self {
            images_data_url: input.required_text("images_data_url"),
            trigger_phrase: input.text("trigger_phrase"),
            learning_rate: input.number("learning_rate", Range { least: 0.000_001, most: 0.001 }, 0.000_09),
            steps: input.whole("steps", Range { least: 1.0, most: 10_000.0 }, 2_500),
            multiresolution_training: input.flag("multiresolution_training", true),
            subject_crop: input.flag("subject_crop", true),
            create_masks: input.flag("create_masks", false),
            images: 0,
            captions: 0,
            looks: None,
        };
        input.text("data_archive_format");
        input.text("resume_from_checkpoint");
        input.finish().map(|()| training)
    }

    /// Lists every line that a training of this length writes, with its time counted from the start. The shape of
    /// fal's own lines is not documented; this is that of tqdm, the usual progress bar of Python trainers.
    pub(super) fn log(&self, run: Duration) -> Vec<(Duration, String)> {
        let at = |percent: u32| run * percent / 100;
        let mut lines = vec![
            (at(0), "Downloading training data".to_owned()),
            (at(2), format!("Found {} images and {} captions", self.images, self.captions)),
            (
                at(4),
                format!(
                    "Preprocessing images (subject_crop={}, create_masks={})",
                    self.subject_crop, self.create_masks
                ),
            ),
        ];
        // The steps themselves fill the time from 8 to 96 percent of the run.
        for percent in (0..=100).step_by(5) {
            lines.push((run * (800 + 88 * percent) / 10_000, self.progress_line(run * 88 / 100, percent)));
        }
        lines.push((at(98), "Saving LoRA weights".to_owned()));
        lines
    }

    /// Writes `Training:  45%|████▌     | 450/1000 [00:14<00:17, 31.03it/s]`.
    fn progress_line(&self, whole: Duration, percent: u32) -> String {
        let steps = u128::from(self.steps);
        let step = steps * u128::from(percent) / 100;
        let elapsed = whole * percent / 100;
        let eighths = usize::try_from(percent * 80 / 100).unwrap_or(0);
        let mut bar = "█".repeat(eighths / 8);
        bar.extend(['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)));
        let (left, rate) = match (step * 100_000).checked_div(elapsed.as_millis()) {
            Some(rate) if rate > 0 => {
                (clock(whole.saturating_sub(elapsed)), format!("{}.{:02}", rate / 100, rate % 100))
            }
            _ => ("?".to_owned(), "?".to_owned()),
        };
        let elapsed = clock(elapsed);
        format!("Training: {percent:3}%|{bar:<10}| {step}/{steps} [{elapsed}<{left}, {rate}it/s]")
    }

    /// Writes the bare output.
    pub(super) fn output(&self, id: &str, plan: &Plan) -> Value {
        let file = |name: &str, content_type: &str, size: usize| {
            json!({
                "url": plan.file_url(&plan.file_path(id, name)),
                "content_type": content_type,
                "file_name": name,
                "file_size": size,
            })
        };
        let config = self.config().len();
        json!({
            "diffusers_lora_file": file(LORA_NAME, "application/octet-stream", safetensors::length(self.label(), plan.lora_width)),
            "config_file": file(CONFIG_NAME, "application/json", config),
        })
    }

    /// Returns what the model's header says of the training.
    pub(super) fn label(&self) -> Label<'_> {
        Label { trigger_phrase: self.trigger_phrase.as_deref().unwrap_or_default(), steps: self.steps }
    }

    /// Writes the configuration file.
    pub(super) fn config(&self) -> String {
        json!({
            "test_mode": true,
            "trigger_phrase": self.trigger_phrase,
            "steps": self.steps,
            "learning_rate": self.learning_rate,
            "multiresolution_training": self.multiresolution_training,
            "subject_crop": self.subject_crop,
            "create_masks": self.create_masks,
            "images": self.images,
        })
        .to_string()
    }
}

pub(super) const LORA_NAME: &str = "pytorch_lora_weights.safetensors";
pub(super) const CONFIG_NAME: &str = "config.json";

/// Writes a duration as tqdm does: `01:05`, `1:00:00`.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::Training;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn training(steps: u32) -> Training {
        Training::read(&json!({ "images_data_url": "u", "steps": steps })).expect("an input")
    }

    #[test]
    fn a_line_of_progress_looks_like_tqdm_s() {
        let line = training(1_000).progress_line(Duration::from_secs(32), 45);
        assert_eq!(line, "Training:  45%|████▌     | 450/1000 [00:14<00:17, 31.25it/s]");
        let first = training(1_000).progress_line(Duration::from_secs(32), 0);
        assert_eq!(first, "Training:   0%|          | 0/1000 [00:00<?, ?it/s]");
        let last = training(1_000).progress_line(Duration::from_hours(2), 100);
        assert_eq!(last, "Training: 100%|██████████| 1000/1000 [2:00:00<00:00, 0.13it/s]");
    }

    #[test]
    fn the_lines_are_in_order_and_within_the_run() {
        let run = Duration::from_secs(30);
        let lines = training(1_000).log(run);
        assert!(lines.iter().is_sorted_by_key(|(at, _)| *at));
        assert!(lines.iter().all(|(at, _)| *at <= run));
        assert!(lines.iter().any(|(_, line)| line.contains(" 55%|█████▌    | 550/1000")));
        // A run of no length and one of a single step write lines as well.
        assert_eq!(training(1).log(Duration::ZERO).len(), lines.len());
    }

    #[test]
    fn the_schema_s_ranges_and_defaults_hold() {
        let read = Training::read(&json!({ "images_data_url": "u", "webhookUrl": 7 })).expect("an input");
        assert_eq!((read.steps, read.subject_crop, read.create_masks), (2_500, true, false));
        assert!((read.learning_rate - 0.000_09).abs() < 1e-12);
        for wrong in [
            json!({}),
            json!({ "images_data_url": 1 }),
            json!({ "images_data_url": "u", "steps": 0 }),
            json!({ "images_data_url": "u", "steps": 10_001 }),
            json!({ "images_data_url": "u", "steps": 1.5 }),
            json!({ "images_data_url": "u", "learning_rate": 0.01 }),
            json!({ "images_data_url": "u", "create_masks": "yes" }),
            json!([1]),
        ] {
            assert_eq!(Training::read(&wrong).expect_err("a mistake").len(), 1, "{wrong}");
        }
    }
}
