//! Colours of a file, and the way from there to sRGB.

mod curves;

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use self::curves::{Curve, SRGB_LEVELS};
/// The colours of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Described<'f> {
    /// An ICC profile.
    Icc(&'f [u8]),
    /// Primaries and transfer characteristics (ITU-T H.273).
    Coded { primaries: u16, transfer: u16 },
    /// Nothing.
    Not,
}

/// The conversion that pixels went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: they were sRGB, or the file does not say what they are.
    Untouched,
    /// From the colours that the file describes to sRGB.
    Converted,
    /// None: the ICC profile is broken, or describes other samples than these.
    ProfileIgnored,
}

/// A conversion of rows to sRGB.
#[derive(Clone)]
pub(crate) enum Conversion {
    /// Samples of 8 bits that are sRGB already.
    None,
    /// Three curves and a matrix, for samples of 8 to 12 bits.
    Shaped(Box<Shaper>),
    /// Tables of another kind, for samples of 8 bits.
    Tables(Arc<Transform8BitExecutor>),
}

/// Curves to linear light, a matrix to the primaries of sRGB, and the curve of sRGB.
#[derive(Clone, Debug)]
pub(crate) struct Shaper {
    /// Light of each sample, times 2 to the [`LIGHT`].
    linear: [Box<Light>; 3],
    /// Factors times 2 to the [`FACTOR`].
    matrix: [[i32; 3]; 3],
    /// Samples of sRGB for light in steps.
    levels: Box<Levels>,
}

/// Light of samples of up to 12 bits.
type Light = [i32; 1 << 12];

/// Samples for light in steps.
type Levels = [u8; 1 << STEPS];

/// Bits behind the binary point of light.
const LIGHT: u32 = 15;

/// Bits behind the binary point of factors.
const FACTOR: u32 = 12;

/// The binary logarithm of the number of steps.
const STEPS: u32 = 14;

/// The largest difference of a sample that does not make colours another.
const IMPERCEPTIBLE: u8 = 2;

impl core::fmt::Debug for Conversion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Shaped(_) => "Shaped",
            Self::Tables(_) => "Tables",
        })
    }
}

impl Conversion {
    /// Builds the conversion of samples of `bits` bits, which are grey or not.
    pub(crate) fn new(described: Described<'_>, grey: bool, bits: u8) -> (Self, Colours) {
        let built = match described {
            Described::Not => Ok(Self::None),
            Described::Icc(icc) => Self::of_profile(icc, grey, bits).ok_or(()),
            Described::Coded { primaries, transfer } => Ok(Self::of_codes(primaries, transfer, bits)),
        };
        match built {
            Err(()) => (Self::None, Colours::ProfileIgnored),
            Ok(Self::None) => (Self::None, Colours::Untouched),
            Ok(conversion) => (conversion, Colours::Converted),
        }
    }

    /// Returns the number of bits of the samples that are converted.
    pub(crate) fn bits(&self, stored: u8) -> u8 {
        if matches!(self, Self::Shaped(_)) { stored } else { 8 }
    }

