//! Prices of trainings and pictures, as they are shown before a person agrees to pay.
//!
//! fal's own list of prices cannot be relied on for trainings: it has been seen ten times too high, and in units
//! that are explained nowhere ("units", "train units"). So a rule of our own comes first, with the month in which
//! it was read off fal's page; fal's figure stands beside it where the two disagree. A price in the settings wins
//! over both.

mod pictures;
mod presets;

use std::{fmt, str::FromStr};

use crate::fal::pricing::Price;

pub use self::{
    pictures::{PicturesPrice, pictures},
    presets::{Preset, preset, presets},
};

/// The portrait trainer's price of a step, in millionths of a US dollar
/// (fal.ai/models/fal-ai/flux-lora-portrait-trainer, read in [`READ`]).
const STEP_MICROS: u64 = 2_400;
/// The number of steps that are billed at least (the same page).
pub(crate) const LEAST_STEPS: u32 = 1000;
/// The year and month in which the rule was read.
pub(crate) const READ: &str = "2026-11";

/// An amount of money, exact to a millionth.
///
/// ```
/// use likeness_core::price::Money;
///
/// let price: Money = "2.4 usd".parse()?;
/// assert_eq!(price.to_string(), "2.40 USD");
/// # Ok::<(), likeness_core::price::MoneyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    micros: u64,
    currency: String,
}

/// The text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MoneyError;

/// A training's price.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingPrice {
    /// The price in the settings, for one training of any length.
    Set(Money),
    /// The price by our rule.
    Ruled {
        /// Whole price.
        total: Money,
        /// True if more steps are billed than are trained, since the training is short.
        least: bool,
        /// Price by fal's list beside ours.
        listed: Listed,
    },
}

/// The price in fal's list, compared with our rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// The prices agree within a tenth.
    Agrees,
    /// fal's list has another price for the same number of units.
    Differs(Money),
    /// fal's list has a price for a unit of which the number is not known.
    Vague(Price),
    /// There is no price in fal's list.
    Unknown,
}

/// Decides what is shown as the price of a training of so many steps: the setting; else our rule, with the price in
/// fal's list beside it.
#[must_use]
pub fn training(steps: u32, setting: Option<&Money>, listed: Option<Price>) -> TrainingPrice {
    if let Some(setting) = setting {
        return TrainingPrice::Set(setting.clone());
    }
    let billed = steps.max(LEAST_STEPS);
    let total = dollars(STEP_MICROS * u64::from(billed));
    let units = |unit: &str| match unit {
        "step" => Some(billed),
        "training" | "request" => Some(1),
        _ => None,
    };
    let listed = listed.map_or(Listed::Unknown, |price| beside(&total, price, units));
    TrainingPrice::Ruled { total, least: steps < LEAST_STEPS, listed }
}

impl TrainingPrice {
    /// Returns the whole price.
    #[must_use]
    pub fn total(&self) -> &Money {
        match self {
            Self::Set(total) | Self::Ruled { total, .. } => total,
        }
    }
}

/// Returns the price of one step by our rule.
#[must_use]
pub fn step() -> Money {
    dollars(STEP_MICROS)
}

fn dollars(micros: u64) -> Money {
    Money { micros, currency: "USD".to_owned() }
}

/// Compares our price with fal's. `units` returns the number of fal's units for the order.
fn beside(ours: &Money, price: Price, units: impl Fn(&str) -> Option<u32>) -> Listed {
    let unit = price.unit.trim().to_ascii_lowercase();
    match units(unit.trim_end_matches('s'))
        .and_then(|units| Money::product(price.unit_price, units, &price.currency))
    {
        None => Listed::Vague(price),
        Some(theirs)
            if theirs.currency == ours.currency
                && theirs.micros.abs_diff(ours.micros) <= ours.micros / 10 =>
        {
            Listed::Agrees
        }
        Some(theirs) => Listed::Differs(theirs),
    }
}

