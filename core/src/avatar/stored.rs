//! How an avatar is stored: as JSON with a version. Trainings outlive upgrades, so every older version stays
//! readable.

use serde::{Deserialize, Serialize};

use super::Avatar;

/// An avatar as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum Stored {
    /// The first version.
    #[serde(rename = "1")]
    One {
        /// The avatar.
        avatar: Box<Avatar>,
    },
}

/// The stored text is no avatar that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("the stored avatar cannot be read; it may come from a newer version of Likeness ({0})")]
pub struct StoredError(#[from] serde_json::Error);

impl Stored {
    /// Writes it in the current version.
    pub fn write(avatar: &Avatar) -> Result<String, StoredError> {
        Ok(serde_json::to_string(&Self::One { avatar: Box::new(avatar.clone()) })?)
    }

    /// Reads any version.
    pub fn read(text: &str) -> Result<Avatar, StoredError> {
        match serde_json::from_str(text)? {
            Self::One { avatar } => Ok(*avatar),
        }
    }
}