    fn of_profile(icc: &[u8], grey: bool, bits: u8) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        let curves = match profile.color_space {
            DataColorSpace::Gray if grey => [&profile.gray_trc; 3],
            DataColorSpace::Rgb => [&profile.red_trc, &profile.green_trc, &profile.blue_trc],
            _ => return None,
        };
        let tables = profile.lut_a_to_b_perceptual.is_some() || profile.lut_a_to_b_colorimetric.is_some();
        let conversion = if !tables && let [Some(red), Some(green), Some(blue)] = curves {
            let matrix = match profile.color_space {
                DataColorSpace::Gray => UNITY,
                _ => profile.transform_matrix(&ColorProfile::new_srgb()).v,
            };
            let light = |curve: &moxcms::ToneReprCurve| {
                let curve = curve.make_linear_evaluator().ok()?;
                Some(Shaper::light(bits, |sample| f64::from(curve.evaluate_value(narrow(sample)))))
            };
            let linear = [light(red)?, light(green)?, light(blue)?];
            Self::Shaped(Box::new(Shaper::new(linear, matrix, SRGB_LEVELS.table())))
        } else {
            let srgb = ColorProfile::new_srgb();
            let options = TransformOptions::default();
            let layout = if profile.color_space == DataColorSpace::Gray { return None } else { Layout::Rgb };
            Self::Tables(profile.create_transform_8bit(layout, &srgb, Layout::Rgb, options).ok()?)
        };
        Some(conversion.or_none(bits))
    }

    /// Builds the conversion of colours that are told by numbers. Those of BT.709 count as sRGB, as everyone shows them.
    fn of_codes(primaries: u16, transfer: u16, bits: u8) -> Self {
        let matrix = curves::to_srgb(primaries);
        let curve = Curve::of(transfer);
        if matrix.is_none() && curve == Curve::Srgb {
            return Self::None;
        }
        let light = Shaper::light(bits, |sample| curve.light(sample));
        let linear = [light.clone(), light.clone(), light];
        Self::Shaped(Box::new(Shaper::new(linear, matrix.unwrap_or(UNITY), curve.levels().table())))
    }

    /// Returns no conversion in place of one that changes nothing: most profiles describe sRGB, and the rounding of their
    /// tables is not a reason to touch a pixel.
    fn or_none(self, bits: u8) -> Self {
        let steps = || (0..=15_u16).map(|step| step * 17);
        let lattice: Vec<u16> =
            steps().flat_map(|r| steps().flat_map(move |g| steps().flat_map(move |b| [r, g, b]))).collect();
        let most = (1_u32 << self.bits(bits)) - 1;
        let deep: Vec<u16> = lattice
            .iter()
            .map(|step| u16::try_from((u32::from(*step) * most + 127) / 255).unwrap_or(u16::MAX))
            .collect();
        let mut rgb: Vec<u8> = lattice.iter().map(|step| u8::try_from(*step).unwrap_or(u8::MAX)).collect();
        match &self {
            Self::Shaped(shaper) => shaper.convert(&deep, &mut rgb),
            Self::None | Self::Tables(_) => self.convert_bytes(&mut rgb),
        }
        let same = lattice.iter().zip(&rgb).all(|(a, b)| a.abs_diff(u16::from(*b)) <= IMPERCEPTIBLE.into());
        if same { Self::None } else { self }
    }

    /// Converts samples of 8 bits in their place.
    pub(crate) fn convert_bytes(&self, rgb: &mut [u8]) {
        if let Self::Tables(executor) = self {
            // Lengths are alike and multiples of three, which is all that the call asks for.
            let from = rgb.to_vec();
            let _ = executor.transform(&from, rgb);
        }
    }
}

const UNITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

#[expect(clippy::cast_possible_truncation, reason = "moxcms evaluates in single precision")]
fn narrow(value: f64) -> f32 {
    value as f32
}

impl Shaper {
    /// Tabulates a curve for samples of so many bits.
    fn light(bits: u8, curve: impl Fn(f64) -> f64) -> Box<Light> {
        let most = (1_u32 << bits) - 1;
        let mut table = Box::new([0; 1 << 12]);
        for (light, sample) in table.iter_mut().zip(0..=most) {
            *light = fixed(curve(f64::from(sample) / f64::from(most)), LIGHT, 1.0);
        }
        table
    }

    fn new(linear: [Box<Light>; 3], matrix: [[f64; 3]; 3], levels: Box<Levels>) -> Self {
        Self { linear, matrix: matrix.map(|row| row.map(|factor| fixed(factor, FACTOR, 4.0))), levels }
    }

    /// Converts samples of the number of bits that the curves were tabulated for.
    pub(crate) fn convert(&self, samples: &[u16], rgb: &mut [u8]) {
        let [red, green, blue] = &self.linear;
        let [to_red, to_green, to_blue] = self.matrix;
        // Masks in place of checks: none of them changes an index.
        let light = |table: &Light, sample: u16| table[usize::from(sample) & 0xfff];
        let last = (1 << STEPS) - 1;
        let level = |row: [i32; 3], r: i32, g: i32, b: i32| {
            let step = (row[0] * r + row[1] * g + row[2] * b) >> (LIGHT + FACTOR - STEPS);
            self.levels[usize::try_from(step.clamp(0, last)).unwrap_or_default() & ((1 << STEPS) - 1)]
        };
        let pixels = rgb.as_chunks_mut::<3>().0.iter_mut().zip(samples.as_chunks::<3>().0);
        for (to, from) in pixels {
            let (r, g, b) = (light(red, from[0]), light(green, from[1]), light(blue, from[2]));
            to[0] = level(to_red, r, g, b);
            to[1] = level(to_green, r, g, b);
            to[2] = level(to_blue, r, g, b);
        }
    }
}

/// Rounds a factor to a binary point; values beyond `most` would overflow a sum.
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn fixed(value: f64, point: u32, most: f64) -> i32 {
    let value = if value.is_finite() { value.clamp(-most, most) } else { 0.0 };
    (value * f64::from(1_u32 << point)).round() as i32
}
