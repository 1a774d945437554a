//! Metadata in a PNG's text chunks (W3C PNG, third edition, 11.3.3).

use std::borrow::Cow;

use fdeflate::Decompressor;

use super::{Notes, xml::split};

/// The most text that is unpacked of one file, in bytes. The text is dropped again before any pixel is decoded.
pub(in crate::photo) const MAX_UNPACKED: usize = 4 << 20;

/// The bytes before a packet of XMP in a JPEG's APP1 (XMP specification, part 3, 1.1.3).
pub(in crate::photo) const XMP_IN_APP1: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// A reader of text chunks that counts the bytes it unpacks.
#[derive(Debug)]
pub(in crate::photo) struct TextChunks {
    left: usize,
}

impl Default for TextChunks {
    fn default() -> Self {
        Self { left: MAX_UNPACKED }
    }
}

/// The keywords of the texts that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    /// A plain packet of XMP.
    Xmp,
    /// A copy of EXIF or of a JPEG's APP1 in hexadecimal digits, as ImageMagick and others write it.
    RawProfile,
}

impl Keyword {
    fn of(keyword: &[u8]) -> Option<Self> {
        let is = |known: &str| keyword.eq_ignore_ascii_case(known.as_bytes());
        if is("XML:com.adobe.xmp") {
            return Some(Self::Xmp);
        }
        ["exif", "APP1", "xmp"]
            .iter()
            .any(|kind| is(&format!("Raw profile type {kind}")))
            .then_some(Self::RawProfile)
    }
}

impl TextChunks {
    /// Notes the facts in a text chunk. An unreadable chunk yields none.
    pub(in crate::photo) fn read(&mut self, kind: [u8; 4], body: &[u8], notes: &mut Notes) {
        notes.other();
        let Some((keyword, body)) = split(body, 0) else { return };
        let Some(keyword) = Keyword::of(keyword) else { return };
        let Some(text) = self.text(kind, body) else { return };
        match keyword {
            Keyword::Xmp => notes.xmp(&text),
            Keyword::RawProfile => read_profile(&raw_profile(&text), notes),
        }
    }

    fn text<'a>(&mut self, kind: [u8; 4], body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match (&kind, body) {
            (b"tEXt", text) => Some(Cow::Borrowed(text)),
            (b"zTXt", [0, packed @ ..]) => Some(Cow::Owned(self.unpack(packed))),
            (b"iTXt", [packed @ (0 | 1), _, rest @ ..]) => {
                let (_language, rest) = split(rest, 0)?;
                let (_translation, text) = split(rest, 0)?;
                Some(if *packed == 1 { Cow::Owned(self.unpack(text)) } else { Cow::Borrowed(text) })
            }
            _ => None,
        }
    }

    /// Unpacks as much text as the file has left; of damaged text what comes before the damage.
    fn unpack(&mut self, packed: &[u8]) -> Vec<u8> {
        let mut decompressor = Decompressor::new();
        decompressor.ignore_adler32();
        let (mut text, mut read, mut written) = (Vec::new(), 0, 0);
        while written < self.left && !decompressor.is_done() {
            if written == text.len() {
                // The buffer grows with the text, so that a few bytes cannot ask for megabytes.
                text.resize(text.len().saturating_mul(2).max(4096).min(self.left), 0);
            }
            let input = packed.get(read..).unwrap_or_default();
            match decompressor.read(input, &mut text, written, true) {
                Ok((consumed, produced)) if consumed + produced > 0 => {
                    read += consumed;
                    written += produced;
                }
                _ => break,
            }
        }
        text.truncate(written);
        self.left -= written;
        text
    }
}

/// Reads the bytes of a raw profile: a name, a length and hexadecimal digits, each on lines of their own.
fn raw_profile(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii_start();
    let Some((_name, rest)) = split(text, b'\n') else { return Vec::new() };
    let rest = rest.trim_ascii_start();
    let digits = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
    let (length, digits) = rest.split_at(digits);
    let length = std::str::from_utf8(length).ok().and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut nibbles = digits
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map_while(|digit| char::from(*digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok()));
    let bytes = std::iter::from_fn(|| Some(nibbles.next()? << 4 | nibbles.next()?));
    bytes.take(usize::min(length, MAX_UNPACKED)).collect()
}

