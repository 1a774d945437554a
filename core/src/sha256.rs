//! SHA-256 sums, which identify photos and files.

use std::{fmt, str::FromStr};

use base16ct::HexDisplay;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::text::stored_as_text;

/// A SHA-256 sum, written in hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Sum([u8; 32]);

impl Sha256Sum {
    /// Computes the sum of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes a sum that was computed elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the sum's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", HexDisplay(&self.0))
    }
}

impl fmt::Debug for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error for a text that is not a SHA-256 sum in hex.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct Sha256SumError;

impl FromStr for Sha256Sum {
    type Err = Sha256SumError;

    fn from_str(text: &str) -> Result<Self, Sha256SumError> {
        let sum = base16ct::mixed::decode_vec(text).map_err(|_| Sha256SumError)?;
        sum.try_into().map(Self).map_err(|_| Sha256SumError)
    }
}

stored_as_text!(Sha256Sum: from_str, Sha256SumError);

#[cfg(test)]
mod tests {
    use super::Sha256Sum;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_sum_is_written_and_read() {
        let sum = Sha256Sum::of(b"abc");
        assert_eq!(sum.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sum.to_string().parse(), Ok(sum));
        assert!("é".repeat(32).parse::<Sha256Sum>().is_err());
        assert!("+f".repeat(32).parse::<Sha256Sum>().is_err());
    }
}
