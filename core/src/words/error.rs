//! What stops a job or makes it wait: network and data. What fal itself says stands in
//! [`super::fal`], what storage says in [`super::storage`].

use std::borrow::Cow;

use super::{Audience, Language, fal, storage};
use crate::{
    error::{DataError, DatasetProblem, Error, NetworkError},
    http::NoAnswer,
};

/// Says what to do next.
#[must_use]
pub fn advice(language: Language, error: &Error, audience: Audience) -> Cow<'static, str> {
    match error {
        Error::Network(error) => network_advice(language, error, audience).into(),
        Error::Api(error) => fal::advice(language, error.kind, audience).into(),
        Error::Data(error) => data_advice(language, error, audience).into(),
        Error::Storage(error) => storage::advice(language, error, audience),
    }
}

/// Says why no whole answer arrived.
#[must_use]
pub fn network(language: Language, error: &NetworkError) -> String {
    match language {
        Language::English => match error {
            NetworkError::NoAnswer(why) => format!("fal.ai did not answer: {}", no_answer(language, why)),
            NetworkError::Unreadable { status } => {
                format!("what answered (HTTP {status}) did not speak fal.ai's language")
            }
            NetworkError::NotAccepted => "the order did not reach fal.ai".to_owned(),
            NetworkError::Expired => {
                "fal.ai no longer has what it made: it could not be fetched in time".to_owned()
            }
        },
    }
}

fn network_advice(language: Language, error: &NetworkError, audience: Audience) -> &'static str {
    match language {
        Language::English => match error {
            NetworkError::NoAnswer(_) | NetworkError::Unreadable { .. } => audience.pick(
                "Check the connection and run the same command again: it carries on.",
                "Nothing is to be done: it is tried again. If it stays, the deployment's operator should check whether \
                 fal.ai can be reached from there.",
            ),
            NetworkError::NotAccepted => "This attempt is over, and nothing was paid for it.",
            NetworkError::Expired => "What was paid for is lost at fal.ai; only a new order makes it again.",
        },
    }
}

/// Says why no whole answer arrived, as the end of a sentence.
#[must_use]
pub fn no_answer(language: Language, why: &NoAnswer) -> &'static str {
    match language {
        Language::English => match why {
            NoAnswer::NotConnected => "no connection could be made",
            NoAnswer::TimedOut => "no answer came in time",
            NoAnswer::Interrupted => "the connection broke before the answer was whole",
        },
    }
}

fn data_advice(language: Language, error: &DataError, audience: Audience) -> &'static str {
    match language {
        Language::English => match error {
            DataError::Dataset(_) => audience.pick(
                "Change the photos and run the command again; `likeness check` looks at each.",
                "Add, replace or remove photos, then order again; GET /v1/avatars/{avatar}/photos says how each stands.",
            ),
            DataError::Config(_) => audience.pick(
                "Change the setting and run the command again.",
                "Change the setting, then ask again.",
            ),
        },
    }
}

/// Says why photos do not make a set.
#[must_use]
pub fn dataset(language: Language, problems: &[DatasetProblem]) -> String {
    problems.iter().map(|problem| dataset_problem(language, problem)).collect::<Vec<_>>().join("; ")
}

/// Says one reason why photos do not make a set.
#[must_use]
pub fn dataset_problem(language: Language, problem: &DatasetProblem) -> String {
    match language {
        Language::English => match problem {
            DatasetProblem::TooFew { good, min } => {
                let photos = if *good == 1 { "photo" } else { "photos" };
                format!("{good} good {photos}, at least {min} are needed")
            }
            DatasetProblem::TooMany { found, max } => format!("{found} photos, at most {max} are allowed"),
            DatasetProblem::TooLarge => {
                "the photos are larger together than a ZIP file can hold (4 GiB)".to_owned()
            }
            DatasetProblem::Duplicate { first, second } => {
                format!("{second} is the same photo as {first}")
            }
            DatasetProblem::Rejected { photo, why } => {
                format!("{photo}: {}", super::photo::problem(language, why))
            }
        },
    }
}
