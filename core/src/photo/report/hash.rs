//! The perceptual hash of a picture, by which look-alikes are known.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sums of samples become samples again"
)]

use std::{array::from_fn, f32::consts::PI, ops::Range};

use serde::{Deserialize, Serialize};

use super::plane::Plane;
use crate::photo::{
    Preview,
    thresholds::{ALIKE_BITS, ALIKE_COLOURS},
};

/// Number of cells along each side of the picture that is hashed.
const CELLS: usize = 32;

/// Number of frequencies along each side.
const WAVES: usize = 8;

/// Number of cells along each side of the coarse picture.
pub(super) const COARSE: usize = 4;

/// A coarse likeness of a picture: which of its lowest frequencies are strong, and the colours of sixteen cells. It shows
/// that two pictures are alike, and nothing of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Hash {
    /// For each of the 64 lowest frequencies of the discrete cosine transform, whether it is above their median.
    waves: u64,
    /// Mean colours of 4 x 4 cells.
    colours: [[u8; 3]; COARSE * COARSE],
}

/// The error of a text that is not a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash of a picture has 112 hexadecimal digits")]
pub(super) struct HashError;

impl Hash {
    pub(super) fn of(preview: &Preview, plane: &Plane) -> Self {
        Self { waves: waves(plane), colours: colours(preview) }
    }

    /// Tells whether two pictures are nearly the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.bits_apart(other) <= ALIKE_BITS && self.colours_apart(other, |_| true) <= ALIKE_COLOURS
    }

    /// Counts the frequencies that are strong in one of the two only.
    pub(super) fn bits_apart(&self, other: &Self) -> u32 {
        (self.waves ^ other.waves).count_ones()
    }

    /// Returns the mean distance of the colours of the chosen cells, by their numbers, row by row.
    pub(super) fn colours_apart(&self, other: &Self, chosen: impl Fn(usize) -> bool) -> f32 {
        let cells = self.colours.iter().zip(&other.colours).enumerate().filter(|(cell, _)| chosen(*cell));
        let (mut sum, mut number) = (0_u32, 0_u16);
        for (one, other) in cells.flat_map(|(_, (one, other))| one.iter().zip(other)) {
            sum += u32::from(one.abs_diff(*other));
            number += 1;
        }
        sum as f32 / f32::from(number.max(1))
    }
}

fn waves(plane: &Plane) -> u64 {
    let cells = cells(plane);
    let waves: [[f32; CELLS]; WAVES] = from_fn(|frequency| {
        from_fn(|place| (PI * (place as f32 + 0.5) * frequency as f32 / CELLS as f32).cos())
    });
    // Rows first, then columns: the transform is separable.
    let across = cells
        .map(|row| waves.map(|wave| row.iter().zip(wave).map(|(value, wave)| value * wave).sum::<f32>()));
    let mut strengths = [0.0_f32; WAVES * WAVES];
    for (index, strength) in strengths.iter_mut().enumerate() {
        let (down, right) = (index / WAVES, index % WAVES);
        let column = across.iter().filter_map(|row| row.get(right));
        *strength = column.zip(waves.get(down).into_iter().flatten()).map(|(value, wave)| value * wave).sum();
    }
    // The first is the mean brightness, which tells nothing of a shape.
    let mut sorted = strengths;
    if let Some(mean) = strengths.first_mut() {
        *mean = 0.0;
    }
    if let Some(mean) = sorted.first_mut() {
        *mean = 0.0;
    }
    sorted.sort_by(f32::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    strengths.iter().fold(0, |bits, strength| bits << 1 | u64::from(*strength > median))
}

/// Makes cells of equal size of the picture, whatever its shape.
fn cells(plane: &Plane) -> [[f32; CELLS]; CELLS] {
    let mut sums = [[0.0_f32; CELLS]; CELLS];
    for y in 0..plane.height {
        let Some(line) = sums.get_mut(y * CELLS / plane.height) else { continue };
        for (cell, sum) in line.iter_mut().enumerate() {
            *sum += plane.row(y).get(part(cell, CELLS, plane.width)).unwrap_or_default().iter().sum::<f32>();
        }
    }
    from_fn(|row| {
        let rows = part(row, CELLS, plane.height).len();
        from_fn(|cell| sums[row][cell] / (rows * part(cell, CELLS, plane.width).len()).max(1) as f32)
    })
}

fn colours(preview: &Preview) -> [[u8; 3]; COARSE * COARSE] {
    let (width, height) = (preview.width() as usize, preview.height() as usize);
    let pixels = preview.rgb().as_chunks::<3>().0;
    from_fn(|cell| {
        let (rows, columns) = (part(cell / COARSE, COARSE, height), part(cell % COARSE, COARSE, width));
        let number = (rows.len() * columns.len()).max(1) as u64;
        let mut sums = [0_u64; 3];
        for row in rows {
            let pixels =
                pixels.get(row * width..).and_then(|row| row.get(columns.clone())).unwrap_or_default();
            // A row has at most 65,535 pixels.
            let of_row = pixels.iter().fold([0_u32; 3], |[r, g, b], pixel| {
                [r + u32::from(pixel[0]), g + u32::from(pixel[1]), b + u32::from(pixel[2])]
            });
            sums.iter_mut().zip(of_row).for_each(|(sum, of_row)| *sum += u64::from(of_row));
        }
        sums.map(|sum| (sum / number) as u8)
    })
}

/// Returns the pixels of one of so many equal parts of a side.
fn part(number: usize, parts: usize, side: usize) -> Range<usize> {
    (number * side).div_ceil(parts)..((number + 1) * side).div_ceil(parts)
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        let colours = hash.colours.concat();
        base16ct::lower::encode_string(&[hash.waves.to_be_bytes().as_slice(), &colours].concat())
    }
}

impl TryFrom<String> for Hash {
    type Error = HashError;

    fn try_from(text: String) -> Result<Self, HashError> {
        let mut bytes = [0; 8 + 3 * COARSE * COARSE];
        let read = base16ct::lower::decode(&text, &mut bytes).map_err(|_| HashError)?;
        let (waves, colours) = read.split_first_chunk().ok_or(HashError)?;
        let (colours, []) = colours.as_chunks() else { return Err(HashError) };
        let colours = colours.try_into().map_err(|_| HashError)?;
        Ok(Self { waves: u64::from_be_bytes(*waves), colours })
    }
}
