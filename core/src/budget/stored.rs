//! How a budget is stored: as JSON with a version. Invites outlive upgrades, so every older version stays readable.

use serde::{Deserialize, Serialize};

use super::Budget;

/// A budget as it is stored.
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
    budget: &'a Budget,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "version")]
    _version: Version,
    budget: Budget,
}

/// The stored text is no budget that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("the stored budget cannot be read; it may come from a newer version of Likeness ({0})")]
pub struct StoredError(#[from] serde_json::Error);

impl Stored {
    /// Writes it in the current version.
    pub fn write(budget: &Budget) -> Result<String, StoredError> {
        Ok(serde_json::to_string(&Written { version: Version::One, budget })?)
    }

    /// Reads any version.
    pub fn read(text: &str) -> Result<Budget, StoredError> {
        let read: Read = serde_json::from_str(text)?;
        Ok(read.budget)
    }
}
