//! The looks of a person, as photos of a training show them: colours of skin, hair and clothes, and the hair's outline.
//!
//! A drawn portrait need not find a face exactly. Skin is looked for where portraits have it, hair above and beside
//! the skin, clothes below. Each photo is one vote, so that a background that looks like skin, a hat or a second
//! person does not decide. Where nothing is found, there are no looks.

mod face;
mod grid;

use self::{
    face::{Face, Parts},
    grid::{Colour, Grid, distance, light},
};
use super::drawing::{Hair, Looks, outline};

/// The most photos of an archive that are looked at. They are spread over the whole archive.
pub(super) const MOST: usize = 8;
/// The largest file that is looked at, in bytes.
pub(super) const LARGEST: u64 = 16 << 20;

/// A photo with a face that was found.
#[derive(Debug)]
pub(super) struct Seen {
    grid: Grid,
    face: Face,
}

impl Seen {
    /// Looks at a JPEG. `None` is the answer to a damaged file, a grey photo and one without skin in its middle.
    pub(super) fn of(jpeg: &[u8]) -> Option<Self> {
        let grid = Grid::decode(jpeg)?;
        let face = Face::find(&grid)?;
        Some(Self { grid, face })
    }
}

/// Returns the looks that most of these photos agree on.
pub(super) fn looks(photos: &[Seen]) -> Option<Looks> {
    let skin = agreed(&photos.iter().map(|photo| photo.face.skin).collect::<Vec<_>>())?;
    // A photo of other skin shows another person, or no face at all.
    let photos: Vec<&Seen> = photos.iter().filter(|photo| distance(photo.face.skin, skin) < 0.22).collect();
    let hairs: Vec<Colour> = photos.iter().filter_map(|photo| photo.face.hair(&photo.grid)).collect();
    // Hair that cannot be told from skin in any photo is dark, or there is none.
    let hair = agreed(&hairs).unwrap_or_else(|| skin.map(|sample| sample * 0.4));
    let Fit { style, beard, faces, .. } = fitted(&photos, skin, hair)?;
    let clothes = photos.iter().zip(&faces).filter_map(|(photo, face)| face.clothes(&photo.grid));
    Some(Looks {
        skin: in_light(skin).map(byte),
        hair: hair.map(byte),
        clothes: clothes.map(|colour| colour.map(byte)).collect(),
        style,
        beard,
    })
}

/// A drawn head that was compared with photos.
struct Fit {
    style: Hair,
    beard: bool,
    /// Places of the face, one for each photo.
    faces: Vec<Face>,
    /// Points at which the photos differ from the drawing.
    unlike: usize,
}

/// Finds the drawn head whose outline is most like that of the hair in the photos.
fn fitted(photos: &[&Seen], skin: Colour, hair: Colour) -> Option<Fit> {
    let parts: Vec<Parts> = photos.iter().map(|photo| Parts::of(&photo.grid, skin, hair)).collect();
    let heads = Hair::ALL.into_iter().map(|style| (style, false)).chain([(Hair::Short, true)]);
    let fits = heads.map(|(style, beard)| {
        let drawn = outline(style, beard);
        let best = photos.iter().zip(&parts).filter_map(|(photo, parts)| {
            let fits = photo.face.fits(&photo.grid).map(|face| (face.unlike(parts, &drawn), face));
            fits.min_by_key(|(unlike, _)| *unlike)
        });
        let (unlike, faces): (Vec<usize>, Vec<Face>) = best.unzip();
        Fit { style, beard, faces, unlike: unlike.iter().sum() }
    });
    fits.min_by_key(|fit| fit.unlike)
}

/// Lightens skin that a photo shows in the dark to the darkest that a drawing has.
fn in_light(skin: Colour) -> Colour {
    const DARKEST: f32 = 0.30;
    let by = DARKEST / light(skin).max(0.01);
    if by > 1.0 { skin.map(|sample| sample * by) } else { skin }
}

/// Returns the colour that is nearest to all others.
fn agreed(colours: &[Colour]) -> Option<Colour> {
    let apart = |colour: &Colour| colours.iter().map(|other| distance(*colour, *other)).sum::<f32>();
    colours.iter().copied().min_by(|one, other| apart(one).total_cmp(&apart(other)))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn byte(sample: f32) -> u8 {
    (sample * 255.0 + 0.5).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::{Hair, MOST, Seen, distance, looks};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{random::Random, simulator::drawing};

    fn photos(person: u64) -> Vec<Vec<u8>> {
        let photo = |variation| {
            let rgb = drawing::portrait(person, variation, 240, 320);
            drawing::jpeg(&rgb, 240, 320).expect("a JPEG")
        };
        (1..).take(MOST).map(photo).collect()
    }

    fn seen(photos: &[Vec<u8>]) -> Vec<Seen> {
        photos.iter().filter_map(|photo| Seen::of(photo)).collect()
    }

    #[test]
    fn hair_and_beard_are_told_apart() {
        for (person, style, beard) in [
            (2, Hair::Short, true),
            (3, Hair::Curly, false),
            (4, Hair::Bun, false),
            (11, Hair::Bob, false),
            (30, Hair::Short, false),
            (32, Hair::Long, false),
        ] {
            let looks = looks(&seen(&photos(person))).expect("looks");
            assert_eq!((looks.style, looks.beard), (style, beard), "person {person}");
        }
    }

    #[test]
    fn a_drawing_of_the_looks_has_the_same_looks() {
        for person in [1, 6, 13, 28] {
            let first = looks(&seen(&photos(person))).expect("looks");
            let photo = |variation| {
                let rgb = drawing::resemblance(&first, 99, variation, (240, 320));
                drawing::jpeg(&rgb, 240, 320).expect("a JPEG")
            };
            let again: Vec<Vec<u8>> = (11..19).map(photo).collect();
            let second = looks(&seen(&again)).expect("looks");
            let apart = |one: [u8; 3], other: [u8; 3]| {
                let part = |colour: [u8; 3]| colour.map(|sample| f32::from(sample) / 255.0);
                distance(part(one), part(other))
            };
            assert!(apart(first.skin, second.skin) < 0.1, "{first:?} {second:?}");
            assert!(apart(first.hair, second.hair) < 0.1, "{first:?} {second:?}");
        }
    }

    #[test]
    fn damaged_photos_are_survived() {
        let photo = photos(5).remove(0);
        let mut random = Random::new(4);
        for _ in 0..300 {
            let mut bytes = photo.clone();
            for _ in 0..=random.next_u64() % 6 {
                let at = usize::try_from(random.next_u64() % bytes.len() as u64).expect("small");
                bytes[at] = random.next_u64().to_le_bytes()[0];
            }
            looks(&Seen::of(&bytes).into_iter().collect::<Vec<_>>());
        }
        assert!(looks(&[]).is_none());
        assert!(Seen::of(include_bytes!("../photo/fixtures/grey.jpg")).is_none());
        assert!(Seen::of(include_bytes!("../photo/fixtures/cmyk.jpg")).is_none());
        for fixture in [
            &include_bytes!("../photo/fixtures/progressive-420.jpg")[..],
            include_bytes!("../photo/fixtures/texture.jpg"),
            include_bytes!("../photo/fixtures/rgb-coded.jpg"),
        ] {
            looks(&Seen::of(fixture).into_iter().collect::<Vec<_>>());
        }
    }
}
