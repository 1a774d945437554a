//! Huffman tables (annex C and B.2.4.2).

pub(crate) mod codes;
pub(crate) mod lookup;
pub(crate) mod standard;

use crate::error::{Damage, Error};

/// A Huffman table as a file specifies it: the number of codes of each length from 1 to 16 bits, BITS, and the symbols
/// in the order of their codes, HUFFVAL (B.2.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Specification<'a> {
    pub(crate) lengths: &'a [u8; 16],
    pub(crate) symbols: &'a [u8],
}

/// A code with its symbol.
#[derive(Clone, Copy, Debug)]
struct Code {
    bits: u32,
    length: u32,
    symbol: u8,
}

/// The class of a table (Tc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Of differences of DC coefficients.
    Dc,
    /// Of runs and AC coefficients.
    Ac,
}

impl<'a> Specification<'a> {
    /// Reads a table, and returns what follows.
    pub(crate) fn read(parameters: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (lengths, rest) = parameters.split_first_chunk::<16>()?;
        let count = lengths.iter().copied().map(usize::from).sum();
        let (symbols, rest) = rest.split_at_checked(count)?;
        (count <= 256).then_some((Self { lengths, symbols }, rest))
    }

    /// Generates the codes (figures C.1 and C.2). Fails if there are more of a length than the shorter ones leave.
    fn codes(&self) -> Result<Vec<Code>, Error> {
        let mut codes = Vec::with_capacity(self.symbols.len());
        let (mut code, mut symbols) = (0_u32, self.symbols.iter());
        for (length, count) in (1_u32..).zip(self.lengths) {
            for symbol in symbols.by_ref().take(usize::from(*count)) {
                codes.push(Code { bits: code, length, symbol: *symbol });
                code += 1;
            }
            if code > 1 << length {
                return Err(Damage::Table.into());
            }
            code <<= 1;
        }
        Ok(codes)
    }
}
