//! A picture at a fraction of its size, of rows that come from top to bottom.

use super::{pixels::raster::Picture, scale::Scale};

/// A smaller picture in the making. Each of its pixels is the mean of a square, which the right and the lower edge may cut
/// off.
#[derive(Clone, Debug)]
pub(super) struct Averaging {
    /// Pixels of a row as they come.
    width: usize,
    divisor: usize,
    /// Sums of the squares in the row that is being made; at most 64 samples are added.
    sums: Vec<[u16; 3]>,
    /// Number of rows in these sums.
    rows: usize,
    rgb: Vec<u8>,
}

impl Averaging {
    /// Begins with a picture of so many pixels across and down.
    pub(super) fn new((width, height): (usize, usize), scale: Scale) -> Self {
        let divisor = scale.divisor() as usize;
        let columns = width.div_ceil(divisor);
        let samples = columns.saturating_mul(height.div_ceil(divisor)).saturating_mul(3);
        Self { width, divisor, sums: vec![[0; 3]; columns], rows: 0, rgb: Vec::with_capacity(samples) }
    }

    /// Adds whole rows of three bytes a pixel.
    pub(super) fn add(&mut self, rgb: &[u8]) {
        for row in rgb.chunks_exact(self.width.max(1) * 3) {
            for (sum, pixels) in self.sums.iter_mut().zip(row.as_chunks::<3>().0.chunks(self.divisor)) {
                for [r, g, b] in pixels {
                    *sum = [sum[0] + u16::from(*r), sum[1] + u16::from(*g), sum[2] + u16::from(*b)];
                }
            }
            self.rows += 1;
            if self.rows == self.divisor {
                self.end_row();
            }
        }
    }

    /// Returns the picture, once all rows were added.
    pub(super) fn finish(mut self) -> Picture {
        if self.rows > 0 {
            self.end_row();
        }
        let width = self.sums.len();
        Picture { width, height: self.rgb.len() / (width.max(1) * 3), rgb: self.rgb }
    }

    fn end_row(&mut self) {
        for (column, sum) in self.sums.iter_mut().enumerate() {
            let across = self.divisor.min(self.width - column * self.divisor);
            let count = u16::try_from(across * self.rows).unwrap_or(u16::MAX).max(1);
            self.rgb.extend(sum.map(|sum| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX)));
            *sum = [0; 3];
        }
        self.rows = 0;
    }
}
