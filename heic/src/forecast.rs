//! The memory that decoding takes, predicted from the headers.

use crate::{
    bands::{STRIP, whole},
    limits::MAX_PADDING,
    scale::Scale,
    tree::{Content, Picture},
};

/// Tables of colours, rows, and what is fixed, in bytes.
const FIXED: u64 = 512 << 10;

/// Bytes for an item in the lists of a file's boxes.
const ITEM: u64 = 512;

/// Computes the most memory in bytes that decoding takes at a scale, beside the file's `length` bytes with so many items.
pub(crate) fn memory(
    picture: &Picture,
    alpha: Option<&Picture>,
    scale: Scale,
    length: u64,
    items: u64,
) -> u64 {
    let (width, height) = picture.upright.size();
    let pixels = u64::from(scale.of(width)) * u64::from(scale.of(height));
    let levels = if alpha.is_some() { pixels } else { 0 };
    let of = |picture| bands(picture, scale, length);
    FIXED + items * ITEM + levels + of(picture).max(alpha.map_or(0, of))
}

/// Computes the memory for a picture's rows.
fn bands(picture: &Picture, scale: Scale, length: u64) -> u64 {
    let (width, height) = picture.upright.size();
    let ((tile_width, tile_height), columns) = picture.tiles();
    let row = u64::from(scale.of(width)) * 3;
    let strip = STRIP as u64 * row;
    match &picture.content {
        Content::Coded(coded) => decoded(picture.size, coded.chroma) + length + strip,
        Content::Grid { .. } if whole(picture, scale.divisor()) => {
            area(picture.size) * 3 + bands(picture, Scale::Full, length) + strip
        }
        Content::Grid { tiles, .. } => {
            let across = if picture.upright.swapped { tile_width } else { tile_height };
            let rows = scale.of(across.min(height.max(1))).max(1);
            let band = if columns > 1 || tiles.len() > 1 { u64::from(rows) * row } else { strip };
            // Tiles are coded in a part of the file each; a single one may take all of it.
            let codes = length / (tiles.len() as u64).clamp(1, 8);
            let tile = tiles.iter().map(|tile| content(tile, codes)).max().unwrap_or_default();
            band + tile
        }
        Content::Overlay { layers, .. } => {
            let layer = |layer: &crate::tree::Layer| {
                let alpha =
                    layer.alpha.as_ref().map_or(0, |alpha| area(layer.picture.size) + content(alpha, length));
                content(&layer.picture, length) + area(layer.picture.size) * 3 + alpha
            };
            area(picture.size) * 3 + layers.iter().map(layer).max().unwrap_or_default() + strip
        }
    }
}

/// Computes the memory for a picture inside another.
fn content(picture: &Picture, length: u64) -> u64 {
    match &picture.content {
        Content::Coded(coded) if picture.is_plain() => decoded(picture.size, coded.chroma) + length,
        _ => area(picture.size) * 3 + bands(picture, Scale::Full, length),
    }
}

/// Computes the memory for decoding a coded picture: planes of two bytes a sample, a copy of one of them for the last
/// filter, and a byte a pixel about blocks.
fn decoded((width, height): (u32, u32), chroma: u8) -> u64 {
    let padded = area((width.saturating_add(MAX_PADDING), height.saturating_add(MAX_PADDING)));
    padded
        * match chroma {
            0 => 5,
            1 => 6,
            2 => 7,
            _ => 9,
        }
}

fn area((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}
