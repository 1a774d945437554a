//! Tests of whole photos through [`inspect`] and [`Normaliser`], whose results another decoder reads.

mod damage;
#[cfg(feature = "heic")]
mod heic;
mod mutations;
mod orientations;
mod pictures;
mod pixels;
mod previews;
mod refusals;
mod scales;
mod ways;
mod whole;

use super::{Normalise, NormalisedPhoto, Normaliser, PhotoInfo, PhotoProblem, inspect};
use crate::limits::PhotoLimits;

/// Reads a file of the folder `fixtures`.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/", $name)).as_slice()
    };
}
use fixture;

/// Returns the default limits, but for pictures as small as the fixtures.
fn limits() -> PhotoLimits {
    PhotoLimits { min_side: 16, ..PhotoLimits::default() }
}

fn normalise(bytes: &[u8]) -> Result<NormalisedPhoto, PhotoProblem> {
    Normaliser::default().normalise(bytes, &limits())
}

/// Decodes a JPEG to width, height and RGB.
fn decode(jpeg: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(jpeg));
    let rgb = decoder.decode().expect("a JPEG");
    let (width, height) = decoder.dimensions().expect("a size");
    (width, height, rgb)
}

fn info(bytes: &[u8]) -> PhotoInfo {
    inspect(bytes).expect("a photo")
}

/// Appends a chunk to the beginning of a PNG.
fn with_chunk(mut file: Vec<u8>, kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let chunk = [&kind, body].concat();
    file.extend(u32::try_from(body.len()).expect("a length").to_be_bytes());
    file.extend(&chunk);
    file.extend(crc32fast::hash(&chunk).to_be_bytes());
    file
}

/// Builds a WebP of these chunks.
fn riff(chunks: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a length").to_le_bytes();
    let mut body = b"WEBP".to_vec();
    for (kind, chunk) in chunks {
        body.extend(kind);
        body.extend(length(chunk));
        body.extend(chunk);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF".as_slice(), &length(&body), &body].concat()
}
