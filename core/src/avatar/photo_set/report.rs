//! The report of an avatar's photos.

use super::{PhotoSet, PhotoState};
use crate::{
    limits::DatasetLimits,
    photo::{
        PhotoProblem,
        report::{InSet, SetReport},
    },
};

impl PhotoSet {
    /// Reports on the looks of the photos, one by one and together.
    #[must_use]
    pub fn report(&self, limits: DatasetLimits) -> SetReport {
        let left_out = self.left_out();
        let photos = self.photos().iter().zip(&left_out);
        let seen = photos.map(|(photo, left_out)| match (left_out, &photo.state) {
            (Some(PhotoProblem::Duplicate { .. }), _) => InSet::Duplicate,
            (Some(_), _) | (None, PhotoState::Rejected(_)) => InSet::Rejected,
            (None, PhotoState::Waiting) => InSet::Waiting,
            (None, PhotoState::Ready(jpeg)) => InSet::Ready {
                name: &photo.name,
                size: (jpeg.width, jpeg.height),
                report: jpeg.report.as_deref(),
            },
        });
        SetReport::of(&seen.collect::<Vec<_>>(), limits)
    }
}
