//! The reader of bits.

use super::has_ff;
use crate::{
    error::{Damage, Error},
    marker::{RST0, RST7},
};

/// A reader of entropy-coded data, bit by bit, which leaves out the zero byte behind each byte of 255 and stops at
/// the first marker.
///
/// Nothing is checked while bits are taken: a reader that lacks bits gives zeros, and [`BitReader::check`] tells so
/// afterwards. That keeps a branch out of every code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Offset of the first byte that does not count as being in the buffer.
    at: usize,
    /// Unread bits, from the highest down. Below them may lie bits of the byte at `at`, else zeros.
    buffer: u64,
    /// Number of unread bits; negative once bits were taken that are not there.
    count: i32,
}

/// Place of a bit in a file: offset of its byte, times eight, and its number in the byte.
pub(crate) type Place = u32;

impl<'a> BitReader<'a> {
    /// Begins with the byte at this offset.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0 }
    }

    /// Begins with the bit at this place.
    #[inline]
    pub(crate) fn at(bytes: &'a [u8], place: Place) -> Self {
        let mut reader = Self::new(bytes, place as usize / 8);
        reader.refill();
        reader.skip(place % 8);
        reader
    }

    /// Makes at least 32 bits available, if there are so many.
    #[inline]
    pub(crate) fn refill_for_a_code(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    /// Makes at least 56 bits available, if there are so many.
    #[inline]
    pub(crate) fn refill(&mut self) {
        if let Some(word) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let word = u64::from_be_bytes(*word);
            if !has_ff(word) {
                // All eight bytes are laid behind the unread bits, and as many counted as fit whole. The rest is laid
                // there once more, at the same place, by the next refill.
                #[expect(
                    clippy::cast_sign_loss,
                    reason = "negative only at a marker, which is a byte of 255"
                )]
                let count = self.count as u32;
                self.buffer |= word.wrapping_shr(count);
                self.at += (63_u32.wrapping_sub(count) / 8) as usize & 7;
                self.count |= 0b11_1000;
                return;
            }
        }
        *self = self.refill_byte_by_byte();
    }

    // Takes and returns the reader, since one whose address is taken is not kept in registers.
    #[cold]
    fn refill_byte_by_byte(mut self) -> Self {
        while (0..=55).contains(&self.count) {
            let byte = match self.bytes.get(self.at..) {
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                None | Some([] | [0xff, ..]) => break,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// Returns the next bits, from the highest down, without taking them.
    #[inline]
    pub(crate) fn peek(&self) -> u64 {
        self.buffer
    }

    /// Takes so many bits, at most 63.
    #[inline]
    pub(crate) fn skip(&mut self, bits: u32) {
        self.buffer <<= bits & 63;
        self.count -= bits.cast_signed();
    }

    /// Fails if bits were taken that are not there.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.count < 0 { Err(self.lacking()) } else { Ok(()) }
    }

    /// Tells what stands where bits are lacking: the file's end, or a marker that comes too early.
    #[cold]
    fn lacking(&self) -> Error {
        match self.bytes.get(self.at..) {
            Some([0xff, RST0..=RST7, ..]) => Damage::Restart.into(),
            _ => Error::Truncated,
        }
    }

    /// Returns the place of the next bit.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        let before = self.at.checked_sub(9).and_then(|from| self.bytes.get(from..)?.first_chunk());
        if let Some(before) = before
            && !has_ff(u64::from_be_bytes(*before))
        {
            // No byte in the buffer is one of a stuffed pair.
            #[expect(clippy::cast_possible_truncation, reason = "files of 512 MiB and more are refused")]
            return (self.at as u32 * 8).wrapping_add_signed(-self.count);
        }
        self.place_byte_by_byte()
    }

    #[cold]
    fn place_byte_by_byte(&self) -> Place {
        let (mut at, mut count) = (self.at, self.count);
        while count > 0 {
            let pair = at.checked_sub(2).and_then(|from| self.bytes.get(from..at));
            at = at.saturating_sub(if pair == Some(&[0xff, 0]) { 2 } else { 1 });
            count -= 8;
        }
        #[expect(clippy::cast_possible_truncation, reason = "files of 512 MiB and more are refused")]
        return (at as u32 * 8).wrapping_add_signed(-count);
    }

    /// Ends an entropy-coded segment: nothing but the bits that fill the last byte may be left before the marker, or
    /// before the file's end. Returns the marker's offset.
    pub(crate) fn end(mut self) -> Result<usize, Error> {
        self.check()?;
        self.refill();
        let marker = matches!(self.bytes.get(self.at..), None | Some([] | [0xff, ..]));
        if self.count >= 8 || !marker { Err(Damage::ExtraData.into()) } else { Ok(self.at) }
    }

    /// Goes on behind the restart marker of this number, 0 to 7 (F.2.1.3.2).
    pub(crate) fn restart(&mut self, number: u8) -> Result<(), Error> {
        let at = self.end()?;
        let rest = self.bytes.get(at..).unwrap_or_default();
        // Any marker may be preceded by fill bytes (B.1.1.2).
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        match rest.get(fill) {
            None => Err(Error::Truncated),
            Some(code) if *code == RST0 + number && fill > 0 => {
                *self = Self::new(self.bytes, at + fill + 1);
                Ok(())
            }
            Some(_) => Err(Damage::Restart.into()),
        }
    }
}
