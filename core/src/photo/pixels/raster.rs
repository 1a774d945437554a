//! Pixels, on their way from a decoder to the encoder.

/// Pixels as a decoder gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::photo) struct Raster {
    pub(in crate::photo) width: usize,
    pub(in crate::photo) height: usize,
    pub(in crate::photo) samples: Samples,
    /// 16 bits per sample, in the machine's byte order; else 8.
    pub(in crate::photo) deep: bool,
    pub(in crate::photo) bytes: Vec<u8>,
}

/// Which samples make up a pixel, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::photo) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Inks as Adobe stores them in JPEG: 255 is no ink.
    InvertedCmyk,
}

/// Pixels of three bytes: red, green, blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::photo) struct Picture {
    pub(in crate::photo) width: usize,
    pub(in crate::photo) height: usize,
    pub(in crate::photo) rgb: Vec<u8>,
}

impl Samples {
    /// How many samples a pixel has.
    pub(in crate::photo) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::InvertedCmyk => 4,
        }
    }

    /// Whether the last sample is opacity.
    pub(in crate::photo) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}
