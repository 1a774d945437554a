//! Pictures turned upright, some rows at a time.

use std::ops::Range;

use super::raster::Picture;
use crate::photo::Orientation;

impl Picture {
    /// Returns these rows of the upright picture: a slice of the stored rows where they are upright already, else
    /// put together in the buffer. There is never a second picture in memory.
    pub(in crate::photo) fn upright_rows<'a>(
        &'a self,
        orientation: Orientation,
        rows: Range<usize>,
        buffer: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        let (width, height) = (self.width, self.height);
        let stored = |rows: Range<usize>| self.rgb.get(rows.start * width * 3..rows.end * width * 3);
        let from_below = height.saturating_sub(rows.end)..height.saturating_sub(rows.start);
        let stored = match orientation {
            Orientation::Upright => return stored(rows).unwrap_or_default(),
            Orientation::MirrorHorizontal => stored(rows),
            Orientation::Rotate180 | Orientation::MirrorVertical => stored(from_below),
            Orientation::Transpose => return columns(self, rows, false, false, buffer),
            Orientation::Rotate90 => return columns(self, rows, false, true, buffer),
            Orientation::Transverse => return columns(self, rows, true, true, buffer),
            Orientation::Rotate270 => return columns(self, rows, true, false, buffer),
        };
        buffer.clear();
        buffer.extend_from_slice(stored.unwrap_or_default());
        let (pixels, _) = buffer.as_chunks_mut::<3>();
        if orientation != Orientation::MirrorHorizontal {
            pixels.reverse();
        }
        if orientation != Orientation::Rotate180 {
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
        let (width, height) = orientation.turned((picture.width, picture.height));
        let (mut rgb, mut buffer) = (Vec::new(), Vec::new());
        for top in (0..height).step_by(strip) {
            let rows = top..(top + strip).min(height);
            rgb.extend_from_slice(picture.upright_rows(orientation, rows, &mut buffer));
        }
        Picture { width, height, rgb }
    }

    /// Turns a stored "abc/def" by each of the eight orientations.
    #[test]
    fn each_orientation_is_exifs() {
        let cases: [(u32, &[&str]); 8] = [
            (1, &["abc", "def"]),
            (2, &["cba", "fed"]),
            (3, &["fed", "cba"]),
            (4, &["def", "abc"]),
            (5, &["ad", "be", "cf"]),
            (6, &["da", "eb", "fc"]),
            (7, &["fc", "eb", "da"]),
            (8, &["cf", "be", "ad"]),
        ];
        for (number, expected) in cases {
            let orientation = Orientation::from_exif(number).expect("a number of EXIF");
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
