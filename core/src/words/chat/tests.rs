//! Both languages have every sentence, with the same words to fill in.

use super::ALL;
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::words::{
    bilingual::{Sentence, placeholders},
    shared::SHARED,
};

fn all() -> impl Iterator<Item = &'static Sentence> {
    ALL.iter().copied().chain(SHARED)
}

#[test]
fn both_languages_fill_in_the_same() {
    for sentence in ALL {
        let of_english: Vec<_> = sentence.english.forms().into_iter().map(placeholders).collect();
        for form in sentence.english.forms().into_iter().chain(sentence.russian.forms()) {
            assert!(!form.trim().is_empty(), "{} is empty in a language", sentence.key);
            assert_eq!(placeholders(form), of_english[0], "{}: {form}", sentence.key);
        }
    }
}

#[test]
fn each_language_is_written_in_its_letters() {
    let cyrillic = |text: &str| text.chars().any(|letter| matches!(letter, '\u{400}'..='\u{4ff}'));
    for sentence in all().filter(|sentence| !["PRESET", "PRESET_FREE", "PERCENT"].contains(&sentence.key)) {
        for form in sentence.english.forms() {
            assert!(!cyrillic(form), "{}: {form}", sentence.key);
        }
        for form in sentence.russian.forms() {
            assert!(cyrillic(form), "{}: {form}", sentence.key);
        }
    }
}

/// Telegram takes at most 4096 characters in a message, 64 on a command's line and 200 in the answer to a press.
#[test]
fn no_sentence_is_too_long_for_its_place() {
    for sentence in ALL {
        let most = if sentence.key.starts_with("COMMAND_") { 64 } else { 1500 };
        for form in sentence.english.forms().into_iter().chain(sentence.russian.forms()) {
            assert!(form.chars().count() <= most, "{}", sentence.key);
        }
    }
}
