//! A picture's brightness, made small.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a preview's sides are far below 2^23, and samples lie between 0 and 255"
)]

use crate::photo::Preview;

/// The brightness of a picture, from 0 to 255, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// The binomial kernel 1 4 6 4 1, whose variance is 1 square pixel: the outer two, the inner two, and the middle.
const KERNEL: [f32; 3] = [0.0625, 0.25, 0.375];

/// Returns the brightness of a colour (ITU-R BT.601, as JPEG has it).
fn brightness([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

impl Plane {
    /// Reduces the picture by a whole factor, the smallest by which its longer side has no more than `most` pixels. A
    /// fraction would blur some places more than others.
    pub(super) fn of(preview: &Preview, most: u32) -> Self {
        let (width, height) = (preview.width() as usize, preview.height() as usize);
        let factor = width.max(height).div_ceil((most as usize).max(1)).max(1);
        let (small_width, small_height) = ((width / factor).max(1), (height / factor).max(1));
        let mut values = vec![0.0_f32; small_width * small_height];
        let rows = preview.rgb().chunks_exact(width * 3);
        let mut bright = Vec::with_capacity(width);
        for (y, row) in rows.enumerate().take(small_height * factor) {
            let Some(line) = values.chunks_exact_mut(small_width).nth(y / factor) else { break };
            bright.clear();
            bright.extend(row.as_chunks::<3>().0.iter().copied().map(brightness));
            for (value, pixels) in line.iter_mut().zip(bright.chunks(factor)) {
                *value += pixels.iter().sum::<f32>();
            }
        }
        let pixels = (factor.min(width) * factor.min(height)) as f32;
        for value in &mut values {
            *value /= pixels;
        }
        Self { width: small_width, height: small_height, values }
    }

    /// Returns a row; an empty one below the picture.
    pub(super) fn row(&self, y: usize) -> &[f32] {
        self.values.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    /// Smooths the picture in both directions, which adds a variance of 1 square pixel to each edge's blur. `across` is memory
    /// that may be used again.
    pub(super) fn smooth(&mut self, across: &mut Vec<f32>) {
        let Self { width, height, values } = self;
        smooth_rows(values, *width, across);
        let row = |y: usize| {
            // Above the first row and below the last these go on.
            let y = y.clamp(2, *height + 1) - 2;
            across.get(y * *width..(y + 1) * *width).unwrap_or_default()
        };
        for (y, line) in values.chunks_exact_mut(*width).enumerate() {
            weigh(line, [0, 1, 2, 3, 4].map(|step| row(y + step)));
        }
    }
}

fn smooth_rows(values: &[f32], width: usize, out: &mut Vec<f32>) {
    out.clear();
    out.resize(values.len(), 0.0);
    let mut padded = Vec::with_capacity(width + 4);
    for (row, line) in values.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let ends = |end: Option<&f32>| [end.copied().unwrap_or_default(); 2];
        padded.clear();
        padded.extend(ends(row.first()));
        padded.extend_from_slice(row);
        padded.extend(ends(row.last()));
        weigh(line, [0, 1, 2, 3, 4].map(|step| padded.get(step..).unwrap_or_default()));
    }
}

/// Makes each value of five, which stand at its place.
fn weigh(line: &mut [f32], [first, second, third, fourth, fifth]: [&[f32]; 5]) {
    let [outer, inner, middle] = KERNEL;
    let outers = first.iter().zip(fifth);
    let inners = second.iter().zip(fourth);
    for (((value, outers), inners), third) in line.iter_mut().zip(outers).zip(inners).zip(third) {
        *value = outer * (outers.0 + outers.1) + inner * (inners.0 + inners.1) + middle * third;
    }
}
