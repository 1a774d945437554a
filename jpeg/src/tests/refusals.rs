//! Files that are not for this crate, and files that lie.

use libjpeg_turbo_rs::{ColorSpace, Encoder, PixelFormat};

use super::{files, kept};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    Damage, Error, Jpeg, NeedsPixels, Unsupported,
    marker::{DHT, DQT, SOF0, SOS},
};

fn refused(file: &[u8]) -> Error {
    kept(file).expect_err("a reason")
}

#[test]
fn other_codings_are_named() {
    let pixels = files::rgb(32, 32, 9);
    let encoder = || Encoder::new(&pixels, 32, 32, PixelFormat::Rgb);
    let progressive = encoder().progressive(true).encode().expect("a JPEG");
    assert_eq!(refused(&progressive), Error::NeedsPixels(NeedsPixels::Progressive));
    let arithmetic = encoder().arithmetic(true).encode().expect("a JPEG");
    assert_eq!(refused(&arithmetic), Error::Unsupported(Unsupported::Arithmetic));
    let file = encoder().encode().expect("a JPEG");
    let with_frame = |marker: u8| {
        let mut other = file.clone();
        other[files::offset(&file, SOF0) + 1] = marker;
        other
    };
    assert_eq!(refused(&with_frame(0xc3)), Error::Unsupported(Unsupported::Lossless));
    assert_eq!(refused(&with_frame(0xc5)), Error::Unsupported(Unsupported::Hierarchical));
    assert_eq!(refused(&with_frame(0xcf)), Error::Unsupported(Unsupported::Hierarchical));
    let mut deep = file.clone();
    deep[files::offset(&file, SOF0) + 4] = 12;
    assert_eq!(refused(&deep), Error::Unsupported(Unsupported::Deep));
}

#[test]
fn components_that_are_not_brightness_and_colour_differences_need_pixels() {
    let pixels = files::rgb(32, 32, 9);
    let rgb =
        Encoder::new(&pixels, 32, 32, PixelFormat::Rgb).colorspace(ColorSpace::Rgb).encode().expect("a JPEG");
    assert_eq!(refused(&rgb), Error::NeedsPixels(NeedsPixels::Rgb));
    let cmyk = Encoder::new(&pixels[..32 * 16 * 4], 32, 16, PixelFormat::Cmyk).encode().expect("a JPEG");
    assert_eq!(refused(&cmyk), Error::NeedsPixels(NeedsPixels::FourComponents));
    let mut two = files::grey(8, 8, 50);
    let at = files::offset(&two, SOF0);
    two[at + 9] = 2;
    assert_eq!(refused(&two), Error::Unsupported(Unsupported::Components));
}

#[test]
fn headers_that_claim_more_than_there_is_are_found_out_before_anything_is_allocated() {
    for (width, height) in [(65_500_u16, 65_500_u16), (65_535, 65_535), (4_000, 4_000)] {
        let mut file = files::file(64, 64, (1, 1), 90, 0);
        let at = files::offset(&file, SOF0);
        file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
        file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
        assert!(matches!(Jpeg::read(&file), Err(Error::Truncated)));
    }
    let mut file = files::file(64, 64, (1, 1), 90, 0);
    let at = files::offset(&file, SOF0);
    file[at + 5..at + 7].fill(0);
    assert_eq!(refused(&file), Error::Unsupported(Unsupported::LateHeight));
    let mut file = files::file(64, 64, (1, 1), 90, 0);
    file[at + 7..at + 9].fill(0);
    assert_eq!(refused(&file), Error::Damaged(Damage::Frame));
}

#[test]
fn contradictions_are_named() {
    let file = files::file(64, 64, (2, 2), 90, 4);
    let changed = |marker: u8, behind: usize, to: u8| {
        let mut changed = file.clone();
        changed[files::offset(&file, marker) + behind] = to;
        refused(&changed)
    };
    assert_eq!(refused(b"GIF89a"), Error::NotJpeg);
    assert_eq!(refused(b""), Error::NotJpeg);
    assert_eq!(refused(b"\xff\xd8"), Error::Truncated);
    assert_eq!(refused(b"\xff\xd8\xff\xd9"), Error::Damaged(Damage::Segment));
    assert_eq!(changed(SOF0, 11, 0x52), Error::Damaged(Damage::Frame), "a factor of 5");
    assert_eq!(changed(SOF0, 11, 0x44), Error::Damaged(Damage::Scan), "18 blocks in an MCU");
    assert_eq!(changed(SOF0, 10, 9), Error::Damaged(Damage::Scan), "a scan of a component that is not there");
    assert_eq!(changed(SOF0, 12, 3), Error::Damaged(Damage::Table), "steps that are not there");
    assert_eq!(changed(SOS, 6, 0x22), Error::Damaged(Damage::Table), "codes that are not there");
    assert_eq!(changed(DQT, 5, 0), Error::Damaged(Damage::Table), "a step of zero");
    assert_eq!(changed(DQT, 4, 0x20), Error::Damaged(Damage::Table), "an unknown precision");
    assert_eq!(changed(DHT, 5, 9), Error::Damaged(Damage::Table), "nine codes of one bit");
    assert_eq!(changed(DHT, 3, 1), Error::Damaged(Damage::Segment));
    let twice =
        [&file[..2], &file[files::offset(&file, SOF0)..files::offset(&file, DHT)], &file[2..]].concat();
    assert_eq!(refused(&twice), Error::Damaged(Damage::Frame));
}
