//! Sample photos: drawings of a person, with the faults that a camera and a careless owner leave in photos.
//!
//! Some lie on their side and say so in their EXIF, one is a PNG, one a WebP, one was cut off in the middle of its
//! transfer. So a first trial shows how each is treated.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use likeness_core::{avatar::Sha256Sum, simulator::drawing};

use crate::{
    failure::{Exit, Failure},
    photos::parallel,
};

/// The name of the person whom the demo draws.
pub(crate) const PERSON: &str = "Anna";

/// Number of files written; one of them is broken.
pub(crate) const FILES: usize = 12;

/// Draws the photos of one person into `folder`, which must exist, and returns their paths in order. The same
/// name gives the same person.
pub(crate) fn write(folder: &Path, person: &str) -> Result<Vec<PathBuf>, Failure> {
    write_smaller(folder, person, 1)
}

/// Draws the photos with each side divided by `divisor`, for tests.
fn write_smaller(folder: &Path, person: &str, divisor: u32) -> Result<Vec<PathBuf>, Failure> {
    let person = person_of(person);
    let written = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).map_err(|error| {
            Failure::io("storage.sample", format!("{} could not be written", path.display()), &error)
        })
    };
    let mut paths = Vec::new();
    let failed = parallel::in_order(
        &SAMPLES,
        || false,
        |index, sample| sample.file(person, index as u64, divisor),
        |index, bytes| {
            let Some(sample) = SAMPLES.get(index) else { return ControlFlow::Continue(()) };
            let path = folder.join(format!("photo-{:02}.{}", index + 1, sample.kind.extension()));
            let result = bytes.ok_or_else(|| undrawn(&path)).and_then(|bytes| written(&path, &bytes));
            match result {
                Ok(()) => {
                    paths.push(path);
                    ControlFlow::Continue(())
                }
                Err(failure) => ControlFlow::Break(failure),
            }
        },
    );
    if let Some(failure) = failed {
        return Err(failure);
    }
    written(&folder.join("photo-02.txt"), b"a drawn portrait of [trigger], head and shoulders\n")?;
    Ok(paths)
}

/// The replacement of the broken photo, for a person who asks for one.
const REPLACEMENT: &str = "photo-07-again.jpg";

/// Draws a photo for the page, by its name; `index.json` lists the names, and the name of the replacement.
pub(crate) fn for_page(name: &str) -> Option<Vec<u8>> {
    let named = |index: usize, sample: &Sample| format!("photo-{:02}.{}", index + 1, sample.kind.extension());
    if name == "index.json" {
        let all: Vec<_> = SAMPLES.iter().enumerate().map(|(index, sample)| named(index, sample)).collect();
        let document = serde_json::json!({ "photos": all, "replacement": REPLACEMENT });
        return Some(document.to_string().into_bytes());
    }
    let person = person_of(PERSON);
    if name == REPLACEMENT {
        return sample(Kind::Jpeg(1), 768, 960).file(person, SAMPLES.len() as u64, 1);
    }
    let index = SAMPLES.iter().enumerate().position(|(index, sample)| named(index, sample) == name)?;
    SAMPLES.get(index)?.file(person, index as u64, 1)
}

struct Sample {
    kind: Kind,
    /// Width in pixels, as seen and not as stored.
    width: u32,
    height: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A JPEG whose pixels are stored turned, with the EXIF orientation (1 to 8) that turns them back.
    Jpeg(u8),
    Png,
    WebP,
    /// A JPEG whose second half is missing.
    Broken,
}

const fn sample(kind: Kind, width: u32, height: u32) -> Sample {
    Sample { kind, width, height }
}

const SAMPLES: [Sample; FILES] = [
    sample(Kind::Jpeg(1), 768, 960),
    sample(Kind::Jpeg(6), 768, 1024),
    sample(Kind::Jpeg(1), 1024, 1024),
    sample(Kind::Jpeg(8), 720, 960),
    sample(Kind::Png, 768, 768),
    sample(Kind::Jpeg(1), 960, 720),
    sample(Kind::Broken, 768, 960),
    sample(Kind::Jpeg(3), 1024, 768),
    sample(Kind::WebP, 768, 768),
    sample(Kind::Jpeg(1), 800, 1000),
    sample(Kind::Jpeg(6), 768, 960),
    sample(Kind::Jpeg(1), 900, 900),
];

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg(_) | Self::Broken => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

impl Sample {
    fn file(&self, person: u64, variation: u64, divisor: u32) -> Option<Vec<u8>> {
        let Self { kind, width, height } = *self;
        let (width, height) = (width / divisor, height / divisor);
        let upright = drawing::portrait(person, variation, width, height);
        match kind {
            Kind::Jpeg(orientation) => {
                let (rgb, width, height) = as_stored(&upright, width, height, orientation)?;
                Some(with_orientation(&drawing::jpeg(&rgb, width, height)?, orientation))
            }
            Kind::Png => drawing::png(&upright, width, height),
            Kind::WebP => webp(&upright, width, height),
            Kind::Broken => {
                let mut jpeg = drawing::jpeg(&upright, width, height)?;
                jpeg.truncate(jpeg.len() / 2);
                Some(jpeg)
            }
        }
    }
}

