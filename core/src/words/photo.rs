//! Photos: problems, advice about them, and the changes that preparing makes.

use super::{Audience, Language, grouped};
use crate::photo::{Change, Foreign, PhotoProblem, Unsupported, Way};

displayed! {
    Change => change;
    Foreign => foreign;
    PhotoProblem => problem;
    Unsupported => unsupported;
    Way => way;
}

impl PhotoProblem {
    /// Returns what the sender of the photo can do.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> &'static str {
        advice(Language::English, self, audience)
    }
}

/// Says why a photo cannot be used, with the numbers.
#[must_use]
pub fn problem(language: Language, problem: &PhotoProblem) -> String {
    match language {
        Language::English => match problem {
            PhotoProblem::Empty => "the file is empty".to_owned(),
            PhotoProblem::UnsupportedFormat { found } => {
                format!("this is {}, not a JPEG, PNG, WebP or HEIC photo", foreign(language, found))
            }
            PhotoProblem::UnsupportedCoding { kind } => {
                format!("this is {}, which is not supported", unsupported(language, kind))
            }
            PhotoProblem::Animated { format } => {
                format!("this {format} file is animated; only still photos are accepted")
            }
            PhotoProblem::Truncated { format, readable: None } => {
                format!("this {format} file is cut off: it ends before the picture does")
            }
            PhotoProblem::Truncated { format, readable: Some(part) } => {
                format!("this {format} file is cut off: {}", readable(language, *part))
            }
            PhotoProblem::Damaged { format, readable: None } => {
                format!("this {format} file is damaged and cannot be decoded")
            }
            PhotoProblem::Damaged { format, readable: Some(part) } => {
                format!("this {format} file is damaged: {}", readable(language, *part))
            }
            PhotoProblem::NoPixels { width, height } => {
                format!("the picture has no pixels: its header says {width} x {height}")
            }
            PhotoProblem::TooManyBytes { bytes, max } => {
                format!("the file has {} bytes; at most {} are accepted", grouped(*bytes), grouped(*max))
            }
            PhotoProblem::TooManyPixels { width, height, max } => {
                let pixels = u64::from(*width) * u64::from(*height);
                format!(
                    "the picture has {width} x {height} = {} pixels; at most {} are accepted",
                    grouped(pixels),
                    grouped(*max)
                )
            }
            PhotoProblem::TooSmall { side, min } => {
                let pixels = if *side == 1 { "pixel" } else { "pixels" };
                format!("the shorter side has {side} {pixels}; at least {min} are needed")
            }
            PhotoProblem::TooLong { side, max } => {
                format!("the longer side has {side} pixels; a JPEG holds at most {max}")
            }
            PhotoProblem::TooMuchMemory { needed, max } => format!(
                "preparing this photo would take {} bytes of memory; {} are available",
                grouped(*needed),
                grouped(*max)
            ),
            PhotoProblem::TooManyScans { max } => format!("the JPEG has more than {max} scans"),
            PhotoProblem::TooMuchMetadata { format, max } => {
                format!("the metadata of this {format} file is larger than {} bytes", grouped(*max))
            }
            PhotoProblem::NotEncoded => "the photo could not be written as a JPEG".to_owned(),
            PhotoProblem::Missing => "there is no such photo".to_owned(),
            PhotoProblem::Changed => "the photo was replaced after it had been looked at".to_owned(),
            PhotoProblem::Duplicate { of, other_caption: false } => {
                format!("this is the same picture as {of}")
            }
            PhotoProblem::Duplicate { of, other_caption: true } => {
                format!("this is the same picture as {of} with another caption; that of {of} counts")
            }
        },
    }
}

/// Says that so many percent of a picture can be read.
fn readable(language: Language, part: u8) -> String {
    match (language, part) {
        (Language::English, 0) => "less than 1 % of the picture can be read".to_owned(),
        (Language::English, part) => format!("the first {part} % of the picture can be read"),
    }
}

