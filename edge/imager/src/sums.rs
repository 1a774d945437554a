//! Sums over bytes that stay outside of the linear memory.

use js_sys::Uint8Array;

/// Number of bytes that are looked at in one go.
const PART: u32 = 32_768;

/// The CRC-32 that ZIP uses.
#[derive(Debug, Default)]
pub(crate) struct Crc32 {
    hasher: crc32fast::Hasher,
    part: Vec<u8>,
}

impl Crc32 {
    pub(crate) fn add(&mut self, bytes: &Uint8Array) {
        in_parts(bytes, &mut self.part, |part| self.hasher.update(part));
    }

    pub(crate) fn value(&self) -> u32 {
        self.hasher.clone().finalize()
    }
}

/// Shows bytes that stay outside of the linear memory, a part of them at a time.
pub(crate) fn in_parts(bytes: &Uint8Array, part: &mut Vec<u8>, mut add: impl FnMut(&[u8])) {
    let mut at = 0;
    while at < bytes.length() {
        let end = bytes.length().min(at.saturating_add(PART));
        part.resize(usize::try_from(end - at).unwrap_or_default(), 0);
        bytes.subarray(at, end).copy_to(part);
        add(part);
        at = end;
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use js_sys::Uint8Array;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::{Crc32, PART};

    #[test]
    fn sums_do_not_depend_on_how_the_bytes_are_cut() {
        let bytes: Vec<u8> = (0..2 * PART + 7).map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1]).collect();
        let crc = crc32fast::hash(&bytes);
        for size in [1000, PART as usize, PART as usize + 1, bytes.len()] {
            let mut crc_of = Crc32::default();
            for chunk in bytes.chunks(size) {
                crc_of.add(&Uint8Array::from(chunk));
            }
            assert_eq!(crc_of.value(), crc, "{size}");
        }
        assert_eq!(Crc32::default().value(), 0);
    }
}
