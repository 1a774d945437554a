//! The one form in which photos are used: an upright sRGB JPEG without metadata.

use super::{
    Change, Metadata, Orientation, PhotoProblem, inspect,
    jpeg::encode::encode,
    pixels::{colour, decode},
};
use crate::limits::PhotoLimits;

/// Preparation of a photo as an upright sRGB JPEG of three components, quality 95, without metadata.
pub trait Normalise {
    /// Prepares the photo in `bytes`, or returns the reason why that cannot be done. Nothing that depends on the
    /// photo's size is allocated before its headers have been checked against the limits.
    fn normalise(&self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem>;
}

/// Preparation that decodes to pixels and encodes them anew, for everything that [`inspect`] accepts.
#[derive(Clone, Copy, Debug, Default)]
pub struct PixelNormaliser;

/// A photo that is ready for training.
#[derive(Clone, PartialEq, Eq)]
pub struct NormalisedPhoto {
    jpeg: Vec<u8>,
    width: u32,
    height: u32,
    crc32: u32,
    changes: Vec<Change>,
}

impl NormalisedPhoto {
    /// Returns the JPEG file.
    #[must_use]
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    /// Takes the JPEG file out.
    #[must_use]
    pub fn into_jpeg(self) -> Vec<u8> {
        self.jpeg
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

    /// Returns the CRC-32 of the file, as the archive needs it.
    #[must_use]
    pub fn crc32(&self) -> u32 {
        self.crc32
    }

    /// Lists the changes in the order in which they were made.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// Leaves the picture out: faces do not belong in logs.
impl std::fmt::Debug for NormalisedPhoto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NormalisedPhoto")
            .field("bytes", &self.jpeg.len())
            .field("width", &self.width)
            .field("height", &self.height)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

impl Normalise for PixelNormaliser {
    fn normalise(&self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
        let length = bytes.len() as u64;
        if length > limits.max_bytes {
            return Err(PhotoProblem::TooManyBytes { bytes: length, max: limits.max_bytes });
        }
        let info = inspect(bytes)?;
        info.check(limits)?;

        let scale = info.scale_within(limits)?;
        let (raster, profile) = decode::decode(bytes, &info, scale, limits.max_memory)?;
        let (picture, converted) = colour::to_rgb(raster, profile.as_deref());
        // The predicted memory counts a profile while colours are converted, not beside the encoder.
        drop(profile);
        let jpeg = encode(picture, info.orientation, info.chroma)?;

        let mut changes: Vec<Change> = scale.change().into_iter().chain(converted).collect();
        if info.orientation != Orientation::Upright {
            changes.push(Change::TurnedUpright);
        }
        match info.metadata {
            Metadata::Absent => {}
            Metadata::Present => changes.push(Change::RemovedMetadata),
            Metadata::WithLocation => changes.push(Change::RemovedLocation),
        }
        let (width, height) = info.upright_size();
        let (width, height) = (scale.of(width), scale.of(height));
        let crc32 = crc32fast::hash(&jpeg);
        Ok(NormalisedPhoto { jpeg, width, height, crc32, changes })
    }
}
