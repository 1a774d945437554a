//! A small picture of a photo, for what looks at it.

use std::fmt;

use super::{Orientation, averaging::Averaging, pixels::raster::Picture, scale::Scale};

/// The fewest pixels of a preview's longer side, where the photo has as many.
const LEAST: u32 = 320;

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

impl Preview {
    /// Makes the upright preview of a picture as stored: each pixel is the mean of a square.
    pub(super) fn of(picture: &Picture, orientation: Orientation) -> Option<Self> {
        let scale = Scale::of_preview(u32::try_from(picture.width.max(picture.height)).ok()?);
        Self::upright(averaged(picture, scale), orientation)
    }

    /// Computes the most memory in bytes that making the preview of a picture of this size takes: its pixels as stored,
    /// and upright.
    pub(super) fn memory((width, height): (u32, u32)) -> u64 {
        let preview = Scale::of_preview(width.max(height));
        let pixels = u64::from(preview.of(width)) * u64::from(preview.of(height));
        pixels.min(1 << 58) * (3 + 3)
    }

    /// Turns a picture that is as small as a preview.
    pub(super) fn upright(picture: Picture, orientation: Orientation) -> Option<Self> {
        let (width, height) = orientation.turned((picture.width, picture.height));
        let mut rgb = Vec::new();
        if orientation == Orientation::Upright {
            rgb = picture.rgb;
        } else {
            picture.upright_rows(orientation, 0..height, &mut rgb);
        }
        Self::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?, rgb)
    }
}

impl Scale {
    /// Chooses the scale of the preview of a photo whose longer side has so many pixels: the smallest that leaves enough.
    pub(super) fn of_preview(longer: u32) -> Self {
        let is_enough = |scale: &Self| scale.of(longer) >= LEAST;
        [Self::Eighth, Self::Quarter, Self::Half].into_iter().find(is_enough).unwrap_or(Self::Full)
    }
}

/// Scales a picture by averaging squares, which are cut off at the right and at the bottom.
fn averaged(picture: &Picture, scale: Scale) -> Picture {
    let mut averaging = Averaging::new((picture.width, picture.height), scale);
    averaging.add(&picture.rgb);
    averaging.finish()
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
    use super::{Orientation, Picture, Preview};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_preview_has_as_many_samples_as_its_size_needs() {
        assert!(Preview::new(2, 3, vec![0; 18]).is_some());
        for (width, height, samples) in [(2, 3, 17), (2, 3, 19), (0, 0, 0), (u32::MAX, u32::MAX, 3)] {
            assert_eq!(Preview::new(width, height, vec![0; samples]), None, "{width} x {height}");
        }
    }

    /// Averages what four quarters of a picture hold, with squares that are cut off at two edges.
    #[test]
    fn a_preview_is_upright_and_its_pixels_are_means() {
        let (width, height) = (1285, 643);
        let pixel = |x: usize, y: usize| {
            let quarter = [[[200, 0, 0], [0, 200, 0]], [[0, 0, 200], [200, 200, 200]]][y / 322][x / 644];
            // A pattern of two pixels, whose mean is that of the quarter.
            if (x + y).is_multiple_of(2) { quarter.map(|sample: u8| sample + 2) } else { quarter }
        };
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
        let stored = Picture { width, height, rgb };
        let preview = Preview::of(&stored, Orientation::Rotate90).expect("a preview");
        assert_eq!((preview.width(), preview.height()), (161, 322));
        let at = |x: usize, y: usize| &preview.rgb()[(y * 161 + x) * 3..][..3];
        // Upright, the stored lower left is at the upper left.
        assert_eq!([at(1, 0), at(160, 0)], [[1, 1, 201], [201, 1, 1]]);
        assert_eq!([at(1, 320), at(160, 320)], [[201, 201, 201], [1, 201, 1]]);
    }

    #[test]
    fn a_small_picture_is_its_own_preview() {
        let stored = Picture { width: 638, height: 2, rgb: (0..=250).cycle().take(638 * 6).collect() };
        let preview = Preview::of(&stored, Orientation::Upright).expect("a preview");
        assert_eq!((preview.width(), preview.height(), preview.rgb()), (638, 2, stored.rgb.as_slice()));
    }
}
