//! JPEG (ITU T.81).

pub(super) mod encode;
mod entropy;
mod frame;
mod precision;
mod problem;
mod recode;
mod scaled;
mod scan;
mod tables;
mod walk;
mod whole;

use std::borrow::Cow;

use likeness_jpeg::{
    Jpeg,
    marker::{APP1, APP2, APP13, APP15, COM, DNL, EOI, SOF0, SOF2, SOS, Segment, Segments},
};

use self::{
    frame::Frame,
    problem::{DAMAGED, problem},
    whole::End,
};
pub(super) use self::{
    frame::MAX_SCANS,
    recode::{Recoded, Wanted, recode},
    scaled::scaled,
};
use super::{
    Coding, Colours, Format, PhotoInfo, PhotoProblem, Unsupported,
    info::MAX_PROFILE,
    metadata::{Notes, text::XMP_IN_APP1},
    pixels::{
        profile::{Conversion, Unusable},
        raster::Samples,
    },
    scale::Scale,
};

/// The marker SOI, and the first byte of the next marker.
pub(super) const SIGNATURE: &[u8] = b"\xff\xd8\xff";

const ICC: &[u8] = b"ICC_PROFILE\0";
const EXIF: &[u8] = b"Exif\0\0";

/// Reads the markers up to the first scan.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let mut frame = None;
    let (mut profile, mut profile_bytes, mut notes) = (false, 0, Notes::default());
    let mut segments = Segments::of(bytes).map_err(problem)?;
    loop {
        let Segment { marker, parameters: body } = segments.read().map_err(problem)?;
        match marker {
            SOF0..=SOF2 if frame.is_none() => frame = Some(Frame::read(marker, body)?),
            0xc3 | 0xcb => return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::LosslessJpeg }),
            0xc5..=0xc7 | 0xcd..=0xcf => {
                return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::HierarchicalJpeg });
            }
            0xc9 | 0xca => return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::ArithmeticJpeg }),
            SOF0..=SOF2 | EOI => return Err(DAMAGED),
            APP1 if body.starts_with(EXIF) => notes.exif(body),
            APP1 if body.starts_with(XMP_IN_APP1) => {
                notes.xmp(body.get(XMP_IN_APP1.len()..).unwrap_or_default());
            }
            APP2 if body.starts_with(ICC) => {
                profile = true;
                profile_bytes += body.len() as u64;
            }
            APP1..=APP13 | APP15 | COM => notes.other(),
            SOS => {
                let frame = frame.ok_or(DAMAGED)?;
                let in_scan = body.first().copied().ok_or(DAMAGED)?;
                let metadata_bytes = segments.at as u64;
                if frame.height == 0 {
                    find_late_height(&mut segments)?;
                }
                let orientation = notes.orientation();
                let colours = frame.colours();
                let converted = matches!(conversion(bytes, colours), Ok(Some(_)));
                let recoding = if converted { None } else { recode::memory(bytes, orientation) };
                let scaling = scaled::is_possible(bytes);
                let scans = frame.progressive || usize::from(in_scan) < frame.components.len();
                return Ok(PhotoInfo {
                    format: Format::Jpeg,
                    width: frame.width,
                    height: frame.height,
                    orientation,
                    bytes: bytes.len() as u64,
                    colours,
                    alpha: false,
                    bits: 8,
                    coding: if scans { Coding::Scans } else { Coding::Sequential },
                    profile,
                    metadata: notes.metadata(),
                    chroma: frame.chroma(),
                    samples: frame.samples(),
                    profile_bytes,
                    metadata_bytes,
                    recoding,
                    scaling,
                    banded: None,
                });
            }
            _ => {}
        }
    }
}

/// Reads the height behind the first scan, where the frame header has 0 for it (B.2.5).
fn find_late_height(segments: &mut Segments<'_>) -> Result<(), PhotoProblem> {
    segments.skip_scan();
    match segments.read().map_err(problem)?.marker {
        DNL => Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::LateHeightJpeg }),
        _ => Ok(()),
    }
}

/// Returns the part of the picture before the first code that cannot be read, in percent; `None` where that is not known.
pub(super) fn readable(bytes: &[u8]) -> Option<u8> {
    // A copy that broke off may have zeros for the rest, and codes can be of zeros.
    let end = bytes.iter().rposition(|byte| *byte != 0)?;
    Jpeg::read_headers(bytes.get(..=end)?).ok()?.readable_percent()
}

