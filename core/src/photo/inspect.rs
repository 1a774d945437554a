//! Recognition of a file's format, and the way to the reader of its headers.

use super::{Foreign, PhotoInfo, PhotoProblem, heic, jpeg, png, webp};

/// Reads a file's headers, never its pixels: the cost does not depend on what the picture holds.
///
/// `bytes` is the whole file. Only [`Normalise`](super::Normalise) shows that the pixels can be decoded.
pub fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let info = if bytes.is_empty() {
        return Err(PhotoProblem::Empty);
    } else if bytes.starts_with(jpeg::SIGNATURE) {
        jpeg::inspect(bytes)?
    } else if bytes.starts_with(png::SIGNATURE) {
        png::inspect(bytes)?
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        webp::inspect(bytes)?
    } else {
        match Foreign::of(bytes) {
            Foreign::Heic => heic::inspect(bytes)?,
            found => return Err(PhotoProblem::UnsupportedFormat { found }),
        }
    };
    if info.width == 0 || info.height == 0 {
        return Err(PhotoProblem::NoPixels { width: info.width, height: info.height });
    }
    Ok(info)
}
