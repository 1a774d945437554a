//! The small picture that is drawn on the way.

use libjpeg_turbo_rs::{Encoder, PixelFormat, decompress};

use super::{
    files::{self, SAMPLINGS},
    several_scans::separated,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Error, Jpeg, Orientation, Preview, Quantisation, Recoding, Scale, Workspace};

/// Sizes of pictures that are shown at each of the scales, some with incomplete MCUs.
const SIZES: [(usize, usize, Scale); 8] = [
    (1, 1, Scale::Full),
    (96, 64, Scale::Full),
    (37, 51, Scale::Full),
    (640, 32, Scale::Half),
    (43, 701, Scale::Half),
    (1290, 41, Scale::Quarter),
    (32, 2560, Scale::Eighth),
    (2571, 37, Scale::Eighth),
];

pub(super) fn recoded(file: &[u8], recoding: Recoding) -> Result<Preview, Error> {
    let (mut plain, mut output) = (Vec::new(), Vec::new());
    let jpeg = Jpeg::read(file)?;
    let result = jpeg.recode(recoding, &mut Workspace::default(), &mut plain);
    let preview = jpeg.recode_with_preview(recoding, &mut Workspace::default(), &mut output);
    assert_eq!(preview.as_ref().err(), result.as_ref().err());
    assert!(output == plain, "a preview changes nothing");
    if let Ok(preview) = &preview {
        assert!(preview.rgb().len() as u64 <= jpeg.preview_memory());
    }
    preview
}

fn kept(file: &[u8]) -> Result<Preview, Error> {
    let (mut plain, mut output) = (Vec::new(), Vec::new());
    let jpeg = Jpeg::read(file)?;
    let result = jpeg.keep(&mut plain);
    let preview = jpeg.keep_with_preview(&mut output);
    assert_eq!(preview.as_ref().err(), result.as_ref().err());
    assert!(output == plain, "a preview changes nothing");
    preview
}

/// Returns width, height and RGB of the scaled picture, upright.
pub(super) fn scaled(file: &[u8], scale: Scale, orientation: Orientation) -> (u32, u32, Vec<u8>) {
    let (mut width, mut height, mut rgb) = (0, 0, Vec::new());
    let each = |band: crate::Band<'_>| {
        width = band.width() as u32;
        height += band.rows() as u32;
        (0..band.rows()).for_each(|row| band.rgb(row, &mut rgb));
    };
    Jpeg::read(file).and_then(|jpeg| jpeg.scale(scale, &mut Workspace::default(), each)).expect("a JPEG");
    let (across, down) = orientation.turned((width, height));
    let pixel = |(x, y)| {
        let (x, y) = orientation.stored_place((x, y), (width, height));
        let at = (y * width + x) as usize * 3;
        rgb[at..at + 3].to_vec()
    };
    let upright = (0..down).flat_map(|y| (0..across).map(move |x| (x, y))).flat_map(pixel);
    (across, down, upright.collect())
}

/// Encodes a file whose preview has this scale. At an eighth, blocks of colour differences are shown by their mean.
fn file(width: usize, height: usize, sampling: (u8, u8), restarts: u16, scale: Scale) -> Vec<u8> {
    match scale {
        Scale::Eighth => files::patches(width, height, sampling, restarts),
        _ => files::file(width, height, sampling, 90, restarts),
    }
}

fn assert_shows(preview: &Preview, (width, height, rgb): &(u32, u32, Vec<u8>), what: &str) {
    assert_eq!((preview.width(), preview.height()), (*width, *height), "{what}");
    assert!(preview.rgb() == rgb, "{what}");
}

#[test]
fn previews_are_the_scaled_picture() {
    for sampling in SAMPLINGS {
        for (width, height, scale) in SIZES {
            let file = file(width, height, sampling, 3, scale);
            let expected = scaled(&file, scale, Orientation::Upright);
            let what = format!("{sampling:?} {width} x {height}");
            assert_shows(&kept(&file).expect("a sound file"), &expected, &what);
            let recoding = Recoding { quantisation: Quantisation::Quality95, ..Recoding::default() };
            assert_shows(&recoded(&file, recoding).expect("a sound file"), &expected, &what);
        }
    }
}

#[test]
fn previews_are_upright() {
    for sampling in SAMPLINGS {
        for (width, height, scale) in [
            (96, 64, Scale::Full),
            (672, 64, Scale::Half),
            (32, 1280, Scale::Quarter),
            (2592, 64, Scale::Eighth),
        ] {
            let file = file(width, height, sampling, 0, scale);
            for orientation in Orientation::ALL {
                let expected = scaled(&file, scale, orientation);
                let preview = recoded(&file, Recoding { orientation, ..Recoding::default() });
                let what = format!("{sampling:?} {width} x {height} {orientation:?}");
                assert_shows(&preview.expect("complete MCUs"), &expected, &what);
            }
        }
    }
}

