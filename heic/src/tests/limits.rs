//! Claims that would cost more than a photo of the claimed size.

use super::{
    LIMITS, decode,
    muxer::{Muxer, boxed, grid, ispe},
    turned::{PIECE, tiled},
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Damage, Error, Excess, Heic, Limits, Scale};

#[test]
fn references_in_a_circle_end() {
    let mut muxer = Muxer { primary: 1, ..Muxer::default() };
    muxer.add(*b"iden", Vec::new(), Vec::new());
    muxer.refer(*b"dimg", 1, &[1]);
    assert_eq!(decode(&muxer.finish()), Err(Damage::References.into()));
    let mut muxer = Muxer { primary: 1, ..Muxer::default() };
    muxer.add(*b"grid", Vec::new(), grid(1, 1, 600, 600));
    muxer.add(*b"iovl", Vec::new(), [[0; 10].as_slice(), &[2; 8]].concat());
    muxer.refer(*b"dimg", 1, &[2]);
    muxer.refer(*b"dimg", 2, &[1, 1, 1, 1]);
    assert!(decode(&muxer.finish()).is_err());
}

#[test]
fn a_picture_that_is_used_again_and_again_is_counted_each_time() {
    let mut muxer = Muxer::default();
    let layer = muxer.add_piece(&PIECE, 80, 64, &[]);
    let places = vec![0; 4 * 600];
    let fields: [u16; 6] = [0, 0, 0, 0xffff, 80, 64];
    let data = [vec![0, 0], fields.map(u16::to_be_bytes).concat(), places].concat();
    muxer.primary = muxer.add(*b"iovl", Vec::new(), data);
    muxer.refer(*b"dimg", muxer.primary, &[layer; 600]);
    assert_eq!(decode(&muxer.finish()), Err(Excess::Pixels.into()));
}

#[test]
fn pixels_are_counted_before_they_are_decoded() {
    let file = tiled(&[]).finish();
    let read = |max_pixels| Heic::read(&file, &Limits { max_pixels }).map(|_| ());
    assert_eq!(read(200 * 150), Ok(()));
    assert_eq!(read(200 * 150 - 1), Err(Excess::Pixels.into()));
    let mut muxer = tiled(&[]);
    muxer.items[9].data = grid(3, 3, 65_535, 65_535);
    assert!(matches!(decode(&muxer.finish()), Err(Error::TooMuch(Excess::Pixels))));
    let mut muxer = tiled(&[]);
    muxer.items[9].data = grid(3, 3, 400, 150);
    assert_eq!(decode(&muxer.finish()), Err(Damage::Grid.into()), "its tiles do not reach so far");
}

#[test]
fn a_coded_picture_of_another_size_is_not_decoded() {
    for (width, height) in [(81, 64), (80, 65), (8, 64), (80, 4_000)] {
        let mut muxer = Muxer { primary: 1, ..Muxer::default() };
        muxer.add(*b"hvc1", vec![PIECE.config.clone(), ispe(width, height)], PIECE.data.clone());
        assert_eq!(decode(&muxer.finish()), Err(Damage::Size.into()), "{width} x {height}");
    }
}

#[test]
fn pieces_that_take_no_room_are_counted() {
    let mut muxer = tiled(&[]);
    // Items of version 0 with places and lengths of no bytes, in 65,535 pieces each.
    let items = (1..=100_u16).flat_map(|id| [id.to_be_bytes(), [0, 0], [0xff; 2]].concat());
    let content: Vec<u8> = [0, 0, 0, 0, 0, 0, 0, 100].into_iter().chain(items).collect();
    muxer.instead.push(boxed(*b"iloc", &content));
    assert_eq!(decode(&muxer.finish()), Err(Excess::Boxes.into()));
}

#[test]
fn boxes_are_counted() {
    let many = |kind: [u8; 4], count: usize| boxed(kind, &[]).repeat(count);
    let with = |instead: Vec<u8>| {
        let mut muxer = tiled(&[]);
        muxer.instead.push(instead);
        decode(&muxer.finish())
    };
    assert_eq!(
        with(boxed(*b"iinf", &[vec![0; 6], many(*b"infe", 5_000)].concat())),
        Err(Excess::Boxes.into())
    );
    assert_eq!(
        with(boxed(*b"iref", &[vec![0; 4], many(*b"dimg", 5_000)].concat())),
        Err(Excess::Boxes.into())
    );
    assert_eq!(with(boxed(*b"iref", &vec![0; 300 << 10])), Err(Excess::Boxes.into()));
    let properties = boxed(*b"ipco", &many(*b"free", 5_000));
    assert_eq!(with(boxed(*b"iprp", &properties)), Err(Excess::Boxes.into()));
    let file = [many(*b"free", 2_000), tiled(&[]).finish()].concat();
    assert_eq!(decode(&file), Err(Error::NotHeif), "the type comes first");
    let file = [tiled(&[]).finish(), many(*b"free", 2_000)].concat();
    assert_eq!(decode(&file), Err(Excess::Boxes.into()));
}

#[test]
fn bytes_that_many_items_share_are_counted() {
    let mut muxer = tiled(&[]);
    let file = muxer.finish();
    let length = u32::try_from(file.len()).expect("small").to_be_bytes();
    let items =
        (1..=10_u16).flat_map(|id| [id.to_be_bytes().as_slice(), &[0, 0, 0, 1], &[0; 4], &length].concat());
    let content: Vec<u8> = [0, 0, 0, 0, 0x44, 0, 0, 10].into_iter().chain(items).collect();
    muxer.instead.push(boxed(*b"iloc", &content));
    assert_eq!(decode(&muxer.finish()), Err(Excess::Boxes.into()));
}

#[test]
fn a_smaller_scale_takes_less_memory() {
    let file = tiled(&[]).finish();
    let heic = Heic::read(&file, &LIMITS).expect("headers");
    let memory = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth].map(|scale| heic.memory(scale));
    assert!(memory.is_sorted_by(|a, b| a > b), "{memory:?}");
}
