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

/// The reader of an advice: what can be done next depends on where one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A person at a terminal, who can run commands and change the settings of this machine.
    Terminal,
    /// A caller of the API, who can make calls. Settings are in the hands of the deployment's operator.
    Api,
}

impl Audience {
    /// The advice for this audience.
    fn pick(self, terminal: &'static str, api: &'static str) -> &'static str {
        match self {
            Self::Terminal => terminal,
            Self::Api => api,
        }
    }
}

/// The text as a sentence: with a full stop, and with a capital unless it begins with a name, whose case counts: fal's, a
/// setting's, an address.
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

/// Tells whether the text begins with letters and then a space or a comma, as a word does and an address or a setting does
/// not.
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

/// A number with commas between its thousands.
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
mod tests {
    use std::borrow::Cow;

    use super::{Audience, grouped, sentence};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::ConfigError,
        download::{FileProblem, RedirectProblem},
        error::{DataError, DatasetProblem, Error, NetworkError, StorageError, StorageErrorKind},
        fal::{ApiError, CallError, ErrorKind},
        http::NoAnswer,
        photo::PhotoProblem,
        storage::Refusal,
    };

    /// Errors of every kind that an answer of the API can carry.
    fn errors() -> Vec<Error> {
        let network = [
            NetworkError::NoAnswer(NoAnswer::TimedOut),
            NetworkError::Unreadable { status: 502 },
            NetworkError::NotAccepted,
            NetworkError::NotWhole(FileProblem::Header),
            NetworkError::Redirected(RedirectProblem::TooMany),
            NetworkError::Expired,
        ];
        let data = [
            DataError::Dataset(vec![DatasetProblem::TooFew { good: 1, min: 10 }]),
            DataError::Config(ConfigError::TriggerPhrase),
        ];
        let storage = [
            StorageErrorKind::Full,
            StorageErrorKind::ReadOnly,
            StorageErrorKind::Denied,
            StorageErrorKind::Missing,
            StorageErrorKind::Changed,
            StorageErrorKind::Damaged,
            StorageErrorKind::NoPlace,
            StorageErrorKind::Newer,
            StorageErrorKind::Unclaimed,
            StorageErrorKind::Busy,
            StorageErrorKind::Unreachable,
            StorageErrorKind::Expired,
            StorageErrorKind::NoBucket,
            StorageErrorKind::Region,
            StorageErrorKind::Addressing,
            StorageErrorKind::NotS3,
            StorageErrorKind::Refused,
            StorageErrorKind::Occupied,
            StorageErrorKind::Exposed,
            StorageErrorKind::Link,
            StorageErrorKind::Broken,
        ];
        let fal = ErrorKind::ALL.iter().map(|kind| ApiError {
            status: 422,
            kind: *kind,
            message: String::new(),
            details: vec![],
            retryable: None,
            retry_after: None,
        });
        let codes = [
            "",
            "AccessDenied",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidObjectState",
            "SlowDown",
        ];
        let storage = storage.into_iter().flat_map(|kind| {
            let plain = StorageError::new(kind, "s3://a/b");
            let refused = codes.map(|code| {
                let refusal = Refusal { code: Some(code.to_owned()), ..Refusal::default() };
                StorageError { refusal: Some(Box::new(refusal)), ..plain.clone() }
            });
            [plain.clone()].into_iter().chain(refused)
        });
        let network = network.map(Error::Network).into_iter();
        network
            .chain(data.map(Error::Data))
            .chain(storage.map(Error::Storage))
            .chain(fal.map(Error::Api))
            .collect()
    }

    #[test]
    fn callers_of_the_api_are_told_of_no_command() {
        let calls = [CallError::NoAnswer(NoAnswer::TimedOut), CallError::Unreadable { status: 502 }];
        let calls = calls.iter().map(|error| Cow::from(error.advice(Audience::Api)));
        let duplicate = PhotoProblem::Duplicate { of: "a".to_owned(), other_caption: true };
        let photos = [PhotoProblem::Empty, PhotoProblem::Missing, PhotoProblem::Changed, duplicate];
        let photos = photos.iter().map(|problem| Cow::from(problem.advice(Audience::Api)));
        let errors = errors();
        let errors = errors.iter().map(|error| error.advice(Audience::Api));
        for advice in errors.chain(calls).chain(photos) {
            assert!(advice.ends_with('.'), "{advice}");
            for word in ["command", "likeness ", "--", "this machine"] {
                assert!(!advice.contains(word), "{advice}");
            }
        }
    }

    #[test]
    fn a_sentence_has_a_capital_and_a_full_stop() {
        assert_eq!(sentence("there is no such photo"), "There is no such photo.");
        assert_eq!(sentence("fal.ai did not answer"), "fal.ai did not answer.");
        assert_eq!(sentence("fal refused the input."), "fal refused the input.");
        assert_eq!(sentence("learning_rate must be small"), "learning_rate must be small.");
        assert_eq!(sentence("dup: it is empty"), "dup: it is empty.");
        assert_eq!(sentence("`steps` must be 1"), "`steps` must be 1.");
        assert_eq!(sentence("erased, and gone"), "Erased, and gone.");
        assert_eq!(sentence("s3://a/b: it is not there"), "s3://a/b: it is not there.");
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (20_000_000, "20,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }
}
