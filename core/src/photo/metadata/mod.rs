//! What a file says about its picture: EXIF, and which way is up.

pub(super) mod exif;
pub(super) mod orientation;
