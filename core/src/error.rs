//! Errors in four classes, with the advice for each.

use serde::{Deserialize, Serialize};

use crate::{
    avatar::ConfigError,
    download::{FileProblem, RedirectProblem},
    fal::{ApiError, CallError},
    http::NoAnswer,
    photo::PhotoProblem,
    storage::Refusal,
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

/// The error of an answer that did not reach us, or not in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum NetworkError {
    /// No answer came, or only a part of it.
    NoAnswer(NoAnswer),
    /// The answer is not that of fal's API.
    Unreadable {
        /// HTTP status.
        status: u16,
    },
    /// A web page came instead of fal's answer: a proxy's, or the login page of a network.
    Page {
        /// HTTP status.
        status: u16,
    },
    /// It was unclear whether fal had taken an order, and a person found that fal had not.
    NotAccepted,
    /// Another file than the one that was bought arrived, or only a part of it.
    NotWhole(FileProblem),
    /// A file's address redirects to a place where it is not followed.
    Redirected(RedirectProblem),
    /// A purchase could not be fetched while fal kept it.
    Expired,
}

impl NetworkError {
    /// Returns a stable name for programs.
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

/// The error of a disk or bucket that refused or lost something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct StorageError {
    /// Kind of error.
    pub kind: StorageErrorKind,
    /// Place of the error: a path or an object's key.
    pub place: String,
    /// Bucket's own words, where it gave any.
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

/// The kind of a storage error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum StorageErrorKind {
    /// No room is left.
    Full,
    /// The place cannot be written to.
    ReadOnly,
    /// Access was refused.
    Denied,
    /// The file or object does not exist.
    Missing,
    /// The contents differ from those that were read before.
    Changed,
    /// The contents differ from those of the file that was kept.
    Damaged,
    /// The file or folder cannot be made there.
    NoPlace,
    /// A newer version of Likeness wrote the file.
    Newer,
    /// The file lies in the data folder, and the database does not know it.
    Unclaimed,
    /// Another program holds the file and does not let go.
    Busy,
    /// The bucket did not answer in time, or not in full, or asks for patience.
    Unreachable,
    /// The bucket refuses a signature that was made for another time: a clock is wrong.
    Expired,
    /// The bucket does not exist.
    NoBucket,
    /// The bucket lies in another region than the one that was signed for, or behind another server.
    Region,
    /// The server wants the bucket in its host's name, or does not support such names.
    Addressing,
    /// A server that does not speak S3 answers in the bucket's place.
    NotS3,
    /// The bucket refused for a reason of its own.
    Refused,
    /// A file is where a folder should be, or a folder where a file should be.
    Occupied,
    /// Other users may write there.
    Exposed,
    /// A symbolic link is where a folder should be.
    Link,
    /// Anything else: the medium failed.
    Broken,
}

impl StorageErrorKind {
    /// Returns a stable name for programs.
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
