//! What tells a whole model file from any other file.
//!
//! Models are safetensors, the format that fal's trainers write and its models read (huggingface.co/docs/safetensors):
//! a header's length in eight bytes, little-endian, then that many bytes of JSON that say where in the rest each
//! tensor lies. A photo, an archive or half a model that was named by mistake is neither sent nor paid for.

use serde_json::{Map, Value};

/// How long the header is, in bytes, given a file's first bytes and its length. `None` when it is no model.
#[must_use]
pub fn header_length(start: [u8; 8], length: u64) -> Option<u64> {
    /// The format's own limit.
    const LONGEST: u64 = 100_000_000;
    let header = u64::from_le_bytes(start);
    ((2..=LONGEST).contains(&header) && header <= length.saturating_sub(8)).then_some(header)
}

/// Whether this header describes exactly the `rest` bytes that follow it: at least one tensor, none beyond the file's
/// end, and nothing after the last.
#[must_use]
pub fn is_whole(header: &[u8], rest: u64) -> bool {
    let Ok(tensors) = serde_json::from_slice::<Map<String, Value>>(header) else { return false };
    let ends = tensors.iter().filter(|(name, _)| *name != "__metadata__").map(|(_, tensor)| {
        let offsets = tensor.get("data_offsets")?.as_array()?;
        let [start, end] = offsets.as_slice() else { return None };
        let (start, end) = (start.as_u64()?, end.as_u64()?);
        (start <= end).then_some(end)
    });
    let ends: Option<Vec<u64>> = ends.collect();
    ends.and_then(|ends| ends.into_iter().max()) == Some(rest)
}

#[cfg(test)]
mod tests {
    use super::{header_length, is_whole};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_photo_and_an_archive_are_no_models() {
        assert_eq!(header_length([16, 0, 0, 0, 0, 0, 0, 0], 24), Some(16));
        assert_eq!(header_length([16, 0, 0, 0, 0, 0, 0, 0], 23), None, "its header is longer than the file");
        assert_eq!(header_length([1, 0, 0, 0, 0, 0, 0, 0], 24), None);
        for other in [*b"\xff\xd8\xff\xe0\0\x10JF", *b"PK\x03\x04\x14\0\0\0"] {
            assert_eq!(header_length(other, 1_000_000), None);
        }
    }

    #[test]
    fn a_model_is_whole_or_it_is_none() {
        let model = br#"{"__metadata__":{"a":"b"},"x":{"data_offsets":[0,4]},"y":{"data_offsets":[4,9]}}"#;
        assert!(is_whole(model, 9));
        assert!(!is_whole(model, 8), "its end is cut off");
        assert!(!is_whole(model, 10), "something follows it");
        for other in [
            "{}",
            "[]",
            "",
            r#"{"__metadata__":{}}"#,
            r#"{"x":{}}"#,
            r#"{"x":{"data_offsets":[9]}}"#,
            r#"{"x":{"data_offsets":[9,0]}}"#,
            r#"{"x":{"data_offsets":[-1,9]}}"#,
            r#"{"x":{"data_offsets":[0,9]}"#,
        ] {
            assert!(!is_whole(other.as_bytes(), 9), "{other}");
        }
    }
}
