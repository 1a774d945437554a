//! Sizes of a photo on its way through pixels: the fraction at which a decoder makes them, and the size afterwards.

use super::{Change, Coding, Format, PhotoForm, PhotoInfo, PhotoProblem, Way};
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
    pub(super) const ALL: [Self; 4] = [Self::Full, Self::Half, Self::Quarter, Self::Eighth];

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

    /// Scales a size.
    pub(super) fn of_both(self, (width, height): (u32, u32)) -> (u32, u32) {
        (self.of(width), self.of(height))
    }

    /// Returns the fraction as the JPEG engine names it; `None` at full size.
    pub(super) fn fraction(self) -> Option<likeness_jpeg::Scale> {
        match self {
            Self::Full => None,
            Self::Half => Some(likeness_jpeg::Scale::Half),
            Self::Quarter => Some(likeness_jpeg::Scale::Quarter),
            Self::Eighth => Some(likeness_jpeg::Scale::Eighth),
        }
    }

    /// Returns the change that the report names; `None` at full size.
    fn change(self) -> Option<Change> {
        match self {
            Self::Full => None,
            Self::Half => Some(Change::ScaledToHalf),
            Self::Quarter => Some(Change::ScaledToQuarter),
            Self::Eighth => Some(Change::ScaledToEighth),
        }
    }
}

/// The sizes of a photo on its way through pixels, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizing {
    /// Scale at which the photo is decoded.
    pub(super) scale: Scale,
    /// Size of the clean picture.
    pub(super) size: (u32, u32),
    /// Change that the report names.
    pub(super) change: Option<Change>,
}

impl Sizing {
    /// Returns the way on which the picture comes to this size.
    pub(super) fn way(self) -> Way {
        if self.change.is_none() { Way::Pixels } else { Way::Scaled }
    }
}

/// The smallest side of a decoded picture, as a multiple of the side that the filter makes of it: 3/2. Five photographs that
/// were decoded at 1.5 to 2.4 times the side of 1024 are 0.2 to 0.4 dB (PSNR) below what the filter makes of all pixels.
const OVERSAMPLING: (u64, u64) = (3, 2);

impl PhotoInfo {
    /// Returns the sizes at which the photo is decoded at this scale, and not changed after that.
    pub(super) fn at(&self, scale: Scale) -> Sizing {
        Sizing { scale, size: scale.of_both((self.width, self.height)), change: scale.change() }
    }

    /// Returns the size to which the photo is to be scaled down, as stored; `None` if the photo may stay as large as it is.
    pub(super) fn target(&self, limits: &PhotoLimits, form: PhotoForm) -> Option<(u32, u32)> {
        form.max_side?.applied((self.width, self.height), limits.min_side)
    }

    /// Chooses the sizes of the photo on its way through pixels: those that the form asks for, else the largest at which
    /// the photo can be prepared within the limits. Only decoders of JPEG make smaller pictures without the large one, and
    /// none is made with a side shorter than the limits allow.
    pub(super) fn sizing_within(
        &self,
        limits: &PhotoLimits,
        form: PhotoForm,
    ) -> Result<Sizing, PhotoProblem> {
        let can_be = |scale: &Scale| {
            let shorter = scale.of(self.width.min(self.height));
            let scales = matches!(self.format, Format::Jpeg | Format::Heic);
            *scale == Scale::Full || scales && shorter >= limits.min_side
        };
        let target = self.target(limits, form);
        let sizing = |scale: Scale| {
            let decoded = scale.of_both((self.width, self.height));
            match target {
                Some(size) if size.0 <= decoded.0 && size.1 <= decoded.1 => {
                    Sizing { scale, size, change: Some(Change::ScaledDown) }
                }
                _ => self.at(scale),
            }
        };
        let leaves_enough = |scale: &Scale| {
            let enough = |decoded: u32, wanted: u32| {
                u64::from(decoded) * OVERSAMPLING.1 >= u64::from(wanted) * OVERSAMPLING.0
            };
            target.is_some_and(|(width, height)| {
                enough(scale.of(self.width), width) && enough(scale.of(self.height), height)
            })
        };
        let scales = Scale::ALL.into_iter().filter(can_be);
        let first = scales.clone().rfind(leaves_enough).unwrap_or(Scale::Full);
        let needed = self.memory_of(sizing(first));
        scales
            .skip_while(|scale| *scale != first)
            .map(sizing)
            .find(|sizing| self.memory_of(*sizing) <= limits.max_memory)
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
        if self.scaling {
            // One row of MCUs, which are at most 32 pixels high.
            return (u64::from(scale.of(self.width)) + EDGE) * 16 * self.components();
        }
        let plane =
            (u64::from(scale.of(self.width)) + EDGE).saturating_mul(u64::from(scale.of(self.height)) + EDGE);
        plane.saturating_mul(self.components())
    }

    /// Returns the most memory in bytes that decoding in bands takes at this scale.
    pub(super) fn banded_memory(&self, scale: Scale) -> u64 {
        let memory = self.banded.map(|banded| Scale::ALL.into_iter().zip(banded.memory));
        let at_scale = memory.into_iter().flatten().find(|(at, _)| *at == scale);
        at_scale.map_or(0, |(_, memory)| memory)
    }

    /// Counts the bytes of coefficients that are gathered over all scans, whatever the scale.
    pub(super) fn coefficients(&self) -> u64 {
        match (self.format, self.coding) {
            (Format::Jpeg, Coding::Scans) => self.samples.saturating_mul(2),
            _ => 0,
        }
    }
}
