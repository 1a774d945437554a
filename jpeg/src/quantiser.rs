//! Quantisation tables (A.3.4 and B.2.4.1), and the step from one to another.

use crate::{orientation::Orientation, zigzag::NATURAL};

/// A quantisation table in zigzag order: the steps by which coefficients were divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps([u16; 64]);

/// Luminance steps that the standard gives as an example (table K.1), row by row.
const LUMINANCE: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// Chrominance steps that the standard gives as an example (table K.2), row by row.
const CHROMINANCE: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, //
    18, 21, 26, 66, 99, 99, 99, 99, //
    24, 26, 56, 99, 99, 99, 99, 99, //
    47, 66, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99,
];

impl Steps {
    /// Luminance steps of quality 95, as libjpeg counts qualities.
    pub const LUMINANCE_95: Self = Self::of_quality(95, &LUMINANCE);
    /// Chrominance steps of quality 95, as libjpeg counts qualities.
    pub const CHROMINANCE_95: Self = Self::of_quality(95, &CHROMINANCE);

    /// Scales a table of the standard to a quality from 50 to 100 (libjpeg's `jpeg_quality_scaling`).
    const fn of_quality(quality: u16, table: &[u16; 64]) -> Self {
        let percent = 200 - 2 * quality;
        let mut steps = [0; 64];
        let mut at = 0;
        while at < 64 {
            let step = (table[NATURAL[at] as usize] * percent + 50) / 100;
            steps[at] = if step == 0 { 1 } else { step };
            at += 1;
        }
        Self(steps)
    }

    /// Reads a table of this precision (Pq), and returns what follows. No step is 0 (B.2.4.1).
    pub(crate) fn read(precision: u8, parameters: &[u8]) -> Option<(Self, &[u8])> {
        let (steps, rest) = match precision {
            0 => {
                let (steps, rest) = parameters.split_first_chunk::<64>()?;
                (steps.map(u16::from), rest)
            }
            1 => {
                let (steps, rest) = parameters.split_at_checked(128)?;
                let mut wide = [0; 64];
                for (wide, step) in wide.iter_mut().zip(steps.as_chunks().0) {
                    *wide = u16::from_be_bytes(*step);
                }
                (wide, rest)
            }
            _ => return None,
        };
        steps.iter().all(|step| *step > 0).then_some((Self(steps), rest))
    }

    /// Returns the steps in zigzag order.
    #[must_use]
    pub const fn zigzag(&self) -> &[u16; 64] {
        &self.0
    }

    /// Returns the greatest magnitude of a DC coefficient.
    pub(crate) fn brightest(&self) -> i32 {
        // Black's and white's, before quantisation: 8 times the distance from the middle (A.3.3).
        const WHITE: i32 = 8 * 128;
        // Rounding adds one at most; an encoder that rounds towards an odd side gets one more.
        WHITE / i32::from(self.0[0]) + 2
    }

    /// Tells whether a step is larger than a byte holds, which a baseline picture does not allow.
    pub(crate) fn are_wide(&self) -> bool {
        self.0.iter().any(|step| *step > 255)
    }

    /// Moves each step to the place that its coefficient gets in the upright block.
    pub(crate) fn turned(&self, orientation: Orientation) -> Self {
        let mut steps = [1; 64];
        for (at, step) in self.0.iter().enumerate() {
            steps[orientation.of_coefficient(at).0] = *step;
        }
        Self(steps)
    }

    /// Returns these steps where they are at least half as large as the others, and the others elsewhere.
    pub(crate) fn where_near(&self, others: &Self) -> Self {
        let near = |at: usize| u32::from(self.0[at]) * 2 >= u32::from(others.0[at]);
        Self(std::array::from_fn(|at| if near(at) { self.0[at] } else { others.0[at] }))
    }
}

/// The way of a coefficient from one step to another: multiplied by the old one, divided by the new one, rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requantiser {
    from: u32,
    half: u32,
    /// 2^34 divided by the new step, rounded up.
    reciprocal: u64,
}

impl Requantiser {
    /// Divides by a multiplication, exactly: a product of a coefficient and its step is below 2^27, and a new step below
    /// 2^7, so that the reciprocal's error cannot reach the next integer.
    pub(crate) fn new(from: u16, to: u16) -> Self {
        // A step that stays is of no account, however large.
        let (from, to) = if from == to { (1, 1) } else { (from, to) };
        Self { from: from.into(), half: u32::from(to) / 2, reciprocal: (1_u64 << 34).div_ceil(to.into()) }
    }

    /// Requantises a coefficient of at most 11 bits. Halves are rounded away from zero; magnitudes end at `most`.
    #[inline]
    pub(crate) fn apply(self, coefficient: i32, most: u32) -> i32 {
        let product = coefficient.unsigned_abs() * self.from + self.half;
        let magnitude = ((u64::from(product) * self.reciprocal) >> 34).min(most.into()) as i32;
        let sign = coefficient >> 31;
        (magnitude ^ sign) - sign
    }
}
