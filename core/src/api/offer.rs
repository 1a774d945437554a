//! The offer of a deployment: what it asks for, and what it gives for which price.

use serde::Serialize;
use serde_json::{Value, json};

use super::deployment::Deployment;
use crate::{
    avatar::Quality,
    fal::generate::{IMAGES, ImageSize},
    limits::{DatasetLimits, PhotoLimits},
    price::{self, Money, Preset},
};

/// The offer of a deployment, for a page that shows prices before anything is bought.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Offer {
    /// True in test mode, where nothing is bought.
    pub(super) test_mode: bool,
    /// True if photos can be PUT straight into a bucket.
    pub(super) bucket: bool,
    /// Photos that a training needs.
    pub(super) photos: OfferedPhotos,
    /// Trainings, the cheapest first.
    pub(super) trainings: Vec<OfferedTraining>,
    /// Pictures of a trained model.
    pub(super) pictures: OfferedPictures,
}

/// The photos that a training needs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct OfferedPhotos {
    /// Fewest good photos.
    pub(super) min: usize,
    /// Most good photos.
    pub(super) max: usize,
    /// Largest file in bytes.
    pub(super) max_bytes: u64,
}

/// A training as it is offered.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct OfferedTraining {
    /// Name of the preset.
    pub(super) quality: Quality,
    /// Number of steps, of which an invite limits the most.
    pub(super) steps: u32,
    /// Approximate duration in seconds.
    pub(super) seconds: u64,
    /// Approximate price.
    pub(super) price: Price,
}

/// Pictures as they are offered.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct OfferedPictures {
    /// Most pictures of one order.
    pub(super) max: u32,
    /// Approximate price of one picture of the usual size.
    pub(super) price: Price,
}

/// An amount of money.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Price {
    /// Amount in millionths of the currency.
    pub(super) micros: u64,
    /// Currency, such as `USD`.
    pub(super) currency: String,
}

impl From<&Money> for Price {
    fn from(money: &Money) -> Self {
        Self { micros: money.micros(), currency: money.currency().to_owned() }
    }
}

impl OfferedTraining {
    fn of(preset: &Preset) -> Self {
        Self {
            quality: preset.quality,
            steps: preset.steps,
            seconds: preset.time.as_secs(),
            price: preset.price.total().into(),
        }
    }
}

impl Deployment {
    /// Tells what is asked for and what it costs. Prices are the operator's, else those of our rules: fal's list is not
    /// asked.
    #[must_use]
    pub fn offer(&self) -> Value {
        let DatasetLimits { min_photos, max_photos } = DatasetLimits::default();
        json!(Offer {
            test_mode: self.test_mode,
            bucket: self.bucket.is_some(),
            photos: OfferedPhotos {
                min: min_photos,
                max: max_photos,
                max_bytes: PhotoLimits::default().max_bytes,
            },
            trainings: price::presets(self.training_price.as_ref()).iter().map(OfferedTraining::of).collect(),
            pictures: OfferedPictures {
                max: *IMAGES.end(),
                price: (&price::pictures(1, ImageSize::SquareHd, None).total).into(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Deployment;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_operator_s_price_is_offered() {
        let with = |price: &str| {
            Deployment::read(|name| (name == "LIKENESS_TRAINING_PRICE").then(|| price.to_owned()))
        };
        let offer = with("3.50 EUR").expect("settings").offer();
        for training in offer["trainings"].as_array().expect("trainings") {
            assert_eq!(training["price"]["micros"], 3_500_000, "{training}");
            assert_eq!(training["price"]["currency"], "EUR");
        }
        let usual = with("").expect("settings").offer();
        assert_eq!(usual["trainings"][0]["price"]["micros"], 2_400_000);
        assert_eq!(with("cheap").expect_err("a mistake").setting, "LIKENESS_TRAINING_PRICE");
    }
}