impl Money {
    /// Adds an amount of the same currency; `None` for another currency.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let micros = self.micros.checked_add(other.micros).filter(|_| self.currency == other.currency)?;
        Some(Self { micros, currency: self.currency.clone() })
    }

    /// Returns the amount in millionths of the currency.
    #[must_use]
    pub fn micros(&self) -> u64 {
        self.micros
    }

    /// Returns the currency, by its three letters (ISO 4217).
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Computes the price of so many units; `None` when no price is so high.
    fn product(unit_price: f64, units: u32, currency: &str) -> Option<Self> {
        const MOST: f64 = 1e15;
        let micros = (unit_price * f64::from(units) * 1e6).round();
        if !(0.0..=MOST).contains(&micros) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
        let micros = micros as u64;
        Some(Self { micros, currency: currency.to_ascii_uppercase() })
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let mut words = text.split_whitespace();
        let (amount, currency) = (words.next().ok_or(MoneyError)?, words.next().unwrap_or("USD"));
        let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |text: &str| text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        let amount_is_legal = !whole.is_empty() && digits(whole) && digits(part) && part.len() <= 6;
        // A currency has three letters (ISO 4217).
        let currency_is_legal =
            currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !amount_is_legal || !currency_is_legal || words.next().is_some() {
            return Err(MoneyError);
        }
        let micros = format!("{whole}{part:0<6}").parse().map_err(|_| MoneyError)?;
        Ok(Self { micros, currency: currency.to_ascii_uppercase() })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.micros / 1_000_000, format!("{:06}", self.micros % 1_000_000));
        let part = part.trim_end_matches('0');
        write!(f, "{whole}.{part:0<2} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::{Money, training};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{fal::pricing::Price, language::Language, words};

    fn shown(steps: u32, setting: Option<&str>, listed: Option<(f64, &str)>) -> String {
        let setting: Option<Money> = setting.map(|text| text.parse().expect("an amount"));
        let listed = listed.map(|(unit_price, unit)| Price {
            unit_price,
            unit: unit.to_owned(),
            currency: "USD".to_owned(),
        });
        words::price::training(Language::English, &training(steps, setting.as_ref(), listed))
    }

    const OURS: &str = "about 2.40 USD (0.0024 USD a step, as read in 2026-11)";

    #[test]
    fn fals_list_is_not_mentioned_where_it_agrees() {
        for listed in
            [(0.0024, "steps"), (0.0024, "step"), (0.002_6, "Steps"), (2.4, "training"), (2.2, "requests")]
        {
            assert_eq!(shown(1000, None, Some(listed)), OURS, "{listed:?}");
        }
    }

    #[test]
    fn fals_list_stands_beside_our_rule_where_it_disagrees() {
        for (listed, theirs) in [
            ((0.024, "steps"), "24.00 USD"),
            ((0.0027, "steps"), "2.70 USD"),
            ((0.0021, "steps"), "2.10 USD"),
            ((0.0, "steps"), "0.00 USD"),
            ((24.0, "trainings"), "24.00 USD"),
        ] {
            let shown = shown(1000, None, Some(listed));
            let beside = format!("{OURS}; fal.ai's list of prices says {theirs}");
            assert!(shown.starts_with(&beside) && shown.contains("LIKENESS_TRAINING_PRICE"), "{shown}");
        }
    }

    #[test]
    fn a_vague_unit_is_only_a_note() {
        for (listed, theirs) in [
            ((0.024, "units"), "0.024 USD per unit"),
            ((2.4, "train units"), "2.4 USD per train unit"),
            ((0.1, "compute seconds"), "0.1 USD per compute second"),
        ] {
            let shown = shown(1000, None, Some(listed));
            assert!(shown.starts_with(OURS) && shown.contains(theirs), "{shown}");
            assert!(!shown.contains("24.00"), "{shown}");
        }
    }

    #[test]
    fn without_an_answer_our_rule_is_shown_alone() {
        assert_eq!(shown(1000, None, None), format!("{OURS}; fal.ai's list of prices did not say"));
    }

    #[test]
    fn a_short_training_is_billed_like_one_of_1000_steps() {
        let short = "about 2.40 USD (0.0024 USD a step and at least 1000 steps, as read in 2026-11)";
        assert_eq!(shown(500, None, Some((0.0024, "steps"))), short);
        let shown = shown(500, None, Some((0.024, "steps")));
        assert!(shown.starts_with(short) && shown.contains("says 24.00 USD"), "{shown}");
    }

    #[test]
    fn a_long_training_costs_by_its_steps() {
        let long = "about 9.60 USD (0.0024 USD a step, as read in 2026-11)";
        assert_eq!(shown(4000, None, Some((0.0024, "steps"))), long);
    }

    #[test]
    fn a_price_in_the_settings_wins_as_it_is() {
        for steps in [500, 1000, 4000] {
            assert_eq!(shown(steps, Some("3 EUR"), Some((0.024, "steps"))), "3.00 EUR, as the settings say");
        }
    }

    #[test]
    fn another_currency_is_not_compared() {
        let price = Price { unit_price: 0.0024, unit: "steps".to_owned(), currency: "eur".to_owned() };
        let shown = words::price::training(Language::English, &training(1000, None, Some(price)));
        assert!(shown.contains("says 2.40 EUR"), "{shown}");
    }

    #[test]
    fn money_is_read_exactly() {
        let read = |text: &str| text.parse::<Money>().map(|money| money.to_string()).ok();
        assert_eq!(read("2.4 usd").as_deref(), Some("2.40 USD"));
        assert_eq!(read("0.000035").as_deref(), Some("0.000035 USD"));
        assert_eq!(read(" 3 EUR ").as_deref(), Some("3.00 EUR"));
        for wrong in ["", "2,40 USD", "-1", "1e3", "2.40 US", "2 USD each", "1.0000001", ".5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
