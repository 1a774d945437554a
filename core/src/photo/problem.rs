//! Reasons why a photo cannot be used, with the advice for each.

use serde::{Deserialize, Serialize};

use super::{Foreign, Format};

/// Returns the length in bytes of a photo that is longer than it may be, as far as is known while it arrives; `None` for
/// one that is not too long yet.
#[must_use]
pub fn too_many_bytes(announced: Option<u64>, received: u64, max: u64) -> Option<u64> {
    // Without an announced length only the fact is known that the photo is longer: the number of bytes that had come is
    // chance.
    (announced.unwrap_or(0).max(received) > max).then(|| announced.unwrap_or(max.saturating_add(1)))
}

/// The reason why a file cannot be used. `Display` is a sentence with the numbers, [`PhotoProblem::advice`] what to
/// do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum PhotoProblem {
    /// The file has no bytes.
    Empty,
    /// The file has another format, told by its first bytes.
    UnsupportedFormat {
        /// Format of the file.
        found: Foreign,
    },
    /// The file is of a rare kind of its format that is not read.
    UnsupportedCoding {
        /// Kind of coding.
        kind: Unsupported,
    },
    /// The file is a moving picture.
    Animated {
        /// Format of the file.
        format: Format,
    },
    /// The file ends before the picture does.
    Truncated {
        /// Format of the file.
        format: Format,
        /// Part of the picture that can be read, in percent from its beginning; `None` where that is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        readable: Option<u8>,
    },
    /// The contents contradict the format.
    Damaged {
        /// Format of the file.
        format: Format,
        /// Part of the picture that can be read, in percent from its beginning; `None` where that is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        readable: Option<u8>,
    },
    /// The picture has a side of no length.
    NoPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The file is too large.
    TooManyBytes {
        /// Length of the file in bytes.
        bytes: u64,
        /// Limit in bytes.
        max: u64,
    },
    /// The picture has too many pixels.
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Limit in pixels.
        max: u64,
    },
    /// The picture is too small.
    TooSmall {
        /// The shorter side, in pixels.
        side: u32,
        /// Smallest length that a side may have, in pixels.
        min: u32,
    },
    /// The picture is longer than a JPEG can be.
    TooLong {
        /// The longer side, in pixels.
        side: u32,
        /// Largest length that a side may have, in pixels.
        max: u32,
    },
    /// Preparing the photo would take more memory than there is.
    TooMuchMemory {
        /// Predicted memory in bytes.
        needed: u64,
        /// Limit in bytes.
        max: u64,
    },
    /// The JPEG has so many scans that decoding it would take unreasonably long.
    TooManyScans {
        /// Largest number of scans.
        max: u32,
    },
    /// The metadata is enormous, at the latest when it is unpacked.
    TooMuchMetadata {
        /// Format of the file.
        format: Format,
        /// Limit in bytes.
        max: u64,
    },
    /// The pixels could be read but not be written as a JPEG.
    NotEncoded,
    /// The photo's file or object does not exist.
    Missing,
    /// The photo's bytes are not those that were inspected first.
    Changed,
    /// Another photo of the set is the same, and stays.
    Duplicate {
        /// Name of the photo that stays.
        of: String,
        /// True if the two have different captions; the caption of the photo that stays is used.
        other_caption: bool,
    },
}

/// A kind of JPEG or HEIF that is not read. Cameras, phones and browsers write hardly any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum Unsupported {
    /// A JPEG by ITU T.81 with arithmetic instead of Huffman coding.
    ArithmeticJpeg,
    /// A lossless JPEG (ITU T.81, annex H).
    LosslessJpeg,
    /// A hierarchical JPEG (ITU T.81, annex J).
    HierarchicalJpeg,
    /// A JPEG of more than 8 bits per sample.
    DeepJpeg,
    /// A JPEG of neither one, three nor four components, or of samplings that no encoder makes.
    OddJpeg,
    /// A JPEG whose height stands behind the first scan, in a DNL segment.
    LateHeightJpeg,
    /// A HEIC whose picture was taken from a film: a difference to other pictures (ITU-T H.265, P and B slices).
    FilmHeic,
    /// A HEIF picture coded as AVC (ITU-T H.264).
    AvcHeif,
    /// A HEIF picture coded as JPEG 2000.
    Jpeg2000Heif,
    /// A HEIF picture of another coding, or with a rare feature of HEVC.
    OddHeif,
}

impl PhotoProblem {
    /// Makes the problem of a file that ends before the picture does; the place in the picture is not known.
    #[must_use]
    pub const fn truncated(format: Format) -> Self {
        Self::Truncated { format, readable: None }
    }

    /// Makes the problem of contents that contradict the format; the place in the picture is not known.
    #[must_use]
    pub const fn damaged(format: Format) -> Self {
        Self::Damaged { format, readable: None }
    }

    /// Returns the problem's stable name for programs. Promised: the meaning never changes.
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

    /// Returns the part of the picture that can be read, in percent from its beginning, of a photo that is cut off or damaged;
    /// `None` where that is not known.
    #[must_use]
    pub fn readable(&self) -> Option<u8> {
        match self {
            Self::Truncated { readable, .. } | Self::Damaged { readable, .. } => *readable,
            _ => None,
        }
    }

    /// Adds the part of the picture that can be read to a problem that lacks it.
    pub(super) fn readable_up_to(mut self, part: impl FnOnce() -> Option<u8>) -> Self {
        if let Self::Truncated { readable, .. } | Self::Damaged { readable, .. } = &mut self
            && readable.is_none()
        {
            *readable = part();
        }
        self
    }

    /// Returns the name of the photo that stays, when this one is its duplicate.
    #[must_use]
    pub fn duplicate_of(&self) -> Option<&str> {
        match self {
            Self::Duplicate { of, .. } => Some(of),
            _ => None,
        }
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
        for (readable, stored) in [
            (None, r#"{"problem":"truncated","format":"webp"}"#),
            (Some(43), r#"{"problem":"truncated","format":"webp","readable":43}"#),
        ] {
            let problem = PhotoProblem::Truncated { format: Format::WebP, readable };
            assert_eq!(serde_json::to_string(&problem).expect("JSON"), stored);
            assert_eq!(serde_json::from_str::<PhotoProblem>(stored).expect("a problem"), problem);
        }
    }
}
