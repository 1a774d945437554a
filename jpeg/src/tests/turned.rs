//! The picture turned.

use libjpeg_turbo_rs::{Encoder, PixelFormat, TransformOp, decompress, transform};

use super::{
    assert_same_picture, coefficients,
    files::{self, SAMPLINGS},
    kept, recoded, turned,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Error, Grey, Jpeg, NeedsPixels, Orientation, Quantisation, Recoding, Workspace};

fn operation(orientation: Orientation) -> TransformOp {
    match orientation {
        Orientation::Upright => TransformOp::None,
        Orientation::MirrorHorizontal => TransformOp::HFlip,
        Orientation::Rotate180 => TransformOp::Rot180,
        Orientation::MirrorVertical => TransformOp::VFlip,
        Orientation::Transpose => TransformOp::Transpose,
        Orientation::Rotate90 => TransformOp::Rot90,
        Orientation::Transverse => TransformOp::Transverse,
        Orientation::Rotate270 => TransformOp::Rot270,
    }
}

fn inverse(orientation: Orientation) -> Orientation {
    match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        own => own,
    }
}

#[test]
fn coefficients_are_where_another_program_puts_them() {
    for sampling in SAMPLINGS {
        for (restarts, quality) in [(0, 93), (3, 60)] {
            let file = files::file(96, 64, sampling, quality, restarts);
            for orientation in Orientation::ALL {
                let expected = transform(&file, operation(orientation)).expect("a turned JPEG");
                let turned = turned(&file, orientation).expect("complete MCUs");
                assert_same_picture(&turned, &expected, &format!("{sampling:?} {orientation:?}"));
            }
        }
    }
    let grey = files::grey(40, 24, 90);
    for orientation in Orientation::ALL {
        let expected = transform(&grey, operation(orientation)).expect("a turned JPEG");
        assert_same_picture(&turned(&grey, orientation).expect("complete MCUs"), &expected, "grey");
    }
}

#[test]
fn a_turn_and_its_inverse_change_nothing() {
    for sampling in SAMPLINGS {
        let file = files::file(64, 96, sampling, 75, 0);
        for orientation in Orientation::ALL {
            let there = turned(&file, orientation).expect("complete MCUs");
            let back = turned(&there, inverse(orientation)).expect("complete MCUs");
            assert_same_picture(&back, &file, &format!("{sampling:?} {orientation:?}"));
        }
        let four = (0..4).try_fold(file.clone(), |file, _| turned(&file, Orientation::Rotate90));
        assert_same_picture(&four.expect("complete MCUs"), &file, "four turns");
    }
}

/// Incomplete MCUs stay at the right and at the bottom where nothing is mirrored.
#[test]
fn odd_sizes_are_transposed() {
    for sampling in SAMPLINGS {
        for (width, height) in [(37, 51), (9, 100), (1, 1), (16, 17)] {
            let file = files::file(width, height, sampling, 90, 0);
            let transposed = turned(&file, Orientation::Transpose).expect("nothing is mirrored");
            let (stored, upright) = (coefficients(&file), coefficients(&transposed));
            assert_eq!((stored.width, stored.height), (upright.height, upright.width));
            assert_same_picture(
                &turned(&transposed, Orientation::Transpose).expect("a JPEG"),
                &file,
                "twice",
            );
            assert_same_picture(
                &turned(&file, Orientation::Upright).expect("a JPEG"),
                &kept(&file).expect("a JPEG"),
                "",
            );
        }
    }
}

#[test]
fn incomplete_edges_that_would_come_to_the_front_are_told_before_anything_is_read() {
    let edges = |width, height, sampling| {
        let file = files::file(width, height, sampling, 90, 0);
        let turns = |orientation: &Orientation| {
            let exactly = Jpeg::read(&file).expect("a JPEG").turns_exactly(*orientation);
            let done = turned(&file, *orientation);
            assert_eq!(done.is_ok(), exactly);
            assert!(exactly || done == Err(Error::NeedsPixels(NeedsPixels::IncompleteEdge)));
            exactly
        };
        Orientation::ALL.map(|orientation| turns(&orientation))
    };
    assert_eq!(edges(32, 32, (2, 2)), [true; 8]);
    assert_eq!(edges(40, 32, (2, 2)), [true, false, false, true, true, true, false, false]);
    assert_eq!(edges(32, 40, (2, 2)), [true, true, false, false, true, false, false, true]);
    assert_eq!(edges(40, 40, (1, 1)), [true; 8]);
    assert_eq!(edges(33, 33, (1, 1)), [true, false, false, false, true, false, false, false]);
}

