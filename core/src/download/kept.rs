//! A file that was bought and is kept.

use serde::{Deserialize, Serialize};

use crate::{sha256::Sha256Sum, storage::ObjectPlace};

/// A file that the shell keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "File"))]
pub struct Kept {
    /// Name among the avatar's files.
    pub name: String,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the file.
    pub sha256: Sha256Sum,
    /// Place of a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ObjectPlace>,
}
