//! Files that are refused by name.

use super::{
    decode,
    muxer::{Muxer, boxed, grid},
    turned::{PIECE, tiled},
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Damage, Error, Heic, Unsupported};

#[test]
fn other_codings_are_named() {
    for (kind, expected) in [
        (b"av01", Unsupported::Avif),
        (b"avc1", Unsupported::Avc),
        (b"j2k1", Unsupported::Jpeg2000),
        (b"jpeg", Unsupported::Other),
        (b"unci", Unsupported::Other),
    ] {
        let mut muxer = Muxer { primary: 1, ..Muxer::default() };
        muxer.add(*kind, Vec::new(), vec![0; 8]);
        assert_eq!(decode(&muxer.finish()), Err(expected.into()));
        let mut tiles = tiled(&[]);
        tiles.items[4].kind = *kind;
        assert_eq!(decode(&tiles.finish()), Err(expected.into()), "as a tile");
    }
}

#[test]
fn a_film_is_named() {
    let start = boxed(*b"ftyp", b"msf1\0\0\0\0msf1hevc");
    assert_eq!(
        decode(&[start.clone(), boxed(*b"moov", &[0; 40])].concat()),
        Err(Unsupported::Sequence.into())
    );
    assert_eq!(decode(&start), Err(Unsupported::Sequence.into()));
    let mut piece = PIECE.clone();
    // Behind its length and header a slice begins with flags and the number of its parameters, and then its type: 011 is
    // I, 010 is P.
    assert_eq!(piece.data[6] & 0b0011_1100, 0b0010_1100);
    piece.data[6] &= !4;
    let mut muxer = Muxer { primary: 1, ..Muxer::default() };
    muxer.add_piece(&piece, 80, 64, &[]);
    assert_eq!(decode(&muxer.finish()), Err(Unsupported::InterSlices.into()));
}

#[test]
fn other_files_are_not_heif() {
    for bytes in [b"".as_slice(), b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP", &[0; 64]] {
        assert_eq!(decode(bytes), Err(Error::NotHeif));
    }
}

#[test]
fn a_missing_tile_is_damage() {
    let mut muxer = tiled(&[]);
    muxer.references[0].2.pop();
    assert_eq!(decode(&muxer.finish()), Err(Damage::Grid.into()));
    let mut muxer = tiled(&[]);
    muxer.references[0].2[3] = 99;
    assert_eq!(decode(&muxer.finish()), Err(Damage::References.into()));
}

#[test]
fn tiles_beyond_the_picture_are_not_looked_at() {
    let mut muxer = tiled(&[]);
    muxer.items[9].data = grid(3, 3, 100, 60);
    for beyond in [2, 3, 8] {
        muxer.references[0].2[beyond] = 99;
    }
    let heic = muxer.finish();
    assert_eq!(Heic::read(&heic, &super::LIMITS).map(|heic| heic.info().width), Ok(100));
    assert!(decode(&heic).is_ok());
}