/// Names the problem in a word or two, as in "2 damaged, 1 too small".
#[must_use]
pub fn kind(language: Language, problem: &PhotoProblem) -> &'static str {
    match language {
        Language::English => match problem {
            PhotoProblem::Empty => "empty",
            PhotoProblem::UnsupportedFormat { found: Foreign::Heic } => "HEIC",
            PhotoProblem::UnsupportedFormat { .. } => "of another format",
            PhotoProblem::UnsupportedCoding { .. } => "of a rare kind",
            PhotoProblem::Animated { .. } => "animated",
            PhotoProblem::Truncated { .. } => "cut off",
            PhotoProblem::Damaged { .. } | PhotoProblem::NotEncoded => "damaged",
            PhotoProblem::NoPixels { .. } => "without pixels",
            PhotoProblem::TooManyBytes { .. }
            | PhotoProblem::TooManyPixels { .. }
            | PhotoProblem::TooLong { .. }
            | PhotoProblem::TooMuchMemory { .. }
            | PhotoProblem::TooManyScans { .. }
            | PhotoProblem::TooMuchMetadata { .. } => "too large",
            PhotoProblem::TooSmall { .. } => "too small",
            PhotoProblem::Missing => "missing",
            PhotoProblem::Changed => "replaced meanwhile",
            PhotoProblem::Duplicate { .. } => "duplicate",
        },
    }
}

/// Says what the person who sent the photo can do.
#[must_use]
pub fn advice(language: Language, problem: &PhotoProblem, audience: Audience) -> &'static str {
    match language {
        Language::English => match problem {
            PhotoProblem::Empty | PhotoProblem::Truncated { .. } | PhotoProblem::Damaged { .. } => {
                "Copy or upload the original photo again; if it does not open in a photo app, choose another."
            }
            PhotoProblem::UnsupportedFormat { found } => advice_on_foreign(language, *found),
            PhotoProblem::UnsupportedCoding { .. } | PhotoProblem::NotEncoded => {
                "Open the photo in a photo app and save it as a normal JPEG."
            }
            PhotoProblem::Animated { .. } => "Save one frame of it as a JPEG, or choose a still photo.",
            PhotoProblem::NoPixels { .. } => "Choose another photo.",
            PhotoProblem::TooManyBytes { .. } => {
                "Save the photo as a JPEG of quality 90 to 95, or make it smaller."
            }
            PhotoProblem::TooManyPixels { .. } | PhotoProblem::TooMuchMemory { .. } => {
                "Make the photo smaller; 12 megapixels are plenty."
            }
            PhotoProblem::TooSmall { .. } => {
                "Choose a larger photo: the camera's original, not a preview, thumbnail or screenshot."
            }
            PhotoProblem::Missing => "Check its key, or upload it again.",
            PhotoProblem::Changed => audience.pick(
                "Leave the photo as it is while the command runs, and run the command again.",
                "Remove the photo and add it again.",
            ),
            PhotoProblem::Duplicate { .. } => audience.pick(
                "Leave one of the two out: it counts once.",
                "Nothing has to be done, since it counts once; another photo may take its place.",
            ),
            PhotoProblem::TooLong { .. } => "Crop the photo to the person.",
            PhotoProblem::TooManyScans { .. } | PhotoProblem::TooMuchMetadata { .. } => {
                "Open the photo in a photo app and save it anew."
            }
        },
    }
}

fn advice_on_foreign(language: Language, found: Foreign) -> &'static str {
    match language {
        Language::English => match found {
            Foreign::Heic => {
                "Export the photo as JPEG; on an iPhone, Settings > Camera > Formats > Most Compatible \
                 makes new photos JPEG."
            }
            Foreign::Video | Foreign::Gif => "Choose a still photo, or save one frame as a JPEG.",
            Foreign::Html | Foreign::Xml | Foreign::Json => {
                "Download the photo again: what was saved is an answer of a server, not the photo."
            }
            Foreign::Zip => "Unpack it and send the photos that are in it.",
            Foreign::Unknown => "Choose a JPEG, PNG, WebP or HEIC photo.",
            Foreign::Avif
            | Foreign::Tiff
            | Foreign::Bmp
            | Foreign::JpegXl
            | Foreign::Jpeg2000
            | Foreign::Psd
            | Foreign::Pdf
            | Foreign::Svg => "Open it in a photo app and export it as JPEG.",
        },
    }
}

