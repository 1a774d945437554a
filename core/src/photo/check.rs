//! The check of a photo against the limits, by its headers alone.

use super::{PhotoForm, PhotoInfo, PhotoProblem};
use crate::limits::{LONGEST_SIDE, PhotoLimits};

impl PhotoInfo {
    /// Checks the photo against the limits. Of several problems the first is returned, the cheapest to repair last.
    pub fn check(&self, limits: &PhotoLimits) -> Result<(), PhotoProblem> {
        let (width, height) = self.upright_size();
        let (shorter, longer) = (width.min(height), width.max(height));
        if shorter == 0 {
            return Err(PhotoProblem::NoPixels { width, height });
        }
        if self.bytes > limits.max_bytes {
            return Err(PhotoProblem::TooManyBytes { bytes: self.bytes, max: limits.max_bytes });
        }
        if shorter < limits.min_side {
            return Err(PhotoProblem::TooSmall { side: shorter, min: limits.min_side });
        }
        if u64::from(width) * u64::from(height) > limits.max_pixels {
            return Err(PhotoProblem::TooManyPixels { width, height, max: limits.max_pixels });
        }
        if longer > LONGEST_SIDE {
            return Err(PhotoProblem::TooLong { side: longer, max: LONGEST_SIDE });
        }
        self.route(limits, PhotoForm::default()).map(drop)
    }
}
