//! Pixels on their way from a decoder to the encoder.

/// Pixels as a decoder returns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::photo) struct Raster {
    pub(in crate::photo) width: usize,
    pub(in crate::photo) height: usize,
    pub(in crate::photo) samples: Samples,
    /// True for 16 bits per sample, in the machine's byte order; false for 8.
    pub(in crate::photo) deep: bool,
    pub(in crate::photo) bytes: Vec<u8>,
}

/// The samples that make up a pixel, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::photo) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Inks as Adobe stores them in JPEG, where 255 is none.
    InvertedCmyk,
}

/// Pixels of three bytes: red, green, blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::photo) struct Picture {
    pub(in crate::photo) width: usize,
    pub(in crate::photo) height: usize,
    pub(in crate::photo) rgb: Vec<u8>,
}

impl Raster {
    /// Places the pixels on a transparent canvas, with their upper left corner there. `None` if the pixels are not
    /// colours of eight bits, or do not fit.
    pub(in crate::photo) fn on_canvas(
        self,
        width: usize,
        height: usize,
        (left, top): (usize, usize),
    ) -> Option<Self> {
        if self.deep || !matches!(self.samples, Samples::Rgb | Samples::Rgba) {
            return None;
        }
        let row = width.checked_mul(4)?;
        let mut bytes = vec![0; row.checked_mul(height)?];
        let count = self.samples.count();
        let rows = self.bytes.chunks_exact(self.width.max(1) * count);
        for (y, pixels) in rows.enumerate().take(self.height) {
            let begin = (top + y).checked_mul(row)?.checked_add(left.checked_mul(4)?)?;
            let to = bytes.get_mut(begin..begin + self.width * 4).filter(|_| left + self.width <= width)?;
            for (to, pixel) in to.as_chunks_mut::<4>().0.iter_mut().zip(pixels.chunks_exact(count)) {
                match pixel {
                    [r, g, b] => *to = [*r, *g, *b, u8::MAX],
                    [r, g, b, a] => *to = [*r, *g, *b, *a],
                    _ => return None,
                }
            }
        }
        Some(Self { width, height, samples: Samples::Rgba, deep: false, bytes })
    }
}

impl Samples {
    /// Returns the number of samples in a pixel.
    pub(in crate::photo) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::InvertedCmyk => 4,
        }
    }

    /// Tells whether the last sample is opacity.
    pub(in crate::photo) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}
