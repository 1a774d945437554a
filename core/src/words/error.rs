//! Errors of network and data, which stop a job or make it wait. fal's own answers stand in [`super::fal`], those of
//! storage in [`super::storage`].

use std::borrow::Cow;

use super::{
    Audience, Language, download, fal,
    obstacle::{self, no_answer, stranger, stranger_advice},
    storage,
};
use crate::error::{DataError, DatasetProblem, Error, NetworkError};

displayed! {
    NetworkError => network;
    DataError => data;
    DatasetProblem => dataset_problem;
}

impl Error {
    /// Returns what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> Cow<'static, str> {
        advice(Language::English, self, audience)
    }
}

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
            NetworkError::Unreadable { status: status @ (404 | 410) } => {
                format!("there is nothing at this address of fal.ai (HTTP {status})")
            }
            NetworkError::Unreadable { status } => stranger(language, *status, false)
                .unwrap_or_else(|| format!("what answered (HTTP {status}) did not speak fal.ai's language")),
            NetworkError::Page { status } => stranger(language, *status, true).unwrap_or_default(),
            NetworkError::NotAccepted => "the order did not reach fal.ai".to_owned(),
            NetworkError::NotWhole(problem) if problem.is_foreign() => {
                format!("the file did not arrive: {}", download::file(language, problem))
            }
            NetworkError::NotWhole(problem) => {
                format!("what arrived is not whole: {}", download::file(language, problem))
            }
            NetworkError::Redirected(problem) => {
                format!("the file's address is not followed: {}", download::redirect(language, problem))
            }
            NetworkError::Expired => {
                "fal.ai no longer has what it made: it could not be fetched in time".to_owned()
            }
        },
    }
}

fn network_advice(language: Language, error: &NetworkError, audience: Audience) -> &'static str {
    let known = match error {
        NetworkError::NoAnswer(why) => obstacle::advice(language, why, audience),
        NetworkError::Unreadable { status } => stranger_advice(language, *status, false, audience),
        NetworkError::Page { status } => stranger_advice(language, *status, true, audience),
        _ => None,
    };
    if let Some(known) = known {
        return known;
    }
    match language {
        Language::English => match error {
            NetworkError::NoAnswer(_) | NetworkError::Unreadable { .. } | NetworkError::Page { .. } => audience.pick(
                "Check the connection and run the same command again: it carries on.",
                "Nothing is to be done: it is tried again. If it stays, the deployment's operator should check whether \
                 fal.ai can be reached from there.",
            ),
            NetworkError::NotWhole(_) => audience.pick(
                "Nothing of it was kept. Run the same command again: it is fetched anew, and not bought again; fal.ai keeps \
                 it for a week.",
                "Nothing is to be done: it is fetched again for as long as fal.ai keeps it, which is a week, and not bought \
                 again.",
            ),
            NetworkError::Redirected(_) => audience.pick(
                "Check what answers at fal.ai's address (a proxy, FAL_BASE_URL), and run the same command again: it is \
                 fetched anew, and not bought again.",
                "Nothing is to be done: it is fetched again, and not bought again. If it stays, the deployment's operator \
                 should check what answers at fal.ai's address.",
            ),
            NetworkError::NotAccepted => "This attempt is over, and nothing was paid for it.",
            NetworkError::Expired => "What was paid for is lost at fal.ai; only a new order makes it again.",
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

/// Says why photos or settings cannot work.
#[must_use]
pub fn data(language: Language, error: &DataError) -> String {
    match error {
        DataError::Dataset(problems) => {
            problems.iter().map(|problem| dataset_problem(language, problem)).collect::<Vec<_>>().join("; ")
        }
        DataError::Config(error) => super::settings::config(language, error),
    }
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
                format!("the photo `{second}` is the same as `{first}`")
            }
            DatasetProblem::Rejected { photo, why } => {
                format!("the photo {photo}: {}", super::photo::problem(language, why))
            }
        },
    }
}
