//! The report of a photo's looks: light, sharpness, shape, faces, and what a person may want to know of these.
//!
//! All is measured on the [`Preview`](super::Preview), which comes out of decoding. Nothing here rejects a photo: a
//! [`Finding`] is a warning, and the photo stays usable. [`SetReport`] looks at all photos of a set together.

mod face;
mod finding;
mod finding_view;
mod hash;
mod light;
mod looks;
mod plane;
mod screenshot;
mod set;
mod sharpness;

pub use self::{
    face::{Face, FaceCheck},
    finding::{Finding, Level, Verdict},
    finding_view::FindingView,
    looks::{Looks, PhotoReport},
    set::{Advice, InSet, PhotoVerdict, SetReport, Variety},
};

#[cfg(test)]
mod tests;
