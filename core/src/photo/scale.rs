//! A fraction of a photo's size at which a decoder can make the pixels, for photos that do not fit into memory whole.

use super::{Change, Coding, Format, PhotoInfo, PhotoProblem};
use crate::limits::PhotoLimits;

/// The size of the decoded picture, as a fraction of the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Full,
    Half,
    Quarter,
    Eighth,
}

impl Scale {
    const ALL: [Self; 4] = [Self::Full, Self::Half, Self::Quarter, Self::Eighth];

    /// Returns the number by which each side is divided.
    pub(super) fn divisor(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// Scales the length of a side, in pixels. Decoders of JPEG round up (libjpeg's `jdiv_round_up`).
    pub(super) fn of(self, side: u32) -> u32 {
        side.div_ceil(self.divisor())
    }

    /// Returns the change that the report names; `None` at full size.
    pub(super) fn change(self) -> Option<Change> {
        match self {
            Self::Full => None,
            Self::Half => Some(Change::ScaledToHalf),
            Self::Quarter => Some(Change::ScaledToQuarter),
            Self::Eighth => Some(Change::ScaledToEighth),
        }
    }
}

impl PhotoInfo {
    /// Chooses the largest scale at which the photo can be prepared through pixels within the limits. Only decoders of
    /// JPEG make smaller pictures without the large one, and none is made with a side shorter than the limits allow.
    pub(super) fn scale_within(&self, limits: &PhotoLimits) -> Result<Scale, PhotoProblem> {
        let can_be = |scale: &Scale| {
            let shorter = scale.of(self.width.min(self.height));
            *scale == Scale::Full || self.format == Format::Jpeg && shorter >= limits.min_side
        };
        let fits = |scale: &Scale| self.memory_at(*scale) <= limits.max_memory;
        let needed = self.memory_at(Scale::Full);
        Scale::ALL
            .into_iter()
            .filter(can_be)
            .find(fits)
            .ok_or(PhotoProblem::TooMuchMemory { needed, max: limits.max_memory })
    }

    /// Counts the samples that the decoder's planes hold at this scale. The sparser colours are not scaled down
    /// before they are as dense as the brightness, so all planes may be of one size, with edges that fill their
    /// blocks.
    pub(super) fn planes_at(&self, scale: Scale) -> u64 {
        const EDGE: u64 = 16;
        if scale == Scale::Full {
            return self.samples;
        }
        let plane =
            (u64::from(scale.of(self.width)) + EDGE).saturating_mul(u64::from(scale.of(self.height)) + EDGE);
        plane.saturating_mul(self.components())
    }

    /// Counts the bytes of coefficients that are gathered over all scans, whatever the scale.
    pub(super) fn coefficients(&self) -> u64 {
        match (self.format, self.coding) {
            (Format::Jpeg, Coding::Scans) => self.samples.saturating_mul(2),
            _ => 0,
        }
    }
}
