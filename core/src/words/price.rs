//! Prices.

use super::Language;
use crate::price::{LEAST_STEPS, Listed, MoneyError, READ, TrainingPrice, step};

/// Says what a training costs, and where that is known from.
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

/// Says how an amount of money is written.
#[must_use]
pub fn money(language: Language, _: &MoneyError) -> &'static str {
    match language {
        Language::English => "an amount and a currency are needed, such as 2.40 USD",
    }
}
