//! Texts and numbers that cannot be what they should be.

/// A text or a number that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A text that is not a token.
    Token,
    /// A text that is not a token's id.
    Id,
    /// A number of uses that no invite may have.
    Uses {
        /// The number as written.
        number: u32,
    },
}
