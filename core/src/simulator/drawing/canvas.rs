//! A canvas of RGB samples, onto which shapes with smooth edges are painted.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels become coordinates and back; a picture's sides are far below 2^23, and samples are clamped"
)]

/// Red, green and blue, each from 0 to 1.
pub(super) type Colour = [f32; 3];

/// A place, in the units of a [`Frame`].
pub(super) type Point = (f32, f32);

/// The position of a drawing's own coordinates on the picture. Only square roots and products are taken, which
/// every machine computes alike, so that a picture is the same everywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Origin, in pixels.
    pub(super) origin: Point,
    /// Length of a unit in pixels.
    pub(super) unit: f32,
    /// Sine of the angle by which the frame is turned.
    pub(super) turn: f32,
}

/// A picture as it is painted.
#[derive(Debug)]
pub(super) struct Canvas {
    rgb: Vec<u8>,
    width: usize,
    height: usize,
}

impl Frame {
    /// Returns the frame with its origin moved to this point.
    pub(super) fn moved(self, to: Point) -> Self {
        Self { origin: self.place(to), ..self }
    }

    fn cosine(self) -> f32 {
        (1.0 - self.turn * self.turn).max(0.0).sqrt()
    }

    fn place(self, (x, y): Point) -> Point {
        let cos = self.cosine();
        let (x, y) = (x * cos - y * self.turn, x * self.turn + y * cos);
        (self.origin.0 + x * self.unit, self.origin.1 + y * self.unit)
    }
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { rgb: vec![0; width.saturating_mul(height).saturating_mul(3)], width, height }
    }

    pub(super) fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    pub(super) fn size(&self) -> Point {
        (self.width as f32, self.height as f32)
    }

    /// Returns the red sample at a point; 0 outside of the picture.
    pub(super) fn level(&self, frame: Frame, at: Point) -> u8 {
        let (x, y) = frame.place(at);
        if x < 0.0 || y < 0.0 || x as usize >= self.width {
            return 0;
        }
        let index = (y as usize).saturating_mul(self.width).saturating_add(x as usize).saturating_mul(3);
        self.rgb.get(index).copied().unwrap_or(0)
    }

    /// Gives every pixel a colour; coordinates go from 0 to 1.
    pub(super) fn flood(&mut self, colour: impl Fn(Point) -> Colour) {
        let (width, height) = (self.width as f32, self.height as f32);
        for (index, pixel) in self.rgb.chunks_exact_mut(3).enumerate() {
            let (x, y) = (index % self.width, index / self.width);
            blend(pixel, colour(((x as f32 + 0.5) / width, (y as f32 + 0.5) / height)), 1.0);
        }
    }

    /// Paints a shape: `shape` returns the opacity and the colour at a point. It is called for points within the
    /// bounds (two corners) only.
    pub(super) fn paint(
        &mut self,
        frame: Frame,
        (from, to): (Point, Point),
        shape: impl Fn(Point) -> (f32, Colour),
    ) {
        let corners = [from, (to.0, from.1), (from.0, to.1), to].map(|corner| frame.place(corner));
        let low = |pick: fn(&Point) -> f32| corners.iter().map(pick).fold(f32::MAX, f32::min);
        let high = |pick: fn(&Point) -> f32| corners.iter().map(pick).fold(f32::MIN, f32::max);
        let columns =
            low(|p| p.0).max(0.0) as usize..(high(|p| p.0).max(0.0).ceil() as usize).min(self.width);
        let rows = low(|p| p.1).max(0.0) as usize..(high(|p| p.1).max(0.0).ceil() as usize).min(self.height);
        let cos = frame.cosine();
        for row in rows {
            let start = (row * self.width + columns.start) * 3;
            let end = (row * self.width + columns.end) * 3;
            let dy = (row as f32 + 0.5 - frame.origin.1) / frame.unit;
            let pixels = self.rgb.get_mut(start..end).unwrap_or_default().chunks_exact_mut(3);
            for (column, pixel) in columns.clone().zip(pixels) {
                let dx = (column as f32 + 0.5 - frame.origin.0) / frame.unit;
                let (alpha, colour) = shape((dx * cos + dy * frame.turn, dy * cos - dx * frame.turn));
                if alpha > 0.0 {
                    blend(pixel, colour, alpha.min(1.0));
                }
            }
        }
    }

    /// Fills the points whose distance from the shape's edge is below zero.
    pub(super) fn fill(
        &mut self,
        frame: Frame,
        bounds: (Point, Point),
        shape: impl Fn(Point) -> (f32, Colour),
    ) {
        self.paint(frame, bounds, |at| {
            let (distance, colour) = shape(at);
            (0.5 - distance * frame.unit, colour)
        });
    }

    pub(super) fn ellipse(&mut self, frame: Frame, at: Point, radii: Point, colour: Colour) {
        let bounds = around(at, radii, 0.02);
        self.fill(frame, bounds, |point| (ellipse(point, at, radii), colour));
    }

    /// Paints an ellipse that fades from its middle to its edge.
    pub(super) fn glow(&mut self, frame: Frame, at: Point, radii: Point, colour: Colour, strength: f32) {
        self.paint(frame, around(at, radii, 0.0), |point| {
            let (u, v) = ((point.0 - at.0) / radii.0, (point.1 - at.1) / radii.1);
            let rest = (1.0 - u * u - v * v).max(0.0);
            (strength * rest * rest, colour)
        });
    }

    /// Paints a curved line (a quadratic Bézier from the first point to the last), thinner at its ends.
    pub(super) fn stroke(
        &mut self,
        frame: Frame,
        points: [Point; 3],
        width: f32,
        colour: Colour,
        alpha: f32,
    ) {
        let [first, bend, last] = points;
        let path: [Point; 13] = std::array::from_fn(|step| {
            let part = step as f32 / 12.0;
            between(between(first, bend, part), between(bend, last, part), part)
        });
        let low = points.iter().fold(first, |low, at| (low.0.min(at.0), low.1.min(at.1)));
        let high = points.iter().fold(first, |high, at| (high.0.max(at.0), high.1.max(at.1)));
        let bounds = ((low.0 - width, low.1 - width), (high.0 + width, high.1 + width));
        self.paint(frame, bounds, |point| {
            let mut nearest = f32::MAX;
            for (index, pair) in path.windows(2).enumerate() {
                let &[from, to] = pair else { continue };
                let part = (index as f32 + 0.5) / 12.0;
                let half = width * (0.2 + 0.8 * part * (1.0 - part));
                nearest = nearest.min(segment(point, from, to) - half);
            }
            ((0.5 - nearest * frame.unit).min(1.0) * alpha, colour)
        });
    }
}

