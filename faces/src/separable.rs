//! The convolution of which the network consists.

use crate::{
    layer::{Group, LANES, Layer},
    map::Map,
    weights::Reader,
};

/// A depthwise separable convolution: each pixel's `I` channels are mixed to `O`, then each of these is convolved with its
/// own 3 x 3 weights. Beyond the borders the mixed channels are 0.
#[derive(Debug)]
pub(crate) struct Separable<const I: usize, const O: usize> {
    pointwise: Layer<I>,
    depthwise: Layer<9>,
    after: After,
}

/// The function of a convolution's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Negative ones become 0.
    Relu,
    Nothing,
}

impl<const I: usize, const O: usize> Separable<I, O> {
    /// Reads the next two layers.
    pub(crate) fn read(reader: &mut Reader, after: After) -> Self {
        Self { pointwise: Layer::read(reader, O), depthwise: Layer::read(reader, O), after }
    }

    /// Convolves a map.
    ///
    /// Only three mixed rows exist at a time: they stay in the processor's cache.
    pub(crate) fn convolve(&self, map: &Map<I>) -> Map<O> {
        let width = map.width;
        let mut convolved = Map::zeros(width, map.pixels.len() / width);
        // A zero at each end.
        let mut mixed = [(); 3].map(|()| vec![[0.0; O]; width + 2]);
        let mix = |row: Option<&[[f32; I]]>, into: &mut Vec<[f32; O]>| match row {
            Some(row) => self.pointwise.row(row, &mut into[1..=width]),
            None => into.fill([0.0; O]),
        };
        let mut rows = map.rows();
        mix(rows.next(), &mut mixed[2]);
        for outputs in convolved.pixels.chunks_exact_mut(width) {
            mixed.rotate_left(1);
            mix(rows.next(), &mut mixed[2]);
            for (at, group) in self.depthwise.groups.iter().enumerate() {
                match self.after {
                    After::Relu => group.convolve(&mixed, outputs, at, |sum| sum.max(0.0)),
                    After::Nothing => group.convolve(&mixed, outputs, at, |sum| sum),
                }
            }
        }
        convolved
    }
}

impl Group<9> {
    /// Convolves the `at`th group of channels of three rows, which have a pixel more at each end than `outputs` has.
    #[inline]
    fn convolve<const O: usize>(
        &self,
        rows: &[Vec<[f32; O]>; 3],
        outputs: &mut [[f32; O]],
        at: usize,
        after: impl Fn(f32) -> f32,
    ) {
        let [above, same, below] = rows;
        let neighbours = above.windows(3).zip(same.windows(3)).zip(below.windows(3));
        for (output, ((above, same), below)) in outputs.iter_mut().zip(neighbours) {
            let mut sums = self.biases;
            let pixels = above.iter().chain(same).chain(below);
            for (pixel, weights) in pixels.zip(&self.weights) {
                let values: &[f32; LANES] = &pixel.as_chunks().0[at];
                for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
                    *sum += value * weight;
                }
            }
            output.as_chunks_mut().0[at] = sums.map(&after);
        }
    }
}
