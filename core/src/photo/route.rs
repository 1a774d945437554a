//! The route that a photo takes, decided from its headers before anything is allocated.

use super::{Change, PhotoInfo, PhotoProblem, scale::Scale};
use crate::limits::PhotoLimits;

/// The route that a photo takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// From coefficients to coefficients, of a baseline JPEG.
    Coefficients,
    /// Through pixels, decoded at this scale.
    Pixels(Scale),
}

impl PhotoInfo {
    /// Chooses the route that takes the least, or the largest scale at which the photo can be prepared within the limits.
    pub(super) fn route(&self, limits: &PhotoLimits) -> Result<Route, PhotoProblem> {
        if self.recoding_memory().is_some_and(|memory| memory <= limits.max_memory) {
            return Ok(Route::Coefficients);
        }
        self.scale_within(limits).map(Route::Pixels)
    }

    /// Tells whether the photo would be decoded at a smaller size to keep to these limits.
    pub fn scaled_within(&self, limits: &PhotoLimits) -> Result<Option<Change>, PhotoProblem> {
        Ok(match self.route(limits)? {
            Route::Coefficients => None,
            Route::Pixels(scale) => scale.change(),
        })
    }

    /// Computes the most memory in bytes that preparing the photo takes, beside the file's own bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.recoding_memory().unwrap_or_else(|| self.memory_at(Scale::Full))
    }

    /// Computes the most memory in bytes on the way from coefficients to coefficients, with a preview; `None` for a photo
    /// that needs pixels.
    fn recoding_memory(&self) -> Option<u64> {
        Some(self.recoding? + self.preview_memory(Scale::Full))
    }

    /// Computes the most memory in bytes that preparing the photo within these limits takes, beside the file's own
    /// bytes.
    #[must_use]
    pub fn memory_within(&self, limits: &PhotoLimits) -> u64 {
        match self.route(limits) {
            Ok(Route::Pixels(scale)) => self.memory_at(scale),
            Ok(Route::Coefficients) | Err(_) => self.memory(),
        }
    }
}
