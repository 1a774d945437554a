//! Samples to quantised coefficients, and these to codes.

use crate::{
    conversion::dc_range,
    dct::{self, Samples},
    encode::Encoder,
    quantiser::Steps,
    zigzag::{NATURAL, ZIGZAG},
};

/// The way from a block's samples to its codes, by a component's steps.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    /// Factors of the coefficients, as [`dct::forward`] lays them out: by horizontal, then by vertical frequency.
    factors: [[f32; 8]; 8],
    /// Range of DC coefficients.
    dc: (i32, i32),
}

impl Forward {
    /// Plans the way to these steps.
    pub(crate) fn new(steps: &Steps) -> Self {
        let mut factors = [[0.0; 8]; 8];
        for ((natural, step), factor) in NATURAL.iter().zip(steps.zigzag()).zip(dct::factors()) {
            // The transform makes coefficients 64 times as large as its inverse wants them.
            factors[usize::from(natural % 8)][usize::from(natural / 8)] =
                1.0 / (64.0 * factor * f32::from(*step));
        }
        Self { factors, dc: dc_range(steps) }
    }

    /// Encodes a block of samples, less 128, as one of this component.
    pub(crate) fn encode(&self, samples: &mut Samples, component: usize, encoder: &mut Encoder<'_>) {
        dct::forward(samples);
        let (mut quantised, mut flags) = ([0; 64], [0; 64]);
        let values = samples.as_flattened().iter().zip(self.factors.as_flattened());
        for ((quantised, flag), (value, factor)) in quantised.iter_mut().zip(&mut flags).zip(values) {
            *quantised = rounded(*value * factor);
            *flag = u8::from(*quantised != 0);
        }
        let dc = quantised[0].clamp(self.dc.0, self.dc.1);
        let mut ac = encoder.begin_block(component, dc);
        let mut present = places(&flags) & !1;
        while present != 0 {
            let place = present.trailing_zeros() as usize;
            ac.put(place, quantised[usize::from(PLACES[place]) & 63]);
            present &= present - 1;
        }
        let end = ac.end();
        encoder.end_block(end);
    }
}

/// Index in the transform's layout of each place in the zigzag sequence.
const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut place = 0;
    while place < 64 {
        places[place] = NATURAL[place] % 8 * 8 + NATURAL[place] / 8;
        place += 1;
    }
    places
};

/// For each four coefficients in the transform's layout, and each set of those that are not zero, their places in the
/// zigzag sequence.
const SETS: [[u64; 16]; 16] = {
    let mut sets = [[0; 16]; 16];
    let mut at = 0;
    while at < 64 {
        let place = ZIGZAG[at % 8 * 8 + at / 8];
        let mut set = 0;
        while set < 16 {
            sets[at / 4][set] |= (set as u64 >> (at % 4) & 1) << place;
            set += 1;
        }
        at += 1;
    }
    sets
};

/// Returns the set of places in the zigzag sequence that have a flag of 1 in the transform's layout.
#[inline]
fn places(flags: &[u8; 64]) -> u64 {
    // Gathers the flags of eight bytes in the topmost one: no two partial products meet.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut places = 0;
    for (flags, sets) in flags.as_chunks().0.iter().zip(SETS.as_chunks::<2>().0) {
        let set = (u64::from_le_bytes(*flags).wrapping_mul(GATHER) >> 56) as usize;
        places |= sets[0][set & 15] | sets[1][set >> 4];
    }
    places
}

/// Rounds to a coefficient of 8 bit samples (tables F.1 and F.2).
#[inline]
fn rounded(value: f32) -> i32 {
    // Adding this rounds to an integer, which then lies in the lowest bits: a conversion that every vector unit has.
    const INTEGERS: f32 = 12_582_912.0;
    (value.clamp(-1023.0, 1023.0) + INTEGERS).to_bits().wrapping_sub(INTEGERS.to_bits()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::{PLACES, places};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn each_flag_leads_to_its_place() {
        for place in 0..64 {
            let mut flags = [0; 64];
            flags[usize::from(PLACES[place])] = 1;
            assert_eq!(places(&flags), 1 << place);
        }
        assert_eq!(places(&[1; 64]), u64::MAX);
    }
}
