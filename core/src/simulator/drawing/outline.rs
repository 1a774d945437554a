//! Outlines of hair, to compare with the hair in photos.

use super::{
    canvas::{Canvas, Frame, Point, ellipse},
    hair,
    looks::Hair,
    person::Person,
};

/// Number of points at which outlines are compared, row by row around a head.
pub(in crate::simulator) const MAP: usize = ACROSS * DOWN;
const ACROSS: usize = 25;
const DOWN: usize = 30;
/// Distance of two points, in units of the head.
const STEP: f32 = 0.09;

/// Returns a point's place in the head's own coordinates.
#[allow(clippy::cast_precision_loss, reason = "the map is small")]
pub(in crate::simulator) fn map_point(index: usize) -> Point {
    let (column, row) = (index % ACROSS, index / ACROSS);
    ((column as f32 - (ACROSS / 2) as f32) * STEP, row as f32 * STEP - 1.2)
}

/// A part of a drawn head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Part {
    Around,
    Face,
    Hair,
}

/// Returns the part at each point of a head whose hair is of this style, with a beard or without.
pub(in crate::simulator) fn outline(style: Hair, beard: bool) -> Vec<Part> {
    const UNIT: u8 = 20;
    let (face, hair) = ([0.5; 3], [1.0; 3]);
    let person = Person { hair, style, face: (0.62, 0.82), parting: 0.0, ..Person::new(0) };
    let (side, unit) = (4 * u32::from(UNIT), f32::from(UNIT));
    let frame = Frame { origin: (2.0 * unit, 2.0 * unit), unit, turn: 0.0 };
    let mut canvas = Canvas::new(side, side);
    hair::behind(&mut canvas, frame, &person, 0.0);
    // The neck.
    canvas.ellipse(frame, (0.0, 1.0), (0.27, 0.5), [0.0; 3]);
    canvas.ellipse(frame, (0.0, 0.0), person.face, face);
    if beard {
        hair::beard(&mut canvas, frame, &person, |point| ellipse(point, (0.0, 0.0), person.face));
    }
    hair::front(&mut canvas, frame, &person, 0.0);
    let part = |index| match canvas.level(frame, map_point(index)) {
        0..60 => Part::Around,
        60..150 => Part::Face,
        150.. => Part::Hair,
    };
    (0..MAP).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::{Hair, outline};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn each_style_has_an_outline_of_its_own() {
        let drawn: Vec<_> =
            Hair::ALL.iter().flat_map(|style| [false, true].map(|beard| outline(*style, beard))).collect();
        for (index, one) in drawn.iter().enumerate() {
            for other in drawn.iter().skip(index + 1) {
                let apart = one.iter().zip(other).filter(|(one, other)| one != other).count();
                assert!(apart >= 8, "{one:?} and {other:?} differ at {apart} points");
            }
        }
    }
}
