//! The looks of a photo, as its preview shows them.

use serde::{Deserialize, Serialize};

use super::{
    face::{self, Face},
    finding::{Finding, Verdict},
    hash::Hash,
    light::Light,
    plane::Plane,
    screenshot,
    sharpness::Sharpness,
};
use crate::photo::{
    Preview,
    thresholds::{BLUR, CONTRAST, FACE_BLUR, LONGEST, PLANE, SHAKEN},
};

/// The looks of a photo. It is stored with the photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoReport {
    /// Mean brightness, from 0 to 255.
    pub light: u8,
    /// Distance between the darkest and the brightest twentieth, from 0 to 255.
    pub contrast: u8,
    /// Blur of the sharpest places, as the standard deviation of a Gaussian in thousandths of the longer side; `None` for
    /// a picture without edges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blur: Option<f64>,
    /// Faces, the largest first; `None` where none were looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faces: Option<Vec<Face>>,
    /// Findings, the gravest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    pub(super) hash: Hash,
}

/// The numbers of a report, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PhotoLooks"))]
pub struct Looks<'a> {
    /// Mean brightness, from 0 to 255.
    pub light: u8,
    /// Distance between the darkest and the brightest twentieth of the picture, from 0 to 255.
    pub contrast: u8,
    /// Blur of the sharpest places, in thousandths of the longer side; null for a picture without edges.
    pub blur: Option<f64>,
    /// Faces, the largest first: position and size, and nothing else. Null where none were looked for.
    pub faces: Option<&'a [Face]>,
}

impl PhotoReport {
    /// Looks at the preview of a photo of this size in pixels. `faces` are those that were found in the preview; `None`
    /// if none were looked for.
    #[must_use]
    pub fn of(preview: &Preview, size: (u32, u32), faces: Option<Vec<Face>>) -> Self {
        let plane = Plane::of(preview, PLANE);
        let (light, sharpness) = (Light::of(&plane), Sharpness::of(&plane));
        let face = faces.as_ref().and_then(|faces| faces.first());
        let blur = sharpness.at_best();
        let blurred = match face.and_then(|face| sharpness.on(face)) {
            Some(blur) => {
                (blur.least > FACE_BLUR || blur.most > SHAKEN).then_some(Finding::Blurred { face: true })
            }
            // A picture with light and shadow, and not one edge between them.
            None => blur
                .map_or(light.contrast() >= CONTRAST, |blur| blur.least > BLUR || blur.most > SHAKEN)
                .then_some(Finding::Blurred { face: false }),
        };
        let mut findings = faces.as_ref().map(|faces| face::findings(faces, size)).unwrap_or_default();
        findings.extend(screenshot::is_screenshot(preview).then_some(Finding::Screenshot));
        findings.extend(blurred);
        findings.extend(light.fault(face.map(|face| Light::on(&plane, face))));
        findings.extend(extreme_shape(size));
        // What is stored is what is written: three digits.
        let blur = blur.map(|blur| (f64::from(blur.least) * 1000.0).round() / 1000.0);
        let hash = Hash::of(preview, &plane);
        Self { light: light.mean, contrast: light.contrast(), blur, faces, findings, hash }
    }

    /// Returns the numbers of the report.
    #[must_use]
    pub fn looks(&self) -> Looks<'_> {
        let Self { light, contrast, blur, faces, .. } = self;
        Looks { light: *light, contrast: *contrast, blur: *blur, faces: faces.as_deref() }
    }

    /// Returns the verdict on the photo by itself: good, or usable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.findings.is_empty() { Verdict::Good } else { Verdict::Usable }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the sides of photos are far below 2^23 pixels")]
fn extreme_shape((width, height): (u32, u32)) -> Option<Finding> {
    let is_extreme = width.max(height) as f32 > LONGEST * width.min(height) as f32;
    is_extreme.then_some(Finding::ExtremeShape { width, height })
}
