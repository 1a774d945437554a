//! A place in a bucket where files of an avatar lie.

use serde::{Deserialize, Serialize};

use super::{Bucket, ObjectPlace, Prefix};
use crate::avatar::{AvatarId, Name, TaskId};

/// A place in a bucket where files of an avatar may lie: its prepared photos while they are needed, a copy of its
/// model. The avatar remembers it until it is known to be empty, so that nothing is left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depot {
    /// Which bucket of the world: [`Bucket::address`].
    pub(crate) address: String,
    /// The bucket's name.
    pub(crate) bucket: String,
    /// What all keys begin with.
    pub(crate) prefix: Prefix,
    /// Whether prepared photos may lie there.
    pub(crate) working: bool,
}

impl Depot {
    /// The place of this avatar in that bucket.
    #[must_use]
    pub fn new(bucket: &Bucket, user: &Name, avatar: AvatarId) -> Self {
        let (address, name) = (bucket.address().to_owned(), bucket.name().to_owned());
        Self { address, bucket: name, prefix: Prefix::of(user, avatar), working: false }
    }

    /// Whether it lies in this bucket, and not in another of the same name.
    #[must_use]
    pub fn is_in(&self, bucket: &Bucket) -> bool {
        self.address == bucket.address()
    }

    /// Whether both are the same prefix of the same bucket.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.address == other.address && self.prefix == other.prefix
    }

    /// Which bucket of the world it lies in.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What all its keys begin with.
    #[must_use]
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Whether prepared photos may lie there.
    #[must_use]
    pub fn holds_working_files(&self) -> bool {
        self.working
    }

    /// Where the clean JPEG of a photo goes. No task's number is used twice, so no key is either: a late write
    /// of a lost task never replaces what a later one wrote.
    pub(crate) fn normalised(&self, photo: usize, task: TaskId) -> ObjectPlace {
        let key = self.prefix.normalised().key(&format!("{:03}-{task}.jpg", photo.saturating_add(1)));
        ObjectPlace { bucket: self.bucket.clone(), key }
    }

    /// Where the copy of a bought file goes.
    pub(crate) fn copy(&self, name: &str) -> ObjectPlace {
        ObjectPlace { bucket: self.bucket.clone(), key: self.prefix.key(name) }
    }
}
