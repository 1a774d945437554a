//! The choices about photos that a deployment makes, and the preparation that follows them.

use super::{
    FaceCheck, FaceFinder, Normalise as _, NormalisedPhoto, Normaliser, PhotoForm, PhotoProblem,
    report::PhotoReport,
};
use crate::limits::PhotoLimits;

/// The choices about photos that a deployment makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// Form of clean photos.
    pub form: PhotoForm,
    /// Choice whether faces are looked for.
    pub face_check: FaceCheck,
}

impl Treatment {
    /// Makes a normaliser for [`Treatment::prepare`].
    #[must_use]
    pub fn normaliser(self) -> Normaliser {
        Normaliser::new(self.form).with_previews()
    }

    /// Prepares a photo, and looks at the picture. The report is `None` for photos without a preview: those of a normaliser
    /// that makes none, and a few others.
    pub fn prepare(
        self,
        normaliser: &mut Normaliser,
        bytes: &[u8],
        limits: &PhotoLimits,
    ) -> Result<(NormalisedPhoto, Option<PhotoReport>), PhotoProblem> {
        normaliser.set_form(self.form);
        let photo = normaliser.normalise(bytes, limits)?;
        let report = photo.preview().map(|preview| {
            let faces = (self.face_check == FaceCheck::On).then(|| FaceFinder::default().faces(preview));
            PhotoReport::of(preview, (photo.width(), photo.height()), faces)
        });
        Ok((photo, report))
    }
}
