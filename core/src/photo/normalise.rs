//! The one form in which photos are used: an upright sRGB JPEG without metadata.

use likeness_jpeg::Workspace;

use super::{
    Change, Colours, Metadata, Orientation, PhotoInfo, PhotoProblem, Preview, Reencode, Way, inspect,
    jpeg::{self, encode::encode},
    pixels::{colour, decode},
    route::Route,
    scale::Scale,
};
use crate::limits::PhotoLimits;

/// Preparation of a photo as an upright sRGB JPEG of three components, quality 95, without metadata.
pub trait Normalise {
    /// Prepares the photo in `bytes`, or returns the reason why that cannot be done. Nothing that depends on the
    /// photo's size is allocated before its headers have been checked against the limits.
    fn normalise(&mut self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem>;
}

/// The most memory in bytes that a [`Normaliser`] keeps. A huge photo's is given back: the next photo may need all that
/// there is for its pixels.
const MOST_KEPT: usize = 4 << 20;

/// Preparation that leaves the pixels of baseline JPEGs alone, and does with everything else as [`PixelNormaliser`] does.
///
/// One normaliser serves any number of photos, one after the other, and uses its memory again.
#[derive(Debug, Default)]
pub struct Normaliser {
    reencode: Reencode,
    previews: bool,
    workspace: Workspace,
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
    way: Way,
    changes: Vec<Change>,
    preview: Option<Preview>,
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

    /// Returns the way in which the file was made.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way
    }

    /// Lists the changes in the order in which they were made.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns the small picture of the photo, if [`Normaliser::with_previews`] asked for one. A few JPEGs of rare kinds
    /// have none: their preview would take more memory than the photo.
    #[must_use]
    pub fn preview(&self) -> Option<&Preview> {
        self.preview.as_ref()
    }
}

/// Leaves the picture out: faces do not belong in logs.
impl std::fmt::Debug for NormalisedPhoto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NormalisedPhoto")
            .field("bytes", &self.jpeg.len())
            .field("width", &self.width)
            .field("height", &self.height)
            .field("way", &self.way)
            .field("changes", &self.changes)
            .field("preview", &self.preview)
            .finish_non_exhaustive()
    }
}

impl NormalisedPhoto {
    /// Describes the JPEG that was made of a photo with these headers. `changes` are those that only the maker knows.
    fn new(
        jpeg: Vec<u8>,
        way: Way,
        info: &PhotoInfo,
        scale: Scale,
        changes: impl IntoIterator<Item = Change>,
    ) -> Self {
        let turned = (info.orientation != Orientation::Upright).then_some(Change::TurnedUpright);
        let removed = match info.metadata {
            Metadata::Absent => None,
            Metadata::Present => Some(Change::RemovedMetadata),
            Metadata::WithLocation => Some(Change::RemovedLocation),
        };
        let changes = scale.change().into_iter().chain(changes).chain(turned).chain(removed).collect();
        let (width, height) = info.upright_size();
        let crc32 = crc32fast::hash(&jpeg);
        let (width, height) = (scale.of(width), scale.of(height));
        Self { jpeg, width, height, crc32, way, changes, preview: None }
    }
}

impl Normaliser {
    /// Makes a normaliser for this choice of photos that are encoded anew.
    #[must_use]
    pub fn new(reencode: Reencode) -> Self {
        Self { reencode, ..Self::default() }
    }

    /// Makes a preview of each photo as well.
    #[must_use]
    pub fn with_previews(self) -> Self {
        Self { previews: true, ..self }
    }

    /// Prepares the photo without pixels; `None` if only pixels will do.
    fn recoded(&mut self, bytes: &[u8], info: &PhotoInfo) -> Result<Option<NormalisedPhoto>, PhotoProblem> {
        let recoded = jpeg::recode(bytes, info.orientation, self.reencode, &mut self.workspace)?;
        let preview = recoded.is_some() && self.previews;
        let preview = preview.then(|| jpeg::preview(bytes, info, &mut self.workspace)).flatten();
        if self.workspace.bytes() > MOST_KEPT {
            self.workspace = Workspace::default();
        }
        let Some((file, way)) = recoded else { return Ok(None) };
        let ignored = jpeg::conversion(bytes, info.colours).is_err().then_some(Change::ProfileIgnored);
        let grey = (info.colours == Colours::Grey).then_some(Change::GreyToRgb);
        let changes = ignored.into_iter().chain(grey);
        Ok(Some(NormalisedPhoto { preview, ..NormalisedPhoto::new(file, way, info, Scale::Full, changes) }))
    }
}

impl Normalise for Normaliser {
    fn normalise(&mut self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
        let info = accepted(bytes, limits)?;
        if info.route(limits)? == Route::Coefficients
            && let Some(photo) = self.recoded(bytes, &info)?
        {
            return Ok(photo);
        }
        through_pixels(bytes, &info, self.previews, limits)
    }
}

impl Normalise for PixelNormaliser {
    fn normalise(&mut self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
        through_pixels(bytes, &accepted(bytes, limits)?, false, limits)
    }
}

/// Reads the headers, and compares them with the limits.
fn accepted(bytes: &[u8], limits: &PhotoLimits) -> Result<PhotoInfo, PhotoProblem> {
    let length = bytes.len() as u64;
    if length > limits.max_bytes {
        return Err(PhotoProblem::TooManyBytes { bytes: length, max: limits.max_bytes });
    }
    let info = inspect(bytes)?;
    info.check(limits)?;
    Ok(info)
}

fn through_pixels(
    bytes: &[u8],
    info: &PhotoInfo,
    with_preview: bool,
    limits: &PhotoLimits,
) -> Result<NormalisedPhoto, PhotoProblem> {
    let scale = info.scale_within(limits)?;
    let (raster, profile) = decode::decode(bytes, info, scale, limits.max_memory)?;
    let (picture, converted) = colour::to_rgb(raster, profile.as_deref());
    // The predicted memory counts a profile while colours are converted, not beside the encoder.
    drop(profile);
    let preview = with_preview.then(|| Preview::of(&picture, info.orientation)).flatten();
    let jpeg = encode(picture, info.orientation, info.chroma)?;
    let way = if scale == Scale::Full { Way::Pixels } else { Way::Scaled };
    Ok(NormalisedPhoto { preview, ..NormalisedPhoto::new(jpeg, way, info, scale, converted) })
}
