//! Bytes in, pixels out: where the third-party decoders are called.

use std::io::{Cursor, ErrorKind};

use image::{
    ColorType, ImageDecoder, ImageError, Limits,
    codecs::{png::PngDecoder, webp::WebPDecoder},
};
use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, PixelFormat};

use super::raster::{Raster, Samples};
use crate::photo::{
    Colours, Format, PhotoInfo, PhotoProblem, Unsupported,
    info::{MAX_METADATA, MAX_PROFILE},
    jpeg, webp,
};

/// A photo's pixels as stored, and its ICC profile: empty, so unusable, if there is one that cannot be read. `info` is what `inspect` said of the same bytes, and has been
/// checked against the limits: a decoder that finds anything larger is stopped.
pub(in crate::photo) fn decode(
    bytes: &[u8],
    info: &PhotoInfo,
) -> Result<(Raster, Option<Vec<u8>>), PhotoProblem> {
    match info.format {
        Format::Jpeg => Ok((decode_jpeg(bytes, info)?, jpeg::profile(bytes))),
        Format::Png => {
            let mut limits = Limits::no_limits();
            // This decoder counts metadata and single rows, not the pixels, which are our own allocation.
            limits.max_alloc = Some(MAX_METADATA);
            let png = |error| problem(Format::Png, &error);
            let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(png)?;
            let profile = decoder.icc_profile().map_err(png)?.or_else(|| info.profile.then(Vec::new));
            let profile = profile.map(|icc| if icc.len() as u64 <= MAX_PROFILE { icc } else { Vec::new() });
            Ok((read(decoder, info)?, profile))
        }
        Format::WebP => {
            let file = webp::Unpromised::new(bytes)?;
            let decoder = WebPDecoder::new(file).map_err(|error| problem(Format::WebP, &error))?;
            Ok((read(decoder, info)?, webp::profile(bytes)))
        }
    }
}

/// Strict as this decoder is by default: data that end early are an error, not grey pixels.
fn decode_jpeg(bytes: &[u8], info: &PhotoInfo) -> Result<Raster, PhotoProblem> {
    jpeg::check_scans(bytes)?;
    let (samples, format) = match info.colours {
        Colours::Grey => (Samples::Grey, PixelFormat::Grayscale),
        Colours::Cmyk => (Samples::InvertedCmyk, PixelFormat::Cmyk),
        Colours::Rgb | Colours::Palette => (Samples::Rgb, PixelFormat::Rgb),
    };
    let (width, height) = (side(info.width), side(info.height));
    let limits = DecodeLimits {
        max_width: width,
        max_height: height,
        max_pixels: u64::from(info.width) * u64::from(info.height),
        max_scans: usize::try_from(jpeg::MAX_SCANS).unwrap_or(usize::MAX),
        ..DecodeLimits::default()
    };
    let jpeg = |error| match error {
        JpegError::UnexpectedEof => PhotoProblem::Truncated { format: Format::Jpeg },
        JpegError::Unsupported(_) => PhotoProblem::UnsupportedCoding { kind: Unsupported::OddJpeg },
        _ => PhotoProblem::Damaged { format: Format::Jpeg },
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(jpeg)?;
    decoder.set_output_format(format);
    let image = decoder.decode_image().map_err(jpeg)?;
    Raster { width, height, samples, deep: false, bytes: image.data }
        .checked(image.width, image.height)
        .ok_or(PhotoProblem::Damaged { format: Format::Jpeg })
}

fn read<D: ImageDecoder>(decoder: D, info: &PhotoInfo) -> Result<Raster, PhotoProblem> {
    let damaged = PhotoProblem::Damaged { format: info.format };
    let (samples, deep) = match decoder.color_type() {
        ColorType::L8 => (Samples::Grey, false),
        ColorType::La8 => (Samples::GreyAlpha, false),
        ColorType::Rgb8 => (Samples::Rgb, false),
        ColorType::Rgba8 => (Samples::Rgba, false),
        ColorType::L16 => (Samples::Grey, true),
        ColorType::La16 => (Samples::GreyAlpha, true),
        ColorType::Rgb16 => (Samples::Rgb, true),
        ColorType::Rgba16 => (Samples::Rgba, true),
        _ => return Err(damaged),
    };
    if decoder.dimensions() != (info.width, info.height) {
        return Err(damaged);
    }
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| damaged.clone())?;
    let mut bytes = vec![0; length];
    decoder.read_image(&mut bytes).map_err(|error| problem(info.format, &error))?;
    let (width, height) = (side(info.width), side(info.height));
    Raster { width, height, samples, deep, bytes }.checked(width, height).ok_or(damaged)
}

impl Raster {
    /// Itself, if it has that size and as many bytes as that takes.
    fn checked(self, width: usize, height: usize) -> Option<Self> {
        let row = width.checked_mul(self.samples.count() * if self.deep { 2 } else { 1 })?;
        let whole = row.checked_mul(height)?;
        ((self.width, self.height) == (width, height) && whole == self.bytes.len()).then_some(self)
    }
}

fn side(side: u32) -> usize {
    usize::try_from(side).unwrap_or(usize::MAX)
}

fn problem(format: Format, error: &ImageError) -> PhotoProblem {
    match error {
        ImageError::Limits(_) => PhotoProblem::TooMuchMetadata { format, max: MAX_METADATA },
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            PhotoProblem::Truncated { format }
        }
        _ => PhotoProblem::Damaged { format },
    }
}
