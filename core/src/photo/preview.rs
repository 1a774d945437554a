//! A small picture of a photo, for what looks at it.

use std::fmt;

/// A small upright sRGB picture of a photo: its longer side has at least 320 pixels where the photo has as many, and
/// seldom more than 1,280. It comes out of decoding on the way, so its size is the photo's, halved some times.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Preview {
    /// Takes interleaved samples of red, green and blue, row by row; `None` unless there are as many as the size needs.
    #[must_use]
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        let samples = u64::from(width).checked_mul(u64::from(height))?.checked_mul(3)?;
        (samples > 0 && samples == rgb.len() as u64).then_some(Self { width, height, rgb })
    }

    /// Returns the width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the interleaved samples, row by row.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

/// Leaves the picture out: faces do not belong in logs.
impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview")
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Preview;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_preview_has_as_many_samples_as_its_size_needs() {
        assert!(Preview::new(2, 3, vec![0; 18]).is_some());
        for (width, height, samples) in [(2, 3, 17), (2, 3, 19), (0, 0, 0), (u32::MAX, u32::MAX, 3)] {
            assert_eq!(Preview::new(width, height, vec![0; samples]), None, "{width} x {height}");
        }
    }
}
