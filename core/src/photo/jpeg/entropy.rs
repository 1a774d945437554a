//! Bits and Huffman codes of a JPEG's scans (ITU T.81, annex F.2.2), read only to be counted.

/// The error of data that end, or are not a code, before what was to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lacking;

/// A reader of a scan's data up to the first marker, bit by bit.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Offset of the next byte that is not in the buffer.
    at: usize,
    buffer: u64,
    /// Number of the buffer's bits that are still unread: its lowest.
    unread: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, unread: 0 }
    }

    /// Returns the next 16 bits, with zeros for those behind the end.
    fn peek(&mut self) -> u32 {
        if self.unread < 16 {
            self.fill();
        }
        // The zeros are never taken for data: `skip` fails where the bits of a code are not all there.
        let bits = if self.unread < 16 {
            self.buffer << (16 - self.unread)
        } else {
            self.buffer >> (self.unread - 16)
        };
        u32::try_from(bits & 0xffff).unwrap_or(0)
    }

    fn fill(&mut self) {
        while self.unread <= 56 {
            let byte = match self.bytes.get(self.at..) {
                // A byte of 255 is followed by one of 0, or else is the beginning of a marker (F.1.2.3).
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                None | Some([] | [0xff, ..]) => return,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.unread += 8;
        }
    }

    /// Skips `count` bits, at most 57.
    pub(super) fn skip(&mut self, count: u32) -> Result<(), Lacking> {
        if self.unread < count {
            self.fill();
        }
        self.unread = self.unread.checked_sub(count).ok_or(Lacking)?;
        Ok(())
    }

    /// Reads a number of so many bits, at most 16.
    pub(super) fn number(&mut self, bits: u32) -> Result<u32, Lacking> {
        let number = self.peek() >> (16 - bits.min(16));
        self.skip(bits).map(|()| number)
    }

    /// Reads a coefficient of so many bits, at most 16 (F.2.2.1).
    pub(super) fn coefficient(&mut self, bits: u8) -> Result<i64, Lacking> {
        let number = i64::from(self.number(bits.into())?);
        let negative = bits > 0 && number < 1 << (bits - 1);
        Ok(if negative { number - (1 << bits) + 1 } else { number })
    }

    /// Reads a code and returns the symbol that it stands for.
    pub(super) fn symbol(&mut self, codes: &Codes) -> Result<u8, Lacking> {
        let (symbol, length) = codes.find(self.peek()).ok_or(Lacking)?;
        self.skip(length).map(|()| symbol)
    }

    /// Reads the restart marker of this number, 0 to 7, which must follow the byte that held the last bit.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), Lacking> {
        self.fill();
        if self.unread >= 8 {
            return Err(Lacking);
        }
        let rest = self.bytes.get(self.at..).ok_or(Lacking)?;
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        if fill == 0 || rest.get(fill) != Some(&(likeness_jpeg::marker::RST0 + number)) {
            return Err(Lacking);
        }
        (self.at, self.unread) = (self.at + fill + 1, 0);
        Ok(())
    }

    /// Ends the reading. Returns the offset of the next untouched byte, and what fills the byte before.
    pub(super) fn end(mut self) -> (usize, Rest) {
        while self.unread >= 8 {
            self.unread -= 8;
            self.buffer >>= 8;
            // In these data a zero behind a byte of 255 belongs to that byte.
            let pair = self.at.checked_sub(2).and_then(|from| self.bytes.get(from..self.at));
            self.at -= if pair == Some(&[0xff, 0]) { 2 } else { 1 };
        }
        let mask = (1 << self.unread) - 1;
        let rest = match self.buffer & mask {
            _ if mask == 0 => Rest::Nothing,
            rest if rest == mask => Rest::Ones,
            0 => Rest::Zeros,
            _ => Rest::Mixed,
        };
        (self.at, rest)
    }
}

/// The bits that fill the last byte of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The data end with the byte; no bits fill it.
    Nothing,
    /// Ones, as F.1.2.3 asks for.
    Ones,
    /// Zeros, which an encoder may write that does not keep to F.1.2.3.
    Zeros,
    /// A mixture, which no encoder writes.
    Mixed,
}

/// A table of Huffman codes.
pub(super) struct Codes<'a> {
    /// Lookup by nine bits: symbol and length of the code of up to nine bits with which they begin; length 0 for
    /// none.
    short: Box<[(u8, u8); 512]>,
    /// By length, 1 to 16: the first code beyond those of that length, and the distance from a code to its symbol's
    /// index.
    long: [(u32, i64); 17],
    symbols: &'a [u8],
}

impl<'a> Codes<'a> {
    /// Builds a table from the number of codes of each length and the symbols (annex C). `None` if there are more
    /// codes than their lengths allow.
    pub(super) fn new(lengths: &[u8; 16], symbols: &'a [u8]) -> Option<Self> {
        let (mut code, mut first) = (0_u32, 0_usize);
        let mut short = Box::new([(0, 0); 512]);
        let mut long = [(0, 0); 17];
        for (length, count) in (1..=16_u32).zip(lengths) {
            let count = usize::from(*count);
            let of_this_length = symbols.get(first..first + count)?;
            long[length as usize] = (0, i64::try_from(first).ok()? - i64::from(code));
            for symbol in of_this_length {
                if length <= 9 {
                    let from = usize::try_from(code << (9 - length)).ok()?;
                    short
                        .get_mut(from..from + (1 << (9 - length)))?
                        .fill((*symbol, u8::try_from(length).ok()?));
                }
                code += 1;
            }
            if code > 1 << length {
                return None;
            }
            long[length as usize].0 = code;
            first += count;
            code <<= 1;
        }
        Some(Self { short, long, symbols })
    }

