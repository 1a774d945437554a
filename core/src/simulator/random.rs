//! Deterministic pseudo-randomness: everything that looks random comes from the plan's seed.

use sha2::{Digest as _, Sha256};

/// A stream of numbers from one seed (SplitMix64, public domain, Sebastiano Vigna).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 to below 1.
    pub(super) fn unit(&mut self) -> f32 {
        let top = u16::try_from(self.next() >> 48).unwrap_or(0);
        f32::from(top) / 65_536.0
    }

    /// Returns a number from `low` to below `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Picks one of the choices.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T], otherwise: T) -> T {
        let index = self.next() % u64::try_from(choices.len().max(1)).unwrap_or(1);
        usize::try_from(index).ok().and_then(|index| choices.get(index)).copied().unwrap_or(otherwise)
    }
}

/// Hashes the seed, the purpose and a name with SHA-256: no two purposes share a value.
pub(super) fn digest(seed: u64, purpose: &str, name: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(name.as_bytes());
    hash.finalize().into()
}

/// Returns the first eight bytes of [`digest`] as a number.
pub(super) fn number(seed: u64, purpose: &str, name: &str) -> u64 {
    digest(seed, purpose, name).iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Returns the first `length` hexadecimal digits of [`digest`].
pub(super) fn token(seed: u64, purpose: &str, name: &str, length: usize) -> String {
    let mut text = hex(&digest(seed, purpose, name));
    text.truncate(length);
    text
}

/// Makes a text with a UUID's shape (version 4 by its bits) from the seed and a counter.
pub(super) fn uuid(seed: u64, purpose: &str, counter: u64) -> String {
    let digest = digest(seed, purpose, &counter.to_string());
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = from;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Writes lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}

/// Reads the bytes of hexadecimal text.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{hex, unhex, uuid};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn ids_have_the_shape_of_a_uuid_and_differ() {
        let id = uuid(1, "request", 1);
        assert_eq!(id.parse::<uuid::Uuid>().map(|id| id.get_version_num()), Ok(4));
        assert_ne!(id, uuid(1, "request", 2));
        assert_ne!(id, uuid(2, "request", 1));
    }

    #[test]
    fn hexadecimal_survives_both_ways() {
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
        assert_eq!(unhex("00ff10"), Some(vec![0, 255, 16]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
