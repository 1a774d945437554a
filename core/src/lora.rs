//! What tells a model file from any other file.

/// How many of a file's first bytes [`is_safetensors`] wants to see.
pub const HEAD: usize = 16;

/// Whether a file of this length that begins so can be a model: safetensors, the format that fal's trainers write and
/// its models read (huggingface.co/docs/safetensors: a header's length in eight bytes, little-endian, then that many
/// bytes of JSON). A photo or an archive that was named by mistake is not sent anywhere.
#[must_use]
pub fn is_safetensors(head: &[u8], length: u64) -> bool {
    /// The format's own limit.
    const LONGEST_HEADER: u64 = 100_000_000;
    let Some((size, json)) = head.split_first_chunk::<8>() else { return false };
    let header = u64::from_le_bytes(*size);
    (2..=LONGEST_HEADER).contains(&header) && header <= length.saturating_sub(8) && json.starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use super::is_safetensors;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_photo_an_archive_and_half_a_model_are_no_models() {
        let model = b"\x10\0\0\0\0\0\0\0{\"a\":{}}";
        assert!(is_safetensors(model, 1000));
        assert!(is_safetensors(model, 24));
        assert!(!is_safetensors(model, 23), "its header is longer than the file");
        assert!(!is_safetensors(&model[..8], 1000));
        assert!(!is_safetensors(b"\x01\0\0\0\0\0\0\0{", 1000));
        for other in [
            b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0".as_slice(),
            b"PK\x03\x04\x14\0\0\0\x08\0",
            b"",
            b"{}",
        ] {
            assert!(!is_safetensors(other, 1_000_000));
        }
    }
}