    /// Finds the code with which these 16 bits begin: its symbol and its length.
    fn find(&self, bits: u32) -> Option<(u8, u32)> {
        let (symbol, length) = self.short[usize::try_from(bits >> 7 & 511).unwrap_or(0)];
        if length > 0 {
            return Some((symbol, u32::from(length)));
        }
        (10..=16_u32).find_map(|length| {
            let code = bits >> (16 - length);
            let (beyond, distance) = self.long[length as usize];
            let at = usize::try_from(i64::from(code) + distance).ok()?;
            (code < beyond).then(|| self.symbols.get(at)).flatten().map(|symbol| (*symbol, length))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, Codes, Lacking, Rest};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    /// Builds the codes 0, 10, 110 and one of 11 bits, 111_0000_0000.
    fn codes() -> Codes<'static> {
        Codes::new(&[1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], b"abcd").expect("codes")
    }

    #[test]
    fn codes_are_read() {
        let mut bits = Bits::new(&[0b0101_1011, 0b1000_0000, 0b0011_1111], 0);
        let read: Vec<u8> = (0..5).map_while(|_| bits.symbol(&codes()).ok()).collect();
        assert_eq!(read, b"abcda");
        assert_eq!(bits.symbol(&codes()), Err(Lacking), "1111 is not a code");
        assert_eq!(bits.end(), (3, Rest::Ones));
    }

    #[test]
    fn what_is_not_there_is_lacking() {
        let mut bits = Bits::new(&[0b1111_0000, 0xff, 0, 0xaa, 0xff, 0xd9], 0);
        assert_eq!(bits.number(4), Ok(15));
        assert_eq!(bits.number(8), Ok(0x0f));
        assert_eq!(bits.number(16), Err(Lacking));
        let mut bits = Bits::new(&[0b1110_0000], 0);
        assert_eq!(bits.symbol(&codes()), Err(Lacking), "three bits short");
        assert_eq!(bits.skip(8), Ok(()));
        assert_eq!(bits.skip(1), Err(Lacking));
        assert_eq!(Bits::new(&[], 9).symbol(&codes()), Err(Lacking));
    }

    #[test]
    fn the_end_is_behind_the_last_byte_that_was_touched() {
        let bytes = [0xab, 0xff, 0, 0xff, 0, 0, 7, 0xff, 0xd9];
        for (bits, end) in [(0, 0), (1, 1), (8, 1), (9, 3), (16, 3), (17, 5), (24, 5), (25, 6), (40, 7)] {
            let mut reader = Bits::new(&bytes, 0);
            reader.skip(bits).expect("bits");
            reader.peek();
            assert_eq!(reader.end().0, end, "{bits} bits");
        }
        let bytes = [0b1010_0111, 0xff, 0, 9, 9, 9, 9, 9, 9];
        for (bits, rest) in
            [(8, Rest::Nothing), (6, Rest::Ones), (5, Rest::Ones), (4, Rest::Mixed), (3, Rest::Mixed)]
        {
            let mut reader = Bits::new(&bytes, 0);
            reader.skip(bits).expect("bits");
            assert_eq!(reader.end(), (1, rest), "{bits} bits");
        }
        let mut reader = Bits::new(&[0b1010_0000, 9], 0);
        reader.skip(3).expect("bits");
        assert_eq!(reader.end(), (1, Rest::Zeros));
    }

    #[test]
    fn restart_markers_are_where_they_belong() {
        let restart = |bytes: &[u8], bits: u32| {
            let mut reader = Bits::new(bytes, 0);
            reader.skip(bits).expect("bits");
            reader.restart(3)?;
            reader.number(8)
        };
        assert_eq!(restart(&[1, 0xff, 0xd3, 9], 3), Ok(9));
        assert_eq!(restart(&[1, 0xff, 0xff, 0xff, 0xd3, 9], 8), Ok(9));
        assert_eq!(restart(&[1, 0xff, 0xd4, 9], 3), Err(Lacking));
        assert_eq!(restart(&[1, 2, 0xff, 0xd3, 9], 3), Err(Lacking));
        assert_eq!(restart(&[1, 0xff], 3), Err(Lacking));
        assert_eq!(restart(&[1], 3), Err(Lacking));
    }

    #[test]
    fn too_many_codes_are_no_table() {
        assert!(Codes::new(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], b"abc").is_none());
        assert!(Codes::new(&[1; 16], b"abc").is_none(), "symbols are missing");
        let all: Vec<u8> = (0..=255).collect();
        assert!(Codes::new(&[0, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 0, 0, 0, 0, 0], &all).is_some());
        assert!(Codes::new(&[255; 16], &all).is_none());
    }
}
