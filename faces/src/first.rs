//! The network's first convolution.

use crate::{canvas::Canvas, layer::Layer, map::Map, weights::Reader};

/// Makes 16 channels of half the size from red, green and blue: 3 x 3 pixels at every second place.
#[derive(Debug)]
pub(crate) struct First(Layer<27>);

impl First {
    /// Reads the next layer.
    pub(crate) fn read(reader: &mut Reader) -> Self {
        Self(Layer::read(reader, 16))
    }

    /// Convolves a canvas. Negative results become 0.
    pub(crate) fn convolve(&self, canvas: &Canvas) -> Map<16> {
        let (width, height) = (usize::from(canvas.size.0) / 2, usize::from(canvas.size.1) / 2);
        let mut convolved = Map::zeros(width, height);
        let mut patches = vec![[0.0; 27]; width];
        for (y, outputs) in convolved.pixels.chunks_exact_mut(width).enumerate() {
            for (from, row) in [0, 9, 18].into_iter().zip(canvas.three_rows(2 * y)) {
                // Three pixels, of which the last is the first of the next three.
                for (patch, pixels) in patches.iter_mut().zip(row.windows(9).step_by(6)) {
                    for (value, byte) in patch[from..].iter_mut().zip(pixels) {
                        *value = f32::from(*byte);
                    }
                }
            }
            self.0.row(&patches, outputs);
            for value in outputs.as_flattened_mut() {
                *value = value.max(0.0);
            }
        }
        convolved
    }
}
