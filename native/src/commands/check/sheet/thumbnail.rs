//! A photo as it lies on a sheet: cut to one shape around the face.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a preview's sides are far below 2^23"
)]

use likeness_core::photo::{Preview, report::Face};

use super::canvas::{Canvas, Colour, Rect};

/// Width of a thumbnail in pixels.
pub(super) const WIDTH: usize = 264;

/// Height of a thumbnail in pixels.
pub(super) const HEIGHT: usize = 330;

/// Radius of a thumbnail's corners.
pub(super) const ROUND: f32 = 13.0;

const FRAME: Colour = [0xff, 0xfd, 0xf9];
const SHADOW: Colour = [0x14, 0x13, 0x0f];

/// A small picture of a photo, with the places of the faces that are in it.
#[derive(Debug)]
pub(super) struct Thumbnail {
    rgb: Vec<Colour>,
    faces: Vec<Rect>,
}

impl Thumbnail {
    /// Cuts the largest piece of the right shape out of the preview, with the first face as near to its middle as may be.
    pub(super) fn of(preview: &Preview, faces: &[Face]) -> Self {
        let (width, height) = (preview.width() as f32, preview.height() as f32);
        let shape = WIDTH as f32 / HEIGHT as f32;
        let (cut_width, cut_height) = (width.min(height * shape), height.min(width / shape));
        let face = faces.first();
        // Without a face the middle: of a picture that is higher than wide a little above.
        let (x, y) = face.map_or((0.5, 0.45), |face| (face.x + face.width / 2.0, face.y + face.height / 2.0));
        let left = (x * width - cut_width / 2.0).clamp(0.0, width - cut_width);
        let top = (y * height - cut_height / 2.0).clamp(0.0, height - cut_height);
        let scale = cut_width / WIDTH as f32;
        let mut rgb = Vec::with_capacity(WIDTH * HEIGHT);
        for row in 0..HEIGHT {
            for column in 0..WIDTH {
                let from = (left + column as f32 * scale, top + row as f32 * scale);
                rgb.push(mean(preview, from, scale));
            }
        }
        let placed = |face: &Face| {
            let (x, y) = ((face.x * width - left) / scale, (face.y * height - top) / scale);
            Rect::new(x, y, face.width * width / scale, face.height * height / scale)
        };
        Self { rgb, faces: faces.iter().map(placed).collect() }
    }

    /// Draws the thumbnail at its place; a pale one for a photo that is left out.
    pub(super) fn draw(&self, canvas: &mut Canvas, place: Rect, is_pale: bool) {
        canvas.paint(place, |at| {
            let (column, row) = ((at.0 - place.x) as usize, (at.1 - place.y) as usize);
            let colour = self.rgb.get(row * WIDTH + column).copied().unwrap_or_default();
            let share = (0.5 - place.distance(at, ROUND)).clamp(0.0, 1.0);
            if is_pale { (grey(colour), share * 0.5) } else { (colour, share) }
        });
        if is_pale {
            return;
        }
        for face in &self.faces {
            // A face may reach beyond the edge.
            let (left, top) = (face.x.max(3.0), face.y.max(3.0));
            let right = (face.x + face.width).min(place.width - 3.0);
            let bottom = (face.y + face.height).min(place.height - 3.0);
            if right - left < 8.0 || bottom - top < 8.0 {
                continue;
            }
            let frame = Rect::new(place.x + left, place.y + top, right - left, bottom - top);
            let round = (frame.width.min(frame.height) / 5.0).min(10.0);
            canvas.outline(frame, round, 5.0, SHADOW, 0.35);
            canvas.outline(frame, round, 2.5, FRAME, 0.95);
        }
    }
}

/// Returns the mean colour of a square of the preview; between pixels where the square is smaller than one.
fn mean(preview: &Preview, (x, y): (f32, f32), side: f32) -> Colour {
    let (width, height) = (preview.width() as usize, preview.height() as usize);
    let side = side.max(1.0);
    let mut sums = [0.0_f32; 3];
    let mut area = 0.0;
    for row in (y as usize)..((y + side).ceil() as usize).min(height) {
        let down = (y + side).min(row as f32 + 1.0) - y.max(row as f32);
        for column in (x as usize)..((x + side).ceil() as usize).min(width) {
            let share = down * ((x + side).min(column as f32 + 1.0) - x.max(column as f32));
            let at = (row * width + column) * 3;
            let pixel = preview.rgb().get(at..at + 3).unwrap_or_default();
            for (sum, sample) in sums.iter_mut().zip(pixel) {
                *sum += share * f32::from(*sample);
            }
            area += share;
        }
    }
    sums.map(|sum| (sum / area.max(1e-6) + 0.5) as u8)
}

fn grey([red, green, blue]: Colour) -> Colour {
    let brightness = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    [(brightness * 0.85 + 20.0) as u8; 3]
}

#[cfg(test)]
mod tests {
    use super::{Face, HEIGHT, Preview, Thumbnail, WIDTH};

    /// Draws a picture whose columns get brighter from left to right.
    fn ramp(width: u32, height: u32) -> Preview {
        let shade = |x: u32| u8::try_from(x * 255 / width).expect("a sample");
        let rgb = (0..height).flat_map(|_| (0..width).flat_map(|x| [shade(x); 3]));
        Preview::new(width, height, rgb.collect()).expect("a preview")
    }

    #[test]
    fn a_photo_is_cut_around_its_face() {
        let face = |x| Face { x, y: 0.3, width: 0.1, height: 0.2 };
        let left_edge = |faces: &[Face]| Thumbnail::of(&ramp(800, 400), faces).rgb[HEIGHT / 2 * WIDTH][0];
        assert!((70..90).contains(&left_edge(&[])), "{}", left_edge(&[]));
        assert_eq!(left_edge(&[face(0.0)]), 0);
        assert!((148..156).contains(&left_edge(&[face(0.9)])), "{}", left_edge(&[face(0.9)]));
    }

    #[test]
    fn previews_of_any_size_are_survived() {
        for (width, height) in [(1, 1), (1, 500), (500, 1), (33, 44)] {
            let thumbnail = Thumbnail::of(&ramp(width, height), &[]);
            assert_eq!(thumbnail.rgb.len(), WIDTH * HEIGHT, "{width} x {height}");
        }
    }
}
