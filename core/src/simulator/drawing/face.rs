//! The face, from the ears to the smile.

use super::{
    canvas::{Canvas, Frame, Point, around, ellipse, lit, mix},
    hair,
    looks::Hair,
    person::{Person, Pose},
};
use crate::random::Random;

/// Paints the face. The hair in front of the face comes later.
pub(super) fn draw(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose) {
    ears(canvas, frame, person, pose);
    let outline = |point: Point| outline(person, point);
    let (a, b) = person.face;
    canvas.fill(frame, ((-a - 0.05, -b - 0.05), (a + 0.05, b + 0.05)), |(x, y)| {
        let (u, v) = (x / a, y / b);
        let edge = (u * u + v * v).min(1.0);
        let side = 0.09 * pose.light * u;
        (outline((x, y)), lit(person.skin, 1.02 + side - 0.13 * edge * edge))
    });
    // Features in the middle of the face move with the head's turn.
    let features = frame.moved(pose.look);
    for side in [-1.0, 1.0] {
        let cheek = (side * 0.36, 0.24);
        canvas.glow(features, cheek, (0.20, 0.16), [0.93, 0.42, 0.38], 0.20);
        eye(canvas, features, person, pose, side);
        brow(canvas, features, person, pose, side);
    }
    canvas.glow(frame, (0.30 * pose.light, -0.30), (0.30, 0.22), [1.0, 0.97, 0.92], 0.14);
    if person.freckles {
        freckles(canvas, features, person);
    }
    if person.beard {
        hair::beard(canvas, features, person, |(x, y)| outline((x + pose.look.0, y + pose.look.1)));
    }
    nose(canvas, features, person, pose);
    mouth(canvas, features, person, pose);
}

/// Returns the distance of a point from the face's edge: an egg, narrower at the jaw.
fn outline(person: &Person, (x, y): Point) -> f32 {
    let down = (y / person.face.1).max(0.0);
    ellipse((x / (1.0 - person.jaw * down * down), y), (0.0, 0.0), person.face)
}

fn ears(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose) {
    let hidden = matches!(person.style, Hair::Bob | Hair::Long);
    for side in [-1.0, 1.0] {
        if hidden {
            continue;
        }
        let at = (side * (person.face.0 + 0.015) - pose.look.0 * 0.4, 0.06);
        canvas.ellipse(frame, at, (0.095, 0.165), lit(person.skin, 0.93 + 0.05 * pose.light * side));
        canvas.ellipse(frame, (at.0 + side * 0.005, at.1), (0.05, 0.10), lit(person.skin, 0.80));
    }
}

fn eye(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose, side: f32) {
    let (rx, ry) = (0.118 * person.eyes, 0.070 * person.eyes * (1.15 - pose.smile * 2.5));
    let at = (side * 0.255, -0.03);
    canvas.glow(frame, (at.0, at.1 - 0.02), (0.21, 0.16), lit(person.skin, 0.62), 0.42);
    let white = |point: Point| ellipse(point, at, (rx, ry));
    canvas.fill(frame, around(at, (rx, ry), 0.02), |point| (white(point), [0.97, 0.96, 0.95]));
    let iris = (at.0 + pose.look.0 * 0.35, at.1 + pose.look.1 * 0.3);
    let radius = 0.064 * person.eyes;
    canvas.fill(frame, around(iris, (radius, radius), 0.02), |point| {
        let distance = ellipse(point, iris, (radius, radius));
        let ring = if distance > -0.012 { 0.55 } else { 1.0 + (point.1 - iris.1) * 4.0 };
        (distance.max(white(point)), lit(person.iris, ring))
    });
    canvas.fill(frame, around(iris, (0.03, 0.03), 0.02), |point| {
        (ellipse(point, iris, (0.029, 0.029)).max(white(point)), [0.05, 0.04, 0.05])
    });
    canvas.ellipse(frame, (iris.0 - 0.020, iris.1 - 0.022), (0.014, 0.014), [1.0, 1.0, 1.0]);
    // The upper lid with its lashes, then the fold above and the lower lid.
    let dark = mix(lit(person.hair, 0.5), [0.08, 0.05, 0.05], 0.6);
    let arc = |lift: f32, wide: f32| {
        [
            (at.0 - rx * wide, at.1 + ry * 0.15 - lift * 0.3),
            (at.0, at.1 - ry * 2.05 - lift),
            (at.0 + rx * wide, at.1 + ry * 0.15 - lift * 0.3),
        ]
    };
    canvas.stroke(frame, arc(0.0, 1.06), 0.040, dark, 0.95);
    canvas.stroke(frame, arc(0.045, 1.0), 0.018, lit(person.skin, 0.6), 0.6);
    let lower = [(at.0 - rx, at.1), (at.0, at.1 + ry * 2.0), (at.0 + rx, at.1)];
    canvas.stroke(frame, lower, 0.014, lit(person.skin, 0.55), 0.55);
}

fn brow(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose, side: f32) {
    let lift = pose.smile * 0.25;
    let curve =
        [(side * 0.115, -0.215 - lift), (side * 0.27, -0.305 - lift * 1.4), (side * 0.405, -0.205 - lift)];
    canvas.stroke(frame, curve, person.brows * 1.5, lit(person.hair, 0.75), 0.9);
}

