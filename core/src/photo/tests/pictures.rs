//! Cut and spoilt pictures.

use super::fixture;
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    photo::picture::{TAIL, check, ends, format},
    simulator::drawing,
};

const MEMORY: u64 = 1 << 30;

#[test]
fn a_picture_is_whole_or_is_none() {
    let files = [
        ("baseline", fixture!("texture.jpg")),
        ("progressive", fixture!("texture-progressive.jpg")),
        ("restarts", fixture!("texture-restarts.jpg")),
        ("PNG", fixture!("texture.png")),
        ("WebP", fixture!("texture.webp")),
        ("lossless WebP", fixture!("texture-lossless.webp")),
    ];
    for (name, file) in files {
        assert_eq!(check(file, MEMORY), Ok(()), "{name}");
        let kind = format(file).expect(name);
        assert!(ends(kind, file, &file[file.len() - TAIL..], file.len() as u64), "{name}");
        for length in 0..file.len() {
            let cut = &file[..length];
            assert!(check(cut, MEMORY).is_err(), "{name} cut to {length} of {} bytes", file.len());
            assert!(check(cut, 0).is_err(), "{name} cut to {length}, without memory");
            let tail = &cut[length.saturating_sub(TAIL)..];
            assert!(!ends(kind, cut, tail, length as u64), "{name}: the end of {length} bytes");
        }
    }
}

#[test]
fn half_a_picture_with_an_end_that_was_put_on_is_not_whole() {
    let rgb = drawing::portrait(1, 2, 96, 64);
    let jpeg = drawing::jpeg(&rgb, 96, 64).expect("a JPEG");
    assert_eq!(check(&jpeg, MEMORY), Ok(()));
    let half = [&jpeg[..jpeg.len() / 2], b"\xff\xd9"].concat();
    assert!(check(&half, MEMORY).is_err());
    let png = drawing::png(&rgb, 96, 64).expect("a PNG");
    assert_eq!(check(&png, MEMORY), Ok(()));
    let mut spoilt = png.clone();
    spoilt[png.len() / 2] ^= 1;
    assert!(check(&spoilt, MEMORY).is_err());
}

/// Accepts a picture of a kind that is refused as a photo: such a picture is not broken.
#[test]
fn a_picture_of_a_rare_kind_is_whole_as_well() {
    let files = [
        ("inks", fixture!("cmyk.jpg")),
        ("deep", fixture!("16-bit-alpha.png")),
        ("interlaced", fixture!("interlaced.png")),
        ("animated PNG", fixture!("animated.png")),
        ("animated WebP", fixture!("animated.webp")),
        ("progressive", fixture!("progressive-420.jpg")),
        ("turned", fixture!("orientation-6.jpg")),
        ("a broken profile", fixture!("broken-profile.jpg")),
        ("much metadata", fixture!("profile-bomb.png")),
    ];
    for (name, file) in files {
        assert_eq!(check(file, MEMORY), Ok(()), "{name}");
        assert!(check(&file[..file.len() - 1], MEMORY).is_err(), "{name} cut");
    }
}
