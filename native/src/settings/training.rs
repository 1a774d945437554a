//! Settings of trainings and pictures: flags, then the settings file, then the preset, then the product's defaults.

use clap::ValueEnum as _;
use likeness_core::avatar;

use super::{setting::Setting, source::Sources};
use crate::args::{Quality, Tuning, values};

/// The defaults of trainings and pictures in the settings file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Defaults {
    pub(crate) quality: Setting<Option<Quality>>,
    pub(crate) steps: Setting<Option<u32>>,
    pub(crate) learning_rate: Setting<Option<f64>>,
    pub(crate) multiresolution: Setting<bool>,
    pub(crate) subject_crop: Setting<bool>,
    pub(crate) create_masks: Setting<bool>,
    /// Strength of the model in a picture.
    pub(crate) scale: Setting<f64>,
    pub(crate) picture_steps: Setting<u32>,
    pub(crate) guidance: Setting<f64>,
    pub(crate) image_size: Setting<String>,
}

/// The settings of one training, once every source was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tuned {
    pub(crate) steps: u32,
    pub(crate) learning_rate: f64,
    pub(crate) multiresolution: bool,
    pub(crate) subject_crop: bool,
    pub(crate) create_masks: bool,
}

impl Quality {
    /// Returns steps and learning rate of the preset.
    pub(crate) fn preset(self) -> (u32, f64) {
        avatar::Quality::from(self).preset()
    }
}

impl From<Quality> for avatar::Quality {
    fn from(typed: Quality) -> Self {
        match typed {
            Quality::Fast => Self::Fast,
            Quality::Balanced => Self::Balanced,
            Quality::High => Self::High,
        }
    }
}

impl From<avatar::Quality> for Quality {
    fn from(preset: avatar::Quality) -> Self {
        match preset {
            avatar::Quality::Fast => Self::Fast,
            avatar::Quality::Balanced => Self::Balanced,
            avatar::Quality::High => Self::High,
        }
    }
}

impl Defaults {
    pub(super) fn read(sources: &mut Sources<'_>) -> Self {
        let quality =
            |text: &str| Quality::from_str(text, true).map_err(|_| "fast, balanced or high is needed");
        Self {
            quality: sources.value("training.quality", quality).optional(),
            steps: sources.value("training.steps", values::steps).optional(),
            learning_rate: sources.value("training.learning_rate", values::learning_rate).optional(),
            multiresolution: sources.value("training.multiresolution_training", values::switch).or(true),
            subject_crop: sources.value("training.subject_crop", values::switch).or(true),
            create_masks: sources.value("training.create_masks", values::switch).or(false),
            scale: sources.value("generation.scale", values::scale).or(1.0),
            picture_steps: sources.value("generation.steps", values::picture_steps).or(28),
            guidance: sources.value("generation.guidance", values::guidance).or(3.5),
            image_size: sources.value("generation.image_size", values::text).or("square_hd".to_owned()),
        }
    }

    /// Decides the settings of a training with these flags. A preset that was typed takes precedence over numbers of
    /// the file: `--quality high` means that preset's steps.
    pub(crate) fn tuned(&self, flags: &Tuning) -> Tuned {
        let typed = flags.quality.map(Quality::preset);
        let preset = self.quality.value.unwrap_or(Quality::Fast).preset();
        let (steps, learning_rate) = typed
            .unwrap_or((self.steps.value.unwrap_or(preset.0), self.learning_rate.value.unwrap_or(preset.1)));
        Tuned {
            steps: flags.steps.unwrap_or(steps),
            learning_rate: flags.learning_rate.unwrap_or(learning_rate),
            multiresolution: flags.multiresolution().unwrap_or(self.multiresolution.value),
            subject_crop: flags.subject_crop().unwrap_or(self.subject_crop.value),
            create_masks: flags.create_masks().unwrap_or(self.create_masks.value),
        }
    }
}
