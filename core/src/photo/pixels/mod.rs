//! The way of pixels: decoded, converted to sRGB.

pub(super) mod colour;
pub(super) mod decode;
mod profile;
pub(super) mod raster;
