//! Pixels that are encoded.

use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress, decompress};

use super::{assert_same_picture, coefficients, files, kept, requantised};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{ChromaSampling, Jpeg, Quantisation, RgbEncoder, Workspace, WrongRows};

const SAMPLINGS: [(ChromaSampling, Subsampling); 3] = [
    (ChromaSampling::Full, Subsampling::S444),
    (ChromaSampling::HalfWidth, Subsampling::S422),
    (ChromaSampling::Quarter, Subsampling::S420),
];

/// Encodes pixels in bands of so many rows.
pub(super) fn in_bands(
    pixels: &[u8],
    (width, height): (usize, usize),
    sampling: ChromaSampling,
    rows: usize,
) -> Vec<u8> {
    let (mut workspace, mut file) = (Workspace::default(), Vec::new());
    let size = (width as u32, height as u32);
    let mut encoder = RgbEncoder::new(size, sampling, &mut workspace, &mut file).expect("a size");
    for band in pixels.chunks(rows * width * 3) {
        assert_eq!(encoder.encode(band), Ok(()));
    }
    assert_eq!(encoder.finish(), Ok(()));
    assert!(workspace.bytes() as u64 <= RgbEncoder::memory(size.0, sampling));
    file
}

fn encoded(pixels: &[u8], size: (usize, usize), sampling: ChromaSampling) -> Vec<u8> {
    in_bands(pixels, size, sampling, size.1)
}

/// Returns the mean square of the differences between pixels and those of a file.
fn mean_square_error(pixels: &[u8], file: &[u8]) -> f64 {
    let decoded = decompress(file).expect("a JPEG").data;
    assert_eq!(decoded.len(), pixels.len());
    let squares = decoded.iter().zip(pixels).map(|(one, other)| f64::from(one.abs_diff(*other)).powi(2));
    squares.sum::<f64>() / pixels.len() as f64
}

#[test]
fn bands_of_any_height_make_the_same_file() {
    for (sampling, _) in SAMPLINGS {
        for size in [(40, 37), (16, 16), (1, 50), (33, 1)] {
            let pixels = files::rgb(size.0, size.1, 40);
            let expected = encoded(&pixels, size, sampling);
            for rows in [1, 2, 3, 7, 8, 15, 16, 17, 36, 100] {
                assert!(in_bands(&pixels, size, sampling, rows) == expected, "{sampling:?} {size:?} {rows}");
            }
        }
    }
}

#[test]
fn pictures_of_any_size_are_shown_by_another_decoder() {
    for (sampling, _) in SAMPLINGS {
        for size in [(1, 1), (2, 1), (7, 9), (8, 8), (16, 16), (17, 15), (31, 33), (100, 20), (300, 3)] {
            let pixels = files::slow(size.0, size.1);
            let file = encoded(&pixels, size, sampling);
            let decoded = decompress(&file).expect("a JPEG");
            assert_eq!((decoded.width, decoded.height), size);
            let error = mean_square_error(&pixels, &file);
            assert!(error < 1.0, "{sampling:?} {size:?}: {error}");
            assert_eq!(kept(&file).as_ref(), Ok(&file), "our own file");
        }
    }
}

/// 0.1 dB of the ratio of signal to noise are a factor of 1.023.
#[test]
fn no_more_is_lost_than_by_another_encoder() {
    for (sampling, theirs) in SAMPLINGS {
        for (noise, size) in [(0, (200, 120)), (5, (97, 131)), (40, (160, 96)), (120, (64, 64))] {
            let pixels = files::rgb(size.0, size.1, noise);
            let theirs = compress(&pixels, size.0, size.1, PixelFormat::Rgb, 95, theirs).expect("a JPEG");
            let ours = encoded(&pixels, size, sampling);
            let errors = (mean_square_error(&pixels, &ours), mean_square_error(&pixels, &theirs));
            assert!(errors.0 < errors.1 * 1.023, "{sampling:?} {noise}: {errors:?}");
            let lengths = (ours.len(), theirs.len());
            assert!(lengths.0 * 100 < lengths.1 * 105, "{sampling:?} {noise}: {lengths:?}");
        }
    }
}

#[test]
fn steps_are_those_of_quality_95() {
    let pixels = files::rgb(48, 32, 40);
    for (sampling, _) in SAMPLINGS {
        let file = encoded(&pixels, (48, 32), sampling);
        let again = requantised(&file, Quantisation::Quality95).expect("a JPEG");
        assert!(again == file, "nothing is left to requantise, and headers and codes are ours");
        assert_same_picture(&again, &file, "for another decoder");
    }
}

/// A pixel that is repeated up to the block's end leaves no edge in the block.
#[test]
fn edges_are_repeated() {
    for (sampling, _) in SAMPLINGS {
        let pixels = [90, 160, 230].repeat(9 * 11);
        let coefficients = coefficients(&encoded(&pixels, (9, 11), sampling));
        for component in &coefficients.components {
            let first = component.blocks[0];
            assert!(first[1..].iter().all(|ac| *ac == 0));
            assert!(component.blocks.iter().all(|block| *block == first));
        }
    }
}

#[test]
fn colour_differences_are_those_of_the_mean() {
    // Red and blue columns: a brightness that changes with each, and violet everywhere.
    let pixels = [[255, 0, 0], [0, 0, 255]].concat().repeat(8 * 16);
    let violet = [128, 0, 128].repeat(16 * 16);
    for sampling in [ChromaSampling::HalfWidth, ChromaSampling::Quarter] {
        let [columns, violet] =
            [&pixels, &violet].map(|pixels| coefficients(&encoded(pixels, (16, 16), sampling)));
        for component in 1..3 {
            let blocks = &columns.components[component].blocks;
            assert!(blocks.iter().all(|block| block[1..].iter().all(|ac| *ac == 0)));
            assert!(blocks[0][0].abs_diff(violet.components[component].blocks[0][0]) <= 1);
        }
    }
}

#[test]
fn black_and_white_stay_black_and_white() {
    for sample in [0, 255] {
        for (sampling, _) in SAMPLINGS {
            let file = encoded(&[sample; 20 * 20 * 3], (20, 20), sampling);
            assert_eq!(Jpeg::read(&file).and_then(|jpeg| jpeg.verify()), Ok(()));
            assert!(decompress(&file).expect("a JPEG").data.iter().all(|decoded| *decoded == sample));
        }
    }
}

#[test]
fn rows_that_are_not_the_picture_are_refused() {
    let (mut workspace, mut file) = (Workspace::default(), Vec::new());
    let mut encoder =
        RgbEncoder::new((4, 3), ChromaSampling::Quarter, &mut workspace, &mut file).expect("a size");
    assert_eq!(encoder.encode(&[0; 13]), Err(WrongRows::NotWhole));
    assert_eq!(encoder.encode(&[0; 4 * 12]), Err(WrongRows::TooMany));
    assert_eq!(encoder.encode(&[0; 2 * 12]), Ok(()));
    assert_eq!(encoder.encode(&[0; 2 * 12]), Err(WrongRows::TooMany));
    assert_eq!(encoder.finish(), Err(WrongRows::Missing));
}

#[test]
fn sides_that_a_frame_header_cannot_tell_are_refused() {
    let (mut workspace, mut file) = (Workspace::default(), Vec::new());
    let mut is_taken =
        |size| RgbEncoder::new(size, ChromaSampling::Full, &mut workspace, &mut file).is_some();
    assert_eq!([(0, 1), (1, 0), (65_536, 1), (1, 65_536)].map(&mut is_taken), [false; 4]);
    assert_eq!([(65_535, 1), (1, 65_535)].map(&mut is_taken), [true; 2]);
}
