//! Limits that hold before anything is allocated.

/// Limits that depend on the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels that the picture may have, as stored.
    pub max_pixels: u64,
}

/// The most boxes at the top of a file. Phones write about ten.
pub(crate) const MAX_TOP_BOXES: usize = 1_024;

/// The most items, properties, and references of a file each. A grid of 200 megapixels has 768 tiles of 512 pixels.
pub(crate) const MAX_ITEMS: u32 = 4_096;

/// The most pieces that all items together are stored in.
pub(crate) const MAX_EXTENTS: u64 = 16_384;

/// The longest box of references, in bytes: 64 thousand of them.
pub(crate) const MAX_REFERENCES: usize = 256 << 10;

/// The longest box of metadata (`meta`) without its item data, in bytes. An ICC profile has a few kB, at most 4 MiB.
pub(crate) const MAX_META: usize = 5 << 20;

/// The largest block of EXIF or XMP that is looked at, in bytes.
pub(crate) const MAX_METADATA_ITEM: usize = 8 << 20;

/// The most parameter sets of a coded picture; three are usual.
pub(crate) const MAX_PARAMETER_SETS: usize = 64;

/// The longest parameter set, in bytes. A hundred are usual.
pub(crate) const MAX_PARAMETER_SET: usize = 16 << 10;

/// The deepest nesting of pictures that are derived from others.
pub(crate) const MAX_DEPTH: u32 = 4;

/// The largest difference in pixels between a coded side and the side that it shows: a coding tree block.
pub(crate) const MAX_PADDING: u32 = 64;

/// The shortest side of a tile, in pixels (ISO/IEC 23000-22, 7.3.11.4.2).
pub(crate) const MIN_TILE: u32 = 64;

/// Returns the most pixels that may be decoded for a picture of `claimed` pixels. Tiles at the edges reach beyond it, and
/// small pictures are made of tiles of the usual size.
pub(crate) const fn most_decoded(claimed: u64) -> u64 {
    claimed.saturating_mul(2).saturating_add(2 << 20)
}
