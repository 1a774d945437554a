//! Files that were cut or flipped.

use libjpeg_turbo_rs::decompress;

use super::{
    files::{self, Numbers},
    kept, recoded, requantised,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Damage, Error, Jpeg, Orientation, Quantisation, Recoding, Scale, Workspace};

/// Goes all ways, and returns the result of the first.
fn all_ways(file: &[u8]) -> Result<Vec<u8>, Error> {
    let kept = kept(file);
    let requantised = requantised(file, Quantisation::Quality95);
    let turned = recoded(file, Recoding { orientation: Orientation::Transpose, ..Recoding::default() });
    let scaled =
        Jpeg::read(file).and_then(|jpeg| jpeg.scale(Scale::Eighth, &mut Workspace::default(), |_| {}));
    assert_eq!(kept.as_ref().err(), requantised.as_ref().err());
    assert_eq!(kept.as_ref().err(), turned.as_ref().err());
    // Only scaling asks for resolutions that it can bring together.
    assert!(kept.is_ok() == scaled.is_ok() || matches!(scaled, Err(Error::NeedsPixels(_))));
    kept
}

#[test]
fn a_cut_file_never_comes_through() {
    for restarts in [0, 2] {
        let file = files::file(56, 40, (2, 2), 85, restarts);
        let last = file.len() - 2;
        for end in 0..last {
            assert!(all_ways(&file[..end]).is_err(), "{end} of {} bytes", file.len());
        }
        // Only EOI is missing.
        assert!(all_ways(&file[..last]).is_ok());
    }
}

#[test]
fn the_place_of_damage_is_told() {
    // Noise, whose MCUs are about equally long.
    let file = files::file(240, 180, (2, 2), 85, 0);
    let told = |file: &[u8]| Jpeg::read_headers(file).expect("headers").readable_percent();
    let data = files::offset(&file, crate::marker::SOS) + 14;
    for percent in [0, 10, 50, 90, 99] {
        let end = data + (file.len() - 2 - data) * percent / 100;
        let readable = usize::from(told(&file[..end]).expect("a place"));
        assert!(readable.abs_diff(percent) <= 5, "{readable} of {percent}");
        // A marker in the data ends them.
        let mut marked = file.clone();
        marked[end..end + 2].copy_from_slice(&[0xff, 0xd9]);
        assert_eq!(told(&marked).map(usize::from), Some(readable));
    }
    assert_eq!(told(&file), None);
    // The codes come out uneven at the end, wherever they went wrong.
    let extra = [&file[..file.len() - 2], &[0; 8], &file[file.len() - 2..]].concat();
    assert_eq!(kept(&extra), Err(Error::Damaged(Damage::ExtraData)));
    assert_eq!(told(&extra), None);
}

/// After a short gap the codes often fall into step again, and the number of blocks may be right by chance. A long one
/// takes blocks away.
#[test]
fn a_file_that_lacks_a_long_piece_never_comes_through() {
    let file = files::file(240, 180, (2, 2), 85, 0);
    let data = files::offset(&file, crate::marker::SOS) + 14;
    let piece = (file.len() - data) / 8;
    let mut numbers = Numbers::new(3);
    for _ in 0..200 {
        let from = data + numbers.next((file.len() - data - 2 * piece) as u32) as usize;
        let cut = [&file[..from], &file[from + piece + numbers.next(50) as usize..]].concat();
        assert!(all_ways(&cut).is_err());
    }
}

/// A flipped bit of a number gives another number, and no decoder can tell. Whatever comes through must be a picture that
/// another decoder takes without a complaint.
#[test]
fn what_comes_through_is_a_whole_picture() {
    let mut numbers = Numbers::new(1);
    let (mut through, mut flipped_often) = (0, 0);
    for sampling in [(1, 1), (2, 2)] {
        let file = files::file(80, 64, sampling, 90, 0);
        for flips in [1, 1, 1, 8, 40] {
            for _ in 0..200 {
                let mut flipped = file.clone();
                for _ in 0..flips {
                    let at = numbers.next(file.len() as u32) as usize;
                    flipped[at] ^= 1 << numbers.next(8);
                }
                if let Ok(kept) = all_ways(&flipped) {
                    decompress(&kept).expect("a JPEG");
                    through += 1;
                    flipped_often += usize::from(flips == 40);
                }
            }
        }
    }
    assert!(through > 0 && flipped_often == 0, "{through} {flipped_often}");
}

#[test]
fn restart_markers_are_where_they_belong() {
    let file = files::file(64, 64, (1, 1), 90, 8);
    let at = |code: u8| file.windows(2).position(|pair| pair == [0xff, code]).expect("a restart marker");
    let changed = |at: usize, to: &[u8]| all_ways(&[&file[..at], to, &file[at + 2..]].concat()).unwrap_err();
    assert_eq!(changed(at(0xd0), &[0xff, 0xd1]), Error::Damaged(Damage::Restart), "out of turn");
    assert_eq!(changed(at(0xd2), &[0xff, 0xd9]), Error::Damaged(Damage::Restart), "the end comes too early");
    assert!(matches!(changed(at(0xd1), &[]), Error::Damaged(_)), "left out");
    let filled = [&file[..at(0xd1)], &[0xff, 0xff], &file[at(0xd1)..]].concat();
    assert_eq!(all_ways(&filled).map(|kept| decompress(&kept).is_ok()), Ok(true), "fill bytes");
}

#[test]
fn data_behind_the_last_block_are_rejected() {
    let file = files::file(64, 64, (1, 1), 90, 0);
    let end = file.len() - 2;
    for extra in [[0].as_slice(), &[1, 2, 3], &[0xff, 0], &[7; 100]] {
        let longer = [&file[..end], extra, &file[end..]].concat();
        assert_eq!(all_ways(&longer), Err(Error::Damaged(Damage::ExtraData)));
        assert_eq!(all_ways(&longer[..longer.len() - 2]), Err(Error::Damaged(Damage::ExtraData)));
    }
    let second_scan = [&file[..end], &file[files::offset(&file, crate::marker::SOS)..]].concat();
    assert_eq!(kept(&second_scan), Err(Error::Damaged(Damage::Scan)));
    let second_picture = [&file[..end], &file].concat();
    assert_eq!(kept(&second_picture), Err(Error::Damaged(Damage::Segment)));
}
