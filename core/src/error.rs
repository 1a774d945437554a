//! Errors in four classes, with the advice for each.

use serde::{Deserialize, Serialize};

use crate::{
    config::ConfigError,
    fal::{ApiError, CallError},
    photo::PhotoProblem,
};
pub use crate::{
    download::NetworkError,
    storage::{StorageError, StorageErrorKind},
};

/// Anything that stops a job or makes it wait. Stored with the job, so every case is plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// No complete answer reached us.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// fal refused a call.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The photos or the settings cannot work.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The disk or the bucket refused or lost something.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The four classes of errors. Exit codes and HTTP statuses follow the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// No complete answer reached us.
    Network,
    /// fal refused a call.
    Api,
    /// The photos or the settings cannot work.
    Data,
    /// The disk or the bucket refused or lost something.
    Storage,
}

impl Error {
    /// Returns the error's class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Network(_) => Class::Network,
            Self::Api(_) => Class::Api,
            Self::Data(_) => Class::Data,
            Self::Storage(_) => Class::Storage,
        }
    }

    /// Returns a stable name for programs, such as `data.too_few_photos`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network(error) => error.code(),
            Self::Api(error) => error.code(),
            Self::Data(error) => error.code(),
            Self::Storage(error) => error.kind.code(),
        }
    }

    /// Tells whether the same step may succeed when it is simply tried again later.
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
            CallError::Page { status } => Self::Network(NetworkError::Page { status }),
            CallError::Api(error) => Self::Api(error),
        }
    }
}

/// The error of photos or settings that cannot work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum DataError {
    /// The photos do not make a set. The list holds all problems at once, so that one look is enough.
    Dataset(Vec<DatasetProblem>),
    /// A setting is out of its range.
    Config(#[source] ConfigError),
}

impl DataError {
    /// Returns a stable name for programs: that of the first problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dataset(problems) => problems.first().map_or("data.no_photos", DatasetProblem::code),
            Self::Config(error) => error.code(),
        }
    }
}

/// A reason why photos do not make a set. Photos are named as their owner named them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum DatasetProblem {
    /// There are not enough good photos.
    TooFew {
        /// Number of good photos.
        good: usize,
        /// Number that is needed.
        min: usize,
    },
    /// There are more photos than allowed. They are never cut silently: which to leave out is the person's choice.
    TooMany {
        /// Number of photos.
        found: usize,
        /// Number that is allowed.
        max: usize,
    },
    /// The photos have more bytes than an archive can hold.
    TooLarge,
    /// A photo is in the set twice. No longer made: a duplicate is left out, as [`PhotoProblem::Duplicate`]. Rows
    /// of earlier releases hold this problem.
    Duplicate {
        /// Name of the photo that came first.
        first: String,
        /// Name of its double.
        second: String,
    },
    /// A photo is left out. Alone that is only a warning; the photo is named here when too few are left.
    Rejected {
        /// Name of the photo.
        photo: String,
        /// Problem of the photo.
        why: PhotoProblem,
    },
}

impl DatasetProblem {
    /// Returns a stable name for programs.
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
