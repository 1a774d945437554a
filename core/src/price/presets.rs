//! The presets of trainings with their prices.

use std::time::Duration;

use super::{Money, TrainingPrice, training};
use crate::avatar::{Quality, training_time};

/// A preset as it is offered, before a person agrees to pay.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Name of the preset.
    pub quality: Quality,
    /// Number of training steps.
    pub steps: u32,
    /// Price of the training. fal's list has not been asked.
    pub price: TrainingPrice,
    /// Approximate duration of a training.
    pub time: Duration,
}

/// Lists the presets, the cheapest first.
#[must_use]
pub fn presets(setting: Option<&Money>) -> [Preset; 3] {
    Quality::ALL.map(|quality| preset(quality, setting))
}

/// Returns a preset with its price.
#[must_use]
pub fn preset(quality: Quality, setting: Option<&Money>) -> Preset {
    let (steps, _) = quality.preset();
    Preset { quality, steps, price: training(steps, setting, None), time: training_time(steps) }
}

#[cfg(test)]
mod tests {
    use super::presets;
    use crate::language::Language;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::words;

    #[test]
    fn a_preset_costs_what_the_question_will_say() {
        let shown = presets(None).map(|preset| {
            let time = words::price::time(Language::English, preset.time);
            format!("{} {} {}", preset.steps, preset.price.total(), time)
        });
        assert_eq!(
            shown,
            [
                "1000 2.40 USD about 4 minutes",
                "2500 6.00 USD about 8 minutes",
                "4000 9.60 USD about 11 minutes"
            ]
        );
        let set = "3 EUR".parse().expect("an amount");
        assert!(presets(Some(&set)).iter().all(|preset| preset.price.total() == &set));
    }
}
