//! The description of the API that a deployment serves (OpenAPI 3.1).

use serde_json::Value;

use crate::json;

/// The description, packed by build.rs. A file, since the code that makes the text is larger than the text, and every
/// Worker would carry that code along; a test holds the file to the table of calls and to the types that are parsed and
/// answered.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.zz"));

/// Unpacks the description.
pub(super) fn text() -> Vec<u8> {
    fdeflate::decompress_to_vec(PACKED).unwrap_or_default()
}

/// Parses the description.
#[must_use]
pub fn description() -> Value {
    json::parse(&text()).unwrap_or_default()
}

#[cfg(test)]
mod made;
