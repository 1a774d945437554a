//! Huffman tables as the decoder reads them.

use super::{Class, Code, Specification};
use crate::{
    bits::reader::BitReader,
    error::{Damage, Error},
};

/// Number of bits that are looked up at once. Longer codes are rare: an encoder gives them to rare symbols.
const BITS: u32 = 11;

/// A table that tells, for the next bits, the symbol and all that the decoder does with it.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    short: Box<[Symbol; 1 << BITS]>,
    /// The 16 bits from which on codes are longer than that. Such codes are the last of the table, without a gap.
    first_long: usize,
    /// The symbols of these and all following 16 bits.
    long: Vec<Symbol>,
}

/// A symbol, packed: what the decoder waits for comes first.
///
/// | bits | |
/// |---|---|
/// | 0 to 7 | bits of the code and of the number behind it; 0 if these bits are not a code |
/// | 8 to 15 | bits of the code alone |
/// | 16 to 23 | number of coefficients that the symbol covers: the zeros, and the one that is not |
/// | 24 to 31 | bits of the number: SSSS |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Symbol(u32);

/// Number of coefficients that EOB covers, as [`Symbol::covers`] tells it: more than a block has, so that one comparison
/// finds both the block's end and a run that leads beyond.
pub(crate) const END_OF_BLOCK: u32 = 128;

impl Symbol {
    fn new(class: Class, code: Code) -> Option<Self> {
        let (run, size) = (u32::from(code.symbol >> 4), u32::from(code.symbol & 15));
        let covers = match (class, run, size) {
            (Class::Dc, 0, 0..=11) | (Class::Ac, _, 1..=10) => run + 1,
            (Class::Ac, 0, 0) => END_OF_BLOCK,
            (Class::Ac, 15, 0) => 16,
            // Beyond what samples of 8 bits need (tables F.1 and F.2).
            _ => return None,
        };
        Some(Self(size << 24 | covers << 16 | code.length << 8 | (code.length + size)))
    }

    /// Returns the number of bits of the code and of the number behind it.
    #[inline]
    fn bits(self) -> u32 {
        self.0 & 0xff
    }

    /// Returns the number of coefficients that the symbol covers.
    #[inline]
    pub(crate) fn covers(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    /// Tells whether a number follows the code: false for EOB, ZRL and a difference of zero.
    #[inline]
    pub(crate) fn has_number(self) -> bool {
        self.0 >> 24 != 0
    }

    /// Decodes the number behind the code at the beginning of `bits` (F.2.2.1: RECEIVE and EXTEND).
    #[inline]
    fn number(self, bits: u64) -> i32 {
        let (length, size) = (self.0 >> 8 & 31, self.0 >> 24 & 15);
        let number = bits << length;
        // A number that begins with 0 is negative: 2^SSSS - 1 less than its bits say.
        let excess = (!number.cast_signed() >> 63) & ((1 << size) - 1);
        #[expect(clippy::cast_possible_truncation, reason = "SSSS is at most 11")]
        return ((number >> 1 >> (63 - size)).cast_signed() - excess) as i32;
    }
}

impl Lookup {
    /// Builds the table. Symbols that a picture of 8 bits cannot contain are as unknown as bits that are not a code.
    pub(crate) fn new(class: Class, specification: &Specification<'_>) -> Result<Self, Error> {
        let mut short = Box::new([Symbol::default(); 1 << BITS]);
        let (mut first_long, mut long) = (1 << 16, Vec::new());
        for code in specification.codes()? {
            let symbol = Symbol::new(class, code).unwrap_or_default();
            if let Some(free) = BITS.checked_sub(code.length) {
                let first = (code.bits << free) as usize;
                short.get_mut(first..first + (1 << free)).ok_or(Damage::Table)?.fill(symbol);
            } else {
                let free = 16 - code.length;
                first_long = first_long.min((code.bits << free) as usize);
                long.resize(long.len() + (1 << free), symbol);
            }
        }
        Ok(Self { short, first_long, long })
    }

    /// Decodes a symbol (F.2.2.3: DECODE) and the number behind it. The reader must have 32 bits, or lack bits.
    #[inline]
    pub(crate) fn decode(&self, bits: &mut BitReader<'_>) -> Result<(Symbol, i32), Error> {
        let next = bits.peek();
        let mut symbol = self.short[(next >> (64 - BITS)) as usize];
        if symbol.bits() == 0 {
            symbol = self.find_long(next)?;
        }
        // The next code waits for this shift, and for nothing else: the number is made beside it.
        bits.skip(symbol.bits());
        Ok((symbol, symbol.number(next)))
    }

    #[cold]
    fn find_long(&self, bits: u64) -> Result<Symbol, Error> {
        let at = ((bits >> 48) as usize).checked_sub(self.first_long);
        let symbol = at.and_then(|at| self.long.get(at)).filter(|symbol| symbol.bits() > 0);
        symbol.copied().ok_or(Damage::Code.into())
    }
}
