//! ICC profiles, and the conversion from their colours to sRGB.

use std::{fmt, sync::Arc};

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use super::raster::Samples;

/// A conversion from a profile's colours to sRGB.
#[derive(Clone)]
pub(in crate::photo) struct Conversion {
    executor: Arc<Transform8BitExecutor>,
    pub(in crate::photo) from: Source,
}

/// The samples that a conversion reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::photo) enum Source {
    Grey,
    Rgb,
    /// Inks, where 0 is none.
    Cmyk,
}

/// The error of a profile that is broken, or that describes another colour space than the pixels'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::photo) struct Unusable;

impl fmt::Debug for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversion").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Conversion {
    /// Builds the conversion from `icc` to sRGB for pixels of these samples; `None` if the profile is sRGB itself.
    pub(in crate::photo) fn new(icc: &[u8], samples: Samples) -> Result<Option<Self>, Unusable> {
        let profile = ColorProfile::new_from_slice(icc).map_err(|_| Unusable)?;
        let (from, layout) = match (samples, profile.color_space) {
            (Samples::Grey | Samples::GreyAlpha, DataColorSpace::Gray) => (Source::Grey, Layout::Gray),
            // Grey pixels may carry the profile of the RGB space that they were made in.
            (Samples::Grey | Samples::GreyAlpha | Samples::Rgb | Samples::Rgba, DataColorSpace::Rgb) => {
                (Source::Rgb, Layout::Rgb)
            }
            // moxcms has one layout of four channels, which it uses for inks as well.
            (Samples::InvertedCmyk, DataColorSpace::Cmyk) => (Source::Cmyk, Layout::Rgba),
            _ => return Err(Unusable),
        };
        let executor = profile
            .create_transform_8bit(
                layout,
                &ColorProfile::new_srgb(),
                Layout::Rgb,
                TransformOptions::default(),
            )
            .map_err(|_| Unusable)?;
        let conversion = Self { executor, from };
        Ok(if conversion.is_identity()? { None } else { Some(conversion) })
    }

    /// Converts pixels; `rgb` gets three bytes for each.
    pub(in crate::photo) fn convert(&self, samples: &[u8], rgb: &mut [u8]) -> Result<(), Unusable> {
        self.executor.transform(samples, rgb).map_err(|_| Unusable)
    }

    /// Tells whether the conversion leaves every colour of a lattice as it is. Most profiles describe sRGB; the
    /// rounding of their tables is not a reason to touch a pixel.
    fn is_identity(&self) -> Result<bool, Unusable> {
        let steps = || (0..=15_u8).map(|step| step * 17);
        let same: Vec<u8> = match self.from {
            Source::Grey => steps().flat_map(|grey| [grey; 3]).collect(),
            Source::Rgb => steps()
                .flat_map(|r| steps().flat_map(move |g| steps().flat_map(move |b| [r, g, b])))
                .collect(),
            Source::Cmyk => return Ok(false),
        };
        let mut rgb = vec![0; same.len()];
        if self.from == Source::Grey {
            self.convert(&steps().collect::<Vec<_>>(), &mut rgb)?;
        } else {
            self.convert(&same, &mut rgb)?;
        }
        Ok(same.iter().zip(&rgb).all(|(a, b)| a.abs_diff(*b) <= IMPERCEPTIBLE))
    }
}

const IMPERCEPTIBLE: u8 = 2;
