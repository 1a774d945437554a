//! Bits of an entropy-coded segment (F.1.2.3 and F.2.2.5).

pub(crate) mod reader;
pub(crate) mod writer;

/// Tells whether one of the word's eight bytes is 255, the first byte of a marker or of a stuffed pair.
#[inline]
fn has_ff(word: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The classical search for a zero byte, in the complement. Borrows make it wrong only above a byte that is found.
    (!word).wrapping_sub(LOW) & word & HIGH != 0
}

#[cfg(test)]
mod tests {
    use super::has_ff;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn each_byte_of_255_is_found_and_nothing_else() {
        for at in 0..8 {
            for byte in 0..=255_u8 {
                for others in [0, 1, 0x7f, 0x80, 0xfe] {
                    let mut bytes = [others; 8];
                    bytes[at] = byte;
                    assert_eq!(has_ff(u64::from_be_bytes(bytes)), byte == 255, "{bytes:x?}");
                }
            }
        }
    }
}
