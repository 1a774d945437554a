//! The facts in a photo's headers, and their check against the limits.

use serde::{Deserialize, Serialize};

use super::{Format, Orientation};

/// The facts in a photo's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoInfo {
    /// Format of the file.
    pub format: Format,
    /// Width as stored, in pixels; [`PhotoInfo::upright_size`] is what people see.
    pub width: u32,
    /// Height as stored, in pixels.
    pub height: u32,
    /// Turn or mirroring that shows the stored pixels upright.
    pub orientation: Orientation,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Colour model of the pixels.
    pub colours: Colours,
    /// True if pixels can be transparent.
    pub alpha: bool,
    /// Bits per sample: 1 to 16.
    pub bits: u8,
    /// Coding of the pixels.
    pub coding: Coding,
    /// True if an ICC profile is embedded.
    pub profile: bool,
    /// Metadata beside the ICC profile.
    pub metadata: Metadata,
    /// Resolution of the colour differences relative to the brightness.
    pub(super) chroma: Chroma,
    /// Number of samples that the decoder makes, over all components, with those that fill the blocks at the edges.
    pub(super) samples: u64,
    /// Length of the ICC profile in bytes; of a packed profile the most that it may unpack to.
    pub(super) profile_bytes: u64,
    /// Length in bytes of the metadata that a decoder copies.
    pub(super) metadata_bytes: u64,
    /// Most memory in bytes that the photo takes on its way from coefficients to coefficients, with a preview; `None` for a photo that
    /// needs pixels.
    pub(super) recoding: Option<u64>,
    /// True if the picture can be made smaller from its coefficients, a row of blocks at a time.
    pub(super) scaling: bool,
    /// Facts about a photo that is decoded in bands; `None` for formats that are decoded as a whole.
    pub(super) banded: Option<Banded>,
}

/// The facts about a photo that is decoded upright, in bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Banded {
    /// Most memory in bytes that decoding takes, at each scale.
    pub(super) memory: [u64; 4],
    /// True if decoding turns or mirrors the stored pixels.
    pub(super) turned: bool,
    /// True if the picture is stored in tiles.
    pub(super) tiled: bool,
}

/// The colour model of a picture's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colours {
    /// Greyscale: brightness alone.
    Grey,
    /// Red, green and blue, or a model that converts to RGB without loss of meaning.
    Rgb,
    /// Indices into a list of colours.
    Palette,
    /// Printing inks.
    Cmyk,
}

/// The coding of a picture's pixels, as far as the memory for decoding depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// One pass from top to bottom, with all components at once.
    Sequential,
    /// JPEG in several scans, each over the whole picture.
    Scans,
    /// WebP's lossy kind (VP8).
    Vp8,
    /// WebP's lossless kind (VP8L).
    Vp8L,
    /// HEIC's pictures and tiles (ITU-T H.265).
    Hevc,
}

/// The metadata that a file carries, apart from an ICC profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metadata {
    /// The file carries no metadata.
    #[default]
    Absent,
    /// The file carries metadata (EXIF, XMP, comments), but no position.
    Present,
    /// The file's metadata say where the photo was taken.
    WithLocation,
}

/// The resolution of colour differences relative to the brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chroma {
    /// One colour sample for every pixel (4:4:4).
    Full,
    /// Half the width (4:2:2).
    HalfWidth,
    /// Half the height (4:4:0).
    HalfHeight,
    /// Half of both (4:2:0), or coarser.
    Quarter,
}

/// The most memory that the metadata of a PNG may take unpacked, in bytes.
pub(super) const MAX_METADATA: u64 = 8 << 20;

/// The largest ICC profile that is used, in bytes. Profiles of printing inks have up to about 3 MB, others some kB.
pub(super) const MAX_PROFILE: u64 = 4 << 20;

impl PhotoInfo {
    /// Returns width and height in pixels as people see the picture.
    #[must_use]
    pub fn upright_size(&self) -> (u32, u32) {
        self.orientation.turned((self.width, self.height))
    }

    /// Returns the number of values in a pixel, without its opacity.
    pub(super) fn components(&self) -> u64 {
        match self.colours {
            Colours::Grey => 1,
            Colours::Rgb | Colours::Palette => 3,
            Colours::Cmyk => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chroma, Coding, Colours, Format, Metadata, PhotoInfo};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        limits::PhotoLimits,
        photo::{Orientation, PhotoProblem, memory::OVERHEAD},
    };

    const PHONE: PhotoInfo = PhotoInfo {
        format: Format::Jpeg,
        width: 4032,
        height: 3024,
        orientation: Orientation::Rotate90,
        bytes: 3_000_000,
        colours: Colours::Rgb,
        alpha: false,
        bits: 8,
        coding: Coding::Sequential,
        profile: true,
        metadata: Metadata::WithLocation,
        chroma: Chroma::Quarter,
        samples: 4032 * 3024 * 3 / 2,
        profile_bytes: 548,
        metadata_bytes: 60_000,
        recoding: None,
        scaling: false,
        banded: None,
    };

    #[test]
    fn a_phones_photo_keeps_to_the_limits() {
        assert_eq!(PHONE.upright_size(), (3024, 4032));
        assert_eq!(PHONE.check(&PhotoLimits::default()), Ok(()));
        let (pixels, strip, preview) = (4032 * 3024, 3024 * 64 * 10, 504 * 378 * 6);
        assert_eq!(PHONE.memory(), pixels * 9 / 2 + strip + preview + OVERHEAD);
    }

    #[test]
    fn each_limit_refuses() {
        let limits = PhotoLimits::default();
        let check = |info: PhotoInfo, limits: PhotoLimits| info.check(&limits).unwrap_err();
        assert_eq!(
            check(PhotoInfo { bytes: 32_000_001, ..PHONE }, limits),
            PhotoProblem::TooManyBytes { bytes: 32_000_001, max: 32_000_000 }
        );
        assert_eq!(
            check(PhotoInfo { height: 511, ..PHONE }, limits),
            PhotoProblem::TooSmall { side: 511, min: 512 }
        );
        assert_eq!(
            check(PhotoInfo { width: 65_535, height: 65_535, ..PHONE }, limits),
            PhotoProblem::TooManyPixels { width: 65_535, height: 65_535, max: 52_000_000 }
        );
        assert_eq!(
            check(PhotoInfo { width: 70_000, height: 600, ..PHONE }, limits),
            PhotoProblem::TooLong { side: 70_000, max: 65_500 }
        );
        assert_eq!(
            check(PhotoInfo { width: 0, ..PHONE }, limits),
            PhotoProblem::NoPixels { width: 3024, height: 0 }
        );
        let claims = PhotoInfo {
            format: Format::Png,
            width: u32::MAX,
            height: u32::MAX,
            bits: 16,
            samples: u64::MAX,
            orientation: Orientation::Rotate90,
            ..PHONE
        };
        assert!(claims.memory() > limits.max_memory);
        let png = PhotoInfo { format: Format::Png, ..PHONE };
        let needed = png.memory();
        assert_eq!(
            check(png, PhotoLimits { max_memory: needed - 1, ..limits }),
            PhotoProblem::TooMuchMemory { needed, max: needed - 1 }
        );
        assert_eq!(png.check(&PhotoLimits { max_memory: needed, ..limits }), Ok(()));
    }
}
