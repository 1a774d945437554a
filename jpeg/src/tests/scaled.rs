//! The picture at a fraction of its size.

use libjpeg_turbo_rs::{Encoder, PixelFormat, decompress};

use super::files::{self, SAMPLINGS};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Error, Jpeg, NeedsPixels, Scale, Workspace};

const SCALES: [Scale; 4] = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth];

/// Returns width, height and RGB.
fn scaled(file: &[u8], scale: Scale) -> Result<(usize, usize, Vec<u8>), Error> {
    let (mut width, mut height, mut rgb) = (0, 0, Vec::new());
    Jpeg::read(file)?.scale(scale, &mut Workspace::default(), |band| {
        width = band.width();
        height += band.rows();
        (0..band.rows()).for_each(|row| band.rgb(row, &mut rgb));
    })?;
    Ok((width, height, rgb))
}

#[test]
fn pixels_are_the_mean_of_those_that_they_stand_for() {
    for sampling in SAMPLINGS {
        for scale in SCALES {
            let file = files::smooth(96, 64, sampling, 98);
            let whole = decompress(&file).expect("a JPEG").data;
            let (width, height, rgb) = scaled(&file, scale).expect("a sound file");
            let side = scale.divisor() as usize;
            assert_eq!((width, height, rgb.len()), (96 / side, 64 / side, width * height * 3));
            for (at, sample) in rgb.iter().enumerate() {
                let (x, y, colour) = (at / 3 % width, at / 3 / width, at % 3);
                let of_pixel = |n: usize| {
                    usize::from(whole[((y * side + n / side) * 96 + x * side + n % side) * 3 + colour])
                };
                let mean = (0..side * side).map(of_pixel).sum::<usize>() / (side * side);
                // Colour differences that have to be repeated are as coarse as stored.
                let most = if sampling.0 > 2 || sampling.1 > 2 { 8 } else { 4 };
                assert!(
                    mean.abs_diff(usize::from(*sample)) <= most,
                    "{sampling:?} {scale:?} at {at}: {mean} {sample}"
                );
            }
        }
    }
}

#[test]
fn odd_sizes_round_up() {
    for sampling in SAMPLINGS {
        for (side, scale) in [(1, Scale::Full), (2, Scale::Half), (4, Scale::Quarter), (8, Scale::Eighth)] {
            for (width, height) in [(1, 1), (9, 17), (35, 64), (64, 33)] {
                let (across, down, rgb) =
                    scaled(&files::smooth(width, height, sampling, 98), scale).expect("a sound file");
                assert_eq!((across, down), (width.div_ceil(side), height.div_ceil(side)));
                assert_eq!(rgb.len(), across * down * 3);
            }
        }
    }
}

#[test]
fn grey_stays_grey() {
    let file = files::grey(40, 40, 90);
    let (width, height, rgb) = scaled(&file, Scale::Quarter).expect("a sound file");
    assert_eq!((width, height), (10, 10));
    assert!(rgb.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b));
}

#[test]
fn odd_resolutions_need_pixels() {
    let pixels = files::rgb(48, 48, 9);
    let file = Encoder::new(&pixels, 48, 48, PixelFormat::Rgb)
        .sampling_factors(vec![(3, 1), (1, 1), (1, 1)])
        .encode()
        .expect("a JPEG");
    assert_eq!(scaled(&file, Scale::Half), Err(Error::NeedsPixels(NeedsPixels::Sampling)));
    super::kept(&file).expect("all else is possible");
    super::turned(&file, crate::Orientation::Rotate90).expect("all else is possible");
}

#[test]
fn a_band_has_no_rows_but_its_own() {
    let file = files::smooth(20, 20, (2, 2), 98);
    let mut seen = Vec::new();
    let scaled = Jpeg::read(&file).expect("a JPEG").scale(Scale::Half, &mut Workspace::default(), |band| {
        seen.push((band.width(), band.rows(), band.components()));
        assert!(band.row(0, band.rows()).is_empty() && band.row(3, 0).is_empty());
        assert_eq!(band.row(2, 0).len(), 10);
    });
    assert_eq!(scaled, Ok(()));
    assert_eq!(seen, [(10, 8, 3), (10, 2, 3)]);
}
