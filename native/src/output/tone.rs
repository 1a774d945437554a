//! Colours.

/// A colour that means something; never the only sign of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Warning,
    Bad,
    Faint,
}

impl Tone {
    /// Returns the colour's number for a terminal (ECMA-48, SGR).
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Good => 32,
            Self::Warning => 33,
            Self::Bad => 31,
            Self::Faint => 2,
        }
    }
}
