//! Words that a person reads: the board and the notes, with their buttons.

mod account;
mod board;
mod notes;

use std::time::Duration;

use crate::{
    config::Quality,
    fal::generate::ImageSize,
    language::UserLanguage,
    price::{self, Money, Preset},
    telegram::{BotCommand, SetMyCommands},
    words::{bilingual::Sentence, chat as say, shared::shared},
};

/// Makes the calls that register the commands: for people who speak Russian, and for all others.
#[must_use]
pub fn commands() -> [SetMyCommands; 2] {
    let of = |language: UserLanguage, language_code| {
        let command = |command, about: &Sentence| BotCommand { command, description: about.text(language) };
        SetMyCommands {
            commands: vec![
                command("status", say::COMMAND_STATUS),
                command("photos", say::COMMAND_PHOTOS),
                command("train", say::COMMAND_TRAIN),
                command("imagine", say::COMMAND_IMAGINE),
                command("new", say::COMMAND_NEW),
                command("delete", say::COMMAND_DELETE),
                command("language", say::COMMAND_LANGUAGE),
                command("help", say::COMMAND_HELP),
            ],
            language_code,
        }
    };
    [of(UserLanguage::English, None), of(UserLanguage::Russian, Some(UserLanguage::Russian.code()))]
}

/// Says a sentence of the page's, by its key.
fn said(language: UserLanguage, key: &str) -> String {
    shared(key).map(|sentence| sentence.text(language).to_owned()).unwrap_or_default()
}

fn quality_name(language: UserLanguage, quality: Quality) -> String {
    said(language, &format!("quality.{quality}"))
}

/// Says how long something takes.
fn minutes(language: UserLanguage, time: Duration) -> String {
    say::MINUTES.fill(language, &[("n", &time.as_secs().div_ceil(60))])
}

/// Computes the price of so many portraits of the usual size.
fn price_of_pictures(count: u32) -> Money {
    price::pictures(count, ImageSize::SquareHd, None).total
}

/// Says what a training costs with its first portraits. An operator's price may have another currency.
fn price_of_training(preset: &Preset, samples: u32) -> String {
    let training = preset.price.total();
    if samples == 0 {
        return training.to_string();
    }
    let portraits = price_of_pictures(samples);
    training.plus(&portraits).map_or_else(|| format!("{training} + {portraits}"), |sum| sum.to_string())
}

/// Explains a refusal of the API by its code; those that people meet have sentences of their own.
fn refusal(language: UserLanguage, code: &str, detail: &str) -> String {
    match shared(&format!("refused.{code}")) {
        Some(sentence) => sentence.text(language).to_owned(),
        // The API's sentences are English.
        None if language == UserLanguage::English => say::DID_NOT_WORK.fill(language, &[("what", &detail)]),
        None => say::DID_NOT_WORK_CODE.fill(language, &[("code", &code)]),
    }
}

/// Makes megabytes of bytes.
fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::{commands, price_of_training, quality_name, refusal};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{config::Quality, language::UserLanguage, price, telegram::BotCall};

    #[test]
    fn commands_are_registered_in_both_languages() {
        let [english, russian] = commands();
        assert_eq!((english.language_code, russian.language_code), (None, Some("ru")));
        assert_eq!(english.commands.len(), russian.commands.len());
        for commands in [english, russian] {
            // Telegram takes names of 1 to 32 small letters, digits and underscores.
            assert!(
                commands
                    .commands
                    .iter()
                    .all(|command| command.command.bytes().all(|byte| byte.is_ascii_lowercase()))
            );
            assert!(BotCall::SetMyCommands(commands).fields()["commands"].is_array());
        }
    }

    #[test]
    fn a_training_costs_what_it_will_cost_with_its_first_portraits() {
        let preset = price::preset(Quality::Fast, None);
        assert_eq!(price_of_training(&preset, 0), "2.40 USD");
        assert_eq!(price_of_training(&preset, 4), "2.54 USD");
        let set = price::preset(Quality::Fast, Some(&"3 EUR".parse().expect("an amount")));
        assert_eq!(price_of_training(&set, 4), "3.00 EUR + 0.14 USD");
    }

    #[test]
    fn presets_and_refusals_are_named() {
        for language in UserLanguage::ALL {
            for quality in Quality::ALL {
                assert!(!quality_name(language, quality).is_empty());
            }
        }
        assert_eq!(
            refusal(UserLanguage::English, "budget.allowance_spent", "x"),
            "The invitation’s allowance is used up."
        );
        assert_eq!(
            refusal(UserLanguage::English, "order.busy", "It is busy."),
            "This did not work: It is busy."
        );
        assert_eq!(
            refusal(UserLanguage::Russian, "order.busy", "It is busy."),
            "Не получилось. Код ошибки: order.busy"
        );
    }
}
