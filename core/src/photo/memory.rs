//! The memory that preparing a photo takes, predicted from its headers.

use super::{
    Coding, Format, PhotoInfo,
    info::{Chroma, MAX_PROFILE},
    jpeg::encode::STRIP,
    scale::Scale,
};

/// The memory in bytes that any photo takes: tables, buffers of single rows, the colour conversion's fixed part.
pub(super) const OVERHEAD: u64 = 4 << 20;

impl PhotoInfo {
    /// Computes the most memory in bytes that preparing the photo through pixels takes when it is decoded at this scale,
    /// beside the file's own bytes.
    ///
    /// The result is the largest of three steps, each counted by what is alive at once, plus a fixed part: decoding
    /// (what the decoder holds, the pixels it makes, copies of metadata), conversion to sRGB (the pixels and the
    /// profile's tables), encoding (the pixels, a preview, a strip of them upright and what the encoder takes for it, and
    /// the new file, as large as noise makes it; real photos' have a fifth of that). Not counted are a file that is
    /// made to have the decoder build enormous code tables, which only the lossless kind of WebP allows, and what
    /// the allocator loses between its blocks.
    pub(super) fn memory_at(&self, scale: Scale) -> u64 {
        // A header may claim any size. This bound is far beyond every limit, yet sums of several still fit into 64
        // bits.
        const MOST: u64 = 1 << 58;
        let (width, height) = (scale.of(self.width), scale.of(self.height));
        let pixels = (u64::from(width) * u64::from(height)).min(MOST);
        let samples = self.planes_at(scale).min(MOST);
        let (stored, rgb) = (pixels * self.stored_bytes_per_pixel(), pixels * 3);
        let working = match (self.format, self.coding) {
            // JPEG: planes of samples, and of 16 bit coefficients when all scans have to be gathered first.
            (Format::Jpeg, _) => samples + self.coefficients().min(MOST),
            (Format::Png, _) => 0,
            // VP8: planes of brightness and colour; the opacity is a lossless picture of its own (RGBA, then one
            // byte).
            (Format::WebP, Coding::Vp8) => samples * 3 / 2 + if self.alpha { pixels * 5 } else { 0 },
            (Format::WebP, _) => pixels * 5,
        };
        let packed = if self.format == Format::Png { self.profile_bytes } else { 0 };
        let decoding = working + stored + packed * 2 + self.metadata_bytes * 3;
        let grown = if self.stored_bytes_per_pixel() < 3 { rgb } else { 0 };
        let converting = stored + grown + self.profile_bytes.min(MAX_PROFILE) * 5;
        // At quality 95 noise takes about seven bits a sample; a pixel has three samples, two, or one and a half.
        let file = match self.chroma {
            Chroma::Full => pixels * 3,
            Chroma::HalfWidth | Chroma::HalfHeight => pixels * 2,
            Chroma::Quarter => pixels * 3 / 2,
        };
        // The encoder takes the strip, and for each of its pixels two bytes, doubled for noise and copied at the
        // end.
        let strip = u64::from(if self.orientation.swaps_sides() { height } else { width });
        let strip = strip * STRIP as u64 * (3 + 4 + 3);
        let encoding = rgb + file + strip + self.preview_memory(scale);
        decoding.max(converting).max(encoding) + OVERHEAD
    }

    fn stored_bytes_per_pixel(&self) -> u64 {
        (self.components() + u64::from(self.alpha)) * if self.bits > 8 { 2 } else { 1 }
    }
}
