//! What stops a job or makes it wait: network, data, storage. What fal itself says stands in [`super::fal`].

use super::{Audience, Language, download, fal};
use crate::{
    error::{DataError, DatasetProblem, Error, NetworkError, StorageError, StorageErrorKind},
    http::NoAnswer,
};

/// Says what to do next.
#[must_use]
pub fn advice(language: Language, error: &Error, audience: Audience) -> &'static str {
    match error {
        Error::Network(error) => network_advice(language, error, audience),
        Error::Api(error) => fal::advice(language, error.kind, audience),
        Error::Data(error) => data_advice(language, error, audience),
        Error::Storage(error) => storage_advice(language, error, audience),
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
    match language {
        Language::English => match error {
            NetworkError::NoAnswer(_) | NetworkError::Unreadable { .. } => audience.pick(
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

/// Says what a disk or a bucket refused or lost, and where.
#[must_use]
pub fn storage(language: Language, error: &StorageError) -> String {
    format!("{}: {}", error.place, storage_kind(language, &error.kind))
}

/// Says what a disk or a bucket did wrong, as the end of a sentence.
#[must_use]
pub fn storage_kind(language: Language, kind: &StorageErrorKind) -> &'static str {
    match language {
        Language::English => match kind {
            StorageErrorKind::Full => "no space is left",
            StorageErrorKind::ReadOnly => "it cannot be written to",
            StorageErrorKind::Denied => "access was refused",
            StorageErrorKind::Missing => "it is not there",
            StorageErrorKind::Changed => "it changed while it was in use",
            StorageErrorKind::Busy => "another program holds it",
            StorageErrorKind::Unreachable => "the bucket cannot be reached, or breaks off",
            StorageErrorKind::Expired => "the bucket says that the signature's time is over",
            StorageErrorKind::NoBucket => "there is no such bucket",
            StorageErrorKind::Occupied => {
                "something else is there: a file instead of a folder, or the other way round"
            }
            StorageErrorKind::Broken => "reading or writing failed",
        },
    }
}

/// Says what to do about a disk or a bucket.
#[must_use]
pub fn storage_advice(language: Language, error: &StorageError, audience: Audience) -> &'static str {
    match language {
        Language::English => match error.kind {
            StorageErrorKind::Full => audience.pick(
                "Free some space and run the same command again: it carries on.",
                "The deployment's operator must make room; it then carries on.",
            ),
            StorageErrorKind::ReadOnly => audience.pick(
                "Make it writable, or name another place, and run the same command again.",
                "The deployment's operator must make it writable; it then carries on.",
            ),
            StorageErrorKind::Denied => audience.pick(
                "Allow access to it (of a bucket: check its keys) and run the same command again.",
                "The deployment's operator must allow access to it (of a bucket: check its keys).",
            ),
            StorageErrorKind::Missing => audience.pick(
                "Put it back and run the same command again.",
                "Put it back, or name another, then order again.",
            ),
            StorageErrorKind::Changed => audience.pick(
                "Run the command again: it starts from what is there now.",
                "Order again: it starts from what is there now.",
            ),
            StorageErrorKind::Busy => audience.pick(
                "End the other program, or wait for it, and run the same command again.",
                "Ask again in a few seconds.",
            ),
            StorageErrorKind::Unreachable => audience.pick(
                "Check that the bucket's server runs and can be reached, then run the same command again: it carries on.",
                "Nothing is to be done: it is tried again. If it stays, the deployment's operator should check that the \
                 bucket's server runs and can be reached.",
            ),
            StorageErrorKind::Expired => audience.pick(
                "Set this machine's clock, or the server's, and run the same command again.",
                "The deployment's operator must set the clock of the bucket's server, or of the deployment.",
            ),
            StorageErrorKind::NoBucket => audience.pick(
                "Check MINIO_BUCKET and MINIO_ENDPOINT, and run the same command again.",
                "The deployment's operator must correct MINIO_BUCKET and MINIO_ENDPOINT.",
            ),
            StorageErrorKind::Occupied => audience.pick(
                "Name another place, or move away what is there.",
                "The deployment's operator must move away what is there.",
            ),
            StorageErrorKind::Broken => audience.pick(
                "Check the disk (of a bucket: its endpoint and region), then run the same command again.",
                "Ask again; if it stays, the deployment's operator should check its disk (of a bucket: its endpoint and \
                 region).",
            ),
        },
    }
}