fn nose(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose) {
    let shade = lit(person.skin, 0.68);
    let side = if pose.light > 0.0 { -1.0 } else { 1.0 };
    let wide = 0.082 * person.nose;
    canvas.stroke(
        frame,
        [(side * 0.055, -0.06), (side * 0.035, 0.10), (side * wide * 1.05, 0.225)],
        0.022,
        shade,
        0.40,
    );
    canvas.stroke(frame, [(-wide, 0.235), (0.0, 0.30), (wide, 0.235)], 0.030, shade, 0.75);
    for side in [-1.0, 1.0] {
        canvas.ellipse(frame, (side * wide * 0.52, 0.252), (0.022, 0.012), lit(person.skin, 0.5));
    }
    canvas.glow(frame, (0.0, 0.18), (0.075, 0.09), [1.0, 0.97, 0.93], 0.30);
}

fn mouth(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose) {
    let (half, y, bend) = (person.mouth * (1.0 + pose.smile), 0.455, pose.smile);
    let corner = y - bend * 0.5;
    let line = |x: f32| {
        let u = x / half;
        corner + bend * (1.0 - u * u)
    };
    let gap = if pose.open { 0.035 + bend * 0.55 } else { 0.0 };
    let bounds = ((-half - 0.03, y - 0.12), (half + 0.03, y + 0.25));
    // Both lips at once, then the line or the gap between them.
    canvas.fill(frame, bounds, |(x, y)| {
        let u = (x / half).abs().min(1.0);
        let rest = 1.0 - u * u;
        let bow = 0.012 * (1.0 - (u * 4.0).min(1.0));
        let (top, bottom) = (line(x) - 0.034 * rest.sqrt() + bow, line(x) + gap * rest + 0.056 * rest.sqrt());
        let shape = (top - y).max(y - bottom).max(x.abs() - half);
        let colour = if y < line(x) { lit(person.lips, 0.90) } else { lit(person.lips, 1.04) };
        (shape, colour)
    });
    if pose.open {
        canvas.fill(frame, bounds, |(x, y)| {
            let u = (x / half).abs().min(1.0);
            let rest = (1.0 - u * u).max(0.0);
            let (top, bottom) = (line(x), line(x) + gap * rest);
            let teeth = y < top + gap * rest * 0.68;
            let colour = if teeth { [0.97, 0.96, 0.93] } else { [0.42, 0.13, 0.14] };
            ((top - y).max(y - bottom).max(x.abs() - half * 0.95), lit(colour, 1.0 - 0.25 * u * u))
        });
    } else {
        let middle = [(-half, line(half)), (0.0, line(0.0) + bend), (half, line(half))];
        canvas.stroke(frame, middle, 0.020, lit(person.lips, 0.55), 0.9);
    }
    for side in [-1.0, 1.0] {
        canvas.glow(frame, (side * (half + 0.015), corner), (0.04, 0.05), lit(person.skin, 0.55), 0.5);
    }
    canvas.glow(frame, (0.0, line(0.0) + gap + 0.03), (0.08, 0.025), [1.0, 0.95, 0.95], 0.28);
    canvas.glow(frame, (0.0, y + 0.15 + gap), (0.14, 0.05), lit(person.skin, 0.6), 0.35);
}

fn freckles(canvas: &mut Canvas, frame: Frame, person: &Person) {
    let mut random = Random::new(77);
    for _ in 0..26 {
        let side = if random.unit() < 0.5 { -1.0 } else { 1.0 };
        let at = (side * random.between(0.05, 0.46), random.between(0.08, 0.30));
        let radius = random.between(0.007, 0.013);
        canvas.glow(frame, at, (radius * 1.6, radius * 1.6), lit(person.skin, 0.62), 0.8);
    }
}

/// Paints the glasses, over hair and face.
pub(super) fn glasses(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose) {
    if !person.glasses {
        return;
    }
    let frame = frame.moved(pose.look);
    let rim = mix([0.10, 0.09, 0.10], person.hair, 0.25);
    for side in [-1.0, 1.0] {
        let at = (side * 0.262, -0.015);
        let radii = (0.195, 0.165);
        canvas.paint(frame, around(at, radii, 0.04), |point| {
            let distance = ellipse(point, at, radii);
            let ring = 0.5 - (distance.abs() - 0.014) * frame.unit;
            let glint = ((point.0 - at.0) + (point.1 - at.1) + 0.09).abs() < 0.018 && distance < -0.03;
            if glint { (0.30_f32.max(ring), [1.0, 1.0, 1.0]) } else { (ring, rim) }
        });
        let temple = [(side * 0.455, -0.05), (side * 0.55, -0.06), (side * (person.face.0 + 0.02), -0.03)];
        canvas.stroke(frame, temple, 0.030, rim, 0.95);
    }
    canvas.stroke(frame, [(-0.068, -0.03), (0.0, -0.075), (0.068, -0.03)], 0.032, rim, 1.0);
}
