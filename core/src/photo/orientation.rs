//! Which way is up.

use serde::{Deserialize, Serialize};

use super::raster::Picture;

/// EXIF's orientation (EXIF 2.32, 4.6.5.1.6): what has to be done to the stored pixels to see them upright.
/// Rotations are clockwise.
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
    /// The orientation of EXIF's number; numbers that EXIF does not know mean nothing, so upright.
    #[must_use]
    pub fn from_exif(number: u32) -> Self {
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

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_sides(self) -> bool {
        matches!(self, Self::Transpose | Self::Rotate90 | Self::Transverse | Self::Rotate270)
    }

    /// Makes the picture upright. In place, except where the sides change places, which takes a second buffer.
    pub(super) fn apply(self, mut picture: Picture) -> Picture {
        let (pixels, _) = picture.rgb.as_chunks_mut::<3>();
        match self {
            Self::Upright => picture,
            Self::MirrorHorizontal => {
                pixels.chunks_exact_mut(picture.width.max(1)).for_each(<[_]>::reverse);
                picture
            }
            Self::Rotate180 => {
                pixels.reverse();
                picture
            }
            Self::MirrorVertical => {
                pixels.reverse();
                pixels.chunks_exact_mut(picture.width.max(1)).for_each(<[_]>::reverse);
                picture
            }
            Self::Transpose => transpose(&picture, false, false),
            Self::Rotate90 => transpose(&picture, false, true),
            Self::Transverse => transpose(&picture, true, true),
            Self::Rotate270 => transpose(&picture, true, false),
        }
    }
}

/// Pixel (x, y) goes to row x, column y; `mirror_x` counts x from the right, `mirror_y` y from below.
/// Done in square tiles, so that rows and columns both stay in the processor's cache.
fn transpose(from: &Picture, mirror_x: bool, mirror_y: bool) -> Picture {
    const TILE: usize = 32;
    let (width, height) = (from.width, from.height);
    let mut rgb = vec![0; from.rgb.len()];
    let (pixels, _) = from.rgb.as_chunks::<3>();
    let (turned, _) = rgb.as_chunks_mut::<3>();
    for top in (0..height).step_by(TILE) {
        for left in (0..width).step_by(TILE) {
            for x in left..(left + TILE).min(width) {
                let row = if mirror_x { width - 1 - x } else { x };
                for y in top..(top + TILE).min(height) {
                    let column = if mirror_y { height - 1 - y } else { y };
                    if let (Some(to), Some(pixel)) =
                        (turned.get_mut(row * height + column), pixels.get(y * width + x))
                    {
                        *to = *pixel;
                    }
                }
            }
        }
    }
    Picture { width: height, height: width, rgb }
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

    /// Stored "abc/def" in each of the eight orientations.
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
        for (number, upright) in cases {
            let orientation = Orientation::from_exif(number);
            assert_eq!(orientation.apply(picture(&["abc", "def"])), picture(upright), "{number}");
            assert_eq!(orientation.swaps_sides(), upright.len() == 3, "{number}");
        }
    }

    #[test]
    fn tiles_meet() {
        let rows: Vec<String> = (0..70)
            .map(|y| (0..67).map(|x| char::from_u32((y * 7 + x * 5) % 128).expect("ASCII")).collect())
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let stored = picture(&rows);
        let once = Orientation::Rotate90.apply(stored.clone());
        assert_ne!(once.rgb, stored.rgb);
        let pixel = |picture: &Picture, x: usize, y: usize| picture.rgb[(y * picture.width + x) * 3];
        for (x, y) in [(0, 0), (66, 69), (32, 31), (31, 64), (66, 0)] {
            assert_eq!(pixel(&once, 69 - y, x), pixel(&stored, x, y), "{x}, {y}");
        }
        assert_eq!(Orientation::Rotate270.apply(once), stored);
    }
}
