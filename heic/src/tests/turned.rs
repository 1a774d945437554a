//! Pictures that lie on a side, are mirrored or cropped.

use std::sync::LazyLock;

use super::{
    Decoded, decode,
    drawn::encode,
    muxer::{Muxer, Piece, boxed, grid, piece},
};
use crate::Heic;
#[cfg(target_arch = "wasm32")]
use crate::test;

/// A coded picture of 80 by 64 pixels.
pub(super) static PIECE: LazyLock<Piece> = LazyLock::new(|| piece(&encode(80, 64)));

/// Returns a grid of 200 by 150 pixels, three tiles across and three down, with these properties.
pub(super) fn tiled(more: &[Vec<u8>]) -> Muxer {
    let mut muxer = Muxer::default();
    let tiles: Vec<u16> = (0..9).map(|_| muxer.add_piece(&PIECE, 80, 64, &[])).collect();
    muxer.primary = muxer.add(*b"grid", more.to_vec(), grid(3, 3, 200, 150));
    muxer.refer(*b"dimg", muxer.primary, &tiles);
    muxer
}

fn irot(quarters: u8) -> Vec<u8> {
    boxed(*b"irot", &[quarters])
}

fn imir(axis: u8) -> Vec<u8> {
    boxed(*b"imir", &[axis])
}

fn clap(width: u32, height: u32, right: i32, down: i32) -> Vec<u8> {
    let fields = [width, 1, height, 1, right.cast_unsigned(), 2, down.cast_unsigned(), 2];
    boxed(*b"clap", &fields.map(u32::to_be_bytes).concat())
}

/// Lays pixels down anew: `from` tells where a pixel comes from.
fn laid(of: &Decoded, width: usize, height: usize, from: impl Fn(usize, usize) -> (usize, usize)) -> Decoded {
    let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| {
        let (x, y) = from(x, y);
        let at = (y * of.width + x) * 3;
        of.rgb[at..at + 3].to_vec()
    });
    Decoded { width, height, rgb: rgb.collect(), colours: of.colours }
}

fn turned(of: &Decoded) -> Decoded {
    laid(of, of.height, of.width, |x, y| (of.width - 1 - y, x))
}

fn mirrored(of: &Decoded) -> Decoded {
    laid(of, of.width, of.height, |x, y| (of.width - 1 - x, y))
}

#[test]
fn all_turns_and_mirrors_of_a_grid_show_the_same_picture() {
    let stored = decode(&tiled(&[]).finish()).expect("a picture");
    assert_eq!((stored.width, stored.height), (200, 150));
    let mut expected = stored;
    for quarters in 0..4 {
        let file = tiled(&[irot(quarters)]).finish();
        assert_eq!(decode(&file).expect("turned"), expected, "{quarters} quarters");
        assert_eq!(Heic::read(&file, &super::LIMITS).expect("headers").info().turned, quarters > 0);
        let file = tiled(&[irot(quarters), imir(1)]).finish();
        assert_eq!(decode(&file).expect("mirrored"), mirrored(&expected), "{quarters} quarters and a mirror");
        expected = turned(&expected);
    }
}

#[test]
fn a_picture_in_one_piece_turns_as_well() {
    let with = |more: &[Vec<u8>]| {
        let mut muxer = Muxer { primary: 1, ..Muxer::default() };
        muxer.add_piece(&PIECE, 80, 64, more);
        decode(&muxer.finish()).expect("a picture")
    };
    let stored = with(&[]);
    assert_eq!(with(&[irot(1)]), turned(&stored));
    assert_eq!(with(&[irot(3), imir(0)]), mirrored(&turned(&stored)));
    assert_eq!(with(&[imir(0)]), turned(&turned(&mirrored(&stored))));
}

#[test]
fn a_crop_goes_across_tiles() {
    let stored = decode(&tiled(&[]).finish()).expect("a picture");
    // 101 by 91 pixels whose centre is half a pixel to the right and 2.5 pixels up.
    let crop = clap(101, 91, 1, -5);
    let expected = laid(&stored, 101, 91, |x, y| (x + 50, y + 27));
    assert_eq!(decode(&tiled(std::slice::from_ref(&crop)).finish()).expect("cropped"), expected);
    assert_eq!(decode(&tiled(&[crop, irot(1)]).finish()).expect("turned"), turned(&expected));
    let nothing = clap(0, 91, 1, -5);
    assert!(decode(&tiled(&[nothing]).finish()).is_err());
}