#[test]
fn previews_of_pictures_on_a_new_grid_are_upright() {
    for sampling in SAMPLINGS {
        for (width, height, scale) in
            [(52, 44, Scale::Full), (644, 36, Scale::Half), (2564, 20, Scale::Eighth)]
        {
            let file = file(width, height, sampling, 0, scale);
            for orientation in Orientation::ALL {
                let quantisation = Quantisation::NearQuality95;
                let preview = recoded(&file, Recoding { orientation, quantisation, ..Recoding::default() });
                let what = format!("{sampling:?} {width} x {height} {orientation:?}");
                assert_shows(&preview.expect("whole samples"), &scaled(&file, scale, orientation), &what);
            }
        }
    }
}

#[test]
fn previews_of_several_scans_are_those_of_one() {
    for sampling in SAMPLINGS {
        for (width, height, scale) in [
            (37, 51, Scale::Full),
            (643, 35, Scale::Half),
            (32, 1280, Scale::Quarter),
            (2571, 37, Scale::Eighth),
        ] {
            let interleaved = file(width, height, sampling, 0, scale);
            let file = separated(&interleaved);
            let what = format!("{sampling:?} {width} x {height}");
            let expected = scaled(&interleaved, scale, Orientation::Upright);
            assert_shows(&kept(&file).expect("a sound file"), &expected, &what);
            let expected = scaled(&interleaved, scale, Orientation::Transpose);
            let recoding = Recoding { orientation: Orientation::Transpose, ..Recoding::default() };
            assert_shows(&recoded(&file, recoding).expect("a sound file"), &expected, &what);
        }
    }
}

/// Shows a block of colour differences by its mean, and its brightness in detail.
#[test]
fn colours_at_an_eighth_are_those_of_blocks() {
    let (width, height) = (2560, 32);
    let file = Encoder::new(&files::slow(width, height), width, height, PixelFormat::Rgb)
        .quality(98)
        .sampling_factors(vec![(2, 2), (1, 1), (1, 1)])
        .encode()
        .expect("a JPEG");
    let colours = |rgb: &[u8]| -> Vec<[i32; 2]> {
        let of = |[r, g, b]: &[u8; 3]| [i32::from(*r) - i32::from(*g), i32::from(*b) - i32::from(*g)];
        rgb.as_chunks().0.iter().map(of).collect()
    };
    let differ = |rgb: &[u8]| colours(rgb).as_chunks().0.iter().filter(|[one, next]| one != next).count();
    let preview = kept(&file).expect("a sound file");
    assert_eq!(differ(preview.rgb()), 0);
    let (.., detailed) = scaled(&file, Scale::Eighth, Orientation::Upright);
    assert!(differ(&detailed) > 100, "the picture has such detail");
    let apart = preview.rgb().iter().zip(&detailed).map(|(one, other)| one.abs_diff(*other));
    assert!(apart.max() <= Some(12));
}

#[test]
fn previews_of_grey_pictures_are_grey() {
    for (width, height, scale) in SIZES {
        let file = files::grey(width, height, 90);
        let preview = kept(&file).expect("a sound file");
        assert_shows(&preview, &scaled(&file, scale, Orientation::Upright), "grey");
        assert!(preview.rgb().as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b));
    }
}

/// Scaling asks for resolutions that it can bring together; a preview takes the nearest sample.
#[test]
fn odd_resolutions_are_shown() {
    for sampling in [(3, 1), (1, 3), (3, 2)] {
        for (width, height) in [(96, 96), (1290, 60), (2571, 60)] {
            let pixels = files::slow(width, height);
            let file = Encoder::new(&pixels, width, height, PixelFormat::Rgb)
                .quality(98)
                .sampling_factors(vec![sampling, (1, 1), (1, 1)])
                .encode()
                .expect("a JPEG");
            let preview = kept(&file).expect("a sound file");
            let (side, whole) =
                (width.div_ceil(preview.width() as usize), decompress(&file).expect("a JPEG").data);
            for (at, sample) in preview.rgb().iter().enumerate() {
                let (x, y) = (at / 3 % preview.width() as usize, at / 3 / preview.width() as usize);
                let (x, y) = ((x * side + side / 2).min(width - 1), (y * side + side / 2).min(height - 1));
                let expected = whole[(y * width + x) * 3 + at % 3];
                assert!(
                    expected.abs_diff(*sample) <= 12,
                    "{sampling:?} {width} {x} {y}: {expected} {sample}"
                );
            }
        }
    }
}

#[test]
fn damaged_pictures_have_no_preview() {
    let file = files::file(56, 40, (2, 2), 85, 2);
    for end in 0..file.len() - 2 {
        assert!(kept(&file[..end]).is_err());
        let recoding = Recoding { orientation: Orientation::Transpose, ..Recoding::default() };
        assert!(recoded(&file[..end], recoding).is_err());
    }
}
