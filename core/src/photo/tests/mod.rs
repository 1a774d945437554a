//! Whole photos through [`inspect`] and [`PixelNormaliser`]. What comes out is read with another decoder.

mod mutations;
mod pictures;
mod pixels;
mod refusals;

use super::{Normalise, NormalisedPhoto, PhotoInfo, PhotoProblem, PixelNormaliser, inspect};
use crate::limits::PhotoLimits;

/// A file of the folder `fixtures`.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/", $name)).as_slice()
    };
}
use fixture;

/// The default limits, for pictures as small as the fixtures.
fn limits() -> PhotoLimits {
    PhotoLimits { min_side: 16, ..PhotoLimits::default() }
}

fn normalise(bytes: &[u8]) -> Result<NormalisedPhoto, PhotoProblem> {
    PixelNormaliser.normalise(bytes, &limits())
}

/// Width, height and RGB of a JPEG.
fn decode(jpeg: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(jpeg));
    let rgb = decoder.decode().expect("a JPEG");
    let (width, height) = decoder.dimensions().expect("a size");
    (width, height, rgb)
}

fn info(bytes: &[u8]) -> PhotoInfo {
    inspect(bytes).expect("a photo")
}
