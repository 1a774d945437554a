//! Settings of trainings and pictures: flags, then the settings file, then the preset, then the core's defaults.

use likeness_core::{
    avatar::{Quality, TrainingSettings},
    limits::DatasetLimits,
};

use super::source::Sources;
use crate::args::{Tuning, values};

/// The settings of trainings and pictures in the settings file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Defaults {
    /// Settings of a training, without the numbers of photos.
    training: TrainingSettings,
    /// Numbers of photos in a set.
    pub(crate) photos: DatasetLimits,
    /// Strength of the model in a picture.
    pub(crate) scale: Option<f64>,
    pub(crate) picture_steps: Option<u32>,
    pub(crate) guidance: Option<f64>,
    pub(crate) image_size: Option<String>,
}

impl Defaults {
    pub(super) fn read(sources: &mut Sources<'_>) -> Self {
        let quality = |text: &str| {
            text.to_ascii_lowercase().parse::<Quality>().map_err(|_| "fast, balanced or high is needed")
        };
        Self {
            training: TrainingSettings {
                quality: sources.find("training.quality", quality),
                steps: sources.find("training.steps", values::steps),
                learning_rate: sources.find("training.learning_rate", values::learning_rate),
                multiresolution_training: sources.find("training.multiresolution_training", values::switch),
                subject_crop: sources.find("training.subject_crop", values::switch),
                create_masks: sources.find("training.create_masks", values::switch),
                ..TrainingSettings::default()
            },
            photos: DatasetLimits {
                min_photos: sources.value("training.min_photos", values::photos),
                max_photos: sources.value("training.max_photos", values::photos),
            },
            scale: sources.find("generation.scale", values::scale),
            picture_steps: sources.find("generation.steps", values::picture_steps),
            guidance: sources.find("generation.guidance", values::guidance),
            image_size: sources.find("generation.image_size", values::text),
        }
    }

    /// Returns the preset that is used unless another one is typed.
    pub(crate) fn quality(&self) -> Quality {
        self.training.quality.unwrap_or_default()
    }

    /// Returns the number of steps that is used unless another one is typed.
    pub(crate) fn steps(&self) -> u32 {
        self.training.steps.unwrap_or(self.quality().preset().0)
    }

    /// Adds these flags to the settings of a training. A preset that was typed takes precedence over numbers of the
    /// file: `--quality high` means that preset's steps.
    pub(crate) fn tuned(&self, flags: &Tuning) -> TrainingSettings {
        let file = &self.training;
        let (steps, learning_rate) =
            if flags.quality.is_some() { (None, None) } else { (file.steps, file.learning_rate) };
        TrainingSettings {
            quality: flags.quality.or(file.quality),
            steps: flags.steps.or(steps),
            learning_rate: flags.learning_rate.or(learning_rate),
            trigger_phrase: flags.trigger.clone(),
            multiresolution_training: flags.multiresolution().or(file.multiresolution_training),
            subject_crop: flags.subject_crop().or(file.subject_crop),
            create_masks: flags.create_masks().or(file.create_masks),
            ..TrainingSettings::default()
        }
    }
}
