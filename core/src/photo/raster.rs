//! Pixels, on their way from a decoder to the encoder.

/// Pixels as a decoder gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Samples,
    /// 16 bits per sample, in the machine's byte order; else 8.
    pub(super) deep: bool,
    pub(super) bytes: Vec<u8>,
}

/// Which samples make up a pixel, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Inks as Adobe stores them in JPEG: 255 is no ink.
    InvertedCmyk,
}

/// Pixels of three bytes: red, green, blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

impl Samples {
    /// How many samples a pixel has.
    pub(super) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::InvertedCmyk => 4,
        }
    }

    /// Whether the last sample is opacity.
    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}
