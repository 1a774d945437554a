//! Errors of a disk or a bucket.

use serde::{Deserialize, Serialize};

use super::Refusal;

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
