//! Bodies with files in them: multipart/form-data (RFC 7578).

use std::fmt;

use serde_json::Value;

/// A file that a call carries. The call names the first as `attach://file0`.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Name that the receiver sees.
    pub name: String,
    /// Media type.
    pub content_type: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

/// Returns the name of the part that holds the attachment of this index.
pub(super) fn part_name(index: usize) -> String {
    format!("file{index}")
}

/// Writes the body, with its media type. A field that is not text is written as JSON, as the Bot API wants it.
pub(super) fn body(fields: &Value, files: &[Attachment], entropy: [u8; 16]) -> (String, Vec<u8>) {
    // 128 random bits: no file holds the line by chance, and none can be made to hold it.
    let boundary = format!("{:032x}", u128::from_be_bytes(entropy));
    let mut body = Vec::new();
    let mut part = |head: String, content: &[u8]| {
        body.extend_from_slice(
            format!("--{boundary}\r\ncontent-disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in fields.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        part(format!("name=\"{name}\""), text.as_bytes());
    }
    for (index, file) in files.iter().enumerate() {
        let (part_name, file_name) = (part_name(index), plain(&file.name));
        let head =
            format!("name=\"{part_name}\"; filename=\"{file_name}\"\r\ncontent-type: {}", file.content_type);
        part(head, &file.bytes);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// Leaves out what would end the name in its header.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control() && !matches!(letter, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Attachment, body};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_name_cannot_end_its_header() {
        let name = "a\"\r\nx: y\\.png".to_owned();
        let file = Attachment { name, content_type: "image/png", bytes: Vec::new() };
        let (content_type, body) = body(&json!({"media": [{"type": "photo"}]}), &[file], [1; 16]);
        let text = String::from_utf8(body).expect("text");
        assert!(text.contains("filename=\"ax: y.png\"\r\n"), "{text}");
        assert!(text.contains("\r\n\r\n[{\"type\":\"photo\"}]\r\n"), "{text}");
        assert_eq!(content_type, format!("multipart/form-data; boundary={}", "01".repeat(16)));
    }
}
