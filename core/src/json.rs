//! Parsing and writing of JSON.

use serde::de::DeserializeOwned;

/// Reads JSON from a text or from bytes.
///
/// Every read goes by way of bytes: `serde_json::from_str` has a reader of its own, and for each reader every type that
/// is read is compiled once more. In a Worker that was 8 % of the code.
pub fn parse<T: DeserializeOwned>(json: &(impl AsRef<[u8]> + ?Sized)) -> serde_json::Result<T> {
    serde_json::from_slice(json.as_ref())
}
/// Tells whether a field can be left out, because it is read as its default where it is missing.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
