//! Pixels of a tile, as they were decoded.

use core::ops::Range;

use crate::{
    colour::Conversion,
    planes::{Matrix, Planes, Rows},
};

/// Pixels of a tile or of a whole picture, and the memory for one row of them.
#[derive(Debug)]
pub(crate) enum Pixels {
    /// Planes of samples.
    Planes { planes: Planes, rows: Box<Rows>, deep: Vec<u16> },
    /// Red, green and blue of 8 bits.
    Rgb { image: Image, divisor: usize, deep: Vec<u16> },
}

/// An image of red, green and blue, of 8 bits each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

impl Pixels {
    /// Takes planes that will be read at this scale, for a conversion of samples of so many bits.
    pub(crate) fn of_planes(planes: Planes, matrix: Matrix, bits: u8, divisor: u32) -> Self {
        let rows = Box::new(Rows::of(&planes, matrix, bits, divisor));
        Self::Planes { planes, rows, deep: Vec::new() }
    }

    /// Takes an image that will be read at this scale.
    pub(crate) fn of_image(image: Image, divisor: u32) -> Self {
        Self::Rgb { image, divisor: usize::try_from(divisor).unwrap_or(1), deep: Vec::new() }
    }

    /// Writes a part of a row at the scale, converted; `out` has three bytes for each pixel.
    pub(crate) fn row(&mut self, row: usize, columns: Range<usize>, conversion: &Conversion, out: &mut [u8]) {
        match (self, conversion) {
            (Self::Planes { planes, rows, deep }, Conversion::Shaped(shaper)) => {
                deep.resize(out.len(), 0);
                rows.convert(planes, row, columns, deep);
                shaper.convert(deep, out);
            }
            (Self::Planes { planes, rows, .. }, _) => {
                rows.convert(planes, row, columns, out);
                conversion.convert_bytes(out);
            }
            (Self::Rgb { image, divisor, deep }, _) => {
                image.row(*divisor, row, columns, out);
                if let Conversion::Shaped(shaper) = conversion {
                    deep.clear();
                    deep.extend(out.iter().copied().map(u16::from));
                    shaper.convert(deep, out);
                } else {
                    conversion.convert_bytes(out);
                }
            }
        }
    }
}

impl Image {
    /// Makes an image of one colour.
    pub(crate) fn filled((width, height): (u32, u32), colour: [u8; 3]) -> Self {
        let (width, height) = (to_usize(width), to_usize(height));
        let mut rgb = vec![0; width.saturating_mul(height).saturating_mul(3)];
        rgb.as_chunks_mut::<3>().0.fill(colour);
        Self { width, height, rgb }
    }

    /// Returns pixels of a row.
    pub(crate) fn line(&self, y: usize, columns: Range<usize>) -> &[u8] {
        let from = y * self.width;
        self.rgb.get((from + columns.start) * 3..(from + columns.end) * 3).unwrap_or_default()
    }

    fn row(&self, divisor: usize, row: usize, columns: Range<usize>, out: &mut [u8]) {
        if divisor == 1 {
            let line = self.line(row, columns);
            if line.len() == out.len() {
                out.copy_from_slice(line);
            }
            return;
        }
        for (column, pixel) in columns.zip(out.as_chunks_mut::<3>().0) {
            let (mut sums, mut count) = ([0_u32; 3], 0_u32);
            for y in row * divisor..(row * divisor + divisor).min(self.height) {
                let right = (column * divisor + divisor).min(self.width);
                for from in self.line(y, column * divisor..right).as_chunks::<3>().0 {
                    for (sum, sample) in sums.iter_mut().zip(from) {
                        *sum += u32::from(*sample);
                    }
                    count += 1;
                }
            }
            let mean = |sum: u32| (sum + count / 2).checked_div(count).unwrap_or_default();
            *pixel = sums.map(|sum| u8::try_from(mean(sum)).unwrap_or(u8::MAX));
        }
    }
}

fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
