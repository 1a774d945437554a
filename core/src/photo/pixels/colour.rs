//! Conversion of any pixels to sRGB pixels of three bytes.

use super::{
    profile::{Conversion, Source, Unusable},
    raster::{Picture, Raster, Samples},
};
use crate::photo::Change;

/// Converts pixels to sRGB, 8 bits, opaque: row by row, and in place where a pixel does not grow.
pub(in crate::photo) fn to_rgb(raster: Raster, profile: Option<&[u8]>) -> (Picture, Vec<Change>) {
    let mut changes = Vec::new();
    let conversion = match profile.map(|icc| Conversion::new(icc, raster.samples)) {
        None | Some(Ok(None)) => None,
        Some(Ok(Some(conversion))) => {
            changes.push(Change::ConvertedToSrgb);
            Some(conversion)
        }
        Some(Err(Unusable)) => {
            changes.push(Change::ProfileIgnored);
            None
        }
    };
    match raster.samples {
        Samples::Grey | Samples::GreyAlpha => changes.push(Change::GreyToRgb),
        Samples::InvertedCmyk => changes.push(Change::CmykToRgb),
        Samples::Rgb | Samples::Rgba => {}
    }
    if raster.deep {
        changes.push(Change::ReducedTo8Bit);
    }
    let Raster { width, height, samples, deep, mut bytes } = raster;
    if samples == Samples::Rgb && !deep && conversion.is_none() {
        return (Picture { width, height, rgb: bytes }, changes);
    }

    let mut row = Row { samples, deep, conversion, see_through: false, narrow: vec![], colours: vec![] };
    let stored = width * samples.count() * if deep { 2 } else { 1 };
    let mut rgb = vec![0; width * 3];
    if stored < width * 3 {
        let mut all = Vec::with_capacity(width * height * 3);
        for from in bytes.chunks_exact(stored.max(1)) {
            row.convert(from, &mut rgb);
            all.extend_from_slice(&rgb);
        }
        bytes = all;
    } else {
        for index in 0..height {
            let Some(from) = bytes.get(index * stored..(index + 1) * stored) else { break };
            row.convert(from, &mut rgb);
            // This never overwrites unread bytes, since a converted row is not longer than a stored one.
            if let Some(to) = bytes.get_mut(index * width * 3..(index + 1) * width * 3) {
                to.copy_from_slice(&rgb);
            }
        }
        bytes.truncate(width * height * 3);
        bytes.shrink_to_fit();
    }
    if row.see_through {
        changes.push(Change::LaidOnWhite);
    }
    (Picture { width, height, rgb: bytes }, changes)
}

/// A converter of rows that keeps its buffers from one to the next.
struct Row {
    samples: Samples,
    deep: bool,
    conversion: Option<Conversion>,
    /// True if any pixel so far was not opaque.
    see_through: bool,
    narrow: Vec<u8>,
    colours: Vec<u8>,
}

impl Row {
    fn convert(&mut self, stored: &[u8], rgb: &mut [u8]) {
        let mut narrow = std::mem::take(&mut self.narrow);
        let samples = if self.deep {
            narrow.clear();
            narrow.extend(stored.as_chunks().0.iter().map(|sample| to_8_bit(u16::from_ne_bytes(*sample))));
            narrow.as_slice()
        } else {
            stored
        };
        self.colour(samples, rgb);
        if self.samples.has_alpha() {
            let opacities = samples.iter().skip(self.samples.count() - 1).step_by(self.samples.count());
            for (pixel, opacity) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(opacities) {
                if *opacity != u8::MAX {
                    self.see_through = true;
                    *pixel = pixel.map(|sample| lay_on_white(sample, *opacity));
                }
            }
        }
        self.narrow = narrow;
    }

