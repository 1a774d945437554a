//! A place in a bucket for the files of an avatar.

use serde::{Deserialize, Serialize};

use super::{Bucket, DeletePrefix, ObjectPlace, Prefix};
use crate::{
    error::{StorageError, StorageErrorKind},
    ids::{AvatarId, Name, TaskId},
};

/// A place in a bucket where files of an avatar may lie: its prepared photos while they are needed, a copy of its
/// model. The avatar remembers the place until it is known to be empty, so that nothing is left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketFolder {
    /// Address of the bucket by path: [`Bucket::address`].
    pub(crate) address: String,
    /// Name of the bucket.
    pub(crate) bucket: String,
    /// Prefix of all keys.
    pub(crate) prefix: Prefix,
    /// True if prepared photos may lie there.
    pub(crate) working: bool,
}

/// The part of a folder that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderPart {
    /// The prepared photos, which nothing needs any more.
    WorkingFiles,
    /// Every file of ours.
    Everything,
}

impl BucketFolder {
    /// Makes the place of this avatar in that bucket.
    #[must_use]
    pub fn new(bucket: &Bucket, user: &Name, avatar: AvatarId) -> Self {
        let (address, name) = (bucket.address().to_owned(), bucket.name().to_owned());
        Self { address, bucket: name, prefix: Prefix::of(user, avatar), working: false }
    }

    /// Tells whether the place is in this bucket, and not in another of the same name.
    #[must_use]
    pub fn is_in(&self, bucket: &Bucket) -> bool {
        self.address == bucket.address()
    }

    /// Tells whether both are the same prefix of the same bucket.
    #[must_use]
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.address == other.address && self.prefix == other.prefix
    }

    /// Begins to delete a part of the folder, which must be in this bucket.
    pub fn clear(&self, what: FolderPart, bucket: Option<&Bucket>) -> Result<DeletePrefix, StorageError> {
        let prefix = match what {
            FolderPart::Everything => &self.prefix,
            FolderPart::WorkingFiles => &self.prefix.normalised(),
        };
        match bucket.filter(|bucket| self.is_in(bucket)) {
            Some(bucket) => Ok(DeletePrefix::new(bucket, prefix)),
            None => {
                Err(StorageError::new(StorageErrorKind::Denied, format!("s3://{}/{prefix}", self.bucket)))
            }
        }
    }

    /// Returns the address by path of the bucket.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the prefix of all keys.
    #[must_use]
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Tells whether prepared photos may lie there.
    #[must_use]
    pub fn holds_working_files(&self) -> bool {
        self.working
    }

    /// Names the clean JPEG of a photo. No task's number is used twice, so no key is either: a late write of a lost
    /// task never replaces what a later one wrote.
    pub(crate) fn normalised(&self, photo: usize, task: TaskId) -> ObjectPlace {
        let key = self.prefix.normalised().key(&format!("{:03}-{task}.jpg", photo.saturating_add(1)));
        ObjectPlace { bucket: self.bucket.clone(), key }
    }

    /// Names the copy of a bought file.
    pub(crate) fn copy(&self, name: &str) -> ObjectPlace {
        ObjectPlace { bucket: self.bucket.clone(), key: self.prefix.key(name) }
    }
}