/// Makes a number of a name, so that each name is another person.
fn person_of(name: &str) -> u64 {
    let sum = Sha256Sum::of(name.as_bytes()).to_string();
    sum.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

fn undrawn(path: &Path) -> Failure {
    Failure::new(Exit::Internal, "internal.sample", format!("{} could not be drawn", path.display()))
}

fn webp(rgb: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut file);
    encoder.encode(rgb, width, height, image::ExtendedColorType::Rgb8).ok()?;
    Some(file)
}

/// Returns the pixels as a camera held that way stores them: turning them as the orientation says gives the upright
/// picture again.
fn as_stored(upright: &[u8], width: u32, height: u32, orientation: u8) -> Option<(Vec<u8>, u32, u32)> {
    let (stored_width, stored_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mut stored = Vec::with_capacity(upright.len());
    for y in 0..stored_height {
        for x in 0..stored_width {
            let (x, y) = match orientation {
                3 => (width - 1 - x, height - 1 - y),
                // Stored rows are upright columns, the first from the right…
                6 => (width - 1 - y, x),
                // …or from the left.
                8 => (y, height - 1 - x),
                _ => (x, y),
            };
            let at = usize::try_from((u64::from(y) * u64::from(width) + u64::from(x)) * 3).ok()?;
            stored.extend(upright.get(at..at + 3)?);
        }
    }
    Some((stored, stored_width, stored_height))
}

/// Inserts an EXIF segment that holds the orientation alone behind the JPEG's first marker (Exif 2.32, 4.6.4, tag
/// 0x0112).
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    let (start, rest) = jpeg.split_at(jpeg.len().min(2));
    [start, b"\xff\xe1", &length, &exif, rest].concat()
}

#[cfg(test)]
mod tests {
    use likeness_core::{
        limits::PhotoLimits,
        photo::{Normalise as _, Normaliser, Orientation, PhotoProblem, inspect},
        simulator::drawing,
    };

    use super::{FILES, Kind, Sample, as_stored, with_orientation, write_smaller};

    /// Draws four quarters of different brightness, so that every turn shows.
    fn quarters(width: u32, height: u32) -> Vec<u8> {
        let shade = |x, y| {
            if y < height / 2 {
                if x < width / 2 { 20 } else { 90 }
            } else if x < width / 2 {
                160
            } else {
                230
            }
        };
        (0..height).flat_map(|y| (0..width).flat_map(move |x| [shade(x, y); 3])).collect()
    }

    #[test]
    fn a_photo_on_its_side_is_turned_upright_again() {
        let (width, height) = (600, 520);
        for orientation in [1, 3, 6, 8] {
            let (rgb, stored_width, stored_height) =
                as_stored(&quarters(width, height), width, height, orientation).expect("stored");
            let jpeg = drawing::jpeg(&rgb, stored_width, stored_height).expect("a JPEG");
            let jpeg = with_orientation(&jpeg, orientation);
            let info = inspect(&jpeg).expect("a photo");
            assert_eq!(info.upright_size(), (width, height), "orientation {orientation}");
            assert_eq!(info.orientation == Orientation::Upright, orientation == 1);
            let photo = Normaliser::default().normalise(&jpeg, &PhotoLimits::default()).expect("good");
            let picture = image_of(photo.jpeg());
            for (x, y, shade) in [(100, 100, 20_u8), (500, 100, 90), (100, 400, 160), (500, 400, 230)] {
                let at = (y * 600 + x) * 3;
                assert!(
                    picture[at].abs_diff(shade) < 8,
                    "orientation {orientation}: {} at {x},{y}",
                    picture[at]
                );
            }
        }
    }

    fn image_of(jpeg: &[u8]) -> Vec<u8> {
        libjpeg_turbo_rs::decompress(jpeg).expect("a JPEG").data
    }

    #[test]
    fn all_but_one_are_good_and_the_same_name_is_the_same_person() {
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        let paths = write_smaller(folders[0].path(), "Anna", 8).expect("written");
        assert_eq!(paths.len(), FILES);
        let limits = PhotoLimits { min_side: 64, ..PhotoLimits::default() };
        let mut broken = Vec::new();
        for path in &paths {
            let bytes = std::fs::read(path).expect("there");
            if let Err(problem) = Normaliser::default().normalise(&bytes, &limits) {
                broken.push((path.file_name().expect("a name").to_owned(), problem.code()));
            }
        }
        let truncated = PhotoProblem::truncated(likeness_core::photo::Format::Jpeg).code();
        assert_eq!(broken, [("photo-07.jpg".into(), truncated)]);
        write_smaller(folders[1].path(), "Anna", 8).expect("written");
        for path in &paths {
            let again = folders[1].path().join(path.file_name().expect("a name"));
            assert!(std::fs::read(path).expect("there") == std::fs::read(again).expect("there"));
        }
        let sample = Sample { kind: Kind::Png, width: 64, height: 64 };
        assert_ne!(sample.file(super::person_of("Anna"), 1, 1), sample.file(super::person_of("Олег"), 1, 1));
    }
}
