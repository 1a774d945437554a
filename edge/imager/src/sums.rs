//! Sums over bytes that stay outside of the linear memory.

use js_sys::Uint8Array;
use likeness_core::avatar::Sha256Sum;
use sha2::{Digest as _, Sha256};

/// How much is looked at in one go.
const PART: u32 = 32_768;

/// CRC-32, as ZIP has it.
#[derive(Debug, Default)]
pub(crate) struct Crc32 {
    hasher: crc32fast::Hasher,
    part: Vec<u8>,
}

/// SHA-256.
#[derive(Debug, Default)]
pub(crate) struct Sha256Of {
    hasher: Sha256,
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

impl Sha256Of {
    pub(crate) fn add(&mut self, bytes: &Uint8Array) {
        in_parts(bytes, &mut self.part, |part| self.hasher.update(part));
    }

    pub(crate) fn value(self) -> Sha256Sum {
        Sha256Sum::from_bytes(self.hasher.finalize().into())
    }
}

fn in_parts(bytes: &Uint8Array, part: &mut Vec<u8>, mut add: impl FnMut(&[u8])) {
    let mut at = 0;
    while at < bytes.length() {
        let end = bytes.length().min(at.saturating_add(PART));
        part.resize(usize::try_from(end - at).unwrap_or_default(), 0);
        bytes.subarray(at, end).copy_to(part);
        add(part);
        at = end;
    }
}