/// Names a rare kind of JPEG or HEIF, as a part of a sentence.
#[must_use]
pub fn unsupported(language: Language, kind: &Unsupported) -> &'static str {
    match language {
        Language::English => match kind {
            Unsupported::ArithmeticJpeg => "a JPEG with arithmetic coding",
            Unsupported::LosslessJpeg => "a lossless JPEG",
            Unsupported::HierarchicalJpeg => "a hierarchical JPEG",
            Unsupported::DeepJpeg => "a JPEG of more than 8 bits per sample",
            Unsupported::OddJpeg => "a JPEG with an unusual set of components",
            Unsupported::LateHeightJpeg => "a JPEG that tells its height only behind the picture (DNL)",
            Unsupported::FilmHeic => "a HEIC picture taken from a film",
            Unsupported::AvcHeif => "a HEIF picture coded as AVC (H.264)",
            Unsupported::Jpeg2000Heif => "a HEIF picture coded as JPEG 2000",
            Unsupported::OddHeif => "a HEIF picture of a rare coding",
        },
    }
}

/// Names a foreign format, as a part of a sentence.
#[must_use]
pub fn foreign(language: Language, found: &Foreign) -> &'static str {
    match language {
        Language::English => match found {
            Foreign::Heic => "a HEIC picture",
            Foreign::Avif => "an AVIF picture",
            Foreign::Gif => "a GIF picture",
            Foreign::Tiff => "a TIFF or camera raw picture",
            Foreign::Bmp => "a BMP picture",
            Foreign::JpegXl => "a JPEG XL picture",
            Foreign::Jpeg2000 => "a JPEG 2000 picture",
            Foreign::Psd => "a Photoshop document",
            Foreign::Video => "a video",
            Foreign::Pdf => "a PDF document",
            Foreign::Svg => "an SVG drawing",
            Foreign::Html => "a web page (HTML)",
            Foreign::Xml => "an XML document",
            Foreign::Json => "a JSON document",
            Foreign::Zip => "a ZIP archive",
            Foreign::Unknown => "a file of an unknown format",
        },
    }
}

/// Says what preparing a photo changed, as a part of a sentence.
#[must_use]
pub fn change(language: Language, change: &Change) -> &'static str {
    match language {
        Language::English => match change {
            Change::ScaledToHalf => "made half as wide and high, to fit into memory",
            Change::ScaledToQuarter => "made a quarter as wide and high, to fit into memory",
            Change::ScaledToEighth => "made an eighth as wide and high, to fit into memory",
            Change::ScaledDown => "scaled down to the longest side that is wanted",
            Change::TurnedUpright => "turned upright",
            Change::ConvertedToSrgb => "colours converted to sRGB",
            Change::ProfileIgnored => "unusable colour profile ignored",
            Change::LaidOnWhite => "transparency laid on white",
            Change::ReducedTo8Bit => "16 bit reduced to 8 bit",
            Change::GreyToRgb => "greyscale converted to RGB",
            Change::CmykToRgb => "CMYK converted to RGB",
            Change::RemovedMetadata => "metadata removed",
            Change::RemovedLocation => "metadata removed, including the location",
        },
    }
}

/// Says in which way a photo's file was made, as a part of a sentence.
#[must_use]
pub fn way(language: Language, way: &Way) -> &'static str {
    match language {
        Language::English => match way {
            Way::Kept => "kept bit for bit",
            Way::Turned => "turned without loss",
            Way::Requantised => "requantised without pixels",
            Way::Scaled => "made smaller, and encoded anew",
            Way::Pixels => "decoded and encoded anew",
        },
    }
}
