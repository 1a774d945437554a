//! A block's coefficients on their way from the decoder to the encoder, where their order changes.

use crate::encode::Encoder;

/// The quantised coefficients of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) dc: i32,
    /// AC coefficients in zigzag order. Only those whose bit is set in `present` have a meaning.
    ac: [i16; 64],
    present: u64,
}

impl Block {
    /// Begins a block without AC coefficients.
    pub(crate) const EMPTY: Self = Self { dc: 0, ac: [0; 64], present: 0 };

    /// Begins anew.
    #[inline]
    pub(crate) fn begin(&mut self, dc: i32) {
        (self.dc, self.present) = (dc, 0);
    }

    /// Puts a coefficient of at most ten bits at a place of the zigzag sequence, or leaves zero there.
    #[inline]
    pub(crate) fn put(&mut self, place: usize, coefficient: i32) {
        #[expect(clippy::cast_possible_truncation, reason = "of at most ten bits")]
        let narrow = coefficient as i16;
        self.ac[place & 63] = narrow;
        self.present |= u64::from(coefficient != 0) << (place & 63);
    }

    /// Encodes the block as one of this component.
    pub(crate) fn encode(&self, component: usize, encoder: &mut Encoder<'_>) {
        let mut ac = encoder.begin_block(component, self.dc);
        let mut present = self.present;
        while present != 0 {
            let place = present.trailing_zeros() as usize;
            ac.put(place, self.ac[place].into());
            present &= present - 1;
        }
        let end = ac.end();
        encoder.end_block(end);
    }
}