/// Lets the engine read the picture, all of which is in `bytes`, and once more without what does not belong to it.
fn of_whole_picture<T>(
    bytes: &[u8],
    mut read: impl FnMut(&[u8]) -> Result<T, likeness_jpeg::Error>,
) -> Result<Option<T>, PhotoProblem> {
    use likeness_jpeg::{Damage, Error};

    let mut made = read(bytes);
    if !matches!(made, Ok(_) | Err(Error::NeedsPixels(_))) {
        // A phone's film may stand behind a picture that lacks its end marker.
        let picture = End::find(bytes)?.picture(bytes, true);
        made = read(&picture);
        if matches!(made, Err(Error::Damaged(Damage::ExtraData)))
            && let Some(picture) = without_padding(&picture)
        {
            made = read(picture);
        }
    }
    match made {
        Ok(made) => Ok(Some(made)),
        Err(Error::NeedsPixels(_)) => Ok(None),
        Err(error) => Err(problem(error)),
    }
}

/// Takes away the bytes that some cameras leave between the last unit and the marker behind it: a few, or zeros. `None`
/// if there are others, which are what a damaged code leaves: the codes after it did not come out even.
fn without_padding(bytes: &[u8]) -> Option<&[u8]> {
    const FEW: usize = 4;
    let (picture, rest) = bytes.split_at_checked(walk::end_of_picture(bytes).ok()?)?;
    let marker = rest.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0)?;
    let padding = rest.get(..marker)?;
    (marker <= FEW || padding.iter().all(|byte| *byte == 0)).then_some(picture)
}

/// Returns the file up to the end of its picture, if the picture is complete; what follows does not matter (a
/// second picture, a phone's film). Where `info` speaks of several scans and EOI is missing, the result is a copy,
/// which must fit into `max_memory` beside what the decoder takes.
pub(super) fn whole_picture<'a>(
    bytes: &'a [u8],
    info: &PhotoInfo,
    scale: Scale,
    max_memory: u64,
) -> Result<Cow<'a, [u8]>, PhotoProblem> {
    let picture = End::find(bytes)?.picture(bytes, info.coding == Coding::Sequential);
    if let Cow::Owned(copy) = &picture {
        let needed = info.memory_at(scale).saturating_add(copy.len() as u64);
        if needed > max_memory {
            return Err(PhotoProblem::TooMuchMemory { needed, max: max_memory });
        }
    }
    Ok(picture)
}

/// Builds the conversion to sRGB from the embedded ICC profile; `None` if there is nothing to convert.
pub(super) fn conversion(bytes: &[u8], colours: Colours) -> Result<Option<Conversion>, Unusable> {
    let samples = match colours {
        Colours::Grey => Samples::Grey,
        Colours::Rgb | Colours::Palette => Samples::Rgb,
        Colours::Cmyk => Samples::InvertedCmyk,
    };
    profile(bytes).map_or(Ok(None), |icc| Conversion::new(&icc, samples))
}

/// Joins the parts of the embedded ICC profile (ICC.1, B.4). A profile with missing parts, or one that is too
/// large, comes out empty.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut segments = Segments::of(bytes).ok()?;
    let mut parts = Vec::new();
    while let Ok(Segment { marker, parameters: body }) = segments.read()
        && marker != SOS
    {
        if let (APP2, Some([number, count, part @ ..])) = (marker, body.strip_prefix(ICC)) {
            // They are counted in a byte.
            if parts.len() == usize::from(u8::MAX) {
                return Some(Vec::new());
            }
            parts.push((*number, *count, part));
        }
    }
    let count = parts.first()?.1;
    parts.sort_by_key(|(number, ..)| *number);
    let whole = parts.len() == usize::from(count)
        && (1..=count).eq(parts.iter().map(|(number, ..)| *number))
        && parts.iter().map(|(.., part)| part.len() as u64).sum::<u64>() <= MAX_PROFILE;
    Some(if whole { parts.iter().flat_map(|(.., part)| part.iter().copied()).collect() } else { Vec::new() })
}
