//! Huffman tables as the encoder writes them.

use super::Specification;
use crate::bits::writer::BitWriter;

/// The code of each symbol (C.2: EHUFCO and EHUFSI).
#[derive(Clone, Debug)]
pub(crate) struct Codes([Entry; 256]);

/// A code, moved up to make room for the number behind it, and the length of both.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    code: u32,
    length: u32,
}

/// The symbol that ends a block: all coefficients that follow are zero.
pub(crate) const EOB: u8 = 0x00;
/// The symbol for sixteen zeros, with more behind.
pub(crate) const ZRL: u8 = 0xf0;

impl Codes {
    /// Builds the table of one of the typical specifications, which are known to be sound and complete.
    pub(crate) fn new(specification: &Specification<'_>) -> Self {
        let mut entries = [Entry::default(); 256];
        for code in specification.codes().unwrap_or_default() {
            let size = u32::from(code.symbol & 15);
            entries[usize::from(code.symbol)] = Entry { code: code.bits << size, length: code.length + size };
        }
        Self(entries)
    }

    /// Encodes a symbol that no number follows.
    #[inline]
    pub(crate) fn encode(&self, symbol: u8, bits: &mut BitWriter<'_>) {
        let Entry { code, length } = self.0[usize::from(symbol)];
        bits.put(code, length);
    }

    /// Encodes a run of at most 15 zeros and the number behind it, of at most 11 bits (F.1.2.1 and F.1.2.2).
    #[inline]
    pub(crate) fn encode_number(&self, run: usize, number: i32, bits: &mut BitWriter<'_>) {
        let size = 32 - number.unsigned_abs().leading_zeros();
        let Entry { code, length } = self.0[(run << 4 & 0xf0) | (size as usize & 15)];
        // A negative number is written as the lowest bits of its predecessor.
        let below = number.wrapping_add(number >> 31).cast_unsigned();
        bits.put(code | below & ((1 << size) - 1), length);
    }
}
