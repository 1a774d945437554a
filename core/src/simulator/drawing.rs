//! Drawn pictures: portraits that are plainly drawings, and look like one person in many poses.

mod background;
mod canvas;
mod face;
mod hair;
mod letters;
mod looks;
mod outline;
mod person;

use self::{
    canvas::{Canvas, Colour, Frame, ellipse, lit, mix},
    person::{Person, Pose},
};
pub use letters::stamp;
pub(super) use looks::{Hair, Looks};
pub(super) use outline::{Part, map_point, outline};

use crate::random::Random;

/// Draws a portrait as RGB samples, row by row. `person` decides the face, the hair and the glasses; `variation`
/// the pose, the expression, the clothes, the light and the background.
#[must_use]
pub fn portrait(person: u64, variation: u64, width: u32, height: u32) -> Vec<u8> {
    portrait_of(&Person::new(person), None, variation, (width, height))
}

/// Draws a portrait of the person whose looks photos have shown. `person` decides the rest.
#[must_use]
pub(super) fn resemblance(looks: &Looks, person: u64, variation: u64, size: (u32, u32)) -> Vec<u8> {
    portrait_of(&Person::new(person).with(looks), Some(looks), variation, size)
}

fn portrait_of(
    person: &Person,
    looks: Option<&Looks>,
    variation: u64,
    (width, height): (u32, u32),
) -> Vec<u8> {
    let mut random = Random::new(variation);
    let mut pose = Pose::new(&mut random);
    if let Some(looks) = looks {
        pose = pose.with(looks, &mut Random::new(variation));
    }
    let mut canvas = Canvas::new(width, height);
    if width == 0 || height == 0 {
        return canvas.into_rgb();
    }
    background::draw(&mut canvas, &mut random);
    let (x, y) = canvas.size();
    let body = Frame { origin: (pose.at.0 * x, pose.at.1 * y), unit: x.min(y) * 0.27 * pose.zoom, turn: 0.0 };
    let head = Frame { turn: pose.tilt, ..body };
    hair::behind(&mut canvas, head, person, pose.light);
    shoulders(&mut canvas, body, person, &pose);
    face::draw(&mut canvas, head, person, &pose);
    hair::front(&mut canvas, head, person, pose.light);
    face::glasses(&mut canvas, head, person, &pose);
    tint(&mut canvas, &pose);
    canvas.into_rgb()
}

/// Paints shoulders, clothes and neck.
fn shoulders(canvas: &mut Canvas, frame: Frame, person: &Person, pose: &Pose) {
    let clothes = pose.clothes;
    let bottom = 6.0;
    canvas.fill(frame, ((-1.7, 1.0), (1.7, bottom)), |(x, y)| {
        let round = ellipse((x, y), (0.0, 2.35), (1.5, 1.25));
        let shape = if y < 2.35 { round } else { x.abs() - 1.5 };
        // The clothes are darker towards the arms, and where the sleeves begin.
        let sleeve =
            0.10 * (1.0 - ((x.abs() - 0.98 - 0.08 * y).abs() * 14.0).min(1.0)) * (y - 1.6).clamp(0.0, 1.0);
        (shape, lit(clothes, 1.0 + 0.10 * pose.light * x - 0.07 * x * x - 0.05 * (y - 1.2) - sleeve))
    });
    let neck = lit(person.skin, 0.80);
    canvas.ellipse(frame, (0.0, 1.20), (0.44, 0.24), lit(clothes, 0.72));
    canvas.ellipse(frame, (0.0, 1.17), (0.40, 0.22), lit(person.skin, 0.88));
    canvas.fill(frame, ((-0.45, 0.4), (0.45, 1.3)), |(x, y)| {
        let width = 0.27 + 0.10 * (y - 0.75) * (y - 0.75);
        let shape = (x.abs() - width).max(y - 1.25);
        (shape, mix(neck, lit(person.skin, 0.93), (y - 0.75) * 1.6 + 0.15 * pose.light * x))
    });
    canvas.glow(frame, (0.0, 0.86), (0.36, 0.22), lit(person.skin, 0.55), 0.45);
}

/// Adds the light's colour, and darkens the corners.
fn tint(canvas: &mut Canvas, pose: &Pose) {
    let colour: Colour = if pose.warmth > 0.0 { [1.0, 0.75, 0.45] } else { [0.50, 0.68, 1.0] };
    let strength = 0.07 * pose.warmth.abs();
    let (width, height) = canvas.size();
    let frame = Frame { origin: (width / 2.0, height / 2.0), unit: 1.0, turn: 0.0 };
    let (right, bottom) = frame.origin;
    canvas.paint(frame, ((-right, -bottom), (right, bottom)), |(x, y)| {
        let (u, v) = (x / right, y / bottom);
        let corner = (u * u + v * v - 1.0).max(0.0) * 0.22;
        (strength + corner, mix(colour, [0.05, 0.04, 0.08], corner / (strength + corner + 0.001)))
    });
}

/// Encodes the picture as a JPEG of quality 92; `None` when the samples do not fill the size.
#[must_use]
pub fn jpeg(rgb: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let format = libjpeg_turbo_rs::PixelFormat::Rgb;
    libjpeg_turbo_rs::compress(rgb, width, height, format, 92, libjpeg_turbo_rs::Subsampling::S444).ok()
}

/// Encodes the picture as a PNG; `None` when the samples do not fill the size.
#[must_use]
pub fn png(rgb: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    use image::ImageEncoder as _;
    let size = u64::from(width).checked_mul(u64::from(height))?.checked_mul(3)?;
    if u64::try_from(rgb.len()).ok()? != size {
        return None;
    }
    let mut file = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut file);
    encoder.write_image(rgb, width, height, image::ExtendedColorType::Rgb8).ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::{jpeg, png, portrait};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_same_seeds_are_the_same_picture() {
        let picture = portrait(1, 2, 60, 80);
        assert_eq!(picture.len(), 60 * 80 * 3);
        assert!(picture == portrait(1, 2, 60, 80));
        assert!(picture != portrait(1, 3, 60, 80));
        assert!(picture != portrait(2, 2, 60, 80));
    }

    /// Compares two pictures of one person, which differ most in the background; the face's colours stay.
    #[test]
    fn a_face_is_where_the_face_should_be() {
        let picture = portrait(5, 9, 90, 90);
        let skin = super::Person::new(5).skin;
        let at = (44 * 90 + 45) * 3;
        for (sample, skin) in picture[at..at + 3].iter().zip(skin) {
            assert!((f32::from(*sample) / 255.0 - skin).abs() < 0.25, "{sample} is not {skin}");
        }
    }

    #[test]
    fn sizes_without_sense_are_survived() {
        for (width, height) in [(0, 0), (0, 9), (1, 1), (1, 300), (300, 1)] {
            assert_eq!(portrait(1, 1, width, height).len(), usize::try_from(width * height * 3).unwrap());
        }
        assert_eq!(png(&[0; 5], 10, 10), None);
        assert_eq!(jpeg(&[0; 5], 10, 10), None);
    }
}
