//! The contents of a prepared photo: its pixels, and nothing else.

use super::{decode, fixture, info, normalise};
use crate::photo::{Change, Coding, Colours, Format, Metadata, NormalisedPhoto, Orientation, PhotoProblem};
#[cfg(target_arch = "wasm32")]
use crate::test;

type Rgb = [u8; 3];

const RED: Rgb = [200, 40, 40];
const GREEN: Rgb = [40, 160, 60];
const BLUE: Rgb = [50, 60, 190];
const YELLOW: Rgb = [220, 200, 60];
const WHITE: Rgb = [255, 255, 255];
const BLOCKS: [Rgb; 4] = [RED, GREEN, BLUE, YELLOW];
const GREYS: [Rgb; 4] = [[230; 3], [160; 3], [90; 3], [20; 3]];

/// Prepares the photo and compares the middles of its four blocks.
fn expect(name: &str, bytes: &[u8], blocks: [Rgb; 4], changes: &[Change]) -> NormalisedPhoto {
    let photo = normalise(bytes).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    assert_eq!((photo.width(), photo.height()), (48, 32), "{name}");
    let (width, height, rgb) = decode(photo.jpeg());
    assert_eq!((width, height), (48, 32), "{name}");
    for ((x, y), block) in [(12, 8), (36, 8), (12, 24), (36, 24)].into_iter().zip(blocks) {
        let pixel = &rgb[(y * width + x) * 3..][..3];
        let off = pixel.iter().zip(block).map(|(a, b)| a.abs_diff(b)).max();
        assert!(off <= Some(5), "{name} at {x}, {y}: {pixel:?} instead of {block:?}");
    }
    assert_eq!(photo.changes(), changes, "{name}");
    assert_eq!(photo.crc32(), crc32fast::hash(photo.jpeg()), "{name}");
    expect_clean(name, photo.jpeg());
    photo
}

