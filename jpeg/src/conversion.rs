//! The conversion of a component's coefficients from the stored picture to the one that is written.

use crate::{
    orientation::Orientation,
    quantiser::{Requantiser, Steps},
};

/// Greatest magnitude of an AC coefficient of 8 bit samples (table F.2).
const MOST_AC: u32 = 1023;
/// Range of a DC coefficient of 8 bit samples, so that no difference of two has more bits than table F.1 knows.
const DC: (i32, i32) = (-1024, 1023);

/// The conversion of a component's coefficients.
#[derive(Clone, Debug)]
pub(crate) struct Conversion {
    /// Steps of the component that is written.
    pub(crate) steps: Steps,
    requantisers: [Requantiser; 64],
    keeps_steps: bool,
    /// Range of the DC coefficient.
    dc: (i32, i32),
    /// For each stored place in the zigzag sequence, the place that is written.
    places: [u8; 64],
    /// For each stored place, -1 where the sign changes, else 0.
    signs: [i8; 64],
}

impl Conversion {
    /// Plans the conversion from the stored steps to those that are written, in the order of the upright block.
    pub(crate) fn new(stored: &Steps, steps: Steps, orientation: Orientation) -> Self {
        let place = |at| orientation.of_coefficient(at).0;
        let requantiser = |at: usize| Requantiser::new(stored.zigzag()[at], steps.zigzag()[place(at)]);
        Self {
            dc: dc_range(&steps),
            keeps_steps: steps == stored.turned(orientation),
            steps,
            requantisers: std::array::from_fn(requantiser),
            places: std::array::from_fn(|at| place(at).try_into().unwrap_or_default()),
            signs: std::array::from_fn(|at| if orientation.of_coefficient(at).1 { -1 } else { 0 }),
        }
    }

    /// Converts a DC coefficient.
    #[inline]
    pub(crate) fn dc(&self, dc: i32) -> i32 {
        self.requantisers[0].apply(dc, u32::MAX).clamp(self.dc.0, self.dc.1)
    }

    /// Converts an AC coefficient, which stays at its place.
    #[inline]
    pub(crate) fn ac(&self, place: usize, coefficient: i32) -> i32 {
        self.requantisers[place & 63].apply(coefficient, MOST_AC)
    }

    /// Tells whether no coefficient changes but for its place and its sign.
    pub(crate) fn keeps_steps(&self) -> bool {
        self.keeps_steps
    }

    /// Turns an AC coefficient: returns its new place, and the value with its new sign.
    #[inline]
    pub(crate) fn turned(&self, place: usize, coefficient: i32) -> (usize, i32) {
        let sign = i32::from(self.signs[place & 63]);
        (usize::from(self.places[place & 63]), (coefficient ^ sign) - sign)
    }
}

/// Returns the range of DC coefficients of these steps that are written.
pub(crate) fn dc_range(steps: &Steps) -> (i32, i32) {
    (DC.0.max(-steps.brightest()), DC.1.min(steps.brightest()))
}
