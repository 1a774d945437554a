//! What can go wrong, in four classes, and what to do about each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    avatar::ConfigError,
    fal::{ApiError, CallError},
    http::NoAnswer,
    photo::PhotoProblem,
};

/// Anything that stops a job or makes it wait. Stored with the job, so every case is plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// No whole answer reached us.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// fal said no.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The photos or the settings cannot work.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The disk or the bucket refused or lost something.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The four classes. Exit codes and HTTP statuses follow the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// No whole answer reached us.
    Network,
    /// fal said no.
    Api,
    /// The photos or the settings cannot work.
    Data,
    /// The disk or the bucket refused or lost something.
    Storage,
}

impl Error {
    /// Which of the four it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Network(_) => Class::Network,
            Self::Api(_) => Class::Api,
            Self::Data(_) => Class::Data,
            Self::Storage(_) => Class::Storage,
        }
    }

    /// A stable name for programs, such as `data.too_few_photos`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network(error) => error.code(),
            Self::Api(error) => error.code(),
            Self::Data(error) => error.code(),
            Self::Storage(error) => error.kind.code(),
        }
    }

    /// What the person can do next, as a sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Network(error) => error.advice(),
            Self::Api(error) => error.advice(),
            Self::Data(error) => error.advice(),
            Self::Storage(error) => error.kind.advice(),
        }
    }

    /// Whether the same step may succeed when it is simply tried again later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Network(_) => true,
            Self::Api(error) => error.worth_retrying(),
            Self::Storage(error) => error.kind == StorageErrorKind::Unreachable,
            Self::Data(_) => false,
        }
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NoAnswer(why) => Self::Network(NetworkError::NoAnswer(why)),
            CallError::Unreadable { status } => Self::Network(NetworkError::Unreadable { status }),
            CallError::Api(error) => Self::Api(error),
        }
    }
}

/// No whole answer reached us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NetworkError {
    /// Nothing, or only a part.
    #[error("fal.ai did not answer: {0}")]
    NoAnswer(NoAnswer),
    /// Something answered that is not fal's API: a proxy's page, a captive portal.
    #[error("what answered (HTTP {status}) did not speak fal.ai's language")]
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
    /// It was unclear whether fal had taken an order, and a person found that it had not.
    #[error("the order did not reach fal.ai")]
    NotAccepted,
    /// What was bought could not be fetched while fal kept it.
    #[error("fal.ai no longer has what it made: it could not be fetched in time")]
    Expired,
}

impl NetworkError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer(NoAnswer::NotConnected) => "network.not_connected",
            Self::NoAnswer(NoAnswer::TimedOut) => "network.timed_out",
            Self::NoAnswer(NoAnswer::Interrupted) => "network.interrupted",
            Self::Unreadable { .. } => "network.unreadable",
            Self::NotAccepted => "submission_not_accepted",
            Self::Expired => "network.expired",
        }
    }
}

impl NetworkError {
    fn advice(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) | Self::Unreadable { .. } => {
                "Check the connection and run the same command again: it carries on."
            }
            Self::NotAccepted => "This attempt is over, and nothing was paid for it.",
            Self::Expired => "What was paid for is lost at fal.ai; only a new order makes it again.",
        }
    }
}

/// The photos or the settings cannot work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DataError {
    /// The photos do not make a set. All problems at once, so that one look is enough.
    #[error("{}", sentences(.0))]
    Dataset(Vec<DatasetProblem>),
    /// A setting is out of its range.
    #[error(transparent)]
    Config(ConfigError),
}

impl DataError {
    /// A stable name for programs: that of the first problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dataset(problems) => problems.first().map_or("data.no_photos", DatasetProblem::code),
            Self::Config(error) => error.code(),
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Dataset(_) => {
                "Change the photos and run the command again; `likeness check` looks at each."
            }
            Self::Config(_) => "Change the setting and run the command again.",
        }
    }
}

