//! Hair: behind the head, on the head, and the beard.

use super::{
    canvas::{Canvas, Colour, Frame, Point, around, ellipse, lit},
    looks::Hair,
    person::Person,
};

/// Paints the hair that hangs behind head and neck.
pub(super) fn behind(canvas: &mut Canvas, frame: Frame, person: &Person, light: f32) {
    let (a, b) = person.face;
    let colour = lit(person.hair, 0.82);
    match person.style {
        Hair::Bob | Hair::Long => {
            let (bottom, flare) = if person.style == Hair::Long { (1.62, 0.10) } else { (0.80, 0.16) };
            canvas.fill(frame, ((-a - 0.5, -b - 0.3), (a + 0.5, bottom + 0.05)), |(x, y)| {
                let dome = ellipse((x, y), (0.0, -0.06), (a + 0.20, b + 0.12));
                let width = a + 0.20 + flare * (y.max(0.0) / bottom) - 0.05 * (y - 0.5).max(0.0);
                let (dx, dy) = ((x.abs() - width + 0.2).max(0.0), (y - bottom + 0.2).max(0.0));
                let fall = (dx * dx + dy * dy).sqrt() - 0.2;
                let shape = if y < -0.06 { dome } else { fall };
                (shape, strands(colour, (x, y), light))
            });
        }
        Hair::Bun => {
            let at = (0.05, -b - 0.16);
            canvas.fill(frame, around(at, (0.27, 0.24), 0.03), |point| {
                (ellipse(point, at, (0.27, 0.24)), strands(colour, (point.1, point.0), light))
            });
        }
        Hair::Curly => curls(canvas, frame, person, colour, light, 0.30),
        Hair::Short => {}
    }
}

/// Paints the hair that lies on the head and frames the face.
pub(super) fn front(canvas: &mut Canvas, frame: Frame, person: &Person, light: f32) {
    let (a, b) = person.face;
    let (volume, fringe, temples) = match person.style {
        Hair::Short => (0.07, -0.40, 0.36),
        Hair::Bob => (0.14, -0.30, 0.85),
        Hair::Long => (0.13, -0.42, 0.95),
        Hair::Curly => (0.10, -0.40, 0.42),
        Hair::Bun => (0.06, -0.48, 0.44),
    };
    let colour = person.hair;
    let parting = person.parting;
    canvas.fill(frame, ((-a - 0.3, -b - 0.4), (a + 0.3, 0.8)), |(x, y)| {
        let dome = ellipse((x, y), (0.0, -0.06), (a + volume, b + volume));
        let (u, p) = (x / a, (x - parting) / a);
        let u2 = u * u;
        // The hair parts at one place and falls to both temples.
        let line = fringe - 0.13 * (1.0 - 1.4 * p.abs()).max(0.0) + temples * u2 * u2.min(1.3) * 0.8;
        let edge = (y - line) * 0.75;
        (dome.max(edge), strands(colour, (x + parting * y, y), light))
    });
    canvas.glow(frame, (0.25 * light + parting * 0.5, -b * 0.78), (0.42, 0.13), [1.0, 0.95, 0.88], 0.16);
    if person.style == Hair::Curly {
        curls(canvas, frame, person, person.hair, light, 0.19);
    }
}

/// Paints a short beard along the jaw.
pub(super) fn beard(canvas: &mut Canvas, frame: Frame, person: &Person, outline: impl Fn(Point) -> f32) {
    let colour = lit(person.hair, 0.95);
    let mouth = person.mouth;
    canvas.paint(frame, ((-0.8, 0.05), (0.8, 1.0)), |(x, y)| {
        let u = x / 0.6;
        let upper = 0.34 - 0.22 * u * u;
        let inside = -outline((x, y)).min(0.0);
        let lips = ellipse((x, y), (0.0, 0.47), (mouth * 0.95, 0.085));
        let soft = ((y - upper) * 9.0).clamp(0.0, 1.0) * (inside * 30.0).clamp(0.0, 1.0);
        (soft * (lips * 22.0).clamp(0.0, 1.0) * 0.82, strands(colour, (x, y), 0.0))
    });
}

fn curls(canvas: &mut Canvas, frame: Frame, person: &Person, colour: Colour, light: f32, radius: f32) {
    let (a, b) = person.face;
    // A half circle of curls from ear to ear over the crown, as points of a rational circle.
    for index in 0..13_u8 {
        let t = f32::from(index) / 6.0 - 1.0;
        let (cos, sin) = (2.0 * t / (1.0 + t * t), (1.0 - t * t) / (1.0 + t * t));
        let at = (cos * (a + 0.10), -sin * (b + 0.06) - 0.10);
        let by = 0.9 + 0.12 * light * cos + if index % 2 == 0 { 0.07 } else { -0.05 };
        canvas.ellipse(frame, at, (radius, radius), lit(colour, by));
        let shine = (at.0 - radius * 0.2, at.1 - radius * 0.3);
        canvas.glow(frame, shine, (radius * 0.6, radius * 0.5), [1.0, 0.95, 0.9], 0.10);
    }
}

/// Varies the colour in streaks of lighter and darker hair.
fn strands(colour: Colour, (x, y): Point, light: f32) -> Colour {
    let wave = |value: f32| {
        let part = value - value.floor();
        (part - 0.5).abs() * 4.0 - 1.0
    };
    let streak = wave(x * 9.0 + y * 1.3) * 0.05 + wave(x * 23.0 - y * 0.9) * 0.04;
    lit(colour, 1.0 + streak + 0.10 * light * x)
}
