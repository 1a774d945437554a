//! Deterministic pseudo-randomness: everything that looks random comes from the plan's seed.

use sha2::{Digest as _, Sha256};

use crate::sha256::Sha256Sum;

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
    let mut text = Sha256Sum::from_bytes(digest(seed, purpose, name)).to_string();
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

#[cfg(test)]
mod tests {
    use super::uuid;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn ids_have_the_shape_of_a_uuid_and_differ() {
        let id = uuid(1, "request", 1);
        assert_eq!(id.parse::<uuid::Uuid>().map(|id| id.get_version_num()), Ok(4));
        assert_ne!(id, uuid(1, "request", 2));
        assert_ne!(id, uuid(2, "request", 1));
    }
}
