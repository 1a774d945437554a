//! Colours that are told by numbers (ITU-T H.273): transfer characteristics and primaries.

/// A transfer characteristic, from samples to light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Curve {
    /// sRGB, and the curves of television, which everyone shows as sRGB.
    Srgb,
    /// Light itself.
    Linear,
    /// The perceptual quantiser of BT.2100 (SMPTE ST 2084).
    Pq,
    /// The hybrid log-gamma of BT.2100.
    Hlg,
}

/// Samples of sRGB for light from 0 to a brightest, which may be beyond white.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    /// The brightest light; white is 1.
    brightest: f64,
}

/// Samples for light up to white.
pub(super) const SRGB_LEVELS: Levels = Levels { brightest: 1.0 };

/// White of ordinary pictures among brighter ones, in cd/m2 (BT.2408, 2.2).
const WHITE: f64 = 203.0;

/// The brightest light of high dynamic range that is told apart, in cd/m2.
const BRIGHTEST: f64 = 1_000.0;

impl Curve {
    /// Returns the curve of a transfer characteristic; unknown ones count as sRGB.
    pub(super) fn of(transfer: u16) -> Self {
        match transfer {
            8 => Self::Linear,
            16 => Self::Pq,
            18 => Self::Hlg,
            _ => Self::Srgb,
        }
    }

    /// Returns the light of a sample from 0 to 1, as a fraction of the brightest.
    pub(super) fn light(self, sample: f64) -> f64 {
        match self {
            Self::Srgb if sample <= 0.040_45 => sample / 12.92,
            Self::Srgb => ((sample + 0.055) / 1.055).powf(2.4),
            Self::Linear => sample,
            Self::Pq => (pq(sample) * 10_000.0 / BRIGHTEST).min(1.0),
            // The display's gamma is 1.2 at 1000 cd/m2 (BT.2100, table 5).
            Self::Hlg => hlg(sample).powf(1.2),
        }
    }

    /// Returns the samples that the light becomes.
    pub(super) fn levels(self) -> Levels {
        match self {
            Self::Srgb | Self::Linear => SRGB_LEVELS,
            Self::Pq | Self::Hlg => Levels { brightest: BRIGHTEST / WHITE },
        }
    }
}

impl Levels {
    /// Tabulates the samples in steps.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    pub(super) fn table(self) -> Box<super::Levels> {
        let steps = 1_u32 << super::STEPS;
        let level = |step: u32| {
            let light = (f64::from(step) + 0.5) / f64::from(steps) * self.brightest;
            (srgb(self.shown(light)) * 255.0).round() as u8
        };
        let mut table = Box::new([0; 1 << super::STEPS]);
        for (to, step) in table.iter_mut().zip(0..steps) {
            *to = level(step);
        }
        table
    }

    /// Bends light that is brighter than a knee below white, so that the brightest becomes white.
    fn shown(self, light: f64) -> f64 {
        const KNEE: f64 = 0.6;
        if self.brightest <= 1.0 || light <= KNEE {
            return light.min(1.0);
        }
        // A hyperbola that leaves the knee straight on and ends at white.
        let (over, range) = ((light - KNEE) / (1.0 - KNEE), (self.brightest - KNEE) / (1.0 - KNEE));
        KNEE + (1.0 - KNEE) * (over * (1.0 + over / (range * range)) / (1.0 + over)).min(1.0)
    }
}

fn srgb(light: f64) -> f64 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// Returns the light of a sample as a fraction of 10,000 cd/m2 (BT.2100, table 4).
fn pq(sample: f64) -> f64 {
    let (m1, m2) = (2_610.0 / 16_384.0, 2_523.0 / 4_096.0 * 128.0);
    let (c1, c2, c3) = (3_424.0 / 4_096.0, 2_413.0 / 128.0, 2_392.0 / 128.0);
    let power = sample.powf(1.0 / m2);
    ((power - c1).max(0.0) / (c2 - c3 * power)).powf(1.0 / m1)
}

/// Returns the scene's light of a sample (BT.2100, table 5).
fn hlg(sample: f64) -> f64 {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
    if sample <= 0.5 { sample * sample / 3.0 } else { (((sample - c) / a).exp() + b) / 12.0 }
}

