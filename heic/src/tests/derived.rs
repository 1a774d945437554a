//! Pictures that are made of others.

use super::{
    decode, decode_at,
    muxer::{Muxer, boxed, grid},
    turned::PIECE,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Colours, Scale};

fn single() -> super::Decoded {
    let mut muxer = Muxer { primary: 1, ..Muxer::default() };
    muxer.add_piece(&PIECE, 80, 64, &[]);
    decode(&muxer.finish()).expect("a picture")
}

#[test]
fn an_identity_is_its_source_with_more_turns() {
    let mut muxer = Muxer::default();
    let source = muxer.add_piece(&PIECE, 80, 64, &[boxed(*b"irot", &[1])]);
    muxer.primary = muxer.add(*b"iden", vec![boxed(*b"irot", &[3])], Vec::new());
    muxer.refer(*b"dimg", muxer.primary, &[source]);
    assert_eq!(decode(&muxer.finish()).expect("a picture"), single());
}

#[test]
fn a_grid_of_turned_tiles_shows_them_turned() {
    let mut muxer = Muxer::default();
    let tile = muxer.add_piece(&PIECE, 80, 64, &[boxed(*b"irot", &[2])]);
    let other = muxer.add_piece(&PIECE, 80, 64, &[]);
    muxer.primary = muxer.add(*b"grid", Vec::new(), grid(2, 1, 160, 64));
    muxer.refer(*b"dimg", muxer.primary, &[tile, other]);
    let picture = decode(&muxer.finish()).expect("a picture");
    let single = single();
    let (first, second) = picture.rgb.split_at(80 * 3);
    assert_eq!(second[..80 * 3], single.rgb[..80 * 3]);
    let head: Vec<u8> = single.rgb.as_chunks::<3>().0.iter().rev().take(80).flatten().copied().collect();
    assert_eq!(first, head);
    let half = decode_at(&muxer.finish(), Scale::Half).expect("half of it");
    assert_eq!((half.width, half.height), (80, 32));
}

#[test]
fn layers_lie_on_their_canvas() {
    let mut muxer = Muxer::default();
    let layer = muxer.add_piece(&PIECE, 80, 64, &[]);
    // A canvas of 100 by 70 red pixels, and the layer 30 to the right and 10 up.
    let fields: [u16; 8] = [0xffff, 0, 0, 0xffff, 100, 70, 30, 0_u16.wrapping_sub(10)];
    let data = [vec![0, 0], fields.map(u16::to_be_bytes).concat()].concat();
    muxer.primary = muxer.add(*b"iovl", Vec::new(), data);
    muxer.refer(*b"dimg", muxer.primary, &[layer]);
    let picture = decode(&muxer.finish()).expect("a picture");
    assert_eq!((picture.width, picture.height, picture.colours), (100, 70, Colours::Untouched));
    let single = single();
    let pixel = |x: usize, y: usize| &picture.rgb[(y * 100 + x) * 3..][..3];
    assert_eq!(pixel(29, 0), [255, 0, 0]);
    assert_eq!(pixel(30, 54), [255, 0, 0]);
    assert_eq!(pixel(30, 0), &single.rgb[80 * 10 * 3..][..3]);
    assert_eq!(pixel(99, 53), &single.rgb[(80 * 63 + 69) * 3..][..3]);
}
