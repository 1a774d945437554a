//! The one form in which photos are used: an upright sRGB JPEG without metadata.

use likeness_jpeg::Workspace;

use super::{
    Change, Colours, Format, Metadata, Orientation, PhotoForm, PhotoInfo, PhotoProblem, Preview, Way, heic,
    inspect,
    jpeg::{self, encode::encode},
    pixels::{
        colour,
        decode::decode,
        raster::{Picture, Raster},
        resize::resize,
    },
    route::Route,
    scale::{Scale, Sizing},
};
use crate::limits::PhotoLimits;

/// Preparation of a photo as an upright sRGB JPEG of three components, quality 95, without metadata.
pub trait Normalise {
    /// Prepares the photo in `bytes`, or returns the reason why that cannot be done. Nothing that depends on the
    /// photo's size is allocated before its headers have been checked against the limits.
    fn normalise(&mut self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem>;
}

/// The most memory in bytes that a [`Normaliser`] keeps: that of 20 megapixels. A larger photo's is given back: the next
/// photo may need all that there is for its pixels.
const MOST_KEPT: usize = 1 << 20;

/// Preparation that leaves the pixels of baseline JPEGs alone, and does with everything else as [`PixelNormaliser`] does.
///
/// One normaliser serves any number of photos, one after the other, and uses its memory again.
#[derive(Debug, Default)]
pub struct Normaliser {
    form: PhotoForm,
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

    /// Returns the small picture of the photo, if [`Normaliser::with_previews`] asked for one.
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
        sizing: Sizing,
        changes: impl IntoIterator<Item = Change>,
    ) -> Self {
        let turned = (info.orientation != Orientation::Upright).then_some(Change::TurnedUpright);
        let removed = match info.metadata {
            Metadata::Absent => None,
            Metadata::Present => Some(Change::RemovedMetadata),
            Metadata::WithLocation => Some(Change::RemovedLocation),
        };
        let changes = sizing.change.into_iter().chain(changes).chain(turned).chain(removed).collect();
        let (width, height) = info.orientation.turned(sizing.size);
        let crc32 = crc32fast::hash(&jpeg);
        Self { jpeg, width, height, crc32, way, changes, preview: None }
    }
}

impl Normaliser {
    /// Makes a normaliser for photos in this form.
    #[must_use]
    pub fn new(form: PhotoForm) -> Self {
        Self { form, ..Self::default() }
    }

    /// Returns the form in which photos are wanted.
    #[must_use]
    pub fn form(&self) -> PhotoForm {
        self.form
    }

    /// Wants the next photos in this form.
    pub fn set_form(&mut self, form: PhotoForm) {
        self.form = form;
    }

    /// Makes a preview of each photo as well.
    #[must_use]
    pub fn with_previews(self) -> Self {
        Self { previews: true, ..self }
    }

    /// Prepares the photo without pixels; `None` if only pixels will do.
    fn recoded(&mut self, bytes: &[u8], info: &PhotoInfo) -> Result<Option<NormalisedPhoto>, PhotoProblem> {
        let (reencode, preview) = (self.form.reencode, self.previews);
        let wanted = jpeg::Wanted { orientation: info.orientation, reencode, preview };
        let recoded = jpeg::recode(bytes, wanted, &mut self.workspace);
        if self.workspace.bytes() > MOST_KEPT {
            self.workspace = Workspace::default();
        }
        let Some(jpeg::Recoded { file, way, preview }) = recoded? else { return Ok(None) };
        let ignored = jpeg::conversion(bytes, info.colours).is_err().then_some(Change::ProfileIgnored);
        let grey = (info.colours == Colours::Grey).then_some(Change::GreyToRgb);
        let changes = ignored.into_iter().chain(grey);
        let sizing = info.at(Scale::Full);
        Ok(Some(NormalisedPhoto { preview, ..NormalisedPhoto::new(file, way, info, sizing, changes) }))
    }
}

