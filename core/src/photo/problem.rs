//! Why a photo cannot be used, and what to do about it.

use serde::{Deserialize, Serialize};

use super::{Foreign, Format};
use crate::words::{self, Audience, Language, displayed};

/// Why a file cannot be used. `Display` is a sentence with the numbers, [`PhotoProblem::advice`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum PhotoProblem {
    /// There are no bytes.
    Empty,
    /// Another format, told by its first bytes.
    UnsupportedFormat {
        /// What it is.
        found: Foreign,
    },
    /// The format is right, but not this rare kind of it.
    UnsupportedCoding {
        /// Which kind.
        kind: Unsupported,
    },
    /// A moving picture.
    Animated {
        /// Its format.
        format: Format,
    },
    /// The file ends before the picture does.
    Truncated {
        /// Its format.
        format: Format,
    },
    /// The contents contradict the format.
    Damaged {
        /// Its format.
        format: Format,
    },
    /// A side of no length.
    NoPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The file is too large.
    TooManyBytes {
        /// What it has.
        bytes: u64,
        /// What it may have.
        max: u64,
    },
    /// The picture is too large.
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// How many pixels there may be.
        max: u64,
    },
    /// The picture is too small.
    TooSmall {
        /// The shorter side, in pixels.
        side: u32,
        /// What it must have.
        min: u32,
    },
    /// The picture is longer than a JPEG can be.
    TooLong {
        /// The longer side, in pixels.
        side: u32,
        /// What it may have.
        max: u32,
    },
    /// Preparing it would take more memory than there is.
    TooMuchMemory {
        /// The prediction, in bytes.
        needed: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// A JPEG of so many scans that decoding it would take unreasonably long.
    TooManyScans {
        /// How many there may be.
        max: u32,
    },
    /// Metadata that is enormous, at the latest when it is unpacked.
    TooMuchMetadata {
        /// Its format.
        format: Format,
        /// How large it may be.
        max: u64,
    },
    /// The pixels could be read but not be written as a JPEG.
    NotEncoded,
    /// Nothing lies where it was said to be.
    Missing,
    /// Its bytes are not those that were looked at first.
    Changed,
    /// Another photo of the set is the same, and stays.
    Duplicate {
        /// The name of the photo that stays.
        of: String,
        /// The two have different captions; that of the one that stays counts.
        other_caption: bool,
    },
}

/// A kind of JPEG, PNG or WebP that is not read: none of them comes from a camera, a phone or a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
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
    /// The height stands behind the first scan, in a DNL segment.
    LateHeightJpeg,
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
            Self::Duplicate { .. } => "photo.duplicate",
        }
    }

    /// The name of the photo that stays, when this one is its duplicate.
    #[must_use]
    pub fn duplicate_of(&self) -> Option<&str> {
        match self {
            Self::Duplicate { of, .. } => Some(of),
            _ => None,
        }
    }

    /// Says what the person who sent the photo can do.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> &'static str {
        words::photo::advice(Language::English, self, audience)
    }
}

displayed! {
    PhotoProblem => words::photo::problem;
    Unsupported => words::photo::unsupported;
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
        let large = PhotoProblem::TooManyBytes { bytes: 32_000_001, max: 32_000_000 };
        assert_eq!(large.to_string(), "the file has 32,000,001 bytes; at most 32,000,000 are accepted");
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
