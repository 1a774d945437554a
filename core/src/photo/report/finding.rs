//! Findings about a photo, and the verdict that they lead to.

use serde::{Deserialize, Serialize};

/// A finding about a photo that can be used. `Display` is a sentence, [`Finding::advice`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum Finding {
    /// The picture shows no face.
    NoFace,
    /// The picture shows more than one face of some size.
    SeveralFaces {
        /// Number of faces.
        faces: u32,
    },
    /// The face takes a small part of the picture.
    SmallFace,
    /// The face touches the picture's edge.
    FaceAtEdge,
    /// The picture is a screenshot, or stands between bars.
    Screenshot,
    /// Nothing in the picture is sharp, or the face is not.
    Blurred {
        /// True if that was seen on the face.
        face: bool,
    },
    /// The picture is too dark, or the face is.
    TooDark {
        /// True if that was seen on the face.
        face: bool,
    },
    /// The picture is too bright, or the face is.
    TooBright {
        /// True if that was seen on the face.
        face: bool,
    },
    /// The darkest and the brightest parts hardly differ.
    LowContrast,
    /// The picture is very long.
    ExtremeShape {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Another photo of the set looks nearly the same.
    LookAlike {
        /// Name of the other photo, the first of them in the set.
        of: String,
    },
}

/// The weight of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Level {
    /// The photo can be used; another may be better.
    Warning,
    /// The photo is left out.
    Error,
}

/// The verdict on a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Verdict {
    /// The photo is used, and nothing was found.
    Good,
    /// The photo is used, with a warning.
    Usable,
    /// The photo is left out: another of the set is the same, and counts.
    Duplicate,
    /// The photo is left out: it cannot be used.
    Rejected,
}

impl Finding {
    /// Returns the finding's stable name for programs. Promised: the meaning never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoFace => "photo.no_face",
            Self::SeveralFaces { .. } => "photo.several_faces",
            Self::SmallFace => "photo.small_face",
            Self::FaceAtEdge => "photo.face_at_edge",
            Self::Screenshot => "photo.screenshot",
            Self::Blurred { .. } => "photo.blurred",
            Self::TooDark { .. } => "photo.too_dark",
            Self::TooBright { .. } => "photo.too_bright",
            Self::LowContrast => "photo.low_contrast",
            Self::ExtremeShape { .. } => "photo.extreme_shape",
            Self::LookAlike { .. } => "photo.look_alike",
        }
    }

    /// Returns the name of the photo that this one nearly looks like.
    #[must_use]
    pub fn look_alike(&self) -> Option<&str> {
        match self {
            Self::LookAlike { of } => Some(of),
            _ => None,
        }
    }

    /// Returns the finding's weight.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::Warning
    }
}
