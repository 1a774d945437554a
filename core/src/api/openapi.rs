//! The description of the API that it serves of itself (OpenAPI 3.1).

use serde_json::Value;

/// The description. It is a file, since what makes it is larger than it is, and every Worker would carry that along; a
/// test holds it to the table of calls.
#[must_use]
pub fn description() -> Value {
    serde_json::from_str(include_str!("openapi.json")).unwrap_or_default()
}

#[cfg(test)]
mod made;
