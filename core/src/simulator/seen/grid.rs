//! A photo made so small that each cell is one colour of the picture.

use libjpeg_turbo_rs::{DecodeLimits, Decoder, PixelFormat, ScalingFactor};

/// Red, green and blue, each from 0 to 1.
pub(super) type Colour = [f32; 3];

/// A small picture, row by row.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) cells: Vec<Colour>,
}

/// Cells along the shorter side, at most twice as many.
const SHORT: usize = 64;
/// The longer side of a photo that is looked at, as a multiple of the shorter: a face has no place in a longer strip.
const LONGEST: usize = 4;
/// The most pixels of a photo that is looked at: a Worker has 128 MB.
const MOST_PIXELS: u64 = 32 << 20;

impl Grid {
    /// Decodes a JPEG in colour, as small as the decoder can make it.
    pub(super) fn decode(jpeg: &[u8]) -> Option<Self> {
        let limits = DecodeLimits { max_pixels: MOST_PIXELS, max_scans: 64, ..DecodeLimits::default() };
        let mut decoder = Decoder::new_with_limits(jpeg, limits).ok()?;
        let header = decoder.header();
        let pixels = u64::from(header.width) * u64::from(header.height);
        // All coefficients of a progressive JPEG are held at once, whatever the scale.
        if header.components.len() != 3 || header.is_progressive && pixels > MOST_PIXELS / 4 {
            return None;
        }
        let shorter = usize::from(header.width.min(header.height));
        let divisor = [8, 4, 2].into_iter().find(|divisor| shorter / divisor >= SHORT).unwrap_or(1);
        decoder.set_scale(ScalingFactor::try_new(1, u32::try_from(divisor).ok()?).ok()?);
        decoder.set_output_format(PixelFormat::Rgb);
        let image = decoder.decode_image().ok()?;
        Self::shrink(&image.data, image.width, image.height)
    }

    /// Averages squares of pixels.
    fn shrink(rgb: &[u8], width: usize, height: usize) -> Option<Self> {
        let side = (width.min(height) / SHORT).max(1);
        let (across, down) = (width / side, height / side);
        let mut cells = vec![[0.0; 3]; across.checked_mul(down)?];
        let is_strip = across.max(down) > LONGEST * across.min(down);
        if is_strip || cells.is_empty() || rgb.len() < width * height * 3 {
            return None;
        }
        let share = 1.0 / 255.0 / number(side * side);
        for (y, row) in rgb.chunks_exact(width * 3).take(down * side).enumerate() {
            for (x, pixel) in row.chunks_exact(3).take(across * side).enumerate() {
                let Some(cell) = cells.get_mut(y / side * across + x / side) else { continue };
                for (sum, sample) in cell.iter_mut().zip(pixel) {
                    *sum += f32::from(*sample) * share;
                }
            }
        }
        Some(Self { width: across, height: down, cells })
    }

    /// Returns the cell at this column and row.
    pub(super) fn at(&self, x: usize, y: usize) -> Option<Colour> {
        if x < self.width { self.cells.get(y * self.width + x).copied() } else { None }
    }
}

/// Returns the middle of each sample on its own; `None` of fewer than `least` colours.
pub(super) fn median(colours: &[Colour], least: usize) -> Option<Colour> {
    if colours.len() < least.max(1) {
        return None;
    }
    let middle = |index: usize| {
        let mut samples: Vec<f32> = colours.iter().filter_map(|colour| colour.get(index).copied()).collect();
        samples.sort_by(f32::total_cmp);
        samples.get(samples.len() / 2).copied().unwrap_or_default()
    };
    Some([middle(0), middle(1), middle(2)])
}

/// Returns the distance between two colours, from 0 to about 1.7.
pub(super) fn distance(one: Colour, other: Colour) -> f32 {
    one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

/// Returns the brightness of a colour.
pub(super) fn light([red, green, blue]: Colour) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[allow(clippy::cast_precision_loss, reason = "a picture's sides are far below 2^23")]
pub(super) fn number(length: usize) -> f32 {
    length as f32
}