/// Expects JFIF's header and the picture: no other segment, nothing behind it.
fn expect_clean(name: &str, jpeg: &[u8]) {
    let mut markers = Vec::new();
    let mut at = 2;
    while markers.last() != Some(&0xda) {
        assert_eq!(jpeg[at], 0xff, "{name}");
        markers.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    assert_eq!(markers.remove(0), 0xe0, "{name}");
    let picture = |marker| [0xdb, 0xc0, 0xc4, 0xda].contains(marker);
    assert!(markers.iter().all(picture), "{name}: {markers:x?}");
    assert_eq!(&jpeg[2..11], b"\xff\xe0\0\x10JFIF\0", "{name}");
    let end = jpeg.windows(2).position(|pair| pair == b"\xff\xd9");
    assert_eq!(end, Some(jpeg.len() - 2), "{name}");
}

#[test]
fn all_eight_orientations_come_out_upright() {
    let files = [
        fixture!("orientation-1.jpg"),
        fixture!("orientation-2.jpg"),
        fixture!("orientation-3.jpg"),
        fixture!("orientation-4.jpg"),
        fixture!("orientation-5.jpg"),
        fixture!("orientation-6.jpg"),
        fixture!("orientation-7.jpg"),
        fixture!("orientation-8.jpg"),
    ];
    for (file, number) in files.into_iter().zip(1..) {
        let turned: &[Change] = &[Change::TurnedUpright, Change::RemovedMetadata];
        let changes = if number == 1 { &turned[1..] } else { turned };
        expect(&format!("orientation {number}"), file, BLOCKS, changes);
        assert_eq!(Some(info(file).orientation), Orientation::from_exif(number));
        assert_eq!(info(file).upright_size(), (48, 32));
    }
}

#[test]
fn every_kind_of_jpeg_is_read() {
    expect("4:2:0", fixture!("420.jpg"), BLOCKS, &[]);
    expect("4:2:2", fixture!("422.jpg"), BLOCKS, &[]);
    expect("progressive", fixture!("progressive.jpg"), BLOCKS, &[]);
    expect("progressive 4:2:0", fixture!("progressive-420.jpg"), BLOCKS, &[]);
    expect("RGB coded", fixture!("rgb-coded.jpg"), BLOCKS, &[]);
    expect("grey", fixture!("grey.jpg"), GREYS, &[Change::GreyToRgb]);
    expect("CMYK", fixture!("cmyk.jpg"), BLOCKS, &[Change::CmykToRgb]);
    expect("YCCK", fixture!("ycck.jpg"), BLOCKS, &[Change::CmykToRgb]);
    let changes = [Change::TurnedUpright, Change::RemovedMetadata];
    expect("4:2:2 turned", fixture!("422-turned.jpg"), BLOCKS, &changes);
    assert_eq!(info(fixture!("420.jpg")).coding, Coding::Sequential);
    assert_eq!(info(fixture!("progressive.jpg")).coding, Coding::Scans);
    assert_eq!(info(fixture!("ycck.jpg")).colours, Colours::Cmyk);
}

#[test]
fn every_kind_of_png_is_read() {
    let grey = Change::GreyToRgb;
    let [white, deep] = [Change::LaidOnWhite, Change::ReducedTo8Bit];
    let half = |colour: Rgb| colour.map(|sample| u8::midpoint(sample, 255));
    expect("RGB", fixture!("rgb.png"), BLOCKS, &[]);
    expect("grey", fixture!("grey.png"), GREYS, &[grey]);
    expect("palette", fixture!("palette.png"), BLOCKS, &[]);
    expect("clear palette", fixture!("palette-clear.png"), [WHITE, GREEN, BLUE, YELLOW], &[white]);
    expect("alpha", fixture!("alpha.png"), [RED, half(GREEN), WHITE, YELLOW], &[white]);
    expect("16 bit", fixture!("16-bit.png"), BLOCKS, &[deep]);
    let faded = [RED, GREEN, half(BLUE), half(YELLOW)];
    expect("16 bit alpha", fixture!("16-bit-alpha.png"), faded, &[deep, white]);
    let faded = [GREYS[0], WHITE, GREYS[2], WHITE];
    expect("16 bit grey alpha", fixture!("16-bit-grey-alpha.png"), faded, &[grey, deep, white]);
    expect("interlaced", fixture!("interlaced.png"), BLOCKS, &[]);
    assert_eq!(info(fixture!("palette.png")).colours, Colours::Palette);
    assert!(info(fixture!("palette-clear.png")).alpha);
    assert_eq!(info(fixture!("16-bit.png")).bits, 16);
}

#[test]
fn every_kind_of_webp_is_read() {
    let half = GREEN.map(|sample| u8::midpoint(sample, 255));
    let laid = [RED, half, WHITE, YELLOW];
    expect("lossy", fixture!("lossy.webp"), BLOCKS, &[]);
    expect("lossless", fixture!("lossless.webp"), BLOCKS, &[]);
    expect("alpha", fixture!("alpha.webp"), laid, &[Change::LaidOnWhite]);
    expect("lossless alpha", fixture!("alpha-lossless.webp"), laid, &[Change::LaidOnWhite]);
    assert_eq!(info(fixture!("lossy.webp")).coding, Coding::Vp8);
    assert_eq!(info(fixture!("lossless.webp")).coding, Coding::Vp8L);
}

/// Compares with the results of Little CMS for the same files (by Pillow 13); `make.py` describes each profile.
#[test]
fn colours_are_converted_as_the_profile_says() {
    let converted = Change::ConvertedToSrgb;
    let swapped = [[40, 200, 40], [160, 40, 60], [60, 50, 191], [200, 219, 61]];
    expect("JPEG", fixture!("swapped.jpg"), swapped, &[converted]);
    expect("PNG", fixture!("swapped.png"), swapped, &[converted]);
    expect("WebP", fixture!("swapped.webp"), swapped, &[converted]);
    let grey = [[244; 3], [208; 3], [160; 3], [79; 3]];
    expect("grey JPEG", fixture!("linear-grey.jpg"), grey, &[converted, Change::GreyToRgb]);
    expect("grey PNG", fixture!("linear-grey.png"), grey, &[converted, Change::GreyToRgb]);
}

#[test]
fn inks_are_converted_as_the_profile_says() {
    let photo = normalise(fixture!("cyan-is-black.jpg")).expect("a photo");
    assert_eq!(photo.changes(), [Change::ConvertedToSrgb, Change::CmykToRgb]);
    let (width, _, rgb) = decode(photo.jpeg());
    let at = |x: usize, y: usize| -> Rgb { rgb[(y * width + x) * 3..][..3].try_into().expect("a pixel") };
    for (red, green, blue) in [at(12, 8), at(36, 8), at(12, 24), at(36, 24)].map(|[r, g, b]| (r, g, b)) {
        assert!(red.abs_diff(green) <= 6 && green.abs_diff(blue) <= 6, "{red} {green} {blue} is no grey");
    }
    // Red and yellow have little cyan, green and blue have much.
    assert!(at(12, 8)[0] > 180 && at(36, 24)[0] > 180, "{:?}", at(12, 8));
    assert!(at(36, 8)[0] < 70 && at(12, 24)[0] < 70, "{:?}", at(36, 8));
}

#[test]
fn a_profile_that_changes_nothing_or_is_broken_is_not_applied() {
    expect("sRGB", fixture!("srgb.jpg"), BLOCKS, &[]);
    expect("broken", fixture!("broken-profile.jpg"), BLOCKS, &[Change::ProfileIgnored]);
    assert!(info(fixture!("srgb.jpg")).profile);
}

#[test]
fn nothing_of_the_metadata_survives() {
    let files = [
        (Format::Jpeg, fixture!("gps.jpg")),
        (Format::Png, fixture!("gps.png")),
        (Format::WebP, fixture!("gps.webp")),
    ];
    for (format, file) in files {
        let contains = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        assert!(contains(file, b"Jane Confidential"), "{format}");
        assert_eq!(info(file).metadata, Metadata::WithLocation, "{format}");
        let changes = [Change::TurnedUpright, Change::RemovedLocation];
        let photo = expect("GPS", file, BLOCKS, &changes);
        for word in [b"Jane".as_slice(), b"Exif", b"II*\0", b"MM\0*"] {
            assert!(!contains(photo.jpeg(), word), "{format}: {}", word.escape_ascii());
        }
    }
}

/// Reads files as programs leave them that remove metadata, but not the flags that announce them. Pillow reads such
/// a file too.
#[test]
fn a_webp_may_promise_metadata_that_are_missing() {
    for file in [fixture!("swapped.webp"), fixture!("alpha.webp")] {
        assert_eq!((&file[12..16], file[20] & 0x0c), (b"VP8X".as_slice(), 0), "nothing is promised");
        for promise in [0x08, 0x04, 0x0c] {
            let mut promising = file.to_vec();
            promising[20] |= promise;
            assert_eq!(info(&promising), info(file));
            assert_eq!(info(&promising).metadata, Metadata::Absent);
            assert_eq!(normalise(&promising), normalise(file), "{promise:#x}");
            for length in 0..promising.len() {
                // An odd chunk has a byte behind it that nothing needs.
                let cut = PhotoProblem::truncated(Format::WebP);
                let problem = normalise(&promising[..length]);
                let whole = length == promising.len() - 1 && problem == normalise(file);
                assert!(length < 12 || whole || problem == Err(cut), "{problem:?} when cut to {length}");
            }
        }
    }
}

#[test]
fn colours_stay_as_fine_as_they_were() {
    // The luma factors in SOF0: 0x11 is 4:4:4, 0x21 is 4:2:2, 0x22 is 4:2:0.
    let luma = |file: &[u8]| {
        let photo = normalise(file).expect("a photo");
        let sof = photo.jpeg().windows(2).position(|pair| pair == b"\xff\xc0").expect("SOF0");
        photo.jpeg()[sof + 11]
    };
    assert_eq!(luma(fixture!("orientation-6.jpg")), 0x11);
    assert_eq!(luma(fixture!("420.jpg")), 0x22);
    assert_eq!(luma(fixture!("422.jpg")), 0x21);
    assert_eq!(luma(fixture!("422-turned.jpg")), 0x12);
    assert_eq!(luma(fixture!("rgb.png")), 0x11);
    assert_eq!(luma(fixture!("lossy.webp")), 0x22);
}

#[test]
fn the_same_photo_gives_the_same_bytes() {
    let bytes = || normalise(fixture!("texture.jpg")).expect("a photo").into_jpeg();
    assert_eq!(bytes(), bytes());
}
