//! A file that was bought and is kept.

use serde::{Deserialize, Serialize};

use crate::{sha256::Sha256Sum, storage::ObjectPlace};

/// A file that the shell keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "File"))]
pub struct Kept {
    /// Its name among the avatar's files.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its SHA-256.
    pub sha256: Sha256Sum,
    /// Where a copy of it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ObjectPlace>,
}
