//! The part of a damaged picture that can be read.

use libjpeg_turbo_rs::{Encoder, PixelFormat};

use super::{normalise, whole::soft};
#[cfg(target_arch = "wasm32")]
use crate::test;

/// Tells the place where a picture breaks off, of one whose parts are about equally long.
#[test]
fn the_place_of_damage_is_told() {
    let rgb = soft(320, 240, 3);
    let file = Encoder::new(&rgb, 320, 240, PixelFormat::Rgb).quality(90).encode().expect("a JPEG");
    let scan = file.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan");
    for (percent, around) in [(20, 10..=30), (75, 65..=85)] {
        let at = scan + (file.len() - scan) * percent / 100;
        let cut = normalise(&file[..at]).expect_err("a cut file");
        let readable = cut.readable().expect("a place");
        assert!(around.contains(&readable), "{readable}");
        let sentence =
            format!("this JPEG file is cut off: the first {readable} % of the picture can be read");
        assert_eq!(cut.to_string(), sentence);
        let mut file = file.clone();
        file[at..at + 100].fill(0xff);
        let damaged = normalise(&file).expect_err("a damaged file");
        assert_eq!(damaged.readable(), Some(readable));
    }
    // In the headers there is no place in the picture.
    assert_eq!(normalise(&file[..scan]).expect_err("a cut file").readable(), None);
}
