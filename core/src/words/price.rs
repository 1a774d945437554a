//! Prices.

use std::time::Duration;

use super::Language;
use crate::{
    avatar::Quality,
    price::{LEAST_STEPS, Listed, MoneyError, PicturesPrice, READ, TrainingPrice, step},
};

displayed! {
    MoneyError => money;
}

/// Says what a training costs, and where the price comes from.
#[must_use]
pub fn training(language: Language, price: &TrainingPrice) -> String {
    match language {
        Language::English => match price {
            TrainingPrice::Set(price) => format!("{price}, as the settings say"),
            TrainingPrice::Ruled { total, least, listed } => {
                let least = if *least { format!(" and at least {LEAST_STEPS} steps") } else { String::new() };
                let ours = format!("about {total} ({} a step{least}, as read in {READ})", step());
                match listed {
                    Listed::Agrees => ours,
                    Listed::Differs(theirs) => format!(
                        "{ours}; fal.ai's list of prices says {theirs}, so look at \
                         fal.ai/models/fal-ai/flux-lora-portrait-trainer, and set LIKENESS_TRAINING_PRICE to what it \
                         says"
                    ),
                    Listed::Vague(price) => format!(
                        "{ours}; fal.ai's list of prices says {} {} per {}, which does not tell what a training costs",
                        price.unit_price,
                        price.currency,
                        price.unit.trim_end_matches('s')
                    ),
                    Listed::Unknown => format!("{ours}; fal.ai's list of prices did not say"),
                }
            }
        },
    }
}

/// Says what an order of pictures costs.
#[must_use]
pub fn pictures(language: Language, price: &PicturesPrice) -> String {
    match language {
        Language::English => {
            let PicturesPrice { count, total, listed } = price;
            let pictures = if *count == 1 { "picture" } else { "pictures" };
            let ours = format!("{count} {pictures}: about {total}");
            match listed {
                Listed::Agrees => ours,
                Listed::Differs(theirs) => format!(
                    "{ours} (as read in {READ}); fal.ai's list of prices says {theirs}, so look at \
                     fal.ai/models/fal-ai/flux-lora"
                ),
                Listed::Vague(price) => format!(
                    "{ours} (as read in {READ}); fal.ai's list of prices says {} {} per {}, which does not tell what a \
                     picture costs",
                    price.unit_price,
                    price.currency,
                    price.unit.trim_end_matches('s')
                ),
                Listed::Unknown => {
                    format!("{ours} (as read in {READ}; fal.ai's list of prices did not say)")
                }
            }
        }
    }
}

/// Says where a list of prices comes from: the settings if `set`.
#[must_use]
pub fn source(language: Language, set: bool) -> String {
    match language {
        Language::English if set => "The price is the one that LIKENESS_TRAINING_PRICE sets.".to_owned(),
        Language::English => format!(
            "Prices as read at fal.ai in {READ}. Before anything is bought the price is shown again, and you are asked."
        ),
    }
}

/// Says how long a training takes.
#[must_use]
pub fn time(language: Language, time: Duration) -> String {
    match language {
        Language::English => match time.as_secs().div_ceil(60) {
            1 => "about a minute".to_owned(),
            minutes => format!("about {minutes} minutes"),
        },
    }
}

/// Says what a person gains by a preset.
#[must_use]
pub fn gain(language: Language, quality: Quality) -> &'static str {
    match language {
        Language::English => match quality {
            Quality::Fast => "a good likeness; begin with this",
            Quality::Balanced => "closer in the details of the face; the trainer's own default",
            Quality::High => "the closest, also in close-ups; worth it with many different photos",
        },
    }
}

/// Says how an amount of money is written.
#[must_use]
pub fn money(language: Language, _: &MoneyError) -> &'static str {
    match language {
        Language::English => "an amount and a currency are needed, such as 2.40 USD",
    }
}
