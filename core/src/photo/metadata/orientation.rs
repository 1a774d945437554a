//! The orientation of a picture.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::photo::pixels::raster::Picture;

/// EXIF's orientation (EXIF 2.32, 4.6.5.1.6): the operation on the stored pixels that shows them upright. Rotations
/// are clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// 1: nothing.
    #[default]
    Upright,
    /// 2: mirror left and right.
    MirrorHorizontal,
    /// 3: rotate by 180 degrees.
    Rotate180,
    /// 4: mirror top and bottom.
    MirrorVertical,
    /// 5: mirror at the diagonal from the top left to the bottom right.
    Transpose,
    /// 6: rotate by 90 degrees.
    Rotate90,
    /// 7: mirror at the diagonal from the top right to the bottom left.
    Transverse,
    /// 8: rotate by 270 degrees.
    Rotate270,
}

impl Orientation {
    /// Reads EXIF's number; numbers that EXIF does not know mean nothing, so upright.
    #[must_use]
    pub(crate) fn from_exif(number: u32) -> Self {
        match number {
            2 => Self::MirrorHorizontal,
            3 => Self::Rotate180,
            4 => Self::MirrorVertical,
            5 => Self::Transpose,
            6 => Self::Rotate90,
            7 => Self::Transverse,
            8 => Self::Rotate270,
            _ => Self::Upright,
        }
    }

    /// Reads EXIF's number; `None` for a number that EXIF does not know.
    pub(in crate::photo) fn known(number: u32) -> Option<Self> {
        (1..=8).contains(&number).then(|| Self::from_exif(number))
    }

    /// Tells whether width and height change places.
    #[must_use]
    pub(crate) fn swaps_sides(self) -> bool {
        matches!(self, Self::Transpose | Self::Rotate90 | Self::Transverse | Self::Rotate270)
    }

    /// Returns the size of the upright picture, given the stored one's.
    pub(in crate::photo) fn turned<T>(self, width: T, height: T) -> (T, T) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// Returns these rows of the upright picture: a slice of the stored rows where they are upright already, else
    /// put together in the buffer. There is never a second picture in memory.
    pub(in crate::photo) fn rows<'a>(
        self,
        picture: &'a Picture,
        rows: Range<usize>,
        buffer: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        let (width, height) = (picture.width, picture.height);
        let stored = |rows: Range<usize>| picture.rgb.get(rows.start * width * 3..rows.end * width * 3);
        let from_below = height.saturating_sub(rows.end)..height.saturating_sub(rows.start);
        let stored = match self {
            Self::Upright => return stored(rows).unwrap_or_default(),
            Self::MirrorHorizontal => stored(rows),
            Self::Rotate180 | Self::MirrorVertical => stored(from_below),
            Self::Transpose => return columns(picture, rows, false, false, buffer),
            Self::Rotate90 => return columns(picture, rows, false, true, buffer),
            Self::Transverse => return columns(picture, rows, true, true, buffer),
            Self::Rotate270 => return columns(picture, rows, true, false, buffer),
        };
        buffer.clear();
        buffer.extend_from_slice(stored.unwrap_or_default());
        let (pixels, _) = buffer.as_chunks_mut::<3>();
        if self != Self::MirrorHorizontal {
            pixels.reverse();
        }
        if self != Self::Rotate180 {
            pixels.chunks_exact_mut(width.max(1)).for_each(<[_]>::reverse);
        }
        buffer
    }
}

/// Writes columns of the stored picture as rows. Pixel (x, y) goes to row x, column y; `mirror_x` counts x from the
/// right, `mirror_y` y from below.
///
/// The loop follows the stored rows, so that neighbouring bytes are read together.
fn columns<'a>(
    picture: &Picture,
    rows: Range<usize>,
    mirror_x: bool,
    mirror_y: bool,
    buffer: &'a mut Vec<u8>,
) -> &'a [u8] {
    let (width, height) = (picture.width, picture.height);
    buffer.clear();
    buffer.resize(rows.len() * height * 3, 0);
    let (pixels, _) = picture.rgb.as_chunks::<3>();
    let (turned, _) = buffer.as_chunks_mut::<3>();
    for (y, stored) in pixels.chunks_exact(width.max(1)).enumerate() {
        let column = if mirror_y { height - 1 - y } else { y };
        let columns = if mirror_x {
            width.saturating_sub(rows.end)..width.saturating_sub(rows.start)
        } else {
            rows.clone()
        };
        let part = stored.get(columns).unwrap_or_default();
        let mut put = |(row, pixel): (usize, &[u8; 3])| {
            if let Some(to) = turned.get_mut(row * height + column) {
                *to = *pixel;
            }
        };
        if mirror_x {
            part.iter().rev().enumerate().for_each(&mut put);
        } else {
            part.iter().enumerate().for_each(&mut put);
        }
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::{Orientation, Picture};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn picture(rows: &[&str]) -> Picture {
        let rgb = rows.concat().bytes().flat_map(|letter| [letter, 0, letter]).collect();
        Picture { width: rows[0].len(), height: rows.len(), rgb }
    }

    /// Builds the whole upright picture from strips of so many rows.
    fn upright(orientation: Orientation, picture: &Picture, strip: usize) -> Picture {
        let (width, height) = orientation.turned(picture.width, picture.height);
        let (mut rgb, mut buffer) = (Vec::new(), Vec::new());
        for top in (0..height).step_by(strip) {
            let rows = top..(top + strip).min(height);
            rgb.extend_from_slice(orientation.rows(picture, rows, &mut buffer));
        }
        Picture { width, height, rgb }
    }

    /// Turns a stored "abc/def" by each of the eight orientations.
    #[test]
    fn each_orientation_is_exifs() {
        let cases: [(u32, &[&str]); 9] = [
            (1, &["abc", "def"]),
            (2, &["cba", "fed"]),
            (3, &["fed", "cba"]),
            (4, &["def", "abc"]),
            (5, &["ad", "be", "cf"]),
            (6, &["da", "eb", "fc"]),
            (7, &["fc", "eb", "da"]),
            (8, &["cf", "be", "ad"]),
            (9, &["abc", "def"]),
        ];
        for (number, expected) in cases {
            let orientation = Orientation::from_exif(number);
            for strip in 1..=3 {
                let turned = upright(orientation, &picture(&["abc", "def"]), strip);
                assert_eq!(turned, picture(expected), "{number}, {strip}");
            }
            assert_eq!(orientation.swaps_sides(), expected.len() == 3, "{number}");
        }
    }

    #[test]
    fn strips_meet() {
        let rows: Vec<String> = (0..70)
            .map(|y| (0..67).map(|x| char::from_u32((y * 7 + x * 5) % 128).expect("ASCII")).collect())
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let stored = picture(&rows);
        let once = upright(Orientation::Rotate90, &stored, 32);
        assert_ne!(once.rgb, stored.rgb);
        let pixel = |picture: &Picture, x: usize, y: usize| picture.rgb[(y * picture.width + x) * 3];
        for (x, y) in [(0, 0), (66, 69), (32, 31), (31, 64), (66, 0)] {
            assert_eq!(pixel(&once, 69 - y, x), pixel(&stored, x, y), "{x}, {y}");
        }
        assert_eq!(upright(Orientation::Rotate270, &once, 7), stored);
    }
}
