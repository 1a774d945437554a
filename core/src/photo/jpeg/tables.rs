//! The tables of a JPEG: Huffman codes and quantisation steps (ITU T.81, B.2.4.1 and B.2.4.2).

use super::{
    entropy::{Codes, Lacking},
    frame::ScanComponent,
};
use crate::photo::bytes::be16;

/// The tables as they stand in the file. Codes are built for each scan, since a file may define any number of
/// tables.
#[derive(Default)]
pub(super) struct Tables<'a> {
    dc: [Option<Lengths<'a>>; 4],
    ac: [Option<Lengths<'a>>; 4],
    quantisers: [Option<Quantiser>; 4],
}

/// The number of codes of each length, and the symbols that they stand for.
type Lengths<'a> = (&'a [u8; 16], &'a [u8]);

impl<'a> Tables<'a> {
    /// Reads the tables of a DHT segment.
    pub(super) fn read_codes(&mut self, mut body: &'a [u8]) -> Option<()> {
        while let [kind, rest @ ..] = body {
            let (lengths, rest) = rest.split_first_chunk::<16>()?;
            let count = lengths.iter().copied().map(usize::from).sum();
            let (symbols, rest) = rest.split_at_checked(count)?;
            let kinds = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *kinds.get_mut(usize::from(kind & 15))? = Some((lengths, symbols));
            body = rest;
        }
        Some(())
    }

    /// Reads the tables of a DQT segment.
    pub(super) fn read_quantisers(&mut self, mut body: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = body {
            let wide = kind >> 4 != 0;
            let (steps, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let step =
                |at: usize| if wide { be16(steps, at * 2) } else { steps.get(at).copied().map(u16::from) };
            let steps = std::array::from_fn(|at| step(at).unwrap_or(u16::MAX));
            *self.quantisers.get_mut(usize::from(kind & 15))? = Some(Quantiser::new(steps));
            body = rest;
        }
        Some(())
    }

    /// Builds the codes for a component's first coefficient.
    pub(super) fn dc(&self, of: &ScanComponent) -> Result<Codes<'a>, Lacking> {
        codes(self.dc.get(of.dc))
    }

    /// Builds the codes for a component's other coefficients.
    pub(super) fn ac(&self, of: &ScanComponent) -> Result<Codes<'a>, Lacking> {
        codes(self.ac.get(of.ac))
    }

    /// Returns the quantisation steps of this number.
    pub(super) fn quantiser(&self, number: usize) -> Result<&Quantiser, Lacking> {
        self.quantisers.get(number).and_then(Option::as_ref).ok_or(Lacking)
    }
}

fn codes<'a>(table: Option<&Option<Lengths<'a>>>) -> Result<Codes<'a>, Lacking> {
    let (lengths, symbols) = table.copied().flatten().ok_or(Lacking)?;
    Codes::new(lengths, symbols).ok_or(Lacking)
}

/// Quantisation steps, in zigzag order.
pub(super) struct Quantiser {
    steps: [u16; 64],
    /// Length of the steps as a vector, rounded up.
    length: u64,
}

/// The greatest length of a block's coefficients as a vector: the transform keeps lengths (A.3.3), and no sample is
/// further from grey than 128.
const BRIGHTEST: u64 = 8 * 128;

impl Quantiser {
    fn new(steps: [u16; 64]) -> Self {
        let square = steps.iter().map(|step| u64::from(*step) * u64::from(*step)).sum::<u64>();
        Self { steps, length: square.isqrt() + 1 }
    }

    /// Starts the account of a block whose coefficients lack so many low bits. An encoder rounds each coefficient
    /// by less than a step, so that the account allows for that much more than the picture had.
    pub(super) fn energy(&self, low: u8) -> Energy<'_> {
        let most = (BRIGHTEST + (self.length << low.min(15))).min(1 << 28);
        Energy { steps: &self.steps, most, sum: 0 }
    }
}

/// The sum of squares of a block's coefficients so far, and the most that a picture's block can have.
pub(super) struct Energy<'a> {
    steps: &'a [u16; 64],
    most: u64,
    sum: u64,
}

impl Energy<'_> {
    /// Adds the coefficient at this index, which must be below 64.
    pub(super) fn add(&mut self, at: usize, coefficient: i64) -> Result<(), Lacking> {
        let step = self.steps.get(at).copied().map(u64::from).ok_or(Lacking)?;
        let value = coefficient.unsigned_abs().saturating_mul(step);
        if value > self.most {
            return Err(Lacking);
        }
        self.sum += value * value;
        if self.sum > self.most * self.most { Err(Lacking) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lacking, Quantiser, Tables};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn no_block_is_brighter_than_white() {
        let quantiser = Quantiser::new([2; 64]);
        let block = |coefficients: &[(usize, i64)]| {
            let mut energy = quantiser.energy(0);
            coefficients.iter().try_for_each(|(at, coefficient)| energy.add(*at, *coefficient))
        };
        // 1024 is white; 17 more come from rounding 64 coefficients.
        assert_eq!(block(&[(0, -520)]), Ok(()));
        assert_eq!(block(&[(0, 521)]), Err(Lacking));
        assert_eq!(block(&[(0, 400), (5, -300)]), Ok(()));
        assert_eq!(block(&[(0, 400), (5, 300), (63, 200)]), Err(Lacking));
        assert_eq!(block(&[(64, 0)]), Err(Lacking));
        assert_eq!(block(&[(1, i64::MIN)]), Err(Lacking));
        assert!(quantiser.energy(9).add(0, 2000).is_ok(), "nine bits are still to come");
    }

    #[test]
    fn steps_have_one_byte_or_two() {
        let mut tables = Tables::default();
        let narrow = [[1].as_slice(), &[3; 64]].concat();
        let wide = [[0x12].as_slice(), &[1, 0].repeat(64)].concat();
        assert_eq!(tables.read_quantisers(&[narrow.as_slice(), &wide].concat()), Some(()));
        assert_eq!(tables.quantiser(1).map(|quantiser| quantiser.steps).ok(), Some([3; 64]));
        assert_eq!(tables.quantiser(2).map(|quantiser| quantiser.steps).ok(), Some([256; 64]));
        assert!(tables.quantiser(0).is_err() && tables.quantiser(4).is_err());
        for broken in [&narrow[..64], &wide[..128], &[[4].as_slice(), &[3; 64]].concat()] {
            assert_eq!(tables.read_quantisers(broken), None);
        }
    }
}
