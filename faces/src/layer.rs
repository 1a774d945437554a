//! The weights of a layer, laid out for work on several channels at a time.

use crate::weights::Reader;

/// The output channels that are worked on together: two registers of 128 bits.
pub(crate) const LANES: usize = 8;

/// The weights of `I` inputs for every output channel.
#[derive(Debug)]
pub(crate) struct Layer<const I: usize> {
    pub(crate) groups: Vec<Group<I>>,
}

/// The weights of a layer for neighbouring output channels.
#[derive(Debug)]
pub(crate) struct Group<const I: usize> {
    pub(crate) biases: [f32; LANES],
    pub(crate) weights: [[f32; LANES]; I],
}

impl<const I: usize> Layer<I> {
    /// Reads the next layer, which has `outputs` channels.
    pub(crate) fn read(reader: &mut Reader, outputs: usize) -> Self {
        let steps = reader.floats(outputs);
        let levels = reader.bytes(I * outputs);
        let biases = reader.floats(outputs);
        let group = |(at, (steps, biases)): (usize, (&[f32; LANES], &[f32; LANES]))| {
            let mut weights = [[0.0; LANES]; I];
            for (weights, levels) in weights.iter_mut().zip(levels.chunks_exact(outputs)) {
                for ((weight, level), step) in weights.iter_mut().zip(&levels[at * LANES..]).zip(steps) {
                    *weight = f32::from(level.cast_signed()) * step;
                }
            }
            Group { biases: *biases, weights }
        };
        let (steps, biases) = (steps.as_chunks().0, biases.as_chunks().0);
        Self { groups: steps.iter().zip(biases).enumerate().map(group).collect() }
    }

    /// Computes the outputs of a row of pixels from their `I` inputs. `O` is the layer's number of outputs.
    pub(crate) fn row<const O: usize>(&self, inputs: &[[f32; I]], outputs: &mut [[f32; O]]) {
        for (at, group) in self.groups.iter().enumerate() {
            let (inputs, last_inputs) = inputs.as_chunks::<4>();
            let (outputs, last_outputs) = outputs.as_chunks_mut::<4>();
            for (inputs, outputs) in inputs.iter().zip(outputs) {
                group.pixels(inputs, outputs, at);
            }
            for (input, output) in last_inputs.iter().zip(last_outputs) {
                group.pixels(&[*input], std::array::from_mut(output), at);
            }
        }
    }
}

impl<const I: usize> Group<I> {
    /// Computes the group's outputs, the `at`th group of each pixel's, for `P` pixels.
    #[inline]
    fn pixels<const O: usize, const P: usize>(
        &self,
        inputs: &[[f32; I]; P],
        outputs: &mut [[f32; O]; P],
        at: usize,
    ) {
        let mut sums = [self.biases; P];
        for (input, weights) in self.weights.iter().enumerate() {
            for (sums, inputs) in sums.iter_mut().zip(inputs) {
                let value = inputs[input];
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
        }
        for (output, sums) in outputs.iter_mut().zip(sums) {
            output.as_chunks_mut().0[at] = sums;
        }
    }
}
