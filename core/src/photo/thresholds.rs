//! Every number that a photo is judged by, with its source.
//!
//! Numbers without another source were measured on 99 photographs: cameras' own files of 3 to 16 megapixels, portraits
//! and groups from the test data of face detectors, drawn portraits, and nature, streets and things from the wallpapers
//! and examples of free software. Faces apart, three of these raise an alarm, and each is as the alarm says: a wood in the
//! dark and a face in the dark (too dark), and washed-out planks (too bright). So none was false, which with 95 %
//! confidence means less than 3 of 100.
//!
//! Spoilt on purpose, the same photographs were told as follows: all at a fifth of their brightness, and half of them at a
//! third; 89 with 120 added to every sample, and 57 of three times their brightness; 98 at a quarter of their contrast; all
//! behind a Gaussian of 1 % of the longer side, 45 at 0.5 %, and 5 at 0.3 %; 25 of which the camera moved by 2 %. Of their
//! 4,851 pairs one is alike: a photograph and its grey copy.

/// The longer side in pixels to which a picture is reduced at most before light and sharpness are measured.
pub(super) const PLANE: u32 = 640;

/// The brightness, from 0 to 255, below which nine tenths of a too dark picture lie.
pub(super) const DARK: u8 = 72;

/// The mean brightness above which a picture is too bright. A passport photo before a white wall has about 190.
pub(super) const BRIGHT_MEAN: u8 = 212;

/// The brightness above which nineteen twentieths of a too bright picture lie, where the mean is above
/// [`BRIGHT_VEILED_MEAN`]: a picture without any shadow.
pub(super) const BRIGHT_SHADOW: u8 = 115;

/// The mean brightness that goes with [`BRIGHT_SHADOW`].
pub(super) const BRIGHT_VEILED_MEAN: u8 = 195;

/// The distance between the darkest and the brightest twentieth of a picture, of 255, below which it has too little
/// contrast.
pub(super) const CONTRAST: u8 = 62;

/// The blur of the sharpest places of a picture, as the standard deviation of a Gaussian in thousandths of the longer
/// side, above which nothing in it is sharp.
pub(super) const BLUR: f32 = 2.0;

/// The blur of the sharpest places in the direction in which the camera moved, above which it was shaken.
pub(super) const SHAKEN: f32 = 3.6;

/// The blur above which a face is blurred, in the same unit.
pub(super) const FACE_BLUR: f32 = 3.0;

/// The mean square of the slope of brightness in a tile that has edges to measure.
pub(super) const EDGES: f32 = 4.0;

/// The most bits of 64 in which the hashes of look-alikes differ. Of different photographs none differ in less than 12;
/// those of half the size or behind a Gaussian of 0.5 % differ in 2 at most.
pub(super) const ALIKE_BITS: u32 = 10;

/// The most by which colours of look-alikes differ on average, of 255.
pub(super) const ALIKE_COLOURS: f32 = 16.0;

/// The longer side, relative to the shorter, above which a shape is extreme. Cinemas' 21:9 is 2.33, the longest screens
/// of phones have 2.22, and panoramas begin at about 2.5.
pub(super) const LONGEST: f32 = 2.4;

/// The brightness below which nine tenths of a too dark face lie. Dark skin in good light has lights of 90 and more.
pub(super) const FACE_DARK: u8 = 55;

/// The brightness above which nineteen twentieths of a too bright face lie: eyes and mouth are gone.
pub(super) const FACE_BRIGHT: u8 = 215;

/// The largest difference of two samples that count as one colour: screens have no noise, and JPEG keeps even colours.
pub(super) const FLAT_SAMPLES: u8 = 1;

/// The share of a row's pixels that have its colour, in a row of one colour. A scroll bar or a cursor may stand there.
pub(super) const FLAT_PIXELS: f32 = 0.97;

/// The difference of neighbouring samples above which letters are taken to end.
pub(super) const SHARP_SAMPLES: u8 = 40;

/// The share of such neighbours in a row of text.
pub(super) const SHARP_PIXELS: f32 = 0.02;

/// The fewest lines of text: rows of one colour before busy ones.
pub(super) const TEXT_LINES: usize = 5;

/// The smallest share of rows of one colour in a picture of text or lists.
pub(super) const FLAT_SHARE: f32 = 0.15;

/// The difference of samples across the edge of a bar.
pub(super) const BAND_SAMPLES: u8 = 8;

/// The smallest share of rows that bars above and below a picture take.
pub(super) const BAND_ROWS: f32 = 0.06;

/// The share of a bar's edge that must be seen.
pub(super) const BAND_EDGE: f32 = 0.7;

/// The longer side, relative to the shorter, from which on a picture may be that of a screen (tablets' 4:3 is every
/// camera's shape too).
pub(super) const SCREEN_SHAPE: f32 = 1.55;

/// The score from which on a face counts beside others. With [`FACE_BESIDE_SHARE`] none of 209 photos of one person was
/// taken for one of several, and 30 of 31 groups were found.
pub(super) const FACE_BESIDE_SCORE: f32 = 0.6;

/// The height of a face that counts beside others, relative to the largest: people farther behind do not count.
pub(super) const FACE_BESIDE_SHARE: f32 = 0.5;

/// The height of a face, relative to the picture's shorter side, below which the face is small. All faces of 8 % are, and
/// none of 12 %.
pub(super) const SMALL_FACE: f32 = 0.10;

/// The space beside a face, in fractions of the picture, below which the face touches the edge.
pub(super) const FACE_AT_EDGE: f32 = 0.02;

/// The height of a face, relative to the picture's shorter side, from which on a photo is a close-up.
pub(super) const CLOSE_UP: f32 = 0.45;

/// The height of a face below which a photo shows more than head and shoulders.
pub(super) const HALF_LENGTH: f32 = 0.25;

/// The distance between the lightest and the darkest photo of a set, of 255, below which the light is always the same.
pub(super) const SAME_LIGHT: u8 = 30;

/// The most by which colours of the same background differ on average, of 255.
pub(super) const SAME_BACKGROUND: f32 = 20.0;
