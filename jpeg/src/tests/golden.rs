//! Results byte by byte, the same on every machine. A change here changes every archive of the same photos.

use super::{encoded::in_bands, files, kept, recoded, requantised, turned};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{ChromaSampling, Grey, Jpeg, Orientation, Quantisation, Recoding, Scale, Workspace};

/// A picture of 48 x 32 pixels, 4:2:0, with restart markers, drawn for the tests of photos.
const FILE: &[u8] = include_bytes!("../../../core/src/photo/fixtures/texture-restarts.jpg");
/// The picture in brightness alone.
const GREY: &[u8] = include_bytes!("../../../core/src/photo/fixtures/texture-grey.jpg");

/// Computes a file's FNV-1a hash and its length.
fn fingerprint(file: &[u8]) -> (u64, usize) {
    let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    (file.iter().fold(0xcbf2_9ce4_8422_2325, hash), file.len())
}

#[test]
fn files_are_the_same_everywhere() {
    let of = |file: Result<Vec<u8>, crate::Error>| fingerprint(&file.expect("a sound file"));
    assert_eq!(of(kept(FILE)), (0x7f60_3b88_7de4_2f77, 1036), "kept");
    assert_eq!(of(requantised(FILE, Quantisation::Quality95)), (0x168b_fbca_0c40_b639, 1272), "requantised");
    assert_eq!(of(turned(FILE, Orientation::Rotate90)), (0xe76c_9f1b_aea6_7843, 1029), "turned");
    let three = Recoding {
        grey: Grey::ThreeComponents,
        quantisation: Quantisation::Quality95,
        ..Recoding::default()
    };
    assert_eq!(of(recoded(GREY, three)), (0x2b6a_08e8_3aa1_0ccc, 1142), "three components");
}

#[test]
fn samples_are_the_same_everywhere() {
    for (scale, expected) in [
        (Scale::Half, (0xc0fc_8210_b436_a760, 1152)),
        (Scale::Quarter, (0x363c_2299_ac13_e488, 288)),
        (Scale::Eighth, (0x52df_e7e1_6fc8_d7e6, 72)),
    ] {
        let mut rgb = Vec::new();
        let scaled = Jpeg::read(FILE).expect("a JPEG").scale(scale, &mut Workspace::default(), |band| {
            (0..band.rows()).for_each(|row| band.rgb(row, &mut rgb));
        });
        assert_eq!((scaled, fingerprint(&rgb)), (Ok(()), expected), "{scale:?}");
    }
}

#[test]
fn encoded_pixels_are_the_same_everywhere() {
    let pixels = files::rgb(50, 35, 40);
    for (sampling, expected) in [
        (ChromaSampling::Full, (0x2115_c000_ab83_c4ca, 3043)),
        (ChromaSampling::HalfWidth, (0x31bf_fbc5_e5df_bd5b, 2333)),
        (ChromaSampling::Quarter, (0x7d09_a62e_3a2b_eaea, 2059)),
    ] {
        let file = in_bands(&pixels, (50, 35), sampling, 9);
        assert_eq!(fingerprint(&file), expected, "{sampling:?}");
    }
}