/// Returns the matrix from linear light of these primaries to that of sRGB; `None` for those of sRGB, unknown ones, and
/// those of television, which Android writes into every photo and everyone shows as sRGB's.
pub(super) fn to_srgb(primaries: u16) -> Option<[[f64; 3]; 3]> {
    const D65: [f64; 2] = [0.3127, 0.3290];
    let (red, green, blue, white) = match primaries {
        9 => ([0.708, 0.292], [0.170, 0.797], [0.131, 0.046], D65),
        11 => ([0.680, 0.320], [0.265, 0.690], [0.150, 0.060], [0.314, 0.351]),
        12 => ([0.680, 0.320], [0.265, 0.690], [0.150, 0.060], D65),
        _ => return None,
    };
    let srgb = to_xyz([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]], D65);
    let mut source = to_xyz([red, green, blue], white);
    // Whites are laid over each other by scaling, which is exact where they are alike.
    let (from, to) = (xyz(white), xyz(D65));
    for (row, (from, to)) in source.iter_mut().zip(from.iter().zip(&to)) {
        *row = row.map(|value| value * to / from);
    }
    Some(product(inverse(srgb), source))
}

fn xyz([x, y]: [f64; 2]) -> [f64; 3] {
    [x / y, 1.0, (1.0 - x - y) / y]
}

/// Returns the matrix from light of three primaries to XYZ (SMPTE RP 177).
fn to_xyz(primaries: [[f64; 2]; 3], white: [f64; 2]) -> [[f64; 3]; 3] {
    let [red, green, blue] = primaries.map(xyz);
    let columns = [0, 1, 2].map(|at| [red[at], green[at], blue[at]]);
    let white = xyz(white);
    let gains = inverse(columns).map(|row| row[0] * white[0] + row[1] * white[1] + row[2] * white[2]);
    columns.map(|row| [row[0] * gains[0], row[1] * gains[1], row[2] * gains[2]])
}

fn product(a: [[f64; 3]; 3], b: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    a.map(|row| [0, 1, 2].map(|column| row[0] * b[0][column] + row[1] * b[1][column] + row[2] * b[2][column]))
}

fn inverse(matrix: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    // Rows and columns go round, which gives cofactors their signs.
    let cofactor = |row: usize, column: usize| {
        let ([above, below], [left, right]) =
            ([row, column].map(|at| (at + 1) % 3), [row, column].map(|at| (at + 2) % 3));
        matrix[above][below] * matrix[left][right] - matrix[above][right] * matrix[left][below]
    };
    let determinant: f64 = [0, 1, 2].iter().map(|at| matrix[0][*at] * cofactor(0, *at)).sum();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| cofactor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::{Curve, to_srgb};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn white_stays_white() {
        for primaries in [9, 11, 12] {
            for row in to_srgb(primaries).expect("primaries") {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{primaries}: {row:?}");
            }
        }
        assert_eq!([1, 2, 5, 6].map(to_srgb), [None; 4]);
    }

    /// Compares with the matrix of CSS Color 4, 17.
    #[test]
    fn red_of_display_p3_is_brighter_than_srgbs() {
        let [red, green, blue] = to_srgb(12).expect("Display P3");
        for (value, expected) in [(red[0], 1.2249), (red[1], -0.2249), (green[0], -0.0421), (blue[2], 1.0983)]
        {
            assert!((value - expected).abs() < 1e-3, "{value}, {expected}");
        }
    }

    #[test]
    fn curves_rise_from_black_to_white() {
        for transfer in [8, 13, 16, 18] {
            let curve = Curve::of(transfer);
            let table = curve.levels().table();
            assert_eq!((table[0], table[table.len() - 1]), (0, 255));
            assert!(table.is_sorted());
            let light: Vec<f64> = (0..=100).map(|step| curve.light(f64::from(step) / 100.0)).collect();
            assert!(
                light.is_sorted() && light[0].abs() < 1e-6 && (light[100] - 1.0).abs() < 1e-3,
                "{light:?}"
            );
        }
    }

    /// PQ's 58 % and HLG's 75 % are the white of ordinary pictures (BT.2408, table 1).
    #[test]
    fn ordinary_white_is_nearly_white() {
        for (transfer, sample) in [(16, 0.58), (18, 0.75)] {
            let curve = Curve::of(transfer);
            let light = curve.light(sample) * 1_000.0;
            assert!((190.0..215.0).contains(&light), "{light}");
            assert!((0.75..0.95).contains(&curve.levels().shown(light / 203.0)));
        }
    }
}
