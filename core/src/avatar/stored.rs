//! The stored form of an avatar: JSON with a version. Trainings outlive upgrades, so every older version stays
//! readable.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::Avatar;
use crate::json;

/// The reader and writer of stored avatars.
#[derive(Clone, Copy, Debug)]
pub struct Stored;

/// The version of a stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "1")]
    One,
    /// A later version, unknown to this program.
    #[serde(other, skip_serializing)]
    Newer,
}

/// A stored text whose version is read first: of a newer one nothing else is read. (Not an enum with a tag inside: for
/// that serde would hold the whole text in memory as values, and everything in it would be compiled twice.)
#[derive(Serialize)]
struct Written<'a> {
    version: Version,
    #[serde(skip_serializing_if = "is_unnumbered")]
    revision: u64,
    avatar: &'a Avatar,
}

#[derive(Deserialize)]
struct Read {
    version: Version,
    avatar: Avatar,
}

/// A stored text whose avatar is skipped.
#[derive(Deserialize)]
struct Head {
    version: Version,
    #[serde(default)]
    revision: u64,
    #[serde(rename = "avatar")]
    _avatar: IgnoredAny,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_unnumbered(revision: &u64) -> bool {
    *revision == 0
}

/// The reason why a stored avatar is not readable.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// A version that this program does not know.
    #[error("a newer version of Likeness wrote the stored avatar")]
    Newer,
    /// A text that is not an avatar.
    #[error("the stored avatar cannot be read ({0})")]
    Unreadable(#[from] serde_json::Error),
}

/// The beginning of the text of a numbered revision.
const NUMBERED: &str = r#"{"version":"1","revision":"#;

impl Stored {
    /// Writes the avatar in the current version, without a number: 0.
    pub fn write(avatar: &Avatar) -> Result<String, StoredError> {
        Self::write_revision(avatar, 0)
    }

    /// Writes the avatar in the current version, as the state of this number: a later state has a higher one.
    pub fn write_revision(avatar: &Avatar, revision: u64) -> Result<String, StoredError> {
        Ok(serde_json::to_string(&Written { version: Version::One, revision, avatar })?)
    }

    /// Reads an avatar in any version.
    pub fn read(text: &str) -> Result<Avatar, StoredError> {
        match json::parse::<Read>(text) {
            Ok(Read { version: Version::One, avatar }) => Ok(avatar),
            Ok(Read { version: Version::Newer, .. }) => Err(StoredError::Newer),
            // A later version may write avatars in another way.
            Err(error) => Err(Self::revision(text).err().unwrap_or(StoredError::Unreadable(error))),
        }
    }

    /// Reads the number of the state; 0 without one.
    pub fn revision(text: &str) -> Result<u64, StoredError> {
        let head: Head = json::parse(text)?;
        match head.version {
            Version::One => Ok(head.revision),
            Version::Newer => Err(StoredError::Newer),
        }
    }

    /// Reads the number of the state from the beginning of a text, of which 64 bytes are enough. `None` without one.
    #[must_use]
    pub fn revision_at_start(beginning: &str) -> Option<u64> {
        let (number, _) = beginning.strip_prefix(NUMBERED)?.split_once(',')?;
        number.parse().ok()
    }
}
