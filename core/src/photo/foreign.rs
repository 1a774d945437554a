//! Formats that are recognised only so that a refusal can name them.

use serde::{Deserialize, Serialize};

/// The format of a file that is not a JPEG, PNG, WebP or HEIC, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum Foreign {
    /// HEIC, where it is not read.
    Heic,
    /// AVIF, a still picture coded as AV1.
    Avif,
    /// GIF.
    Gif,
    /// TIFF, and the cameras' raw formats built on it (DNG, CR2, NEF, ARW).
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// JPEG XL.
    JpegXl,
    /// JPEG 2000.
    Jpeg2000,
    /// Photoshop's format (PSD).
    Psd,
    /// A film: MP4, MOV, AVI, Matroska.
    Video,
    /// A PDF document.
    Pdf,
    /// A drawing in SVG.
    Svg,
    /// A web page, often an error page saved under a photo's name.
    Html,
    /// XML, such as a bucket's error message.
    Xml,
    /// JSON, such as a service's error message.
    Json,
    /// A ZIP archive, or a document that is one.
    Zip,
    /// Anything else.
    Unknown,
}

impl Foreign {
    /// Tells the format from a file's first bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        if bytes.get(4..8) == Some(b"ftyp") {
            return Self::of_brands(bytes);
        }
        match bytes.first() {
            _ if starts(b"GIF8") => Self::Gif,
            _ if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => Self::Tiff,
            _ if starts(b"BM") => Self::Bmp,
            _ if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") => Self::JpegXl,
            _ if starts(b"\0\0\0\x0cjP  ") || starts(b"\xff\x4f\xff\x51") => Self::Jpeg2000,
            _ if starts(b"8BPS") => Self::Psd,
            _ if starts(b"\x1a\x45\xdf\xa3") => Self::Video,
            _ if starts(b"RIFF") && bytes.get(8..12) == Some(b"AVI ") => Self::Video,
            _ if starts(b"%PDF") => Self::Pdf,
            _ if starts(b"PK\x03\x04") => Self::Zip,
            _ => Self::of_text(bytes),
        }
    }

    /// Tells the format of an ISO base media file from its brands of four letters (ISO/IEC 14496-12, 4.3).
    fn of_brands(bytes: &[u8]) -> Self {
        let brands = bytes.get(8..64.min(bytes.len())).unwrap_or_default();
        let (brands, _) = brands.as_chunks::<4>();
        let has = |names: &[&[u8; 4]]| brands.iter().any(|brand| names.contains(&brand));
        if has(&[b"avif", b"avis"]) {
            Self::Avif
        } else if has(&[b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"mif2", b"msf1"]) {
            Self::Heic
        } else {
            Self::Video
        }
    }

    fn of_text(bytes: &[u8]) -> Self {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        let text = text.get(..512.min(text.len())).unwrap_or_default().to_ascii_lowercase();
        let contains = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
        match text.first() {
            Some(b'<') if contains(b"<svg") => Self::Svg,
            Some(b'<') if contains(b"<html") || contains(b"<!doctype html") => Self::Html,
            Some(b'<') if text.starts_with(b"<?xml") || text.starts_with(b"<error") => Self::Xml,
            Some(b'{') => Self::Json,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Foreign;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn known_formats_are_named() {
        let cases: [(&[u8], Foreign); 20] = [
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Foreign::Heic),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", Foreign::Avif),
            (b"\0\0\0\x1cftypavif\0\0\0\0avif", Foreign::Avif),
            (b"\0\0\0\x18ftypmp42\0\0\0\0isom", Foreign::Video),
            (b"GIF89a\x01\0", Foreign::Gif),
            (b"II*\0\x08\0\0\0", Foreign::Tiff),
            (b"MM\0*\0\0\0\x08", Foreign::Tiff),
            (b"BM\x36\0", Foreign::Bmp),
            (b"\xff\x0a\xfa", Foreign::JpegXl),
            (b"\0\0\0\x0cjP  \r\n", Foreign::Jpeg2000),
            (b"8BPS\0\x01", Foreign::Psd),
            (b"%PDF-1.7", Foreign::Pdf),
            (b"PK\x03\x04", Foreign::Zip),
            (b"\n <HTML><body>", Foreign::Html),
            (b"<!-- x --><html>", Foreign::Html),
            (b"<?xml version='1.0'?><svg>", Foreign::Svg),
            (b"<?xml version='1.0'?><Error>", Foreign::Xml),
            (b"{\"detail\":1}", Foreign::Json),
            (b"RIFF\0\0\0\0AVI LIST", Foreign::Video),
            (b"\0", Foreign::Unknown),
        ];
        for (bytes, format) in cases {
            assert_eq!(Foreign::of(bytes), format, "{}", bytes.escape_ascii());
        }
    }
}
