//! Stored values: JSON with a version. Trainings outlive upgrades, so every older version stays readable.

use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::json;

/// A stored value after its version, which is read first: of a newer one nothing else is read. (Not an enum with a tag
/// inside: for that serde would hold the whole text in memory as values, and everything in it would be compiled twice.)
#[derive(Debug, Serialize, Deserialize)]
pub struct Versioned<T> {
    version: Version,
    #[serde(default, skip_serializing_if = "is_unnumbered")]
    revision: u64,
    #[serde(rename = "avatar", alias = "budget")]
    value: T,
}

/// The version of a stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "1")]
    One,
    /// A later version, unknown to this program.
    #[serde(other, skip_serializing)]
    Newer,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_unnumbered(revision: &u64) -> bool {
    *revision == 0
}

/// The reason why a stored value is not readable.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// A version that this program does not know.
    #[error("a newer version of Likeness wrote what is stored")]
    Newer,
    /// A text that is not such a value.
    #[error("what is stored cannot be read ({0})")]
    Unreadable(#[from] serde_json::Error),
}

/// The beginning of the text of a numbered revision.
const NUMBERED: &str = r#"{"version":"1","revision":"#;

impl<T: Serialize> Versioned<T> {
    /// Writes a value in the current version, without a number: 0.
    pub fn write(value: &T) -> Result<String, StoredError> {
        Self::write_revision(value, 0)
    }

    /// Writes a value in the current version, as the state of this number: a later state has a higher one.
    pub fn write_revision(value: &T, revision: u64) -> Result<String, StoredError> {
        Ok(serde_json::to_string(&Versioned { version: Version::One, revision, value })?)
    }
}

impl<T: DeserializeOwned> Versioned<T> {
    /// Reads a value in any version.
    pub fn read(text: &str) -> Result<T, StoredError> {
        match json::parse::<Self>(text) {
            Ok(Self { version: Version::One, value, .. }) => Ok(value),
            Ok(Self { version: Version::Newer, .. }) => Err(StoredError::Newer),
            // A later version may write values in another way.
            Err(error) => Err(Self::revision(text).err().unwrap_or(StoredError::Unreadable(error))),
        }
    }

    /// Reads the number of the state; 0 without one.
    pub fn revision(text: &str) -> Result<u64, StoredError> {
        let head: Versioned<IgnoredAny> = json::parse(text)?;
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
