//! Tokens: texts that let their holder do something, and their hashes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use super::malformed::Malformed;
use crate::sha256::Sha256Sum;

/// The purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Access for a server that buys for its own users: `lks_…`.
    Server,
    /// An invite, which an avatar redeems: `lki_…`.
    Invite,
    /// The use of one avatar: `lkc_…`. Each avatar keeps the hash of its own.
    Capability,
}

impl Kind {
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Server => "lks_",
            Self::Invite => "lki_",
            Self::Capability => "lkc_",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server token",
            Self::Invite => "invite",
            Self::Capability => "capability",
        })
    }
}

/// A token as its holder has it: a prefix that tells its kind, then 32 bytes as 64 lower-case hexadecimal digits, so
/// that each token has one spelling and a double click selects it whole.
///
/// `Debug` does not show the text, and there is no `Display` and no `Serialize`: a token reaches neither a log nor a
/// stored state by accident. Two are compared by their hashes, in constant time.
#[derive(Clone)]
pub struct TokenText {
    kind: Kind,
    text: String,
}

impl TokenText {
    /// Makes a token of 32 bytes, which must be as good as random.
    #[must_use]
    pub fn new(kind: Kind, entropy: [u8; 32]) -> Self {
        Self { kind, text: format!("{}{}", kind.prefix(), Sha256Sum::from_bytes(entropy)) }
    }

    /// Parses a token's text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_secret = |rest: &str| rest.len() == 64 && rest.bytes().all(is_digit);
        [Kind::Server, Kind::Invite, Kind::Capability]
            .into_iter()
            .find(|kind| text.strip_prefix(kind.prefix()).is_some_and(is_secret))
            .map(|kind| Self { kind, text: text.to_owned() })
            .ok_or(Malformed::Token)
    }

    /// Returns the token's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the text, for the one answer that hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Hashes the token; the hash is what is stored.
    #[must_use]
    pub fn hash(&self) -> TokenDigest {
        TokenDigest::of(&self.text)
    }
}

impl PartialEq for TokenText {
    fn eq(&self, other: &Self) -> bool {
        self.hash() == other.hash()
    }
}

impl Eq for TokenText {}

impl FromStr for TokenText {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.kind)
    }
}

/// The SHA-256 of a token's whole text. A token is 32 random bytes, so its hash needs neither salt nor work to be safe
/// to store. Two are compared in constant time: the duration does not tell how much of a guess was right.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenDigest(Sha256Sum);

impl TokenDigest {
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256Sum::of(text.as_bytes()))
    }
}

impl TokenDigest {
    pub(super) fn sum(&self) -> &Sha256Sum {
        &self.0
    }
}

impl ConstantTimeEq for TokenDigest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.bytes().as_slice().ct_eq(other.0.bytes().as_slice())
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digest]")
    }
}

#[cfg(test)]
mod tests {
    use subtle::ConstantTimeEq;

    use super::{Kind, TokenDigest, TokenText};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{budget::Malformed, sha256::Sha256Sum};

    const KINDS: [(Kind, &str); 3] =
        [(Kind::Server, "lks_"), (Kind::Invite, "lki_"), (Kind::Capability, "lkc_")];

    #[test]
    fn tokens_are_written_and_read() {
        for (kind, prefix) in KINDS {
            let token = TokenText::new(kind, [0xa7; 32]);
            assert_eq!(token.expose(), format!("{prefix}{}", "a7".repeat(32)));
            let read = TokenText::parse(token.expose()).expect("a token");
            assert_eq!((read.kind(), read.hash()), (kind, token.hash()));
            assert_eq!(token.hash().0, Sha256Sum::of(token.expose().as_bytes()));
        }
    }

    #[test]
    fn nothing_else_is_a_token() {
        let digits = "a7".repeat(32);
        for text in [
            String::new(),
            digits.clone(),
            "lks_".to_owned(),
            format!("lkx_{digits}"),
            format!("LKS_{digits}"),
            format!("lks_{}", digits.to_uppercase()),
            format!("lks_{digits}0"),
            format!(" lks_{digits}"),
            format!("lks_{}", "й".repeat(32)),
            format!("lks_{}g", "a".repeat(63)),
        ] {
            assert_eq!(TokenText::parse(&text), Err(Malformed::Token), "{text}");
        }
    }

    #[test]
    fn the_same_bytes_are_another_token_for_another_use() {
        let hashes = KINDS.map(|(kind, _)| TokenText::new(kind, [1; 32]).hash());
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    }

    /// Flips each of the 256 bits: `==` is the constant-time comparison, and every bit counts in it.
    #[test]
    fn digests_are_compared_in_constant_time() {
        let bytes: [u8; 32] = *TokenDigest::of("a").0.bytes();
        let digest = |bytes| TokenDigest(Sha256Sum::from_bytes(bytes));
        assert!(digest(bytes) == digest(bytes) && bool::from(digest(bytes).ct_eq(&digest(bytes))));
        for bit in 0..256 {
            let mut other = bytes;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(digest(bytes) != digest(other) && !bool::from(digest(bytes).ct_eq(&digest(other))));
        }
    }
}
