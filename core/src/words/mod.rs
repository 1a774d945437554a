//! Every sentence for end users, by language: why something was refused, what to do next, how a job stands.
//!
//! One file per subject. A function takes the [`Language`] first and matches it, so that another language stands beside
//! the English in the same file. What to do next differs for a person at a terminal and for a caller of the API: such
//! functions take an [`Audience`] too. `Display` of the errors is the English sentence, for logs.

pub mod api;
pub mod budget;
pub mod caption;
pub mod download;
pub mod error;
pub mod fal;
pub mod obstacle;
pub mod photo;
pub mod price;
pub mod settings;
pub mod status;
pub mod storage;

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
    fn pick(self, terminal: &'static str, api: &'static str) -> &'static str {
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

/// Makes the English sentence a type's `Display`.
macro_rules! displayed {
    ($($name:ty => $sentence:path;)*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($sentence(crate::words::Language::English, self).as_ref())
            }
        }
    )*};
}

pub(crate) use displayed;

/// Writes a number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
