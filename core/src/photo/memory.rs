//! The memory that preparing a photo takes, predicted from its headers.

use likeness_jpeg::RgbEncoder;

use super::{
    Coding, Format, PhotoInfo, Preview,
    info::{Chroma, MAX_PROFILE},
    jpeg::encode::STRIP,
    scale::{Scale, Sizing},
};
use crate::limits::PhotoLimits;

/// The memory in bytes that any photo takes: tables, buffers of single rows, the colour conversion's fixed part.
pub(super) const OVERHEAD: u64 = 4 << 20;

/// A bound for what headers claim, in bytes or pixels: far beyond every limit, yet sums of several still fit into 64 bits.
const MOST: u64 = 1 << 58;

impl PhotoInfo {
    /// Computes the most memory in bytes that preparing the photo through pixels takes when it is decoded at this scale,
    /// beside the file's own bytes.
    pub(super) fn memory_at(&self, scale: Scale) -> u64 {
        self.memory_of(self.at(scale))
    }

    /// Computes the most memory in bytes that preparing the photo through pixels of these sizes takes, beside the file's
    /// own bytes.
    ///
    /// The result is the largest of four steps, each counted by what is alive at once, plus a fixed part: decoding
    /// (what the decoder holds, the pixels it makes, copies of metadata), conversion to sRGB (the pixels and the
    /// profile's tables), scaling (the pixels, those of one pass and of both), encoding (the pixels, a preview, a strip of them upright and what the encoder takes for it, and
    /// the new file, as large as noise makes it; real photos' have a fifth of that). Not counted are a file that is
    /// made to have the decoder build enormous code tables, which only the lossless kind of WebP allows, and what
    /// the allocator loses between its blocks.
    pub(super) fn memory_of(&self, Sizing { scale, size, .. }: Sizing) -> u64 {
        let decoded = scale.of_both((self.width, self.height));
        let count = |(width, height): (u32, u32)| (u64::from(width) * u64::from(height)).min(MOST);
        let pixels = count(decoded);
        let samples = self.planes_at(scale).min(MOST);
        let (stored, rgb) = (pixels * self.stored_bytes_per_pixel(), pixels * 3);
        let working = match (self.format, self.coding) {
            // JPEG: planes of samples, and of 16 bit coefficients when all scans have to be gathered first.
            (Format::Jpeg, _) => samples + self.coefficients().min(MOST),
            // HEIC is decoded in bands, and counted apart.
            (Format::Png | Format::Heic, _) => 0,
            // VP8: planes of brightness and colour; the opacity is a lossless picture of its own (RGBA, then one
            // byte).
            (Format::WebP, Coding::Vp8) => samples * 3 / 2 + if self.alpha { pixels * 5 } else { 0 },
            (Format::WebP, _) => pixels * 5,
        };
        if self.banded.is_some() {
            let (decoding, file) = (self.banded_memory(scale).min(MOST), file_bytes(size, self.chroma));
            let preview = Preview::memory(size);
            if size == decoded {
                let row = RgbEncoder::memory(size.0, self.chroma.sampling());
                return decoding + row + file + preview + OVERHEAD;
            }
            let scaling = count((size.0, decoded.1)) * 3 + count(size) * 3;
            return rgb + decoding.max(scaling).max(file + preview) + OVERHEAD;
        }
        let packed = if self.format == Format::Png { self.profile_bytes } else { 0 };
        let decoding = working + stored + packed * 2 + self.metadata_bytes * 3;
        let grown = if self.stored_bytes_per_pixel() < 3 { rgb } else { 0 };
        let converting = stored + grown + self.profile_bytes.min(MAX_PROFILE) * 5;
        let scaling =
            if size == decoded { 0 } else { rgb + count((size.0, decoded.1)) * 3 + count(size) * 3 };
        let (width, height) = size;
        let (rgb, file) = (count(size) * 3, file_bytes(size, self.chroma_at(size)));
        // The encoder takes the strip, and for each of its pixels two bytes, doubled for noise and copied at the
        // end.
        let strip = u64::from(if self.orientation.swaps_sides() { height } else { width });
        let strip = strip * STRIP as u64 * (3 + 4 + 3);
        let encoding = rgb + file + strip + Preview::memory(size);
        decoding.max(converting).max(scaling).max(encoding) + OVERHEAD
    }

    /// Returns the resolution of the colour differences in a picture of this size. Where a pixel stands for four or more,
    /// the colours are as fine as the brightness.
    pub(super) fn chroma_at(&self, (width, height): (u32, u32)) -> Chroma {
        let is_half = width <= self.width.div_ceil(2) && height <= self.height.div_ceil(2);
        if is_half { Chroma::Full } else { self.chroma }
    }

    /// Tightens the limits for this photo in the imager, which holds its file of `bytes` bytes as well.
    #[must_use]
    pub fn limits_in_the_imager(&self, limits: PhotoLimits, bytes: u64) -> PhotoLimits {
        let limits = limits.in_the_imager(bytes);
        if self.banded.is_some_and(|banded| banded.tiled) { limits.for_tiles_in_the_imager() } else { limits }
    }

    fn stored_bytes_per_pixel(&self) -> u64 {
        (self.components() + u64::from(self.alpha)) * if self.bits > 8 { 2 } else { 1 }
    }
}

/// Computes the length in bytes of the JPEG that noise of this size makes.
pub(super) fn file_bytes((width, height): (u32, u32), chroma: Chroma) -> u64 {
    let pixels = (u64::from(width) * u64::from(height)).min(MOST);
    // At quality 95 noise takes about seven bits a sample; a pixel has three samples, two, or one and a half.
    match chroma {
        Chroma::Full => pixels * 3,
        Chroma::HalfWidth | Chroma::HalfHeight => pixels * 2,
        Chroma::Quarter => pixels * 3 / 2,
    }
}