/// Reads a JPEG's APP1, which holds EXIF or XMP, and says which.
fn read_profile(profile: &[u8], notes: &mut Notes) {
    if let Some(packet) = profile.strip_prefix(XMP_IN_APP1) {
        notes.xmp(packet);
    } else if profile.starts_with(b"<") || profile.starts_with(&[0xef, 0xbb, 0xbf]) {
        notes.xmp(profile);
    } else {
        notes.exif_as_text(profile);
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_UNPACKED, Notes, TextChunks, XMP_IN_APP1, raw_profile};
    use crate::photo::{Metadata, Orientation};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const EXIF: &[u8] = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    const XMP: &str = "<rdf:RDF><rdf:Description tiff:Orientation='6'/></rdf:RDF>";

    /// Writes a profile as ImageMagick does.
    fn profile(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut text = format!("\n{name}\n{:8}", bytes.len()).into_bytes();
        for line in bytes.chunks(36) {
            text.push(b'\n');
            text.extend(
                line.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| DIGITS[usize::from(nibble)]),
            );
        }
        text.push(b'\n');
        text
    }

    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    fn read(kind: [u8; 4], parts: &[&[u8]]) -> Notes {
        let mut notes = Notes::default();
        TextChunks::default().read(kind, &parts.concat(), &mut notes);
        assert!(notes.metadata() >= Metadata::Present);
        notes
    }

    fn turned(kind: [u8; 4], parts: &[&[u8]]) -> bool {
        read(kind, parts).orientation() == Orientation::Rotate90
    }

    #[test]
    fn each_kind_of_text_is_read() {
        let app1 = [XMP_IN_APP1, XMP.as_bytes()].concat();
        let texts = [
            ("XML:com.adobe.xmp", XMP.as_bytes().to_vec()),
            ("Raw profile type exif", profile("exif", EXIF)),
            ("Raw profile type exif", profile("exif", &EXIF[6..])),
            ("Raw profile type APP1", profile("generic profile", EXIF)),
            ("Raw profile type APP1", profile("app1", &app1)),
            ("raw profile type xmp", profile("xmp", XMP.as_bytes())),
        ];
        for (keyword, text) in texts {
            let keyword = [keyword.as_bytes(), b"\0"].concat();
            let packed = fdeflate::compress_to_vec(&text);
            assert!(turned(*b"tEXt", &[&keyword, &text]));
            assert!(turned(*b"zTXt", &[&keyword, b"\0", &packed]));
            assert!(turned(*b"iTXt", &[&keyword, b"\0\0\0\0", &text]));
            assert!(turned(*b"iTXt", &[&keyword, b"\x01\0de\0Dreh\0", &packed]));
            for length in 0..packed.len() {
                let _ = read(*b"zTXt", &[&keyword, b"\0", &packed[..length]]);
            }
            assert!(!turned(*b"zTXt", &[&keyword, b"\x01", &packed]), "another method of packing");
            assert!(!turned(*b"iTXt", &[&keyword, b"\0\0", &text]));
            assert!(!turned(*b"tEXt", &[b"Comment\0", &text]));
        }
    }

    #[test]
    fn a_profile_is_as_long_as_it_says_and_no_longer_than_its_digits() {
        assert_eq!(raw_profile(b"\nexif\n       3\n0a0B\n0c0d\n"), [10, 11, 12]);
        assert_eq!(raw_profile(b"exif\r\n99\r\n0a 0b"), [10, 11]);
        assert_eq!(raw_profile(b"\nexif\n2\n0ax0b"), [10]);
        for nonsense in ["", "\n", "\nexif", "\nexif\n", "\nexif\nx\n0a", "\nexif\n-1\n0a", "\nexif\n2"] {
            assert_eq!(raw_profile(nonsense.as_bytes()), [0; 0], "{nonsense}");
        }
    }

    #[test]
    fn no_more_is_unpacked_than_the_limit() {
        let bomb = fdeflate::compress_to_vec(&vec![0; MAX_UNPACKED * 2]);
        assert!(bomb.len() < MAX_UNPACKED / 50);
        let mut texts = TextChunks::default();
        assert_eq!(texts.unpack(&bomb).len(), MAX_UNPACKED);
        assert_eq!(texts.left, 0);
        assert!(texts.unpack(&bomb).is_empty());
        // What came before the limit still counts.
        let long = [XMP.as_bytes(), &vec![0; MAX_UNPACKED * 2]].concat();
        let long = fdeflate::compress_to_vec(&long);
        assert!(turned(*b"zTXt", &[b"XML:com.adobe.xmp\0\0", &long]));
    }
}
