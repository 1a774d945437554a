//! The DCT of a block in both directions (A.3.3), as matrix products over whole rows, which compilers turn into vector
//! code on every target. Sums in single precision are the same everywhere, since Rust never contracts them.

/// Coefficients by vertical and horizontal frequency, multiplied by their steps.
pub(crate) type Coefficients = [[f32; 8]; 8];

/// Samples by row and column, less 128: neither rounded nor cut off at black and white.
pub(crate) type Samples = [[f32; 8]; 8];

/// Cosines of the multiples of pi/16, up to pi/2.
const COSINES: [f32; 9] = [
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

/// Returns the cosine of a multiple of pi/16.
const fn cosine(sixteenths: usize) -> f32 {
    match sixteenths % 32 {
        at @ 0..=8 => COSINES[at],
        at @ 9..=16 => -COSINES[16 - at],
        at @ 17..=24 => -COSINES[at - 16],
        at => COSINES[32 - at],
    }
}

/// Returns the sample values of each frequency's basis function: `[frequency][sample]`.
pub(crate) const fn basis<const N: usize>() -> [[f32; N]; N] {
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

/// Basis functions, `[frequency][sample]`.
const BASIS: [[f32; 8]; 8] = basis();

/// Transforms coefficients to samples.
pub(crate) fn inverse(coefficients: &Coefficients) -> Samples {
    product_of_columns(&product_of_rows(coefficients, |sample, frequency| BASIS[frequency][sample]), &BASIS)
}

/// Transforms samples to coefficients.
pub(crate) fn forward(samples: &Samples) -> Coefficients {
    const TRANSPOSED: [[f32; 8]; 8] = {
        let mut transposed = [[0.0; 8]; 8];
        let mut at = 0;
        while at < 64 {
            transposed[at % 8][at / 8] = BASIS[at / 8][at % 8];
            at += 1;
        }
        transposed
    };
    product_of_columns(&product_of_rows(samples, |frequency, sample| BASIS[frequency][sample]), &TRANSPOSED)
}

/// Sums rows, each multiplied by a factor: that of the row that is made, and of the row that is read.
#[inline]
fn product_of_rows(rows: &[[f32; 8]; 8], factor: impl Fn(usize, usize) -> f32) -> [[f32; 8]; 8] {
    let mut made = [[0.0; 8]; 8];
    for (read, row) in rows.iter().enumerate() {
        // Most blocks lack their high frequencies.
        if row.iter().all(|value| *value == 0.0) {
            continue;
        }
        for (at, made) in made.iter_mut().enumerate() {
            let factor = factor(at, read);
            for (made, value) in made.iter_mut().zip(row) {
                *made += value * factor;
            }
        }
    }
    made
}

/// Multiplies each row by a matrix.
#[inline]
fn product_of_columns(rows: &[[f32; 8]; 8], matrix: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    rows.map(|row| {
        let mut made = [0.0; 8];
        for (value, factors) in row.iter().zip(matrix) {
            for (made, factor) in made.iter_mut().zip(factors) {
                *made += value * factor;
            }
        }
        made
    })
}

#[cfg(test)]
mod tests {
    use super::{forward, inverse};
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
            let again = inverse(&forward(&samples));
            let differences =
                samples.iter().flatten().zip(again.iter().flatten()).map(|(a, b)| (a - b).abs());
            assert!(differences.fold(0.0, f32::max) < 1e-3);
        }
    }

    #[test]
    fn the_mean_is_an_eighth_of_the_first_coefficient() {
        let coefficients = forward(&[[-128.0; 8]; 8]);
        assert!((coefficients[0][0] + 1024.0).abs() < 1e-3);
        assert!(coefficients.iter().flatten().skip(1).all(|coefficient| coefficient.abs() < 1e-3));
    }
}
