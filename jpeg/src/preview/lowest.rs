//! Blocks of at most two samples a side.

use crate::quantiser::Steps;

/// Steps of the four lowest coefficients; 0 for those that are too fine to be seen.
///
/// At two samples a side, the basis functions are an eighth, with signs.
#[derive(Debug)]
pub(super) struct Lowest([i32; 4]);

impl Lowest {
    /// Their places in the zigzag sequence.
    const PLACES: [usize; 4] = [0, 1, 2, 4];

    /// Plans blocks of this size, across and down; `None` if there are more samples.
    pub(super) fn new(steps: &Steps, (across, down): (u32, u32)) -> Option<Self> {
        let seen = [true, across == 2, down == 2, across == 2 && down == 2];
        let step = |at: usize| if seen[at] { steps.zigzag()[Self::PLACES[at]].into() } else { 0 };
        (across <= 2 && down <= 2).then(|| Self(std::array::from_fn(step)))
    }

    /// Returns the mean of the samples.
    #[inline]
    pub(super) fn mean(&self, dc: i32) -> u8 {
        Self::sample(dc * self.0[0])
    }

    /// Returns the samples, two to a row.
    #[inline]
    pub(super) fn samples(&self, coefficients: &[i16; 64]) -> [u8; 4] {
        let value = |at: usize| i32::from(coefficients[Self::PLACES[at]]) * self.0[at];
        let (mean, across, down, both) = (value(0), value(1), value(2), value(3));
        let (left, right, upper, lower) = (mean + across, mean - across, down + both, down - both);
        [left + upper, right + lower, left - upper, right - lower].map(Self::sample)
    }

    /// Rounds halves up, as other sizes do.
    #[inline]
    fn sample(eightfold: i32) -> u8 {
        u8::try_from((((eightfold + 4) >> 3) + 128).clamp(0, 255)).unwrap_or_default()
    }
}
