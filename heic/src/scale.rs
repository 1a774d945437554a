//! Fractions of a picture's size.

/// A fraction of a picture's size. Each pixel is the mean of those that it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// Width and height as they are.
    #[default]
    Full,
    /// Each side is halved.
    Half,
    /// A quarter of each side.
    Quarter,
    /// An eighth of each side.
    Eighth,
}

impl Scale {
    /// Returns the number by which each side is divided.
    #[must_use]
    pub const fn divisor(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// Scales the length of a side, in pixels; what is left over makes one more.
    #[must_use]
    pub const fn of(self, side: u32) -> u32 {
        side.div_ceil(self.divisor())
    }
}
