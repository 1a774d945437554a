//! The DCT of a block in both directions (A.3.3), by the algorithm of Arai, Agui and Nakajima (Transactions of the IEICE
//! E71, 1988): five multiplications for eight values, and a factor for each, which becomes a part of its step.
//!
//! Four columns are transformed side by side: as many as a vector register of every target holds. Sums in single
//! precision are the same everywhere, since Rust never contracts them.

use std::ops::{Add, Mul, Sub};

use crate::zigzag::NATURAL;

/// Coefficients, multiplied by their factors and steps: by horizontal, then by vertical frequency, since the rows are
/// transformed first.
pub(crate) type Coefficients = [[f32; 8]; 8];

/// Samples by row and column, less 128.
pub(crate) type Samples = [[f32; 8]; 8];

/// Cosines of the multiples of pi/16, up to pi/2.
pub(crate) const COSINES: [f32; 9] = [
    1.0,
    0.980_785_25,
    0.923_879_5,
    0.831_469_6,
    0.707_106_77,
    0.555_570_24,
    0.382_683_43,
    0.195_090_32,
    0.0,
];

/// Factor of each frequency: the square root of 2 times the cosine of so many sixteenths of pi; 1 for the first.
const FACTORS: [f32; 8] = {
    let mut factors = [1.0; 8];
    let mut frequency = 1;
    while frequency < 8 {
        factors[frequency] = 2.0 * COSINES[4] * COSINES[frequency];
        frequency += 1;
    }
    factors
};

/// Returns the factors by which [`inverse`] wants coefficients multiplied, and [`forward`] divided, in zigzag order.
pub(crate) fn factors() -> [f32; 64] {
    NATURAL.map(|natural| FACTORS[usize::from(natural % 8)] * FACTORS[usize::from(natural / 8)] / 8.0)
}

/// Added to a sample before rounding, which is to even numbers by itself: halves are rounded up, as libjpeg does. Flat
/// blocks often lie on halves, and would else come out darker or brighter than everywhere.
pub(crate) const HALVES_UP: f32 = 1.0 / 1024.0;

/// Transforms coefficients to samples.
pub(crate) fn inverse(coefficients: &Coefficients) -> Samples {
    columns(&transposed(&columns(coefficients, inverse_column)), inverse_column)
}

/// Transforms samples to coefficients, 64 times as large as [`inverse`] wants them.
pub(crate) fn forward(samples: &Samples) -> Coefficients {
    columns(&transposed(&columns(samples, forward_column)), forward_column)
}

/// Transforms the columns, four at a time.
#[inline]
fn columns(block: &[[f32; 8]; 8], transform: impl Fn([Four; 8]) -> [Four; 8]) -> [[f32; 8]; 8] {
    let mut made = [[0.0; 8]; 8];
    for half in 0..2 {
        let columns = block.each_ref().map(|row| Four(row.as_chunks().0[half]));
        for (made, four) in made.iter_mut().zip(transform(columns)) {
            made.as_chunks_mut().0[half] = four.0;
        }
    }
    made
}

#[inline]
fn transposed(block: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    std::array::from_fn(|row| std::array::from_fn(|column| block[column][row]))
}

#[inline]
fn inverse_column([f0, f1, f2, f3, f4, f5, f6, f7]: [Four; 8]) -> [Four; 8] {
    // Even frequencies are symmetric, odd ones antisymmetric: the two halves of the samples differ in signs alone.
    let (sum, difference) = (f0 + f4, f0 - f4);
    let high = f2 + f6;
    let low = (f2 - f6) * (2.0 * COSINES[4]) - high;
    let (e0, e1, e2, e3) = (sum + high, difference + low, difference - low, sum - high);

    let (a, b, c, d) = (f1 + f7, f1 - f7, f5 + f3, f5 - f3);
    let turned = (b + d) * (2.0 * COSINES[2]);
    let o0 = a + c;
    let o1 = turned - d * (2.0 * (COSINES[2] + COSINES[6])) - o0;
    let o2 = (a - c) * (2.0 * COSINES[4]) - o1;
    let o3 = turned - b * (2.0 * (COSINES[2] - COSINES[6])) - o2;
    [e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0]
}

#[inline]
fn forward_column([s0, s1, s2, s3, s4, s5, s6, s7]: [Four; 8]) -> [Four; 8] {
    let (e0, e1, e2, e3) = (s0 + s7, s1 + s6, s2 + s5, s3 + s4);
    let (a, b, c, d) = (e0 + e3, e1 + e2, e0 - e3, e1 - e2);
    let turned = (c + d) * COSINES[4];
    let (f0, f2, f4, f6) = (a + b, c + turned, a - b, c - turned);

    let (o0, o1, o2, o3) = (s0 - s7, s1 - s6, s2 - s5, s3 - s4);
    let (a, b, c) = (o3 + o2, (o2 + o1) * COSINES[4], o1 + o0);
    let turned = (a - c) * COSINES[6];
    let low = a * (COSINES[2] - COSINES[6]) + turned;
    let high = c * (COSINES[2] + COSINES[6]) + turned;
    let (sum, difference) = (o0 + b, o0 - b);
    [f0, sum + high, f2, difference - low, f4, difference + low, f6, sum - high]
}

/// Four values of neighbouring columns.
#[derive(Clone, Copy, Debug)]
struct Four([f32; 4]);

impl Add for Four {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] + other.0[at]))
    }
}

impl Sub for Four {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] - other.0[at]))
    }
}

impl Mul<f32> for Four {
    type Output = Self;

    #[inline]
    fn mul(self, factor: f32) -> Self {
        Self(self.0.map(|value| value * factor))
    }
}

#[cfg(test)]
mod tests {
    use super::{factors, forward, inverse};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn one_direction_undoes_the_other() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(state.to_be_bytes()[0]) - 128.0
        };
        for _ in 0..50 {
            let samples = std::array::from_fn(|_| std::array::from_fn(|_| next()));
            let again = inverse(&forward(&samples).map(|row| row.map(|value| value / 64.0)));
            let differences =
                samples.iter().flatten().zip(again.iter().flatten()).map(|(a, b)| (a - b).abs());
            assert!(differences.fold(0.0, f32::max) < 1e-3);
        }
    }

    #[test]
    fn the_mean_is_an_eighth_of_the_first_coefficient() {
        let coefficients = forward(&[[-128.0; 8]; 8]);
        assert!((coefficients[0][0] * factors()[0] + 1024.0).abs() < 1e-3);
        assert!(coefficients.iter().flatten().skip(1).all(|coefficient| coefficient.abs() < 1e-3));
    }
}
