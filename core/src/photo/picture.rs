//! Checks of pictures that were made for us, in contrast to photos that people bring.
//!
//! A photo may be of use though its file lacks its last bytes. A picture that was bought is checked more strictly,
//! since the picture can be fetched once more.

use likeness_jpeg::marker::{EOI, SOS, Segments};

use super::{
    Format, PhotoProblem,
    bytes::{be32, le32},
    inspect, jpeg,
    pixels::decode,
    png,
    scale::Scale,
};

/// Tells a picture's format from its first bytes; `None` when they are not a picture's.
pub(crate) fn format(head: &[u8]) -> Option<Format> {
    if head.starts_with(jpeg::SIGNATURE) {
        Some(Format::Jpeg)
    } else if head.starts_with(png::SIGNATURE) {
        Some(Format::Png)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some(Format::WebP)
    } else {
        None
    }
}

/// Checks that a picture ends as its format wants and that every pixel can be decoded. Only the end is checked of a
/// kind that is not decoded here, or that would take more than `memory` bytes.
pub(crate) fn check(bytes: &[u8], memory: u64) -> Result<(), PhotoProblem> {
    let Some(format) = format(bytes) else { return inspect(bytes).map(drop) };
    let ends = match format {
        Format::Jpeg => jpeg_ends(bytes),
        Format::Png => png_ends(bytes),
        Format::WebP => webp_ends(bytes, bytes.len() as u64),
        // Its decoder misses bytes that are not there.
        Format::Heic => Some(()),
    };
    if ends.is_none() {
        return Err(PhotoProblem::truncated(format));
    }
    let decoded = inspect(bytes).and_then(|info| {
        if info.memory_at(Scale::Full) <= memory {
            decode::decode(bytes, &info, Scale::Full, memory).map(drop)
        } else {
            Ok(())
        }
    });
    match decoded {
        // These problems are limits of ours, not faults of the picture.
        Err(
            PhotoProblem::UnsupportedCoding { .. }
            | PhotoProblem::Animated { .. }
            | PhotoProblem::TooManyScans { .. }
            | PhotoProblem::TooMuchMetadata { .. }
            | PhotoProblem::TooMuchMemory { .. },
        ) => Ok(()),
        decoded => decoded,
    }
}

/// The number of last bytes that [`ends`] looks at.
pub(crate) const TAIL: usize = IEND.len();

/// Tells whether a picture that is too large to be held ends as its format wants, given its first and last bytes.
pub(crate) fn ends(format: Format, head: &[u8], tail: &[u8], length: u64) -> bool {
    match format {
        Format::Jpeg => tail.ends_with(&[0xff, EOI]),
        Format::Png => tail.ends_with(IEND),
        Format::WebP => webp_ends(head, length).is_some(),
        Format::Heic => true,
    }
}

/// The last chunk of a PNG, with its length and sum.
const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Walks over a JPEG's segments and scans to EOI.
fn jpeg_ends(bytes: &[u8]) -> Option<()> {
    let mut segments = Segments::of(bytes).ok()?;
    loop {
        match segments.read().ok()?.marker {
            EOI => return Some(()),
            SOS => segments.skip_scan(),
            _ => {}
        }
    }
}

fn png_ends(bytes: &[u8]) -> Option<()> {
    let mut at = png::SIGNATURE.len();
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let end = at.checked_add(length)?.checked_add(12)?;
        let chunk = bytes.get(at..end)?;
        if chunk == IEND {
            return Some(());
        }
        at = end;
    }
}

/// Compares the length in a RIFF file's header, which counts from behind that field, with the file's length.
fn webp_ends(head: &[u8], length: u64) -> Option<()> {
    let said = u64::from(le32(head, 4)?) + 8;
    (said <= length).then_some(())
}