impl Normalise for Normaliser {
    fn normalise(&mut self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
        let info = accepted(bytes, limits)?;
        let prepared = self.prepared(bytes, &info, limits);
        // Looking for the place costs good photos nothing.
        prepared.map_err(|problem| match info.format {
            Format::Jpeg => problem.readable_up_to(|| jpeg::readable(bytes)),
            _ => problem,
        })
    }
}

impl Normaliser {
    fn prepared(
        &mut self,
        bytes: &[u8],
        info: &PhotoInfo,
        limits: &PhotoLimits,
    ) -> Result<NormalisedPhoto, PhotoProblem> {
        if info.route(limits, self.form)? == Route::Coefficients
            && let Some(photo) = self.recoded(bytes, info)?
        {
            return Ok(photo);
        }
        let sizing = info.sizing_within(limits, self.form)?;
        if info.format == Format::Heic {
            return banded(bytes, info, sizing, self.previews, &mut self.workspace);
        }
        let decoded = match sizing.scale.fraction().filter(|_| info.scaling) {
            Some(fraction) => (jpeg::scaled(bytes, fraction, &mut self.workspace)?, jpeg::profile(bytes)),
            None => decode(bytes, info, sizing.scale, limits.max_memory)?,
        };
        encoded(decoded, info, sizing, self.previews)
    }
}

impl Normalise for PixelNormaliser {
    fn normalise(&mut self, bytes: &[u8], limits: &PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
        let info = accepted(bytes, limits)?;
        let sizing = info.sizing_within(limits, PhotoForm::default())?;
        if info.format == Format::Heic {
            return banded(bytes, &info, sizing, false, &mut Workspace::default());
        }
        encoded(decode(bytes, &info, sizing.scale, limits.max_memory)?, &info, sizing, false)
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

/// Makes the clean photo from pixels as stored, and the ICC profile that describes them.
fn encoded(
    (raster, profile): (Raster, Option<Vec<u8>>),
    info: &PhotoInfo,
    sizing: Sizing,
    with_preview: bool,
) -> Result<NormalisedPhoto, PhotoProblem> {
    let (picture, converted) = colour::to_rgb(raster, profile.as_deref());
    // The predicted memory counts a profile while colours are converted, not beside the encoder.
    drop(profile);
    finished(picture, converted, info, sizing, with_preview)
}

/// Makes the clean photo of one that is decoded upright, in bands: a band at a time where its size stays.
fn banded(
    bytes: &[u8],
    info: &PhotoInfo,
    sizing: Sizing,
    with_preview: bool,
    workspace: &mut Workspace,
) -> Result<NormalisedPhoto, PhotoProblem> {
    if sizing.size == sizing.scale.of_both((info.width, info.height)) {
        let (jpeg, changes, preview) = heic::encoded(bytes, info, sizing.scale, with_preview, workspace)?;
        return Ok(NormalisedPhoto {
            preview,
            ..NormalisedPhoto::new(jpeg, sizing.way(), info, sizing, changes)
        });
    }
    let (picture, changes) = heic::picture(bytes, info, sizing.scale)?;
    finished(picture, changes, info, sizing, with_preview)
}

/// Makes the clean photo from its pixels in sRGB, as stored. `changes` are those that were made to them.
fn finished(
    mut picture: Picture,
    changes: impl IntoIterator<Item = Change>,
    info: &PhotoInfo,
    sizing: Sizing,
    with_preview: bool,
) -> Result<NormalisedPhoto, PhotoProblem> {
    if sizing.size != sizing.scale.of_both((info.width, info.height)) {
        picture = resize(&picture, sizing.size)?;
    }
    let preview = with_preview.then(|| Preview::of(&picture, info.orientation)).flatten();
    let jpeg = encode(picture, info.orientation, info.chroma_at(sizing.size))?;
    Ok(NormalisedPhoto { preview, ..NormalisedPhoto::new(jpeg, sizing.way(), info, sizing, changes) })
}
