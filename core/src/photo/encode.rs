//! Pixels to a JPEG.

use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress};

use super::{PhotoProblem, info::Chroma, raster::Picture};

/// The quality of every JPEG that leaves, on libjpeg's scale.
const QUALITY: u8 = 95;

/// A baseline JPEG of three components, with nothing but JFIF's header beside the picture.
///
/// Colours are kept about as finely as the photo had them: coarser would lose what is there, finer would only make
/// the file larger.
pub(super) fn encode(picture: &Picture, chroma: Chroma) -> Result<Vec<u8>, PhotoProblem> {
    let subsampling = match chroma {
        Chroma::Full => Subsampling::S444,
        Chroma::HalfWidth => Subsampling::S422,
        // Coarser than it was across: for 4:4:0 the encoder takes three times as long as for anything else.
        Chroma::HalfHeight | Chroma::Quarter => Subsampling::S420,
    };
    compress(&picture.rgb, picture.width, picture.height, PixelFormat::Rgb, QUALITY, subsampling)
        .map_err(|_| PhotoProblem::NotEncoded)
}

impl Chroma {
    /// After width and height changed places.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::HalfWidth => Self::HalfHeight,
            Self::HalfHeight => Self::HalfWidth,
            Self::Full | Self::Quarter => self,
        }
    }
}
