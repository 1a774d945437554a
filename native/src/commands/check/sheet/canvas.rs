//! A picture as it is painted: shapes with smooth edges.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels become coordinates and back; a sheet's sides are far below 2^23"
)]

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// A rectangle: left and upper edge, width and height, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// A picture of RGB samples.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

impl Rect {
    pub(super) fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    /// Returns the rectangle that is larger by this on each side.
    pub(super) fn grown(self, by: f32) -> Self {
        Self::new(self.x - by, self.y - by, self.width + 2.0 * by, self.height + 2.0 * by)
    }

    /// Returns the distance of a point from the edge of the rectangle with round corners; inside it is below zero.
    pub(super) fn distance(self, (x, y): (f32, f32), radius: f32) -> f32 {
        let (half_width, half_height) = (self.width / 2.0, self.height / 2.0);
        let across = (x - self.x - half_width).abs() - half_width + radius;
        let down = (y - self.y - half_height).abs() - half_height + radius;
        let outside = (across.max(0.0).powi(2) + down.max(0.0).powi(2)).sqrt();
        outside + across.max(down).min(0.0) - radius
    }
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, paper: Colour) -> Self {
        Self { width, height, rgb: paper.repeat(width * height) }
    }

    /// Mixes a colour into a pixel; `share` 1 covers what is there.
    pub(super) fn blend(&mut self, x: usize, y: usize, colour: Colour, share: f32) {
        if x >= self.width {
            return;
        }
        let at = (y * self.width + x) * 3;
        let Some(pixel) = self.rgb.get_mut(at..at + 3) else { return };
        for (sample, colour) in pixel.iter_mut().zip(colour) {
            let mixed = f32::from(*sample) + (f32::from(colour) - f32::from(*sample)) * share.clamp(0.0, 1.0);
            *sample = (mixed + 0.5) as u8;
        }
    }

    /// Paints what `paint` gives for each pixel within the bounds: a colour and its share.
    pub(super) fn paint(&mut self, bounds: Rect, paint: impl Fn((f32, f32)) -> (Colour, f32)) {
        let columns =
            bounds.x.max(0.0) as usize..((bounds.x + bounds.width).max(0.0).ceil() as usize).min(self.width);
        let rows = bounds.y.max(0.0) as usize
            ..((bounds.y + bounds.height).max(0.0).ceil() as usize).min(self.height);
        for y in rows {
            for x in columns.clone() {
                let (colour, share) = paint((x as f32 + 0.5, y as f32 + 0.5));
                if share > 0.0 {
                    self.blend(x, y, colour, share);
                }
            }
        }
    }

    /// Fills a rectangle with round corners.
    pub(super) fn fill(&mut self, rect: Rect, radius: f32, colour: Colour) {
        self.paint(rect.grown(1.0), |at| (colour, 0.5 - rect.distance(at, radius)));
    }

    /// Draws the edge of a rectangle with round corners.
    pub(super) fn outline(&mut self, rect: Rect, radius: f32, width: f32, colour: Colour, share: f32) {
        self.paint(rect.grown(width), |at| {
            let distance = rect.distance(at, radius).abs() - width / 2.0;
            (colour, (0.5 - distance).min(1.0) * share)
        });
    }

    /// Draws a curve through these points, the ends of which are round.
    pub(super) fn stroke(&mut self, points: &[(f32, f32)], width: f32, colour: Colour, share: f32) {
        let low = points.iter().fold((f32::MAX, f32::MAX), |low, at| (low.0.min(at.0), low.1.min(at.1)));
        let high = points.iter().fold((f32::MIN, f32::MIN), |high, at| (high.0.max(at.0), high.1.max(at.1)));
        let bounds = Rect::new(low.0, low.1, high.0 - low.0, high.1 - low.1).grown(width);
        self.paint(bounds, |at| {
            let distances = points.windows(2).map(|ends| match ends {
                [from, to] => segment(at, *from, *to),
                _ => f32::MAX,
            });
            let distance = distances.fold(f32::MAX, f32::min) - width / 2.0;
            (colour, (0.5 - distance).min(1.0) * share)
        });
    }
}

/// Returns the distance of a point from a line between two others.
fn segment((x, y): (f32, f32), (from_x, from_y): (f32, f32), (to_x, to_y): (f32, f32)) -> f32 {
    let (across, down) = (to_x - from_x, to_y - from_y);
    let along = ((x - from_x) * across + (y - from_y) * down) / (across * across + down * down).max(1e-6);
    let along = along.clamp(0.0, 1.0);
    ((x - from_x - along * across).powi(2) + (y - from_y - along * down).powi(2)).sqrt()
}
