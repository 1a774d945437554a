//! Decoding of bytes to pixels, with the decoders of other crates.

use std::io::ErrorKind;

use image::{
    ColorType, ImageDecoder, ImageError, Limits,
    codecs::{png::PngDecoder, webp::WebPDecoder},
};
use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, PixelFormat, ScalingFactor};

use super::raster::{Picture, Raster, Samples};
use crate::photo::{
    Colours, Format, PhotoInfo, PhotoProblem, Unsupported, heic,
    info::{MAX_METADATA, MAX_PROFILE},
    jpeg, png,
    scale::Scale,
    webp,
};

/// Decodes a photo's pixels as stored, and its ICC profile: empty, so unusable, if there is one that cannot be
/// read.
///
/// `info` is what `inspect` said of the same bytes, and has been checked against the limits, `max_memory` among
/// them: a decoder that finds anything larger is stopped. A `scale` is one that `info` has chosen.
pub(in crate::photo) fn decode(
    bytes: &[u8],
    info: &PhotoInfo,
    scale: Scale,
    max_memory: u64,
) -> Result<(Raster, Option<Vec<u8>>), PhotoProblem> {
    match info.format {
        Format::Jpeg => {
            let picture = jpeg::whole_picture(bytes, info, scale, max_memory)?;
            Ok((decode_jpeg(&picture, info, scale)?, jpeg::profile(bytes)))
        }
        Format::Png => decode_png(bytes, info),
        Format::WebP => Ok((decode_webp(bytes, info)?, webp::profile(bytes))),
        Format::Heic => {
            let (Picture { width, height, rgb }, _) = heic::picture(bytes, info, scale)?;
            Ok((Raster { width, height, samples: Samples::Rgb, deep: false, bytes: rgb }, None))
        }
    }
}

fn decode_png(bytes: &[u8], info: &PhotoInfo) -> Result<(Raster, Option<Vec<u8>>), PhotoProblem> {
    let (file, ended) = png::picture(bytes)?;
    let png = |error: &ImageError| match problem(Format::Png, error) {
        // Damage in a file without its end means that pixels are missing.
        PhotoProblem::Damaged { format, .. } if !ended => PhotoProblem::truncated(format),
        problem => problem,
    };
    let mut limits = Limits::no_limits();
    // This decoder counts metadata and single rows, not the pixels, which are our own allocation.
    limits.max_alloc = Some(MAX_METADATA);
    let mut decoder = PngDecoder::with_limits(file, limits).map_err(|error| png(&error))?;
    let profile = decoder.icc_profile().map_err(|error| png(&error))?.or_else(|| info.profile.then(Vec::new));
    let profile = profile.map(|icc| if icc.len() as u64 <= MAX_PROFILE { icc } else { Vec::new() });
    Ok((read(decoder, Format::Png, (info.width, info.height), png)?, profile))
}

fn decode_webp(bytes: &[u8], info: &PhotoInfo) -> Result<Raster, PhotoProblem> {
    let still = webp::picture(bytes)?;
    let webp = |error: &ImageError| problem(Format::WebP, error);
    let decoder = WebPDecoder::new(still.file()).map_err(|error| webp(&error))?;
    let raster = read(decoder, Format::WebP, (still.width, still.height), webp)?;
    if !still.covers_part_of(info.width, info.height) {
        return Ok(raster);
    }
    let (x, y) = still.at;
    raster.on_canvas(side(info.width), side(info.height), (side(x), side(y))).ok_or(damaged(Format::WebP))
}

/// Decodes strictly, as this decoder does by default: data that end early are an error, not grey pixels.
fn decode_jpeg(bytes: &[u8], info: &PhotoInfo, scale: Scale) -> Result<Raster, PhotoProblem> {
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
        JpegError::UnexpectedEof => PhotoProblem::truncated(Format::Jpeg),
        JpegError::Unsupported(_) => PhotoProblem::UnsupportedCoding { kind: Unsupported::OddJpeg },
        _ => PhotoProblem::damaged(Format::Jpeg),
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(jpeg)?;
    decoder.set_output_format(format);
    if let Ok(factor) = ScalingFactor::try_new(1, scale.divisor()) {
        decoder.set_scale(factor);
    }
    let image = decoder.decode_image().map_err(jpeg)?;
    let (width, height) = (side(scale.of(info.width)), side(scale.of(info.height)));
    Raster { width, height, samples, deep: false, bytes: image.data }
        .checked(image.width, image.height)
        .ok_or(PhotoProblem::damaged(Format::Jpeg))
}

fn read<D: ImageDecoder>(
    decoder: D,
    format: Format,
    size: (u32, u32),
    problem: impl Fn(&ImageError) -> PhotoProblem,
) -> Result<Raster, PhotoProblem> {
    let (samples, deep) = match decoder.color_type() {
        ColorType::L8 => (Samples::Grey, false),
        ColorType::La8 => (Samples::GreyAlpha, false),
        ColorType::Rgb8 => (Samples::Rgb, false),
        ColorType::Rgba8 => (Samples::Rgba, false),
        ColorType::L16 => (Samples::Grey, true),
        ColorType::La16 => (Samples::GreyAlpha, true),
        ColorType::Rgb16 => (Samples::Rgb, true),
        ColorType::Rgba16 => (Samples::Rgba, true),
        _ => return Err(damaged(format)),
    };
    if decoder.dimensions() != size {
        return Err(damaged(format));
    }
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| damaged(format))?;
    let mut bytes = vec![0; length];
    decoder.read_image(&mut bytes).map_err(|error| problem(&error))?;
    let (width, height) = (side(size.0), side(size.1));
    Raster { width, height, samples, deep, bytes }.checked(width, height).ok_or(damaged(format))
}

impl Raster {
    /// Returns the raster if it has that size and as many bytes as that takes.
    fn checked(self, width: usize, height: usize) -> Option<Self> {
        let row = width.checked_mul(self.samples.count() * if self.deep { 2 } else { 1 })?;
        let whole = row.checked_mul(height)?;
        ((self.width, self.height) == (width, height) && whole == self.bytes.len()).then_some(self)
    }
}

fn side(side: u32) -> usize {
    usize::try_from(side).unwrap_or(usize::MAX)
}

fn damaged(format: Format) -> PhotoProblem {
    PhotoProblem::damaged(format)
}

fn problem(format: Format, error: &ImageError) -> PhotoProblem {
    match error {
        ImageError::Limits(_) => PhotoProblem::TooMuchMetadata { format, max: MAX_METADATA },
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            PhotoProblem::truncated(format)
        }
        _ => PhotoProblem::damaged(format),
    }
}
