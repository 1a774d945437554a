//! HEIC and HEIF, over the crate in `heic/`.

use likeness_heic::{
    Error, Excess, Heic, Limits, Metadata as Kept, Scale as Fraction, Unsupported as Refused,
};
use likeness_jpeg::{RgbEncoder, Workspace};

use super::{
    Change, Coding, Colours, Foreign, Format, Orientation, PhotoInfo, PhotoProblem, Preview, Unsupported,
    averaging::Averaging,
    info::{Banded, Chroma, MAX_METADATA},
    memory::file_bytes,
    metadata::Notes,
    pixels::raster::Picture,
    scale::Scale,
};

/// Limits for headers: [`PhotoInfo::check`] compares the numbers of pixels, and names them.
const LIMITS: Limits = Limits { max_pixels: u64::MAX };

/// Reads the headers.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let heic = Heic::read(bytes, &LIMITS).map_err(problem)?;
    let info = heic.info();
    let mut notes = Notes::default();
    for kept in heic.metadata() {
        match kept {
            Kept::Exif(block) => notes.exif(&block),
            Kept::Xmp(packet) => notes.xmp(&packet),
            Kept::Other => notes.other(),
        }
    }
    Ok(PhotoInfo {
        format: Format::Heic,
        width: info.width,
        height: info.height,
        orientation: Orientation::Upright,
        bytes: bytes.len() as u64,
        colours: if info.chroma == likeness_heic::Chroma::Grey { Colours::Grey } else { Colours::Rgb },
        alpha: info.alpha,
        bits: info.bits,
        coding: Coding::Hevc,
        profile: info.profile,
        metadata: notes.metadata(),
        chroma: match info.chroma {
            likeness_heic::Chroma::Full => Chroma::Full,
            likeness_heic::Chroma::HalfWidth => Chroma::HalfWidth,
            likeness_heic::Chroma::Quarter | likeness_heic::Chroma::Grey => Chroma::Quarter,
        },
        samples: 0,
        profile_bytes: 0,
        metadata_bytes: 0,
        recoding: None,
        scaling: false,
        banded: Some(Banded {
            memory: Scale::ALL.map(|scale| heic.memory(fraction(scale))),
            turned: info.turned,
            tiled: info.tile.is_some(),
        }),
    })
}

/// Decodes a photo whose headers were checked: upright, sRGB, in bands from top to bottom. Returns the changes that this
/// made.
fn decode(
    bytes: &[u8],
    info: &PhotoInfo,
    scale: Scale,
    mut each: impl FnMut(&[u8]),
) -> Result<Vec<Change>, PhotoProblem> {
    let heic = Heic::read(bytes, &LIMITS).map_err(problem)?;
    let [width, height] = [info.width, info.height].map(|side| u64::from(scale.of(side)));
    let mut read = 0;
    let outcome = heic.decode(fraction(scale), |rows| {
        read += rows.len() as u64;
        each(rows);
    });
    // Rows come once all that they are made of was read: where none came, the damage may be anywhere in a tile.
    let percent = || u8::try_from(read * 100 / (width * height * 3).max(1)).ok().filter(|part| *part > 0);
    let outcome = outcome.map_err(|error| problem(error).readable_up_to(percent))?;
    let converted = match outcome.colours {
        likeness_heic::Colours::Untouched => None,
        likeness_heic::Colours::Converted => Some(Change::ConvertedToSrgb),
        likeness_heic::Colours::ProfileIgnored => Some(Change::ProfileIgnored),
    };
    let changes = [
        converted,
        (info.colours == Colours::Grey).then_some(Change::GreyToRgb),
        (info.bits > 8).then_some(Change::ReducedTo8Bit),
        outcome.see_through.then_some(Change::LaidOnWhite),
        info.banded.is_some_and(|banded| banded.turned).then_some(Change::TurnedUpright),
    ];
    Ok(changes.into_iter().flatten().collect())
}

/// A clean JPEG that was made in bands, the changes that this made, and its preview.
pub(super) type Encoded = (Vec<u8>, Vec<Change>, Option<Preview>);

/// Makes the clean JPEG of a photo whose headers were checked, a band at a time.
pub(super) fn encoded(
    bytes: &[u8],
    info: &PhotoInfo,
    scale: Scale,
    with_preview: bool,
    workspace: &mut Workspace,
) -> Result<Encoded, PhotoProblem> {
    let (width, height) = (scale.of(info.width), scale.of(info.height));
    // All the room that was planned: growing would take twice as much for a moment.
    let room = file_bytes((width, height), info.chroma);
    let mut jpeg = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    let preview = Scale::of_preview(width.max(height));
    let mut preview = with_preview.then(|| Averaging::new((width as usize, height as usize), preview));
    let mut encoder = RgbEncoder::new((width, height), info.chroma.sampling(), workspace, &mut jpeg)
        .ok_or(PhotoProblem::NotEncoded)?;
    let mut wrong = None;
    let changes = decode(bytes, info, scale, |rows| {
        wrong = wrong.or(encoder.encode(rows).err());
        if let Some(preview) = &mut preview {
            preview.add(rows);
        }
    })?;
    encoder.finish().map_err(|_| PhotoProblem::NotEncoded)?;
    if wrong.is_some() {
        return Err(PhotoProblem::NotEncoded);
    }
    jpeg.shrink_to_fit();
    let preview = preview.and_then(|rows| Preview::upright(rows.finish(), Orientation::Upright));
    Ok((jpeg, changes, preview))
}

/// Decodes a photo to one picture, upright and in sRGB. Returns the changes that this made as well.
pub(super) fn picture(
    bytes: &[u8],
    info: &PhotoInfo,
    scale: Scale,
) -> Result<(Picture, Vec<Change>), PhotoProblem> {
    let [width, height] = [info.width, info.height].map(|side| scale.of(side) as usize);
    let mut rgb = Vec::with_capacity(width.saturating_mul(height).saturating_mul(3));
    let changes = decode(bytes, info, scale, |rows| rgb.extend_from_slice(rows))?;
    Ok((Picture { width, height, rgb }, changes))
}

fn fraction(scale: Scale) -> Fraction {
    match scale {
        Scale::Full => Fraction::Full,
        Scale::Half => Fraction::Half,
        Scale::Quarter => Fraction::Quarter,
        Scale::Eighth => Fraction::Eighth,
    }
}

fn problem(error: Error) -> PhotoProblem {
    let format = Format::Heic;
    let coding = |kind| PhotoProblem::UnsupportedCoding { kind };
    match error {
        Error::NotHeif => PhotoProblem::UnsupportedFormat { found: Foreign::Unknown },
        Error::Truncated => PhotoProblem::truncated(format),
        Error::Damaged(_) | Error::TooMuch(Excess::Pixels | Excess::Boxes) => PhotoProblem::damaged(format),
        Error::TooMuch(Excess::Metadata) => PhotoProblem::TooMuchMetadata { format, max: MAX_METADATA },
        Error::Unsupported(Refused::Avif) => PhotoProblem::UnsupportedFormat { found: Foreign::Avif },
        Error::Unsupported(Refused::Sequence) => PhotoProblem::Animated { format },
        Error::Unsupported(Refused::InterSlices) => coding(Unsupported::FilmHeic),
        Error::Unsupported(Refused::Avc) => coding(Unsupported::AvcHeif),
        Error::Unsupported(Refused::Jpeg2000) => coding(Unsupported::Jpeg2000Heif),
        Error::Unsupported(Refused::Other) => coding(Unsupported::OddHeif),
    }
}
