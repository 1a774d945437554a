//! Which format a file is, and what its headers say.

use super::{Foreign, PhotoInfo, PhotoProblem, jpeg, png, webp};

/// Reads a file's headers, never its pixels: the cost does not depend on what the picture holds.
///
/// `bytes` is the whole file. That it can be decoded is known only after [`Normalise`](super::Normalise).
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
        return Err(PhotoProblem::UnsupportedFormat { found: Foreign::of(bytes) });
    };
    if info.width == 0 || info.height == 0 {
        return Err(PhotoProblem::NoPixels { width: info.width, height: info.height });
    }
    Ok(info)
}
