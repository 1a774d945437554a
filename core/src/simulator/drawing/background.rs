//! The background behind a person.

use super::canvas::{Canvas, Colour, Frame, lit, mix};
use crate::random::Random;

/// The colours of a sky or a wall, above and below.
const PALETTES: [(Colour, Colour); 7] = [
    ([0.98, 0.80, 0.62], [0.86, 0.45, 0.42]),
    ([0.62, 0.80, 0.93], [0.90, 0.93, 0.92]),
    ([0.80, 0.86, 0.78], [0.45, 0.60, 0.52]),
    ([0.86, 0.80, 0.90], [0.56, 0.50, 0.70]),
    ([0.95, 0.90, 0.80], [0.78, 0.66, 0.52]),
    ([0.40, 0.48, 0.60], [0.20, 0.25, 0.35]),
    ([0.55, 0.75, 0.76], [0.22, 0.44, 0.50]),
];

pub(super) fn draw(canvas: &mut Canvas, random: &mut Random) {
    let (above, below) = random.pick(&PALETTES, PALETTES[0]);
    let side = random.between(0.2, 0.8);
    canvas.flood(|(x, y)| {
        let (dx, dy) = (x - side, y - 0.35);
        lit(mix(above, below, y), 1.08 - 0.35 * (dx * dx + dy * dy))
    });
    let (width, height) = canvas.size();
    // The unit is the picture's height, the origin its upper left corner.
    let frame = Frame { origin: (0.0, 0.0), unit: height.max(1.0), turn: 0.0 };
    let right = width / height.max(1.0);
    match random.next_u64() % 4 {
        0 => lights(canvas, frame, right, above, random),
        1 => hills(canvas, frame, right, (above, below), random),
        2 => window(canvas, frame, right, below, random),
        _ => {}
    }
}

/// Paints lights out of focus.
fn lights(canvas: &mut Canvas, frame: Frame, right: f32, colour: Colour, random: &mut Random) {
    for _ in 0..18 {
        let at = (random.between(0.0, right), random.between(0.0, 0.8));
        let radius = random.between(0.02, 0.09);
        let colour = mix(colour, [1.0, 0.96, 0.85], random.between(0.3, 0.9));
        let alpha = random.between(0.15, 0.4);
        canvas.paint(frame, super::canvas::around(at, (radius, radius), 0.0), |point| {
            let distance = super::canvas::ellipse(point, at, (radius, radius));
            ((-distance / radius * 8.0).clamp(0.0, 1.0) * alpha, colour)
        });
    }
}

/// Paints a low sun over two rows of hills.
fn hills(
    canvas: &mut Canvas,
    frame: Frame,
    right: f32,
    (above, below): (Colour, Colour),
    random: &mut Random,
) {
    let sun = (random.between(0.1, 0.9) * right, random.between(0.18, 0.45));
    canvas.glow(frame, sun, (0.4, 0.4), [1.0, 0.95, 0.8], 0.5);
    canvas.ellipse(frame, sun, (0.06, 0.06), [1.0, 0.95, 0.82]);
    for (depth, level) in [(0.55, 0.62), (0.8, 0.74)] {
        let (crest, bend) = (random.between(0.0, 1.0) * right, random.between(0.1, 0.3));
        let colour = mix(above, lit(below, 0.55), depth);
        canvas.fill(frame, ((0.0, level - 0.2), (right, 1.0)), |(x, y)| {
            let slope = (x - crest) * (x - crest) * bend;
            (level - 0.12 + slope - y, lit(colour, 1.1 - 0.3 * y))
        });
    }
}

/// Paints a wall with a window.
fn window(canvas: &mut Canvas, frame: Frame, right: f32, wall: Colour, random: &mut Random) {
    let left = if random.unit() < 0.5 { 0.04 * right } else { 0.62 * right };
    let (top, size) = (random.between(0.08, 0.16), (0.34 * right, 0.46));
    let bounds = ((left - 0.03, top - 0.03), (left + size.0 + 0.03, top + size.1 + 0.03));
    let frame_colour = mix(wall, [1.0, 1.0, 1.0], 0.7);
    canvas.fill(frame, bounds, |(x, y)| {
        let outside = (left - x).max(x - left - size.0).max(top - y).max(y - top - size.1);
        let (u, v) = ((x - left) / size.0, (y - top) / size.1);
        let bar = (u - 0.5).abs() < 0.02 || (v - 0.45).abs() < 0.015 || outside > -0.012;
        let sky = mix([0.75, 0.88, 0.97], [0.98, 0.96, 0.88], v + (u - 0.5) * 0.2);
        (outside, if bar { frame_colour } else { sky })
    });
    canvas.glow(frame, (left + size.0 / 2.0, top + size.1 / 2.0), (0.6, 0.6), [1.0, 0.98, 0.9], 0.18);
}
