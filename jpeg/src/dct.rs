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

/// Transforms coefficients to samples, in place.
pub(crate) fn inverse(block: &mut [[f32; 8]; 8]) {
    both_directions::<true>(block);
}

/// Transforms samples to coefficients, in place: 64 times as large as [`inverse`] wants them.
pub(crate) fn forward(block: &mut [[f32; 8]; 8]) {
    both_directions::<false>(block);
}

/// Transforms the columns, then the rows, which come out as columns.
#[inline]
fn both_directions<const INVERSE: bool>(block: &mut [[f32; 8]; 8]) {
    let half = |half: usize| std::array::from_fn(|row| Four(block[row].as_chunks().0[half]));
    let (mut left, mut right) = ([Four::ZERO; 8], [Four::ZERO; 8]);
    column::<INVERSE>(&half(0), &mut left);
    column::<INVERSE>(&half(1), &mut right);
    let (upper_left, upper_right) = (transposed(&left[..4]), transposed(&left[4..]));
    let (lower_left, lower_right) = (transposed(&right[..4]), transposed(&right[4..]));
    column::<INVERSE>(&joined(upper_left, lower_left), &mut left);
    column::<INVERSE>(&joined(upper_right, lower_right), &mut right);
    for (row, (left, right)) in block.iter_mut().zip(left.iter().zip(&right)) {
        row[..4].copy_from_slice(&left.0);
        row[4..].copy_from_slice(&right.0);
    }
}

/// Transforms four columns.
// Inlined, the values would be taken apart, and on wasm32 never be put together to vectors again.
#[inline(never)]
fn column<const INVERSE: bool>(values: &[Four; 8], out: &mut [Four; 8]) {
    *out = if INVERSE { inverse_column(*values) } else { forward_column(*values) };
}

#[inline]
fn transposed(rows: &[Four]) -> [Four; 4] {
    std::array::from_fn(|column| Four(std::array::from_fn(|row| rows[row].0[column])))
}

#[inline]
fn joined(upper: [Four; 4], lower: [Four; 4]) -> [Four; 8] {
    std::array::from_fn(|at| if at < 4 { upper[at] } else { lower[at - 4] })
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

impl Four {
    const ZERO: Self = Self([0.0; 4]);
}

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
        Self(std::array::from_fn(|at| self.0[at] * factor))
    }
}

#[cfg(test)]
mod tests {
    use super::{Samples, factors, forward, inverse};
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
            let samples: Samples = std::array::from_fn(|_| std::array::from_fn(|_| next()));
            let mut again = samples;
            forward(&mut again);
            again = again.map(|row| row.map(|value| value / 64.0));
            inverse(&mut again);
            let differences =
                samples.iter().flatten().zip(again.iter().flatten()).map(|(a, b)| (a - b).abs());
            assert!(differences.fold(0.0, f32::max) < 1e-3);
        }
    }

    #[test]
    fn the_mean_is_an_eighth_of_the_first_coefficient() {
        let mut coefficients = [[-128.0; 8]; 8];
        forward(&mut coefficients);
        assert!((coefficients[0][0] * factors()[0] + 1024.0).abs() < 1e-3);
        assert!(coefficients.iter().flatten().skip(1).all(|coefficient| coefficient.abs() < 1e-3));
    }
}
