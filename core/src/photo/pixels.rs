//! Pixels: decoding, and conversion to sRGB.

pub(super) mod colour;
pub(super) mod decode;
pub(super) mod profile;
pub(super) mod raster;
pub(super) mod resize;
mod upright;