/// Returns the approximate distance of a point from an ellipse's edge; inside the ellipse it is below zero.
pub(super) fn ellipse((x, y): Point, at: Point, radii: Point) -> f32 {
    let (u, v) = ((x - at.0) / radii.0, (y - at.1) / radii.1);
    let level = (u * u + v * v).sqrt();
    let (across, down) = (u / radii.0, v / radii.1);
    let gradient = (across * across + down * down).sqrt();
    if gradient < 1e-6 { -radii.0.min(radii.1) } else { level * (level - 1.0) / gradient }
}

pub(super) fn around(at: Point, radii: Point, margin: f32) -> (Point, Point) {
    let (x, y) = (radii.0 + margin, radii.1 + margin);
    ((at.0 - x, at.1 - y), (at.0 + x, at.1 + y))
}

/// Mixes two colours; `part` 0 is the first, 1 the second.
pub(super) fn mix(from: Colour, to: Colour, part: f32) -> Colour {
    let part = part.clamp(0.0, 1.0);
    let [r, g, b] = from;
    [r + (to[0] - r) * part, g + (to[1] - g) * part, b + (to[2] - b) * part]
}

/// Makes a colour darker (below 1) or lighter (above).
pub(super) fn lit(colour: Colour, by: f32) -> Colour {
    colour.map(|sample| (sample * by).clamp(0.0, 1.0))
}

/// Returns the point this part of the way from one to another.
fn between(from: Point, to: Point, part: f32) -> Point {
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

fn segment(point: Point, from: Point, to: Point) -> f32 {
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let t = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
    let (x, y) = (px - dx * t, py - dy * t);
    (x * x + y * y).sqrt()
}

fn blend(pixel: &mut [u8], colour: Colour, alpha: f32) {
    for (sample, colour) in pixel.iter_mut().zip(colour) {
        let mixed = f32::from(*sample) * (1.0 - alpha) + colour * 255.0 * alpha;
        *sample = (mixed + 0.5).clamp(0.0, 255.0) as u8;
    }
}
