//! Pixels: decoding, and conversion to sRGB.

pub(super) mod colour;
pub(super) mod decode;
mod profile;
pub(super) mod raster;