/// Returns the mean square of the differences between the upright pixels of a file and those of another.
fn mean_square_error(stored: &[u8], orientation: Orientation, upright: &[u8]) -> f64 {
    let (stored, upright) = (decompress(stored).expect("a JPEG"), decompress(upright).expect("a JPEG"));
    let size = (stored.width as u32, stored.height as u32);
    let (across, down) = orientation.turned(size);
    assert_eq!((upright.width as u32, upright.height as u32), (across, down));
    let bytes = stored.data.len() / (stored.width * stored.height);
    let mut sum = 0;
    for (x, y) in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
        let (from_x, from_y) = orientation.stored_place((x, y), size);
        for byte in 0..bytes {
            let one = stored.data[(from_y * size.0 + from_x) as usize * bytes + byte];
            let other = upright.data[(y * across + x) as usize * bytes + byte];
            sum += u64::from(one.abs_diff(other)).pow(2);
        }
    }
    sum as f64 / stored.data.len() as f64
}

#[test]
fn incomplete_edges_come_to_the_front_whole() {
    for sampling in SAMPLINGS {
        for (width, height) in [(52, 44), (100, 20), (20, 68), (12, 12), (4, 4), (36, 64)] {
            let file = files::smooth(width, height, sampling, 92);
            for orientation in Orientation::ALL {
                for quantisation in [Quantisation::Quality95, Quantisation::NearQuality95] {
                    let recoding = Recoding { orientation, quantisation, ..Recoding::default() };
                    let upright = recoded(&file, recoding).expect("whole samples");
                    let error = mean_square_error(&file, orientation, &upright);
                    assert!(error < 1.5, "{sampling:?} {width} x {height} {orientation:?}: {error}");
                }
            }
        }
    }
}

/// Compares with a decoder's and an encoder's pixels: the new steps are the same, so little can differ.
#[test]
fn samples_on_a_new_grid_lose_no_more_than_pixels() {
    let file = files::grey(45, 51, 90);
    let pixels = decompress(&file).expect("a JPEG").data;
    for orientation in [
        Orientation::MirrorHorizontal,
        Orientation::Rotate180,
        Orientation::Rotate90,
        Orientation::Transverse,
    ] {
        for grey in [Grey::OneComponent, Grey::ThreeComponents] {
            let quantisation = Quantisation::Quality95;
            let ours = recoded(&file, Recoding { orientation, quantisation, grey }).expect("a JPEG");
            let one = recoded(&ours, Recoding::default()).expect("a JPEG");
            assert_eq!(Jpeg::read(&one).expect("a JPEG").is_grey(), grey == Grey::OneComponent);
            if grey == Grey::ThreeComponents {
                continue;
            }
            let (across, down) = orientation.turned((45, 51));
            let upright: Vec<u8> = (0..down)
                .flat_map(|y| (0..across).map(move |x| orientation.stored_place((x, y), (45, 51))))
                .map(|(x, y)| pixels[(y * 45 + x) as usize])
                .collect();
            let theirs = Encoder::new(&upright, across as usize, down as usize, PixelFormat::Grayscale)
                .quality(95)
                .encode()
                .expect("a JPEG");
            let (ours, theirs) = (
                mean_square_error(&file, orientation, &ours),
                mean_square_error(&file, orientation, &theirs),
            );
            assert!(ours < theirs * 1.05, "{orientation:?}: {ours} {theirs}");
        }
    }
}

#[test]
fn samples_do_not_end_up_between_pixels() {
    let edge = |width, height| {
        let file = files::file(width, height, (2, 2), 90, 0);
        let recoding = Recoding { quantisation: Quantisation::Quality95, ..Recoding::default() };
        let turns = |orientation: Orientation| match recoded(&file, Recoding { orientation, ..recoding }) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, Error::NeedsPixels(NeedsPixels::IncompleteEdge));
                false
            }
        };
        Orientation::ALL.map(turns)
    };
    assert_eq!(edge(34, 38), [true; 8]);
    assert_eq!(edge(33, 38), [true, false, false, true, true, true, false, false]);
    assert_eq!(edge(34, 39), [true, true, false, false, true, false, false, true]);
}

#[test]
fn a_workspace_serves_any_number_of_pictures() {
    let mut workspace = Workspace::default();
    for (width, height, sampling) in [(160, 96, (1, 1)), (16, 16, (2, 2)), (96, 192, (4, 2)), (8, 8, (1, 1))]
    {
        let file = files::file(width, height, sampling, 85, 0);
        let recoding = Recoding { orientation: Orientation::Rotate270, ..Recoding::default() };
        let mut turned = Vec::new();
        let jpeg = Jpeg::read(&file).expect("a JPEG");
        assert_eq!(jpeg.recode(recoding, &mut workspace, &mut turned), Ok(()));
        assert_eq!(super::turned(&file, Orientation::Rotate270), Ok(turned));
        assert!(workspace.bytes() as u64 <= jpeg.memory(recoding).max(1 << 20) + 12 * 240);
    }
}
