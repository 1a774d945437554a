//! Previews, by every way that a photo may go.

use super::{decode, fixture, limits};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    photo::{Normalise, Normaliser, PhotoForm, Reencode, Way},
    simulator::drawing,
};

/// Averages squares of a picture as wide as a side over the preview's.
fn averaged(width: usize, height: usize, rgb: &[u8], side: usize) -> Vec<u8> {
    let mean = |x: usize, y: usize, channel: usize| {
        let rows = y * side..((y + 1) * side).min(height);
        let samples = rows.flat_map(|y| {
            (x * side..((x + 1) * side).min(width))
                .map(move |x| u32::from(rgb[(y * width + x) * 3 + channel]))
        });
        let (count, sum) = samples.fold((0, 0), |(count, sum), sample| (count + 1, sum + sample));
        u8::try_from((sum + count / 2) / count).expect("a mean")
    };
    let pixels = (0..height.div_ceil(side)).flat_map(|y| (0..width.div_ceil(side)).map(move |x| (x, y)));
    pixels.flat_map(|(x, y)| [0, 1, 2].map(|channel| mean(x, y, channel))).collect()
}

/// Draws a person, and turns the file by an EXIF segment.
fn portrait(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let rgb = drawing::portrait(1, 2, width, height);
    let jpeg = drawing::jpeg(&rgb, width, height).expect("a JPEG");
    let exif = [
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ];
    [&jpeg[..2], &exif.concat(), &jpeg[2..]].concat()
}

#[test]
fn a_preview_shows_the_clean_photo_smaller() {
    for (name, width, height, orientation, way, side) in [
        ("an eighth", 2600, 600, 1, Way::Requantised, 8),
        ("a quarter, turned", 1290, 530, 6, Way::Requantised, 4),
        ("half, mirrored", 644, 514, 5, Way::Requantised, 2),
        ("half, odd", 643, 515, 3, Way::Requantised, 2),
        ("the whole", 528, 512, 8, Way::Requantised, 1),
    ] {
        let file = portrait(width, height, orientation);
        let photo = Normaliser::default().with_previews().normalise(&file, &limits()).expect("a photo");
        assert_eq!(photo.way(), way, "{name}");
        let preview = photo.preview().expect(name);
        let (width, height, rgb) = decode(photo.jpeg());
        let size = (preview.width() as usize, preview.height() as usize);
        assert_eq!(size, (width.div_ceil(side), height.div_ceil(side)), "{name}");
        let wanted = averaged(width, height, &rgb, side);
        let off: u64 = preview.rgb().iter().zip(&wanted).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(off < 2 * wanted.len() as u64, "{name}: {off} in {} samples", wanted.len());
    }
}

#[test]
fn a_preview_is_made_where_it_is_wanted_and_changes_nothing_else() {
    for file in
        [fixture!("texture.jpg"), fixture!("progressive.jpg"), fixture!("rgb.png"), fixture!("grey.jpg")]
    {
        for reencode in [Reencode::Always, Reencode::WhenNeeded] {
            let without = Normaliser::new(PhotoForm { reencode, ..PhotoForm::default() })
                .normalise(file, &limits())
                .expect("a photo");
            let with = Normaliser::new(PhotoForm { reencode, ..PhotoForm::default() })
                .with_previews()
                .normalise(file, &limits())
                .expect("a photo");
            assert_eq!(without.preview(), None);
            let preview = with.preview().expect("a preview");
            assert_eq!((preview.width(), preview.height()), (with.width(), with.height()));
            assert_eq!((with.jpeg(), with.changes()), (without.jpeg(), without.changes()));
        }
    }
}
