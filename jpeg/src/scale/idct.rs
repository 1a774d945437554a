//! The inverse DCT at reduced sizes.
//!
//! The lowest N of a row's eight frequencies are a row of N samples: the picture at N/8 of its size, with nothing in it
//! that so few samples could not show. Both directions are matrix products over whole rows; at full size, the transform
//! of [`dct`](crate::dct) takes fewer steps.

use crate::{
    dct::{self, COSINES, Coefficients, HALVES_UP},
    zigzag::{NATURAL, ZIGZAG},
};

/// A transform to the samples of one block.
#[derive(Clone, Debug)]
pub(crate) struct Inverse {
    transform: Transform,
    quantised: TransformQuantised,
    /// Row-by-row index in [`Coefficients`] of each place in the zigzag sequence.
    places: [u8; 64],
    /// Factor of each place in the zigzag sequence.
    factors: [f32; 64],
}

/// A transform to rows of a stride.
type Transform = fn(&Coefficients, &mut [u8], usize);

/// A transform from quantised coefficients in zigzag order, by factors, to rows of eight samples.
type TransformQuantised = fn(&[i16; 64], &[f32; 64], &mut [u8; 64]);

impl Inverse {
    /// Chooses the transform to so many rows of so many samples: 1, 2, 4 or 8 each.
    pub(crate) fn to(rows: u32, samples: u32) -> Option<Self> {
        let (transform, quantised): (Transform, TransformQuantised) = match (rows, samples) {
            (1, 1) => (to::<1, 1>, lowest_of::<1, 1>),
            (1, 2) => (to::<1, 2>, lowest_of::<1, 2>),
            (1, 4) => (to::<1, 4>, lowest_of::<1, 4>),
            (1, 8) => (to::<1, 8>, lowest_of::<1, 8>),
            (2, 1) => (to::<2, 1>, lowest_of::<2, 1>),
            (2, 2) => (to::<2, 2>, lowest_of::<2, 2>),
            (2, 4) => (to::<2, 4>, lowest_of::<2, 4>),
            (2, 8) => (to::<2, 8>, lowest_of::<2, 8>),
            (4, 1) => (to::<4, 1>, lowest_of::<4, 1>),
            (4, 2) => (to::<4, 2>, lowest_of::<4, 2>),
            (4, 4) => (to::<4, 4>, lowest_of::<4, 4>),
            (4, 8) => (to::<4, 8>, lowest_of::<4, 8>),
            (8, 1) => (to::<8, 1>, lowest_of::<8, 1>),
            (8, 2) => (to::<8, 2>, lowest_of::<8, 2>),
            (8, 4) => (to::<8, 4>, lowest_of::<8, 4>),
            (8, 8) => {
                let (places, factors) = (transposed(), dct::factors());
                return Some(Self { transform: whole, quantised: all_of, places, factors });
            }
            _ => return None,
        };
        Some(Self { transform, quantised, places: NATURAL, factors: [1.0; 64] })
    }

    /// Multiplies a coefficient with its step and its factor. Returns row and column in [`Coefficients`] before the value.
    #[inline]
    pub(crate) fn coefficient(&self, place: usize, value: f32) -> (usize, usize, f32) {
        let at = usize::from(self.places[place & 63]);
        ((at / 8) & 7, at % 8, value * self.factors[place & 63])
    }

    /// Includes the steps, in zigzag order, in the factors.
    pub(crate) fn with_steps(mut self, steps: &[u16; 64]) -> Self {
        for (factor, step) in self.factors.iter_mut().zip(steps) {
            *factor *= f32::from(*step);
        }
        self
    }

    /// Transforms a block of quantised coefficients in zigzag order, and writes its samples to rows of eight.
    #[inline]
    pub(crate) fn samples(&self, quantised: &[i16; 64], out: &mut [u8; 64]) {
        (self.quantised)(quantised, &self.factors, out);
    }

    /// Transforms a block, and writes its samples to rows of this stride.
    #[inline]
    pub(crate) fn transform(&self, coefficients: &Coefficients, out: &mut [u8], stride: usize) {
        (self.transform)(coefficients, out, stride);
    }
}

/// Dequantises the coefficients that are needed, and transforms them.
fn lowest_of<const ROWS: usize, const SAMPLES: usize>(
    quantised: &[i16; 64],
    factors: &[f32; 64],
    out: &mut [u8; 64],
) {
    let mut coefficients = [[0.0; 8]; 8];
    for row in 0..ROWS {
        for column in 0..SAMPLES {
            let place = usize::from(ZIGZAG[row * 8 + column]);
            coefficients[row][column] = f32::from(quantised[place]) * factors[place];
        }
    }
    for (samples, out) in samples::<ROWS, SAMPLES>(&coefficients).iter().zip(out.as_chunks_mut::<8>().0) {
        out[..SAMPLES].copy_from_slice(samples);
    }
}

/// Dequantises all coefficients, and transforms them.
fn all_of(quantised: &[i16; 64], factors: &[f32; 64], out: &mut [u8; 64]) {
    let mut coefficients = [[0.0; 8]; 8];
    for ((quantised, factor), natural) in quantised.iter().zip(factors).zip(NATURAL) {
        coefficients[usize::from(natural % 8)][usize::from(natural / 8)] = f32::from(*quantised) * factor;
    }
    whole(&coefficients, out, 8);
}

/// Returns the places for [`dct::inverse`], which wants horizontal frequencies first.
fn transposed() -> [u8; 64] {
    NATURAL.map(|natural| natural % 8 * 8 + natural / 8)
}

