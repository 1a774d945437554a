//! How a budget is stored: as JSON with a version. Invites outlive upgrades, so every older version stays readable.

use serde::{Deserialize, Serialize};

use super::Budget;

/// A budget as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum Stored {
    /// The first version.
    #[serde(rename = "1")]
    One {
        /// The budget.
        budget: Box<Budget>,
    },
}

/// The stored text is no budget that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("the stored budget cannot be read; it may come from a newer version of Likeness ({0})")]
pub struct StoredError(#[from] serde_json::Error);

impl Stored {
    /// Writes it in the current version.
    pub fn write(budget: &Budget) -> Result<String, StoredError> {
        Ok(serde_json::to_string(&Self::One { budget: Box::new(budget.clone()) })?)
    }

    /// Reads any version.
    pub fn read(text: &str) -> Result<Budget, StoredError> {
        match serde_json::from_str(text)? {
            Self::One { budget } => Ok(*budget),
        }
    }
}
