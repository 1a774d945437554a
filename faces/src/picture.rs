//! The picture in which faces are looked for.

/// An upright picture of interleaved 8-bit red, green and blue, rows from the top without gaps.
#[derive(Clone, Copy, Debug)]
pub struct RgbPicture<'a> {
    width: u32,
    height: u32,
    pixels: &'a [[u8; 3]],
}

impl<'a> RgbPicture<'a> {
    /// Takes a picture of this size in pixels; `None` if a side is 0 or `bytes` is not three for each pixel.
    #[must_use]
    pub fn new(width: u32, height: u32, bytes: &'a [u8]) -> Option<Self> {
        let (pixels, rest) = bytes.as_chunks();
        let area = u64::from(width) * u64::from(height);
        let fits = area > 0 && rest.is_empty() && u64::try_from(pixels.len()) == Ok(area);
        fits.then_some(Self { width, height, pixels })
    }

    /// Returns the width in pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Returns a row, counted from 0 at the top.
    pub(crate) fn row(&self, at: usize) -> &'a [[u8; 3]] {
        // Fits in memory, as the whole picture does.
        let width = self.width as usize;
        &self.pixels[at * width..][..width]
    }
}

#[cfg(test)]
mod tests {
    use super::RgbPicture;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_picture_has_three_bytes_for_each_pixel() {
        assert!(RgbPicture::new(2, 3, &[0; 18]).is_some());
        for (width, height, bytes) in
            [(2, 3, 17), (2, 3, 19), (2, 3, 21), (0, 3, 0), (3, 0, 0), (u32::MAX, u32::MAX, 3)]
        {
            assert!(RgbPicture::new(width, height, &vec![0; bytes]).is_none(), "{width} x {height}, {bytes}");
        }
    }
}
