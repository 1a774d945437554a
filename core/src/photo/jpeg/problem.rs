//! The problems of JPEGs, and the engine's errors as such.

use likeness_jpeg::{Error, Unsupported as Kind};

use crate::photo::{Format, PhotoProblem, Unsupported};

pub(super) const TRUNCATED: PhotoProblem = PhotoProblem::truncated(Format::Jpeg);
pub(super) const DAMAGED: PhotoProblem = PhotoProblem::damaged(Format::Jpeg);

/// Tells a problem of an engine's error. One that asks for pixels is handled before: the file is sound then.
pub(super) fn problem(error: Error) -> PhotoProblem {
    let kind = match error {
        Error::Truncated => return TRUNCATED,
        Error::Unsupported(kind) => kind,
        Error::NotJpeg | Error::Damaged(_) | Error::NeedsPixels(_) => return DAMAGED,
    };
    let kind = match kind {
        Kind::Arithmetic => Unsupported::ArithmeticJpeg,
        Kind::Lossless => Unsupported::LosslessJpeg,
        Kind::Hierarchical => Unsupported::HierarchicalJpeg,
        Kind::Deep => Unsupported::DeepJpeg,
        Kind::Components => Unsupported::OddJpeg,
        Kind::LateHeight => Unsupported::LateHeightJpeg,
    };
    PhotoProblem::UnsupportedCoding { kind }
}
