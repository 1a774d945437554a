//! The description of the API that it serves of itself (OpenAPI 3.1).

use serde_json::Value;

/// The description as text. A file, since what makes the text is larger than the text is, and every Worker would carry
/// that along; a test holds the file to the table of calls and to the types that are parsed and answered.
pub(super) const DESCRIPTION: &str = include_str!("openapi.json");

/// The description as a document.
#[must_use]
pub fn description() -> Value {
    serde_json::from_str(DESCRIPTION).unwrap_or_default()
}

#[cfg(test)]
mod made;