fn whole(coefficients: &Coefficients, out: &mut [u8], stride: usize) {
    let mut samples = *coefficients;
    dct::inverse(&mut samples);
    for (row, samples) in samples.iter().enumerate() {
        if let Some(out) = out.get_mut(row * stride..).and_then(|out| out.first_chunk_mut()) {
            *out = samples.map(|sample| to_sample(sample + 128.0));
        }
    }
}

/// Returns the sample values of each frequency's basis function: `[frequency][sample]`.
const fn basis<const N: usize>() -> [[f32; N]; N] {
    let mut basis = [[0.0; N]; N];
    let mut frequency = 0;
    while frequency < N {
        let mut sample = 0;
        while sample < N {
            let scale = if frequency == 0 { COSINES[4] / 2.0 } else { 0.5 };
            basis[frequency][sample] = scale * cosine((2 * sample + 1) * frequency * 8 / N);
            sample += 1;
        }
        frequency += 1;
    }
    basis
}

/// Returns the cosine of a multiple of pi/16.
const fn cosine(sixteenths: usize) -> f32 {
    match sixteenths % 32 {
        at @ 0..=8 => COSINES[at],
        at @ 9..=16 => -COSINES[16 - at],
        at @ 17..=24 => -COSINES[at - 16],
        at => COSINES[32 - at],
    }
}

fn to<const ROWS: usize, const SAMPLES: usize>(coefficients: &Coefficients, out: &mut [u8], stride: usize) {
    for (row, samples) in samples::<ROWS, SAMPLES>(coefficients).iter().enumerate() {
        if let Some(out) = out.get_mut(row * stride..).and_then(|out| out.first_chunk_mut()) {
            *out = *samples;
        }
    }
}

#[inline]
fn samples<const ROWS: usize, const SAMPLES: usize>(coefficients: &Coefficients) -> [[u8; SAMPLES]; ROWS] {
    let (down, across) = (const { basis::<ROWS>() }, const { basis::<SAMPLES>() });
    let mut samples = [[128.0; SAMPLES]; ROWS];
    for (row, samples) in samples.iter_mut().enumerate() {
        let mut frequencies = [0.0; SAMPLES];
        for (coefficients, down) in coefficients.iter().zip(&down) {
            for (sum, coefficient) in frequencies.iter_mut().zip(coefficients) {
                *sum += coefficient * down[row];
            }
        }
        for (frequency, across) in frequencies.iter().zip(&across) {
            for (sum, across) in samples.iter_mut().zip(across) {
                *sum += frequency * across;
            }
        }
    }
    let mut rounded = [[0; SAMPLES]; ROWS];
    for (rounded, samples) in rounded.as_flattened_mut().iter_mut().zip(samples.as_flattened()) {
        *rounded = to_sample(*samples);
    }
    rounded
}

/// Rounds to a sample.
#[inline]
fn to_sample(value: f32) -> u8 {
    // Adding 2^23 rounds to an integer, which then lies in the lowest bits: a conversion that every vector unit has.
    const INTEGERS: f32 = 8_388_608.0;
    ((value + HALVES_UP).clamp(0.0, 255.0) + INTEGERS).to_bits().to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::Inverse;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{dct::Coefficients, zigzag::ZIGZAG};

    /// Computes a sample as A.3.3 writes it down.
    fn by_the_book(coefficients: &Coefficients, (x, y): (u32, u32), (width, height): (u32, u32)) -> f64 {
        let factor = |frequency: u32, at: u32, length: u32| {
            let angle = f64::from((2 * at + 1) * frequency) * std::f64::consts::PI / f64::from(2 * length);
            angle.cos() * if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 } / 2.0
        };
        let term = |(v, u): (u32, u32)| {
            f64::from(coefficients[v as usize][u as usize]) * factor(v, y, height) * factor(u, x, width)
        };
        (0..height).flat_map(|v| (0..width).map(move |u| (v, u))).map(term).sum::<f64>() + 128.0
    }

    #[test]
    fn samples_are_those_of_the_formula() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(state.to_be_bytes()[0]) - 128.0
        };
        let sizes = [1, 2, 4, 8];
        for (width, height) in sizes.iter().flat_map(|width| sizes.map(|height| (*width, height))) {
            let inverse = Inverse::to(height, width).expect("a size").with_steps(&[3; 64]);
            for _ in 0..20 {
                let stored: Coefficients = std::array::from_fn(|_| std::array::from_fn(|_| next() / 8.0));
                let mut coefficients = [[0.0; 8]; 8];
                for (at, value) in stored.as_flattened().iter().enumerate() {
                    let (row, column, value) = inverse.coefficient(usize::from(ZIGZAG[at]), *value);
                    coefficients[row][column] = value;
                }
                let mut samples = [0; 8 * 10];
                inverse.transform(&coefficients, &mut samples, 10);
                let quantised = stored.map(|row| row.map(|value| value * 3.0));
                for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                    let expected = by_the_book(&quantised, (x, y), (width, height)).clamp(0.0, 255.0);
                    let sample = f64::from(samples[(y * 10 + x) as usize]);
                    assert!((sample - expected).abs() < 0.501, "{width} x {height}: {sample} for {expected}");
                }
            }
        }
    }

    #[test]
    fn other_sizes_are_not_transformed() {
        assert!(Inverse::to(3, 8).is_none() && Inverse::to(8, 16).is_none() && Inverse::to(0, 1).is_none());
    }
}
