//! Faces: where they are, and what that means for a training.

use serde::{Deserialize, Serialize, Serializer};

use super::finding::Finding;
use crate::photo::thresholds::{FACE_AT_EDGE, SMALL_FACE};

/// The choice whether faces are looked for in photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaceCheck {
    /// Faces are looked for.
    On,
    /// Faces are not looked for.
    #[default]
    Off,
}

/// The place of a face, in fractions of the picture's width and height. Nothing else is known of the face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Face {
    /// Left edge.
    #[serde(serialize_with = "thousandths")]
    pub x: f32,
    /// Upper edge.
    #[serde(serialize_with = "thousandths")]
    pub y: f32,
    /// Width.
    #[serde(serialize_with = "thousandths")]
    pub width: f32,
    /// Height.
    #[serde(serialize_with = "thousandths")]
    pub height: f32,
}

/// Writes three digits behind the point. As an `f32` a number would be written with all that tells it from its neighbours
/// among the `f64`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
fn thousandths<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*value) * 1000.0).round() / 1000.0)
}

impl Face {
    /// Returns the face's height relative to the shorter side of a picture of this size.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the sides of photos are far below 2^23 pixels")]
    pub fn share(&self, (width, height): (u32, u32)) -> f32 {
        self.height * height as f32 / width.min(height).max(1) as f32
    }
}

/// Lists what there is to say of the faces of a photo of this size, the largest face first.
pub(super) fn findings(faces: &[Face], size: (u32, u32)) -> Vec<Finding> {
    let Some(face) = faces.first() else { return vec![Finding::NoFace] };
    let edge = [face.x, face.y, 1.0 - face.x - face.width, 1.0 - face.y - face.height];
    let several = u32::try_from(faces.len()).unwrap_or(u32::MAX);
    [
        (several > 1).then_some(Finding::SeveralFaces { faces: several }),
        (face.share(size) < SMALL_FACE).then_some(Finding::SmallFace),
        edge.iter().any(|space| *space < FACE_AT_EDGE).then_some(Finding::FaceAtEdge),
    ]
    .into_iter()
    .flatten()
    .collect()
}
