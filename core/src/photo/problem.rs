//! Why a photo cannot be used, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Foreign, Format};

/// Why a file cannot be used. `Display` is a sentence with the numbers, [`PhotoProblem::advice`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum PhotoProblem {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// Another format, told by its first bytes.
    #[error("this is {found}, not a JPEG, PNG or WebP photo")]
    UnsupportedFormat {
        /// What it is.
        found: Foreign,
    },
    /// The format is right, but not this rare kind of it.
    #[error("this is {kind}, which is not supported")]
    UnsupportedCoding {
        /// Which kind.
        kind: Unsupported,
    },
    /// A moving picture.
    #[error("this {format} file is animated; only still photos are accepted")]
    Animated {
        /// Its format.
        format: Format,
    },
    /// The file ends before the picture does.
    #[error("this {format} file is cut off: it ends before the picture does")]
    Truncated {
        /// Its format.
        format: Format,
    },
    /// The contents contradict the format.
    #[error("this {format} file is damaged and cannot be decoded")]
    Damaged {
        /// Its format.
        format: Format,
    },
    /// A side of no length.
    #[error("the picture has no pixels: its header says {width} x {height}")]
    NoPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The file is too large.
    #[error("the file has {} bytes; at most {} are accepted", Grouped(*.bytes), Grouped(*.max))]
    TooManyBytes {
        /// What it has.
        bytes: u64,
        /// What it may have.
        max: u64,
    },
    /// The picture is too large.
    #[error("the picture has {width} x {height} = {} pixels; at most {} are accepted",
        Grouped(u64::from(*.width) * u64::from(*.height)), Grouped(*.max))]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// How many pixels there may be.
        max: u64,
    },
    /// The picture is too small.
    #[error("the shorter side has {side} {}; at least {min} are needed", if *.side == 1 { "pixel" } else { "pixels" })]
    TooSmall {
        /// The shorter side, in pixels.
        side: u32,
        /// What it must have.
        min: u32,
    },
    /// The picture is longer than a JPEG can be.
    #[error("the longer side has {side} pixels; a JPEG holds at most {max}")]
    TooLong {
        /// The longer side, in pixels.
        side: u32,
        /// What it may have.
        max: u32,
    },
    /// Preparing it would take more memory than there is.
    #[error("preparing this photo would take {} bytes of memory; {} are available", Grouped(*.needed), Grouped(*.max))]
    TooMuchMemory {
        /// The prediction, in bytes.
        needed: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// A JPEG of so many scans that decoding it would take unreasonably long.
    #[error("the JPEG has more than {max} scans")]
    TooManyScans {
        /// How many there may be.
        max: u32,
    },
    /// Metadata that is enormous, at the latest when it is unpacked.
    #[error("the metadata of this {format} file is larger than {} bytes", Grouped(*.max))]
    TooMuchMetadata {
        /// Its format.
        format: Format,
        /// How large it may be.
        max: u64,
    },
    /// The pixels could be read but not be written as a JPEG.
    #[error("the photo could not be written as a JPEG")]
    NotEncoded,
    /// Nothing lies where it was said to be.
    #[error("there is no such photo")]
    Missing,
    /// Its bytes are not those that were looked at first.
    #[error("the photo was replaced after it had been looked at")]
    Changed,
}

/// A kind of JPEG, PNG or WebP that is not read: none of them comes from a camera, a phone or a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsupported {
    /// ITU T.81 with arithmetic instead of Huffman coding.
    ArithmeticJpeg,
    /// ITU T.81, annex H.
    LosslessJpeg,
    /// ITU T.81, annex J.
    HierarchicalJpeg,
    /// More than 8 bits per sample.
    DeepJpeg,
    /// Neither one, three nor four components, or samplings that no encoder makes.
    OddJpeg,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ArithmeticJpeg => "a JPEG with arithmetic coding",
            Self::LosslessJpeg => "a lossless JPEG",
            Self::HierarchicalJpeg => "a hierarchical JPEG",
            Self::DeepJpeg => "a JPEG of more than 8 bits per sample",
            Self::OddJpeg => "a JPEG with an unusual set of components",
        })
    }
}

impl PhotoProblem {
    /// The problem's name for programs. Promised: it never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "photo.empty",
            Self::UnsupportedFormat { .. } => "photo.unsupported_format",
            Self::UnsupportedCoding { .. } => "photo.unsupported_coding",
            Self::Animated { .. } => "photo.animated",
            Self::Truncated { .. } => "photo.truncated",
            Self::Damaged { .. } => "photo.damaged",
            Self::NoPixels { .. } => "photo.no_pixels",
            Self::TooManyBytes { .. } => "photo.too_many_bytes",
            Self::TooManyPixels { .. } => "photo.too_many_pixels",
            Self::TooSmall { .. } => "photo.too_small",
            Self::TooLong { .. } => "photo.too_long",
            Self::TooMuchMemory { .. } => "photo.too_much_memory",
            Self::TooManyScans { .. } => "photo.too_many_scans",
            Self::TooMuchMetadata { .. } => "photo.too_much_metadata",
            Self::NotEncoded => "photo.not_encoded",
            Self::Missing => "photo.missing",
            Self::Changed => "photo.changed",
        }
    }

    /// What to do about it: a sentence for the person who sent the photo.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Empty | Self::Truncated { .. } | Self::Damaged { .. } => {
                "Copy or upload the original photo again; if it does not open in a photo app, choose another."
            }
            Self::UnsupportedFormat { found } => found.advice(),
            Self::UnsupportedCoding { .. } | Self::NotEncoded => {
                "Open the photo in a photo app and save it as a normal JPEG."
            }
            Self::Animated { .. } => "Save one frame of it as a JPEG, or choose a still photo.",
            Self::NoPixels { .. } => "Choose another photo.",
            Self::TooManyBytes { .. } => "Save the photo as a JPEG of quality 90 to 95, or make it smaller.",
            Self::TooManyPixels { .. } | Self::TooMuchMemory { .. } => {
                "Make the photo smaller; 12 megapixels are plenty."
            }
            Self::TooSmall { .. } => {
                "Choose a larger photo: the camera's original, not a preview, thumbnail or screenshot."
            }
            Self::Missing => "Check its key, or upload it again.",
            Self::Changed => "Remove the photo and add it again.",
            Self::TooLong { .. } => "Crop the photo to the person.",
            Self::TooManyScans { .. } | Self::TooMuchMetadata { .. } => {
                "Open the photo in a photo app and save it anew."
            }
        }
    }
}

/// A number with commas between its thousands.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, PhotoProblem};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn sentences_have_the_numbers() {
        let small = PhotoProblem::TooSmall { side: 400, min: 512 };
        assert_eq!(small.to_string(), "the shorter side has 400 pixels; at least 512 are needed");
        let large = PhotoProblem::TooManyBytes { bytes: 20_000_001, max: 20_000_000 };
        assert_eq!(large.to_string(), "the file has 20,000,001 bytes; at most 20,000,000 are accepted");
        let wide = PhotoProblem::TooManyPixels { width: 65_500, height: 65_500, max: 999 };
        assert_eq!(
            wide.to_string(),
            "the picture has 65500 x 65500 = 4,290,250,000 pixels; at most 999 are accepted"
        );
    }

    #[test]
    fn a_problem_survives_being_stored() {
        let problem = PhotoProblem::Truncated { format: Format::WebP };
        let text = serde_json::to_string(&problem).expect("JSON");
        assert_eq!(text, r#"{"problem":"truncated","format":"webp"}"#);
        assert_eq!(serde_json::from_str::<PhotoProblem>(&text).expect("a problem"), problem);
    }
}
