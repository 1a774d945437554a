//! Model files: the check that a file is a whole model.
//!
//! Models are safetensors, the format that fal's trainers write and its models read
//! (huggingface.co/docs/safetensors): a header's length in eight bytes, little-endian, then that many bytes of JSON
//! that say where in the rest each tensor lies. A photo, an archive or half a model that was named by mistake is
//! neither sent nor paid for.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

/// The longest header that is read, in bytes. The format's own limit is 100 MB; a LoRA's header has some 100 kB, and
/// those of trainers that note every caption in it a few MB.
const LONGEST_HEADER: u64 = 16 << 20;

/// Reads the header's length in bytes from a file's first eight bytes. `None` when the file is not a model.
#[must_use]
pub fn header_length(start: [u8; 8]) -> Option<u64> {
    let length = u64::from_le_bytes(start);
    (2..=LONGEST_HEADER).contains(&length).then_some(length)
}

/// Counts the bytes of all tensors, which must follow this header. `None` when it is not a header, or has no tensor, or
/// its tensors overlap or leave bytes between them, which the format does not allow.
#[must_use]
pub fn tensor_bytes(header: &[u8]) -> Option<u64> {
    // The parser skips strings without a check: only this shows that all of the header is text.
    let Spans(mut spans) = serde_json::from_str(str::from_utf8(header).ok()?).ok()?;
    spans.sort_unstable();
    let end = spans.iter().try_fold(0, |end, (start, next)| (*start == end && *next >= end).then_some(*next));
    end.filter(|_| !spans.is_empty())
}

/// The beginning and the end of each tensor. Nothing else of the header is kept in memory.
struct Spans(Vec<(u64, u64)>);

#[derive(Deserialize)]
struct Tensor {
    data_offsets: (u64, u64),
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Header;
        impl<'de> Visitor<'de> for Header {
            type Value = Spans;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a header of tensors")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Spans, M::Error> {
                let mut spans = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        spans.push(map.next_value::<Tensor>()?.data_offsets);
                    }
                }
                Ok(Spans(spans))
            }
        }
        deserializer.deserialize_map(Header)
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_HEADER, header_length, tensor_bytes};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_photo_and_an_archive_are_no_models() {
        assert_eq!(header_length([16, 0, 0, 0, 0, 0, 0, 0]), Some(16));
        assert_eq!(header_length([1, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(header_length((LONGEST_HEADER + 1).to_le_bytes()), None);
        for other in [*b"\xff\xd8\xff\xe0\0\x10JF", *b"PK\x03\x04\x14\0\0\0", *b"<!DOCTYP", *b"{\"detail"] {
            assert_eq!(header_length(other), None);
        }
    }

    #[test]
    fn tensors_lie_side_by_side() {
        let header = |spans: &[(u64, u64)]| {
            let tensor = |(at, (start, end)): (usize, &(u64, u64))| {
                format!(r#""t{at}":{{"dtype":"F16","shape":[1],"data_offsets":[{start},{end}]}}"#)
            };
            let tensors: Vec<String> = spans.iter().enumerate().map(tensor).collect();
            format!(r#"{{"__metadata__":{{"format":"pt"}},{}}}   "#, tensors.join(","))
        };
        let whole: [(&[(u64, u64)], u64); 3] =
            [(&[(0, 9)], 9), (&[(4, 9), (0, 4)], 9), (&[(0, 4), (4, 4), (4, 8)], 8)];
        for (spans, bytes) in whole {
            assert_eq!(tensor_bytes(header(spans).as_bytes()), Some(bytes), "{spans:?}");
        }
        let broken: [&[(u64, u64)]; 5] =
            [&[(1, 9)], &[(0, 4), (5, 9)], &[(0, 5), (4, 9)], &[(9, 0)], &[(0, 9), (0, 9)]];
        for spans in broken {
            assert_eq!(tensor_bytes(header(spans).as_bytes()), None, "{spans:?}");
        }
    }

    #[test]
    fn what_is_no_header_is_none() {
        for other in [
            "{}",
            "[]",
            "",
            r#"{"__metadata__":{}}"#,
            r#"{"x":{}}"#,
            r#"{"x":{"data_offsets":[9]}}"#,
            r#"{"x":{"data_offsets":[0,4,9]}}"#,
            r#"{"x":{"data_offsets":[-1,9]}}"#,
            r#"{"x":{"data_offsets":[0,9]}"#,
        ] {
            assert_eq!(tensor_bytes(other.as_bytes()), None, "{other}");
        }
    }
}
