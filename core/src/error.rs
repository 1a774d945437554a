//! What can go wrong, in four classes, and what to do about each.

use serde::{Deserialize, Serialize};

use crate::{
    avatar::ConfigError,
    download::{FileProblem, RedirectProblem},
    fal::{ApiError, CallError},
    http::NoAnswer,
    photo::PhotoProblem,
    words::{self, Audience, Language, displayed},
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

    /// Says what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> &'static str {
        words::error::advice(Language::English, self, audience)
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
    NoAnswer(NoAnswer),
    /// Something answered that is not fal's API: a proxy's page, a captive portal.
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
    /// It was unclear whether fal had taken an order, and a person found that it had not.
    NotAccepted,
    /// What arrived is not the file that was bought, or not the whole of it.
    NotWhole(FileProblem),
    /// The address of a file leads where it is not followed.
    Redirected(RedirectProblem),
    /// What was bought could not be fetched while fal kept it.
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
            Self::NotWhole(problem) if problem.is_foreign() => "network.not_the_file",
            Self::NotWhole(_) => "network.not_whole",
            Self::Redirected(_) => "network.redirected",
            Self::Expired => "network.expired",
        }
    }
}

/// The photos or the settings cannot work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DataError {
    /// The photos do not make a set. All problems at once, so that one look is enough.
    #[error("{}", words::error::dataset(Language::English, .0))]
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
}

/// One reason why photos do not make a set. Photos are named as their owner named them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
pub enum DatasetProblem {
    /// Not enough good photos.
    TooFew {
        /// How many are good.
        good: usize,
        /// How many are needed.
        min: usize,
    },
    /// More photos than allowed. Never a silent cut: which to leave out is the person's choice.
    TooMany {
        /// How many there are.
        found: usize,
        /// How many may be.
        max: usize,
    },
    /// More bytes than an archive can hold.
    TooLarge,
    /// The same bytes twice.
    Duplicate {
        /// The one that came first.
        first: String,
        /// Its double.
        second: String,
    },
    /// A photo that cannot be used. Alone it only warns; it is named here when too few are left.
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

/// The disk or the bucket refused or lost something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
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
}

impl StorageError {
    /// Says what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> &'static str {
        words::error::storage_advice(Language::English, self, audience)
    }
}

displayed! {
    NetworkError => words::error::network;
    DatasetProblem => words::error::dataset_problem;
    StorageError => words::error::storage;
    StorageErrorKind => words::error::storage_kind;
}
