//! Colours that are not sRGB.

use moxcms::{ColorProfile, Layout, TransformOptions};

use super::{
    decode,
    muxer::{Muxer, boxed, nclx},
    psnr,
    turned::PIECE,
};
use crate::Colours;
#[cfg(target_arch = "wasm32")]
use crate::test;

fn with(property: Vec<u8>) -> super::Decoded {
    let mut muxer = Muxer { primary: 1, ..Muxer::default() };
    muxer.add_piece(&PIECE, 80, 64, &[property]);
    decode(&muxer.finish()).expect("a picture")
}

fn profile(icc: &[u8]) -> Vec<u8> {
    // Samples are of full range, as the coded picture does not say.
    boxed(*b"colr", &[b"prof", icc].concat())
}

#[test]
fn display_p3_becomes_srgb() {
    let stored = with(nclx(1, 13, 6));
    assert_eq!(stored.colours, Colours::Untouched);
    let mut expected = vec![0; stored.rgb.len()];
    ColorProfile::new_display_p3()
        .create_transform_8bit(
            Layout::Rgb,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )
        .expect("a conversion")
        .transform(&stored.rgb, &mut expected)
        .expect("colours");
    assert!(psnr(&stored.rgb, &expected) < 35.0, "the colours differ");
    let coded = with(nclx(12, 13, 6));
    assert_eq!(coded.colours, Colours::Converted);
    assert!(psnr(&coded.rgb, &expected) > 48.0, "{}", psnr(&coded.rgb, &expected));
}

#[test]
fn profiles_go_before_numbers_and_srgb_is_left_alone() {
    let untouched = with(profile(&ColorProfile::new_srgb().encode().expect("a profile")));
    assert_eq!(untouched.colours, Colours::Untouched);
    let icc = profile(&ColorProfile::new_display_p3().encode().expect("a profile"));
    let mut muxer = Muxer { primary: 1, ..Muxer::default() };
    muxer.add_piece(&PIECE, 80, 64, &[nclx(1, 13, 6), icc]);
    let converted = decode(&muxer.finish()).expect("a picture");
    assert_eq!(converted.colours, Colours::Converted);
    let coded = with(nclx(12, 13, 6));
    assert!(psnr(&coded.rgb, &converted.rgb) > 50.0, "{}", psnr(&coded.rgb, &converted.rgb));
}

#[test]
fn a_broken_profile_is_ignored() {
    let ignored = with(profile(b"no profile"));
    assert_eq!(ignored.colours, Colours::ProfileIgnored);
    let grey = ColorProfile::new_gray_with_gamma(2.2).encode().expect("a profile");
    assert_eq!(with(profile(&grey)).colours, Colours::ProfileIgnored);
}

#[test]
fn light_beyond_white_is_bent_below_it() {
    for transfer in [16, 18] {
        let picture = with(nclx(9, transfer, 9));
        assert_eq!(picture.colours, Colours::Converted);
        assert!(picture.rgb.iter().any(|level| *level > 200) && picture.rgb.iter().any(|level| *level < 100));
    }
}
