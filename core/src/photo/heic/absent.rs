//! HEIC where it is not read: it is refused by name.

use likeness_jpeg::Workspace;

use super::{Change, Foreign, PhotoInfo, PhotoProblem, Preview, pixels::raster::Picture, scale::Scale};

const REFUSED: PhotoProblem = PhotoProblem::UnsupportedFormat { found: Foreign::Heic };

pub(super) fn inspect(_: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    Err(REFUSED)
}

pub(super) fn encoded(
    _: &[u8],
    _: &PhotoInfo,
    _: Scale,
    _: bool,
    _: &mut Workspace,
) -> Result<(Vec<u8>, Vec<Change>, Option<Preview>), PhotoProblem> {
    Err(REFUSED)
}

pub(super) fn picture(_: &[u8], _: &PhotoInfo, _: Scale) -> Result<(Picture, Vec<Change>), PhotoProblem> {
    Err(REFUSED)
}
