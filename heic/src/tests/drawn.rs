//! Drawn pictures, and the files that heifer's encoder makes of them.

use heifer::{EncodeOptions, Image};

use super::{decode, psnr};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Chroma, Colours, Heic, Metadata};

/// Draws a picture of smooth waves, of which each corner looks different.
pub(super) fn draw(width: u32, height: u32) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let level = |value: f64| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixel = |x: u32, y: u32| {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        [0.2 + 0.6 * x + 0.1 * (9.0 * y).sin(), 0.8 - 0.5 * y + 0.1 * (7.0 * x).cos(), 0.3 + 0.4 * x * y]
            .map(level)
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

pub(super) fn options() -> EncodeOptions {
    EncodeOptions { quality: 100, max_threads: 1 }
}

pub(super) fn encode(width: u32, height: u32) -> Vec<u8> {
    heifer::encode_rgb8(width, height, &draw(width, height), &options()).expect("a file")
}

#[test]
fn a_picture_in_one_piece_comes_back() {
    let (width, height) = (202, 130);
    let file = encode(width, height);
    let info = Heic::read(&file, &super::LIMITS).expect("headers").info();
    assert_eq!((info.width, info.height, info.tile, info.turned), (202, 130, None, false));
    assert_eq!((info.bits, info.chroma, info.alpha, info.profile), (8, Chroma::Quarter, false, false));
    let picture = decode(&file).expect("a picture");
    assert_eq!(picture.colours, Colours::Untouched);
    let psnr = psnr(&picture.rgb, &draw(width, height));
    assert!(psnr >= 45.0, "{psnr}");
}

#[test]
fn a_grid_comes_back() {
    let (width, height) = (600, 530);
    let file = encode(width, height);
    let info = Heic::read(&file, &super::LIMITS).expect("headers").info();
    assert_eq!((info.width, info.height, info.tile), (600, 530, Some((512, 512))));
    let psnr = psnr(&decode(&file).expect("a picture").rgb, &draw(width, height));
    assert!(psnr >= 45.0, "{psnr}");
}

#[test]
fn ten_bits_and_metadata_come_back() {
    let (width, height) = (202, 130);
    let drawn = draw(width, height);
    let data = drawn.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]);
    let data = data.map(|level| u16::from(level) * 4);
    let image = Image { width, height, bit_depth: 10, has_alpha: false, data: data.collect() };
    let exif = b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    let metadata =
        heifer::Metadata { exif: Some(exif.clone()), xmp: Some(b"<x/>".to_vec()), ..Default::default() };
    let file = heifer::encode_with_metadata(&image, &metadata, &options()).expect("a file");
    let heic = Heic::read(&file, &super::LIMITS).expect("headers");
    assert_eq!(heic.info().bits, 10);
    let found: Vec<_> = heic.metadata().collect();
    assert_eq!(found, [Metadata::Exif(exif.into()), Metadata::Xmp(b"<x/>".as_slice().into())]);
    let psnr = psnr(&decode(&file).expect("a picture").rgb, &draw(width, height));
    assert!(psnr >= 45.0, "{psnr}");
}

#[test]
fn what_is_transparent_is_white() {
    let (width, height) = (128, 64);
    let rgba: Vec<u8> = draw(width, height)
        .as_chunks::<3>()
        .0
        .iter()
        .enumerate()
        .flat_map(|(at, [r, g, b])| [*r, *g, *b, if at % 128 < 64 { 0 } else { 255 }])
        .collect();
    let file = heifer::encode_rgba8(width, height, &rgba, &options()).expect("a file");
    assert!(Heic::read(&file, &super::LIMITS).expect("headers").info().alpha);
    let picture = decode(&file).expect("a picture");
    let expected: Vec<u8> = draw(width, height)
        .as_chunks::<3>()
        .0
        .iter()
        .enumerate()
        .flat_map(|(at, pixel)| if at % 128 < 64 { [255; 3] } else { *pixel })
        .collect();
    let psnr = psnr(&picture.rgb, &expected);
    assert!(psnr >= 40.0, "{psnr}");
    assert_eq!(picture.rgb[..3], [255; 3]);
}
