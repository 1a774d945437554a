//! The language and the reader of a sentence.

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
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
