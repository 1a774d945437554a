//! What can go wrong, in four classes, and what to do about each.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    avatar::ConfigError,
    download::{FileProblem, RedirectProblem},
    fal::{ApiError, CallError},
    http::NoAnswer,
    photo::PhotoProblem,
    storage::Refusal,
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
    pub fn advice(&self, audience: Audience) -> Cow<'static, str> {
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
            CallError::Page { status } => Self::Network(NetworkError::Page { status }),
            CallError::Api(error) => Self::Api(error),
        }
    }
}

/// No whole answer reached us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum NetworkError {
    /// Nothing, or only a part.
    NoAnswer(NoAnswer),
    /// Something answered that is not fal's API.
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
    /// A web page came instead of fal's answer: a proxy's, or the login page of a network.
    Page {
        /// Its HTTP status.
        status: u16,
    },
    /// It was unclear whether fal had taken an order, and a person found that it had not.
    NotAccepted,
    /// Another file than the one that was bought arrived, or only a part of it.
    NotWhole(FileProblem),
    /// A file's address redirects to where it is not followed.
    Redirected(RedirectProblem),
    /// What was bought could not be fetched while fal kept it.
    Expired,
}

impl NetworkError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer(NoAnswer::NotConnected | NoAnswer::Blocked(_)) => "network.not_connected",
            Self::NoAnswer(NoAnswer::TimedOut) => "network.timed_out",
            Self::NoAnswer(NoAnswer::Interrupted | NoAnswer::NotHttp) => "network.interrupted",
            Self::Unreadable { .. } | Self::Page { .. } => "network.unreadable",
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
#[cfg_attr(test, derive(strum::EnumCount))]
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
#[cfg_attr(test, derive(strum::EnumCount))]
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
    /// The same photo twice. No longer made: a duplicate is left out, as [`PhotoProblem::Duplicate`]. Rows of earlier
    /// releases hold it.
    Duplicate {
        /// The one that came first.
        first: String,
        /// Its double.
        second: String,
    },
    /// A photo that is left out. Alone it only warns; it is named here when too few are left.
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
    /// A bucket's own words, where it gave any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Box<Refusal>>,
}

impl StorageError {
    /// Makes an error of this kind at this place.
    #[must_use]
    pub fn new(kind: StorageErrorKind, place: impl Into<String>) -> Self {
        Self { kind, place: place.into(), refusal: None }
    }
}

/// What storage can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
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
    /// It is not the file that was kept.
    Damaged,
    /// It cannot be made there.
    NoPlace,
    /// A newer version of Likeness wrote it.
    Newer,
    /// It lies in the data folder, and the database does not know it.
    Unclaimed,
    /// Another program holds it and does not let go.
    Busy,
    /// The bucket did not answer in time, or not in whole, or asks for patience.
    Unreachable,
    /// The bucket takes a signature for one of another time: a clock is wrong.
    Expired,
    /// There is no such bucket.
    NoBucket,
    /// The bucket lies in another region than was signed for, or behind another server.
    Region,
    /// The server wants the bucket in its host's name, or knows no such names.
    Addressing,
    /// Something that is not S3 answers in the bucket's place.
    NotS3,
    /// The bucket refused for a reason of its own.
    Refused,
    /// A file is where a folder should be, or a folder where a file should be.
    Occupied,
    /// Others may write there.
    Exposed,
    /// A symbolic link is where a folder should be.
    Link,
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
            Self::Damaged => "storage.model_damaged",
            Self::NoPlace => "storage.no_place",
            Self::Newer => "storage.newer",
            Self::Unclaimed => "storage.unclaimed",
            Self::Busy => "storage.busy",
            Self::Unreachable => "storage.unreachable",
            Self::Expired => "storage.expired",
            Self::NoBucket => "storage.no_bucket",
            Self::Region => "storage.region",
            Self::Addressing => "storage.addressing",
            Self::NotS3 => "storage.not_s3",
            Self::Refused => "storage.refused",
            Self::Occupied => "storage.occupied",
            Self::Exposed => "storage.exposed",
            Self::Link => "storage.link",
            Self::Broken => "storage.broken",
        }
    }
}

impl StorageError {
    /// Says what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> Cow<'static, str> {
        words::storage::advice(Language::English, self, audience)
    }
}

displayed! {
    NetworkError => words::error::network;
    DatasetProblem => words::error::dataset_problem;
    StorageError => words::storage::error;
    StorageErrorKind => words::storage::kind;
}

#[cfg(test)]
mod tests {
    use super::{StorageError, StorageErrorKind};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_storage_error_of_before_is_read() {
        let stored = r#"{"kind":"no_bucket","place":"s3://a/b"}"#;
        let error: StorageError = serde_json::from_str(stored).expect("an error");
        assert_eq!(error, StorageError::new(StorageErrorKind::NoBucket, "s3://a/b"));
        assert_eq!(serde_json::to_string(&error).expect("JSON"), stored);
    }
}
