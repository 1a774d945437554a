//! The language and the reader of a sentence.

use serde::{Deserialize, Serialize};

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
}

/// The language in which an end user is spoken to, on the page and in the chat. (Errors for operators and callers of the
/// API have [`Language`].)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserLanguage {
    /// English.
    #[default]
    English,
    /// Russian.
    Russian,
}

impl UserLanguage {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Russian];

    /// Chooses by an IETF language tag, such as `ru` or `en-GB`; English for people of any other language.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ru") { Self::Russian } else { Self::English }
    }

    /// Returns the language's code (ISO 639-1).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// Names the language in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Russian => "Русский",
        }
    }
}

/// The reader of an advice: a person at a terminal and a caller of the API can do different things next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A person at a terminal, who can run commands and change the settings of this machine.
    Terminal,
    /// A caller of the API, who can make calls. Settings are in the hands of the deployment's operator.
    Api,
}

impl Audience {
    /// Returns the advice for this audience.
    pub(crate) fn pick(self, terminal: &'static str, api: &'static str) -> &'static str {
        match self {
            Self::Terminal => terminal,
            Self::Api => api,
        }
    }
}

/// Makes a sentence of the text: with a full stop, and with a capital unless the text begins with a name, whose case
/// counts: fal's, a setting's, an address.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    match letters.next() {
        Some(first) if !text.starts_with("fal") && begins_with_a_word(text) => {
            format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
        }
        _ => format!("{text}{stop}"),
    }
}

/// Tells whether the text begins with letters and then a space or a comma, as a word does and an address or a setting
/// does not.
fn begins_with_a_word(text: &str) -> bool {
    let rest = text.trim_start_matches(|letter: char| letter.is_alphabetic() || "'’-".contains(letter));
    rest.is_empty() || rest == "." || rest.starts_with([' ', ',', ';'])
}
