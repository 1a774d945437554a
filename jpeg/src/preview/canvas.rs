//! Pixels that are written in the stored order, and come out upright.

use crate::orientation::Orientation;

/// Upright pixels of three samples each, addressed by their place in the stored picture.
#[derive(Debug)]
pub(super) struct Canvas {
    samples: Vec<u8>,
    /// Width and height as stored.
    size: (usize, usize),
    /// Index of the stored picture's first sample, and the steps from there to the right and down.
    origin: isize,
    steps: (isize, isize),
}

impl Canvas {
    pub(super) fn new(size: (usize, usize), orientation: Orientation) -> Self {
        let (width, height) = (size.0.cast_signed(), size.1.cast_signed());
        let (right, down) = if orientation.swaps_sides() { (height * 3, 3) } else { (3, width * 3) };
        let (mut origin, mut steps) = (0, (right, down));
        if orientation.reverses_rows() {
            origin += (width - 1) * right;
            steps.0 = -right;
        }
        if orientation.reverses_columns() {
            origin += (height - 1) * down;
            steps.1 = -down;
        }
        Self { samples: vec![0; size.0 * size.1 * 3], size, origin, steps }
    }

    /// Returns width and height as stored.
    #[inline]
    pub(super) fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Returns the samples row by row, upright.
    pub(super) fn into_samples(self) -> Vec<u8> {
        self.samples
    }

    /// Returns the index of a pixel's first sample.
    #[inline]
    pub(super) fn index(&self, (x, y): (usize, usize)) -> isize {
        self.origin + x.cast_signed() * self.steps.0 + y.cast_signed() * self.steps.1
    }

    /// Puts a sample, if there is one of this index.
    #[inline]
    pub(super) fn put(&mut self, at: isize, sample: u8) {
        if let Some(place) = self.samples.get_mut(at.cast_unsigned()) {
            *place = sample;
        }
    }

    /// Puts the first samples of two rows of two.
    #[inline]
    pub(super) fn put_four(&mut self, at: isize, (across, down): (usize, usize), samples: [u8; 4]) {
        if across == 0 || down == 0 {
            return;
        }
        self.put(at, samples[0]);
        if across == 2 {
            self.put(at + self.steps.0, samples[1]);
        }
        if down == 2 {
            self.put(at + self.steps.1, samples[2]);
            if across == 2 {
                self.put(at + self.steps.0 + self.steps.1, samples[3]);
            }
        }
    }

    /// Puts a block of samples, of which `of_pixel` tells the one at a place of the block.
    #[inline]
    pub(super) fn put_block(
        &mut self,
        mut row: isize,
        (across, down): (usize, usize),
        of_pixel: impl Fn(usize, usize) -> u8,
    ) {
        for y in 0..down {
            let mut at = row;
            for x in 0..across {
                self.put(at, of_pixel(x, y));
                at += self.steps.0;
            }
            row += self.steps.1;
        }
    }
}
