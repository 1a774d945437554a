//! The picture as the network takes it: small, and black up to whole cells.

use crate::{RgbPicture, span::Span};

/// The pixels of a cell of the coarsest grid: both sides of a canvas are multiples.
const CELL: u16 = 32;

/// A shrunk picture on black. One row above it and one column left of it are black too, since the first convolution
/// reaches there.
#[derive(Debug)]
pub(crate) struct Canvas {
    /// The size of the shrunk picture in pixels, which lies at the top left.
    pub(crate) picture: (u16, u16),
    /// The size with the black at the right and at the bottom, without the row and the column before the picture.
    pub(crate) size: (u16, u16),
    bytes: Vec<u8>,
}

impl Canvas {
    /// Shrinks a picture until its longer side has at most `side` pixels, which are averages of the areas under them.
    pub(crate) fn new(picture: &RgbPicture, side: u16) -> Self {
        let longer = picture.width().max(picture.height());
        let shrunk = |length: u32| shrunk(length, longer, side);
        let (width, height) = (shrunk(picture.width()), shrunk(picture.height()));
        let padded = (width.next_multiple_of(CELL), height.next_multiple_of(CELL));
        let stride = stride(padded.0);
        let mut bytes = vec![0; stride * (usize::from(padded.1) + 1)];

        let columns = Span::all(picture.width(), width);
        let rows = Span::all(picture.height(), height);
        let area = |large: u32, small: u16| f64::from(large) / f64::from(small);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the eighth digit of a grey value does not matter"
        )]
        let share = (1.0 / (area(picture.width(), width) * area(picture.height(), height))) as f32;
        let mut sums = vec![[0.0; 3]; columns.len()];
        for (span, line) in rows.iter().zip(bytes.chunks_exact_mut(stride).skip(1)) {
            for at in span.first..=span.last {
                add(picture.row(at), &columns, span.share(at), &mut sums);
            }
            let (pixels, _) = line[3..].as_chunks_mut();
            finish(&mut sums, share, pixels);
        }
        Self { picture: (width, height), size: padded, bytes }
    }

    /// Returns three neighbouring rows, the first of which is the given one, counted with the black row at the top. A row
    /// has three bytes for each pixel, the black one at its left included.
    pub(crate) fn three_rows(&self, first: usize) -> [&[u8]; 3] {
        let stride = stride(self.size.0);
        [0, 1, 2].map(|below| &self.bytes[(first + below) * stride..][..stride])
    }
}

/// Returns the bytes of a row of a canvas.
fn stride(width: u16) -> usize {
    (usize::from(width) + 1) * 3
}

/// Returns a side's length in the shrunk picture, rounded and at least 1.
fn shrunk(length: u32, longer: u32, side: u16) -> u16 {
    let scaled = match u16::try_from(longer) {
        Ok(small) if small <= side => u64::from(length),
        _ => (2 * u64::from(length) * u64::from(side) + u64::from(longer)) / (2 * u64::from(longer)),
    };
    u16::try_from(scaled).unwrap_or(side).clamp(1, side)
}

/// Adds a row's averages, times `share`, to sums of the shrunk picture's columns.
fn add(row: &[[u8; 3]], columns: &[Span], share: f32, sums: &mut [[f32; 3]]) {
    for (sum, span) in sums.iter_mut().zip(columns) {
        let mut pixel = [0.0; 3];
        let mut count = |value: &[u8; 3], share: f32| {
            for (sum, &value) in pixel.iter_mut().zip(value) {
                *sum += f32::from(value) * share;
            }
        };
        match &row[span.first..=span.last] {
            [first, between @ .., last] => {
                count(first, span.share(span.first));
                for value in between {
                    count(value, 1.0);
                }
                count(last, span.share(span.last));
            }
            [alone] => count(alone, span.share(span.first)),
            [] => {}
        }
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += value * share;
        }
    }
}

/// Turns sums into pixels, and makes them zero again.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an average of bytes")]
fn finish(sums: &mut [[f32; 3]], share: f32, pixels: &mut [[u8; 3]]) {
    for (pixel, sum) in pixels.iter_mut().zip(sums) {
        // Rounded: none is negative.
        *pixel = sum.map(|sum| (sum * share + 0.5) as u8);
        *sum = [0.0; 3];
    }
}

#[cfg(test)]
mod tests {
    use super::Canvas;
    use crate::RgbPicture;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn canvas(width: u32, height: u32, pixels: &[[u8; 3]], side: u16) -> Canvas {
        Canvas::new(&RgbPicture::new(width, height, pixels.as_flattened()).expect("a picture"), side)
    }

    /// The pixels of the canvas's first rows, black ones at the right included.
    fn rows(canvas: &Canvas) -> [Vec<[u8; 3]>; 2] {
        let [above, first, second] = canvas.three_rows(0);
        assert!(above.iter().all(|&value| value == 0));
        [first, second].map(|row| {
            let (pixels, _) = row.as_chunks();
            assert_eq!(pixels[0], [0; 3]);
            pixels[1..].to_vec()
        })
    }

    #[test]
    fn a_small_picture_keeps_its_pixels() {
        let pixels = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]];
        let canvas = canvas(2, 2, &pixels, 320);
        assert_eq!((canvas.picture, canvas.size), ((2, 2), (32, 32)));
        let [first, second] = rows(&canvas);
        assert_eq!(
            (&first[..3], &second[..3]),
            (&[pixels[0], pixels[1], [0; 3]][..], &[pixels[2], pixels[3], [0; 3]][..])
        );
    }

    #[test]
    fn a_large_picture_is_averaged() {
        // Three columns to two: the middle one counts half for each.
        let rows_of = [[30, 0, 0], [60, 0, 90], [90, 0, 0]];
        let canvas = canvas(3, 3, &[rows_of, rows_of, [[0; 3]; 3]].concat(), 2);
        assert_eq!(canvas.picture, (2, 2));
        let [first, second] = rows(&canvas);
        assert_eq!(first[..2], [[40, 0, 30], [80, 0, 30]]);
        assert_eq!(second[..2], [[13, 0, 10], [27, 0, 10]]);
    }

    #[test]
    fn the_longer_side_is_never_larger_than_asked_and_the_shorter_never_zero() {
        for ((width, height), size) in [
            ((640, 480), (320, 240)),
            ((321, 320), (320, 319)),
            ((1, 5000), (1, 320)),
            ((5000, 1), (320, 1)),
            ((320, 320), (320, 320)),
        ] {
            let pixels = vec![[200; 3]; (width * height) as usize];
            let canvas = canvas(width, height, &pixels, 320);
            assert_eq!(canvas.picture, size);
            let [first, _] = rows(&canvas);
            assert!(
                first[..usize::from(size.0)].iter().all(|pixel| *pixel == [200; 3]),
                "{width} x {height}"
            );
        }
    }
}
