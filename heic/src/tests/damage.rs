//! Files that are cut, or whose bytes were changed.

use super::{LIMITS, decode, muxer::boxed, turned::tiled};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Error, Heic, Scale};

/// A generator of numbers that are the same in every run (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }
}

#[test]
fn a_cut_file_never_comes_through() {
    let file = tiled(&[boxed(*b"irot", &[1])]).finish();
    let meta = file.windows(4).position(|kind| kind == b"mdat").expect("data") - 4;
    for length in (0..file.len()).step_by(7) {
        let cut = &file[..length];
        let error = decode(cut).expect_err("a cut file");
        assert!(matches!(error, Error::Truncated | Error::NotHeif), "{error:?} at {length}");
        assert_eq!(matches!(error, Error::NotHeif), length < 8);
        // The headers are enough for a look, if the grid's description is there.
        assert!(length >= meta || Heic::read(cut, &LIMITS).is_err());
    }
    assert!(decode(&file).is_ok());
}

#[test]
fn bytes_behind_the_last_box_do_not_matter() {
    let mut file = tiled(&[]).finish();
    let picture = decode(&file);
    assert!(picture.is_ok());
    file.extend_from_slice(b"\xff\xff\xff\xffSEFT trailing bytes of a phone");
    assert_eq!(decode(&file), picture);
}

#[test]
fn five_hundred_damaged_files_end_in_an_error_or_a_picture() {
    let sound = tiled(&[boxed(*b"irot", &[3])]).finish();
    let data = sound.windows(4).position(|kind| kind == b"mdat").expect("data");
    let mut numbers = Numbers(0x5eed_0f4e_1c5e_ed01);
    let (mut decoded, mut refused) = (0, 0);
    for round in 0..500 {
        let mut file = sound.clone();
        for _ in 0..=numbers.below(8) {
            // Every other file is hurt in its boxes alone, which are a small part of it.
            let at = numbers.below(if round % 2 == 0 { data } else { file.len() });
            match numbers.below(4) {
                0 => file[at] ^= 1 << numbers.below(8),
                1 => file[at] = u8::try_from(numbers.below(256)).expect("a byte"),
                2 => file[at] = [0, 0xff, 0x7f, 0x80][numbers.below(4)],
                _ => {
                    let (from, length) = (numbers.below(file.len()), numbers.below(16));
                    let piece: Vec<u8> = file.iter().skip(from).take(length).copied().collect();
                    file.splice(at..(at + length).min(file.len()), piece);
                }
            }
            if file.len() < sound.len() / 2 {
                break;
            }
        }
        let outcome = Heic::read(&file, &LIMITS).and_then(|heic| {
            let info = heic.info();
            assert!(u64::from(info.width) * u64::from(info.height) <= LIMITS.max_pixels);
            let expected = info.width as usize * info.height as usize * 3;
            let mut length = 0;
            let outcome = heic.decode(Scale::Full, |rows| length += rows.len());
            assert!(length <= expected && (outcome.is_err() || length == expected));
            outcome
        });
        if outcome.is_ok() { decoded += 1 } else { refused += 1 }
    }
    assert!(decoded > 20 && refused > 200, "{decoded} decoded, {refused} refused");
}