/// One reason why photos do not make a set. Photos are named as their owner named them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
pub enum DatasetProblem {
    /// Not enough good photos.
    #[error("{good} good {}, at least {min} are needed", if *.good == 1 { "photo" } else { "photos" })]
    TooFew {
        /// How many are good.
        good: usize,
        /// How many are needed.
        min: usize,
    },
    /// More photos than allowed. Never a silent cut: which to leave out is the person's choice.
    #[error("{found} photos, at most {max} are allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many may be.
        max: usize,
    },
    /// More bytes than an archive can hold.
    #[error("the photos are larger together than a ZIP file can hold (4 GiB)")]
    TooLarge,
    /// The same bytes twice.
    #[error("{second} is the same photo as {first}")]
    Duplicate {
        /// The one that came first.
        first: String,
        /// Its double.
        second: String,
    },
    /// A photo that cannot be used. Alone it only warns; it is named here when too few are left.
    #[error("{photo}: {why}")]
    Rejected {
        /// The photo.
        photo: String,
        /// What is wrong with it.
        why: PhotoProblem,
    },
}

impl DatasetProblem {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "data.too_few_photos",
            Self::TooMany { .. } => "data.too_many_photos",
            Self::TooLarge => "data.photos_too_large",
            Self::Duplicate { .. } => "data.duplicate_photos",
            Self::Rejected { why, .. } => why.code(),
        }
    }
}

fn sentences(problems: &[DatasetProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The disk or the bucket refused or lost something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct StorageError {
    /// What happened.
    pub kind: StorageErrorKind,
    /// Where: a path or an object's key.
    pub place: String,
}

impl StorageError {
    /// Makes an error of this kind at this place.
    #[must_use]
    pub fn new(kind: StorageErrorKind, place: impl Into<String>) -> Self {
        Self { kind, place: place.into() }
    }
}

/// What storage can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageErrorKind {
    /// No room is left.
    Full,
    /// It cannot be written to.
    ReadOnly,
    /// Access was refused.
    Denied,
    /// It is not there.
    Missing,
    /// It is not what it was when it was read before.
    Changed,
    /// Another program holds it and does not let go.
    Busy,
    /// The bucket did not answer in time, or not in whole.
    Unreachable,
    /// The bucket takes a signature for one of another time: a clock is wrong.
    Expired,
    /// There is no such bucket.
    NoBucket,
    /// A file is where a folder should be, or a folder where a file should be.
    Occupied,
    /// Anything else: the medium failed.
    Broken,
}

impl StorageErrorKind {
    /// A stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Full => "storage.full",
            Self::ReadOnly => "storage.read_only",
            Self::Denied => "storage.denied",
            Self::Missing => "storage.missing",
            Self::Changed => "storage.changed",
            Self::Busy => "storage.busy",
            Self::Unreachable => "storage.unreachable",
            Self::Expired => "storage.expired",
            Self::NoBucket => "storage.no_bucket",
            Self::Occupied => "storage.occupied",
            Self::Broken => "storage.broken",
        }
    }

    /// What the person can do next, as a sentence.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Full => "Free some space and run the same command again: it carries on.",
            Self::ReadOnly => "Make it writable, or name another place, and run the same command again.",
            Self::Denied => {
                "Allow access to it (of a bucket: check its keys) and run the same command again."
            }
            Self::Missing => "Put it back and run the same command again.",
            Self::Changed => "Run the command again: it starts from what is there now.",
            Self::Busy => "End the other program, or wait for it, and run the same command again.",
            Self::Unreachable => {
                "Check that the bucket's server runs and can be reached, then run the same command again: it carries on."
            }
            Self::Expired => "Set this machine's clock, or the server's, and run the same command again.",
            Self::NoBucket => "Check MINIO_BUCKET and MINIO_ENDPOINT, and run the same command again.",
            Self::Occupied => "Name another place, or move away what is there.",
            Self::Broken => {
                "Check the disk (of a bucket: its endpoint and region), then run the same command again."
            }
        }
    }
}

impl fmt::Display for StorageErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "no space is left",
            Self::ReadOnly => "it cannot be written to",
            Self::Denied => "access was refused",
            Self::Missing => "it is not there",
            Self::Changed => "it changed while it was in use",
            Self::Busy => "another program holds it",
            Self::Unreachable => "the bucket cannot be reached, or breaks off",
            Self::Expired => "the bucket says that the signature's time is over",
            Self::NoBucket => "there is no such bucket",
            Self::Occupied => "something else is there: a file instead of a folder, or the other way round",
            Self::Broken => "reading or writing failed",
        })
    }
}
