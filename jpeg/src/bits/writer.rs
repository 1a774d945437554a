//! The writer of bits.

use super::has_ff;
use crate::output::Output;

/// A writer of entropy-coded data, which puts a zero byte behind each byte of 255 (F.1.2.3).
///
/// The bytes gather in a chunk, so that neither growth nor an [`Output`] stands between two codes. The chunk must be
/// emptied in time, by [`BitWriter::make_room`].
#[derive(Debug)]
pub(crate) struct BitWriter<'c> {
    chunk: &'c mut Chunk,
    state: State,
}

/// The bytes on their way to an output.
pub(crate) type Chunk = [u8; 1 << 14];

/// The bytes that an MCU takes at most: ten blocks of 64 coefficients, each of at most 27 bits, all of them stuffed; and
/// the bits that were still in the buffer.
const MCU_BYTES: usize = 10 * 64 * 27 / 8 * 2 + 16;

/// The state of a writer, without its chunk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// Bits that are not yet in the chunk: the lowest.
    buffer: u64,
    /// Number of bits in the buffer, at most 63.
    count: u32,
    /// Number of bytes in the chunk.
    filled: usize,
}

impl<'c> BitWriter<'c> {
    /// Begins with an empty chunk, whatever it holds.
    pub(crate) fn new(chunk: &'c mut Chunk) -> Self {
        Self { chunk, state: State::default() }
    }

    /// Lends the writer as a value of its own, whose state the compiler keeps in registers. The lender goes on with the
    /// state that [`BitWriter::state`] of the borrower returns.
    #[inline]
    pub(crate) fn lend(&mut self) -> BitWriter<'_> {
        BitWriter { chunk: self.chunk, state: self.state }
    }

    #[inline]
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Goes on with the state of the writer that was lent.
    #[inline]
    pub(crate) fn resume(&mut self, state: State) {
        self.state = state;
    }

    /// Writes the lowest `length` bits, at most 32. The others must be zero.
    #[inline]
    pub(crate) fn put(&mut self, bits: u32, length: u32) {
        let count = self.state.count + length;
        if count < 64 {
            self.state.buffer = self.state.buffer << length | u64::from(bits);
            self.state.count = count;
        } else {
            // The word is filled up with the upper bits. What is left of them begins the next; the bits above those are
            // the old ones, and will be shifted out.
            let left = count - 64;
            let word = self.state.buffer << (length - left) | u64::from(bits) >> left;
            self.state.filled = put_word(self.chunk, self.state.filled, word);
            self.state.buffer = u64::from(bits);
            self.state.count = left;
        }
    }

    /// Makes room for an MCU.
    #[inline]
    pub(crate) fn make_room(&mut self, output: &mut dyn Output) {
        if self.state.filled > self.chunk.len() - MCU_BYTES {
            self.flush(output);
        }
    }

    fn flush(&mut self, output: &mut dyn Output) {
        output.write(self.chunk.get(..self.state.filled).unwrap_or_default());
        self.state.filled = 0;
    }

    /// Fills the last byte with ones (F.1.2.3), and empties the chunk.
    pub(crate) fn end(mut self, output: &mut dyn Output) {
        let fill = self.state.count.wrapping_neg() % 8;
        self.put((1 << fill) - 1, fill);
        while self.state.count > 0 {
            self.state.count -= 8;
            let byte = (self.state.buffer >> self.state.count).to_le_bytes()[0];
            self.state.filled = put_byte(self.chunk, self.state.filled, byte);
        }
        self.flush(output);
    }
}

/// Returns the number of bytes in the chunk after those of the word.
#[inline]
fn put_word(chunk: &mut Chunk, filled: usize, word: u64) -> usize {
    match chunk.get_mut(filled..filled + 8) {
        Some(place) if !has_ff(word) => {
            place.copy_from_slice(&word.to_be_bytes());
            filled + 8
        }
        _ => put_stuffed(chunk, filled, word),
    }
}

#[cold]
fn put_stuffed(chunk: &mut Chunk, filled: usize, word: u64) -> usize {
    word.to_be_bytes().iter().fold(filled, |filled, byte| put_byte(chunk, filled, *byte))
}

fn put_byte(chunk: &mut Chunk, filled: usize, byte: u8) -> usize {
    let stuffed: &[u8] = if byte == 0xff { &[0xff, 0] } else { &[byte] };
    let end = filled + stuffed.len();
    if let Some(place) = chunk.get_mut(filled..end) {
        place.copy_from_slice(stuffed);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{BitWriter, MCU_BYTES};
    use crate::bits::reader::BitReader;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn written(numbers: &[(u32, u32)]) -> Vec<u8> {
        let mut chunk = [0; _];
        let (mut writer, mut output) = (BitWriter::new(&mut chunk), Vec::new());
        for (bits, length) in numbers {
            writer.make_room(&mut output);
            writer.put(*bits, *length);
        }
        writer.end(&mut output);
        output
    }

    #[test]
    fn the_last_byte_is_filled_with_ones() {
        assert!(written(&[]).is_empty());
        assert_eq!(written(&[(0, 1)]), [0x7f]);
        assert_eq!(written(&[(0b101, 3), (0, 5), (0, 2)]), [0xa0, 0x3f]);
        assert_eq!(written(&[(1, 1)]), [0xff, 0]);
        assert_eq!(written(&[(0xffff_ffff, 32), (0xffff_ffff, 32)]), [0xff, 0].repeat(8));
    }

    #[test]
    fn what_is_written_is_read() {
        let mut state = 1_u32;
        let mut numbers = Vec::new();
        for at in 0..50_000_u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = (state >> 27) % 27 + 1;
            // Every other number is of ones alone, so that much is stuffed.
            let bits = if at % 2 == 0 { u32::MAX } else { state };
            numbers.push((bits & ((1 << length) - 1), length));
        }
        let bytes = written(&numbers);
        let mut reader = BitReader::new(&bytes, 0);
        let mut places = Vec::new();
        for (bits, length) in &numbers {
            reader.refill_for_a_code();
            places.push(reader.place());
            assert_eq!(reader.peek() >> (64 - length), u64::from(*bits));
            reader.skip(*length);
        }
        assert_eq!(reader.check(), Ok(()));
        assert_eq!(reader.end(), Ok(bytes.len()));
        for (place, (bits, length)) in places.iter().zip(&numbers) {
            assert_eq!(BitReader::at(&bytes, *place).peek() >> (64 - length), u64::from(*bits));
        }
    }

    #[test]
    fn a_chunk_has_room_for_an_mcu_of_ones() {
        let mut chunk = [0; _];
        let (mut writer, mut output) = (BitWriter::new(&mut chunk), Vec::new());
        for _ in 0..100 {
            writer.make_room(&mut output);
            for _ in 0..640 {
                writer.put((1 << 27) - 1, 27);
            }
        }
        writer.end(&mut output);
        assert_eq!(output, [0xff, 0].repeat(100 * 640 * 27 / 8));
        const { assert!(MCU_BYTES < size_of::<super::Chunk>() / 2) };
    }
}
