//! The picture as it is.

use libjpeg_turbo_rs::{Encoder, PixelFormat};

use super::{
    assert_same_picture,
    files::{self, SAMPLINGS},
    kept,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    Jpeg,
    marker::{APP0, DHT, DQT, DRI, SOF0, SOS},
};

#[test]
fn the_data_are_the_same_bit_for_bit() {
    for sampling in SAMPLINGS {
        for (width, height, restarts) in
            [(64, 64, 0), (37, 51, 0), (8, 8, 0), (1, 1, 0), (130, 33, 1), (99, 70, 5)]
        {
            let file = files::file(width, height, sampling, 88, restarts);
            let kept = kept(&file).expect("a sound file");
            assert_eq!(files::data(&kept), files::data(&file));
            assert_same_picture(&kept, &file, "kept");
        }
    }
    let grey = files::grey(45, 23, 70);
    let kept = kept(&grey).expect("a sound file");
    assert_eq!(files::data(&kept), files::data(&grey));
    assert_same_picture(&kept, &grey, "grey");
}

#[test]
fn metadata_and_what_follows_stay_behind() {
    let pixels = files::rgb(40, 30, 9);
    let with_metadata = Encoder::new(&pixels, 40, 30, PixelFormat::Rgb)
        .exif_data(b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
        .comment("taken at home")
        .icc_profile(&[7; 200])
        .restart_blocks(2)
        .encode()
        .expect("a JPEG");
    // The second picture of an MPO or an Ultra HDR file, and a phone's film.
    let file = [with_metadata.as_slice(), &files::grey(8, 8, 50), b"ftypmp42 film"].concat();
    let kept = kept(&file).expect("a sound file");
    assert_eq!(files::markers(&kept), [APP0, DQT, DQT, SOF0, DHT, DHT, DHT, DHT, DRI, SOS]);
    assert_eq!(files::data(&kept), files::data(&with_metadata));
    assert!(kept.ends_with(&[0xff, 0xd9]));
    assert_eq!(super::kept(&kept).as_ref(), Ok(&kept), "there is nothing more to leave out");
}

#[test]
fn optimised_tables_are_kept() {
    let pixels = files::rgb(64, 48, 120);
    let encoder = Encoder::new(&pixels, 64, 48, PixelFormat::Rgb).quality(97).optimize_huffman(true);
    let file = encoder.encode().expect("a JPEG");
    assert_same_picture(&kept(&file).expect("a sound file"), &file, "optimised");
}

#[test]
fn what_decoders_forgive_is_accepted() {
    let file = files::file(40, 30, (2, 2), 80, 3);
    let whole = kept(&file).expect("a sound file");
    let without_eoi = &file[..file.len() - 2];
    assert_eq!(kept(without_eoi).as_ref(), Ok(&whole));
    // Fill bytes before a marker (B.1.1.2), and padding between segments.
    let at = files::offset(&file, DHT);
    for between in [[0xff; 5].as_slice(), &[0; 3], &[0xff, 0xd3]] {
        let padded = [&file[..at], between, &file[at..]].concat();
        assert_eq!(kept(&padded).as_ref(), Ok(&whole));
    }
    let filled = [without_eoi, &[0xff, 0xff, 0xff, 0xd9]].concat();
    assert_eq!(kept(&filled).as_ref(), Ok(&whole));
    // A height that DNL repeats (B.2.5).
    let repeated = [without_eoi, &[0xff, 0xdc, 0, 4, 0, 30, 0xff, 0xd9]].concat();
    assert_eq!(kept(&repeated).as_ref(), Ok(&whole));
}

#[test]
fn extended_sequential_pictures_are_accepted() {
    let mut file = files::file(40, 30, (2, 1), 80, 0);
    let at = files::offset(&file, SOF0);
    file[at + 1] = 0xc1;
    let kept = kept(&file).expect("a sound file");
    assert!(files::markers(&kept).contains(&0xc1));
    assert_eq!(
        Jpeg::read(&file).map(|jpeg| (jpeg.width(), jpeg.height(), jpeg.is_grey())),
        Ok((40, 30, false))
    );
}
