//! A person's looks, equal in every picture, and the pose, which differs.

use super::{
    canvas::Colour,
    looks::{Hair, Looks},
};
use crate::random::Random;

/// A person's looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) skin: Colour,
    pub(super) hair: Colour,
    pub(super) iris: Colour,
    pub(super) lips: Colour,
    pub(super) style: Hair,
    /// Half the face's width and height.
    pub(super) face: (f32, f32),
    /// Difference in width between the cheeks and the jaw.
    pub(super) jaw: f32,
    pub(super) eyes: f32,
    pub(super) brows: f32,
    pub(super) nose: f32,
    pub(super) mouth: f32,
    /// Side to which the hair falls.
    pub(super) parting: f32,
    pub(super) glasses: bool,
    pub(super) beard: bool,
    pub(super) freckles: bool,
}

/// A person's pose and light in one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    /// Position of the head, as parts of the picture's sides.
    pub(super) at: (f32, f32),
    pub(super) zoom: f32,
    /// Sine of the head's tilt.
    pub(super) tilt: f32,
    /// Turn of the face to the side and down.
    pub(super) look: (f32, f32),
    pub(super) smile: f32,
    pub(super) open: bool,
    /// Side from which the light comes, from -1 to 1.
    pub(super) light: f32,
    pub(super) warmth: f32,
    pub(super) clothes: Colour,
}

const SKINS: [Colour; 6] = [
    [0.98, 0.86, 0.76],
    [0.96, 0.80, 0.68],
    [0.89, 0.71, 0.56],
    [0.78, 0.57, 0.42],
    [0.60, 0.41, 0.29],
    [0.44, 0.29, 0.21],
];
const HAIRS: [Colour; 7] = [
    [0.13, 0.10, 0.10],
    [0.24, 0.15, 0.11],
    [0.38, 0.23, 0.14],
    [0.55, 0.33, 0.17],
    [0.82, 0.64, 0.36],
    [0.64, 0.27, 0.13],
    [0.68, 0.67, 0.68],
];
const IRISES: [Colour; 5] =
    [[0.32, 0.20, 0.12], [0.24, 0.40, 0.58], [0.30, 0.46, 0.32], [0.46, 0.34, 0.18], [0.38, 0.46, 0.50]];
const CLOTHES: [Colour; 8] = [
    [0.20, 0.28, 0.42],
    [0.75, 0.33, 0.28],
    [0.93, 0.90, 0.84],
    [0.24, 0.42, 0.37],
    [0.88, 0.68, 0.30],
    [0.45, 0.35, 0.55],
    [0.30, 0.31, 0.34],
    [0.60, 0.72, 0.80],
];

impl Person {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let skin = random.pick(&SKINS, SKINS[0]);
        let styles = [Hair::Short, Hair::Bob, Hair::Long, Hair::Curly, Hair::Bun, Hair::Short];
        let style = random.pick(&styles, Hair::Short);
        let shade = if skin[0] < 0.8 {
            random.pick(HAIRS.split_at(3).0, HAIRS[0])
        } else {
            random.pick(&HAIRS, HAIRS[0])
        };
        Self {
            skin,
            hair: shade,
            iris: random.pick(&IRISES, IRISES[0]),
            lips: lips(skin),
            style,
            face: (random.between(0.58, 0.66), random.between(0.78, 0.86)),
            jaw: random.between(0.14, 0.30),
            eyes: random.between(1.02, 1.20),
            brows: random.between(0.030, 0.055),
            nose: random.between(0.85, 1.2),
            mouth: random.between(0.17, 0.22),
            parting: random.between(-0.22, 0.22),
            glasses: random.unit() < 0.3,
            beard: style == Hair::Short && random.unit() < 0.45,
            freckles: skin[0] > 0.93 && random.unit() < 0.4,
        }
    }

    /// Gives the person the looks that photos show. What they do not show stays as it is; glasses, which would be
    /// noticed first, are left off.
    pub(super) fn with(self, looks: &Looks) -> Self {
        let [skin, hair] =
            [looks.skin, looks.hair].map(|colour| colour.map(|sample| f32::from(sample) / 255.0));
        Self {
            skin,
            hair,
            lips: lips(skin),
            style: looks.style,
            glasses: false,
            beard: looks.beard,
            freckles: self.freckles && skin[0] > 0.93,
            ..self
        }
    }
}

/// Returns the colour of lips in skin of this colour.
fn lips([red, green, blue]: Colour) -> Colour {
    [red * 0.86, green * 0.56, blue * 0.58]
}

impl Pose {
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            at: (random.between(0.44, 0.56), random.between(0.40, 0.46)),
            zoom: random.between(0.88, 1.18),
            tilt: random.between(-0.13, 0.13),
            look: (random.between(-0.09, 0.09), random.between(-0.03, 0.04)),
            smile: random.between(0.02, 0.10),
            open: random.unit() < 0.4,
            light: random.between(-1.0, 1.0),
            warmth: random.between(-1.0, 1.0),
            clothes: random.pick(&CLOTHES, CLOTHES[0]),
        }
    }

    /// Dresses the person in one of the colours that photos show.
    pub(super) fn with(self, looks: &Looks, random: &mut Random) -> Self {
        let clothes = looks.clothes.iter().map(|colour| colour.map(|sample| f32::from(sample) / 255.0));
        let clothes: Vec<Colour> = clothes.collect();
        Self { clothes: random.pick(&clothes, self.clothes), ..self }
    }
}