    /// Converts the colours alone, without regard to opacity.
    fn colour(&mut self, samples: &[u8], rgb: &mut [u8]) {
        if let (Samples::Rgb, Some(conversion)) = (self.samples, &self.conversion) {
            // The lengths match, so this cannot fail; if it did, the plain colours would stand.
            if conversion.convert(samples, rgb).is_err() {
                rgb.copy_from_slice(samples);
            }
            return;
        }
        let pixels = rgb.as_chunks_mut::<3>().0.iter_mut();
        match self.samples {
            Samples::Grey => pixels.zip(samples).for_each(|(to, grey)| *to = [*grey; 3]),
            Samples::GreyAlpha => {
                pixels.zip(samples.as_chunks::<2>().0).for_each(|(to, [grey, _])| *to = [*grey; 3]);
            }
            Samples::Rgb => pixels.zip(samples.as_chunks::<3>().0).for_each(|(to, from)| *to = *from),
            Samples::Rgba => {
                pixels.zip(samples.as_chunks::<4>().0).for_each(|(to, [r, g, b, _])| *to = [*r, *g, *b]);
            }
            Samples::InvertedCmyk => {
                pixels.zip(samples.as_chunks::<4>().0).for_each(|(to, [cyan, magenta, yellow, black])| {
                    *to = [*cyan, *magenta, *yellow].map(|ink| multiply(ink, *black));
                });
            }
        }
        let Some(conversion) = &self.conversion else { return };
        self.colours.clear();
        match conversion.from {
            Source::Grey => self.colours.extend(rgb.iter().step_by(3)),
            Source::Rgb => self.colours.extend_from_slice(rgb),
            Source::Cmyk => self.colours.extend(samples.iter().map(|sample| u8::MAX - sample)),
        }
        // As above, where the plain colours stand already.
        let _ = conversion.convert(&self.colours, rgb);
    }
}

/// Scales 16 bits to the nearest of 8: 65535 becomes 255.
fn to_8_bit(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

/// Multiplies a by b, where 255 means 1.
fn multiply(a: u8, b: u8) -> u8 {
    u8::try_from((u16::from(a) * u16::from(b) + 127) / 255).unwrap_or(u8::MAX)
}

fn lay_on_white(sample: u8, opacity: u8) -> u8 {
    u8::MAX - multiply(u8::MAX - sample, opacity)
}

#[cfg(test)]
mod tests {
    use super::{Change, Raster, Samples, to_rgb};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn converted(samples: Samples, bytes: &[u8]) -> (Vec<u8>, Vec<Change>) {
        let raster = Raster { width: 2, height: 2, samples, deep: false, bytes: bytes.to_vec() };
        let (picture, changes) = to_rgb(raster, None);
        (picture.rgb, changes)
    }

    #[test]
    fn every_kind_of_pixel_becomes_rgb() {
        let rgb = [0, 0, 0, 9, 9, 9, 255, 255, 255, 1, 1, 1];
        assert_eq!(converted(Samples::Grey, &[0, 9, 255, 1]), (rgb.to_vec(), vec![Change::GreyToRgb]));
        assert_eq!(converted(Samples::Rgb, &rgb), (rgb.to_vec(), vec![]));
        let rgba = [0, 0, 0, 255, 9, 9, 9, 255, 255, 255, 255, 255, 1, 1, 1, 255];
        assert_eq!(converted(Samples::Rgba, &rgba), (rgb.to_vec(), vec![]));
    }

    #[test]
    fn opacity_is_over_white() {
        let (rgb, changes) = converted(Samples::GreyAlpha, &[0, 0, 0, 51, 100, 255, 0, 255]);
        assert_eq!(rgb, [255, 255, 255, 204, 204, 204, 100, 100, 100, 0, 0, 0]);
        assert_eq!(changes, [Change::GreyToRgb, Change::LaidOnWhite]);
    }

    #[test]
    fn inks_take_light_away() {
        let inks = [255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 0, 128, 255, 0, 128];
        let (rgb, changes) = converted(Samples::InvertedCmyk, &inks);
        assert_eq!(rgb, [255, 255, 255, 0, 255, 255, 0, 0, 0, 64, 128, 0]);
        assert_eq!(changes, [Change::CmykToRgb]);
    }

    #[test]
    fn sixteen_bits_are_rounded() {
        let bytes = [0_u16, 128, 129, 65_535].iter().flat_map(|sample| sample.to_ne_bytes()).collect();
        let raster = Raster { width: 4, height: 1, samples: Samples::Grey, deep: true, bytes };
        let (picture, changes) = to_rgb(raster, None);
        assert_eq!(picture.rgb, [0, 0, 0, 0, 0, 0, 1, 1, 1, 255, 255, 255]);
        assert_eq!(changes, [Change::GreyToRgb, Change::ReducedTo8Bit]);
    }
}
