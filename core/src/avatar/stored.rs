//! How an avatar is stored: as JSON with a version. Trainings outlive upgrades, so every older version stays
//! readable.

use serde::{Deserialize, Serialize};

use super::Avatar;

/// An avatar as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Stored;

/// Which version a text is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "1")]
    One,
}

/// The version comes first: of a newer one nothing else is read. (Not an enum with a tag inside: for that serde would
/// hold the whole text in memory as values, and everything in it would be compiled twice.)
#[derive(Serialize)]
struct Written<'a> {
    version: Version,
    avatar: &'a Avatar,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "version")]
    _version: Version,
    avatar: Avatar,
}

/// The stored text is no avatar that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("the stored avatar cannot be read; it may come from a newer version of Likeness ({0})")]
pub struct StoredError(#[from] serde_json::Error);

impl Stored {
    /// Writes it in the current version.
    pub fn write(avatar: &Avatar) -> Result<String, StoredError> {
        Ok(serde_json::to_string(&Written { version: Version::One, avatar })?)
    }

    /// Reads any version.
    pub fn read(text: &str) -> Result<Avatar, StoredError> {
        let read: Read = serde_json::from_str(text)?;
        Ok(read.avatar)
    }
}
