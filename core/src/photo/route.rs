//! The route that a photo takes, decided from its headers before anything is allocated.

use super::{
    Change, PhotoForm, PhotoInfo, PhotoProblem,
    scale::{Scale, Sizing},
};
use crate::limits::PhotoLimits;

/// The route that a photo takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// From coefficients to coefficients, of a baseline JPEG.
    Coefficients,
    /// Through pixels, of these sizes.
    Pixels(Sizing),
}

impl PhotoInfo {
    /// Chooses the route that takes the least, or the largest scale at which the photo can be prepared within the limits.
    pub(super) fn route(&self, limits: &PhotoLimits, form: PhotoForm) -> Result<Route, PhotoProblem> {
        let is_small_enough = self.target(limits, form).is_none();
        if is_small_enough && self.recoding.is_some_and(|memory| memory <= limits.max_memory) {
            return Ok(Route::Coefficients);
        }
        self.sizing_within(limits, form).map(Route::Pixels)
    }

    /// Tells whether the photo would be decoded at a smaller size to keep to these limits.
    pub fn scaled_within(&self, limits: &PhotoLimits) -> Result<Option<Change>, PhotoProblem> {
        Ok(match self.route(limits, PhotoForm::default())? {
            Route::Coefficients => None,
            Route::Pixels(sizing) => sizing.change,
        })
    }

    /// Computes the most memory in bytes that preparing the photo takes, beside the file's own bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.recoding.unwrap_or_else(|| self.memory_at(Scale::Full))
    }

    /// Computes the most memory in bytes that preparing the photo in this form within these limits takes, beside the
    /// file's own bytes.
    #[must_use]
    pub fn memory_within(&self, limits: &PhotoLimits, form: PhotoForm) -> u64 {
        match self.route(limits, form) {
            Ok(Route::Pixels(sizing)) => self.memory_of(sizing),
            Ok(Route::Coefficients) | Err(_) => self.memory(),
        }
    }
}
