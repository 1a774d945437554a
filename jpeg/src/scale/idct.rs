//! The inverse DCT at reduced sizes (A.3.3).
//!
//! The lowest N of a row's eight frequencies are a row of N samples: the picture at N/8 of its size, with nothing in it
//! that so few samples could not show. Both directions are matrix products over whole rows, which compilers turn into
//! vector code on every target; sums in single precision are the same everywhere, since Rust never contracts them.

use crate::dct::{Coefficients, basis};

/// A transform to the samples of one block, written to rows of this stride.
pub(crate) type Inverse = fn(&Coefficients, &mut [u8], usize);

/// Chooses the transform to so many rows of so many samples: 1, 2, 4 or 8 each.
pub(crate) fn inverse(rows: u32, samples: u32) -> Option<Inverse> {
    Some(match (rows, samples) {
        (1, 1) => to::<1, 1>,
        (1, 2) => to::<1, 2>,
        (1, 4) => to::<1, 4>,
        (1, 8) => to::<1, 8>,
        (2, 1) => to::<2, 1>,
        (2, 2) => to::<2, 2>,
        (2, 4) => to::<2, 4>,
        (2, 8) => to::<2, 8>,
        (4, 1) => to::<4, 1>,
        (4, 2) => to::<4, 2>,
        (4, 4) => to::<4, 4>,
        (4, 8) => to::<4, 8>,
        (8, 1) => to::<8, 1>,
        (8, 2) => to::<8, 2>,
        (8, 4) => to::<8, 4>,
        (8, 8) => to::<8, 8>,
        _ => return None,
    })
}

fn to<const ROWS: usize, const SAMPLES: usize>(coefficients: &Coefficients, out: &mut [u8], stride: usize) {
    let (down, across) = (const { basis::<ROWS>() }, const { basis::<SAMPLES>() });
    for (row, out) in out.chunks_mut(stride).take(ROWS).enumerate() {
        let mut frequencies = [0.0; SAMPLES];
        for (coefficients, down) in coefficients.iter().zip(&down) {
            for (sum, coefficient) in frequencies.iter_mut().zip(coefficients) {
                *sum += coefficient * down[row];
            }
        }
        let mut samples = [128.0; SAMPLES];
        for (frequency, across) in frequencies.iter().zip(&across) {
            for (sum, across) in samples.iter_mut().zip(across) {
                *sum += frequency * across;
            }
        }
        if let Some(out) = out.first_chunk_mut() {
            *out = samples.map(to_sample);
        }
    }
}

/// Rounds to a sample.
#[inline]
fn to_sample(value: f32) -> u8 {
    // Adding 2^23 rounds to an integer, which then lies in the lowest bits: a conversion that every vector unit has.
    const INTEGERS: f32 = 8_388_608.0;
    (value.clamp(0.0, 255.0) + INTEGERS).to_bits().to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::inverse;
    use crate::dct::Coefficients;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

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
            f32::from((state >> 24) as u8) - 128.0
        };
        let sizes = [1, 2, 4, 8];
        for (width, height) in sizes.iter().flat_map(|width| sizes.map(|height| (*width, height))) {
            for _ in 0..20 {
                let coefficients: Coefficients =
                    std::array::from_fn(|_| std::array::from_fn(|_| next() / 4.0));
                let mut samples = [0; 8 * 10];
                inverse(height, width).expect("a size")(&coefficients, &mut samples, 10);
                for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                    let expected = by_the_book(&coefficients, (x, y), (width, height)).clamp(0.0, 255.0);
                    let sample = f64::from(samples[(y * 10 + x) as usize]);
                    assert!((sample - expected).abs() < 0.501, "{width} x {height}: {sample} for {expected}");
                }
            }
        }
    }

    #[test]
    fn other_sizes_are_not_transformed() {
        assert!(inverse(3, 8).is_none() && inverse(8, 16).is_none() && inverse(0, 1).is_none());
    }
}
