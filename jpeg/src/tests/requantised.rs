//! The picture with other steps.

use libjpeg_turbo_rs::{JpegCoefficients, PixelFormat, Subsampling, compress, decompress};

use super::{
    assert_same_picture, coefficients,
    files::{self, SAMPLINGS},
    kept, recoded, requantised, turned,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Grey, Jpeg, Orientation, Quantisation, Recoding, zigzag::NATURAL};

/// Steps of a component, in zigzag order.
fn steps(of: &JpegCoefficients, component: usize) -> [i32; 64] {
    let natural = &of.quant_tables[usize::from(of.components[component].quant_table_index)];
    NATURAL.map(|at| i32::from(natural[usize::from(at)]))
}

/// Divides and rounds, halves away from zero.
fn rounded(product: i32, step: i32) -> i32 {
    (2 * product.abs() + step) / (2 * step) * product.signum()
}

#[test]
fn steps_are_those_of_libjpegs_quality_95() {
    let theirs = compress(&[128; 8 * 8 * 3], 8, 8, PixelFormat::Rgb, 95, Subsampling::S444).expect("a JPEG");
    let theirs = coefficients(&theirs);
    for sampling in SAMPLINGS {
        for quality in [50, 85, 90, 95, 99, 100] {
            let file = files::file(50, 40, sampling, quality, 0);
            let ours = coefficients(&requantised(&file, Quantisation::Quality95).expect("a JPEG"));
            assert!((0..3).all(|component| steps(&ours, component) == steps(&theirs, component)));
        }
    }
}

#[test]
fn each_coefficient_is_the_nearest() {
    let quality_95 = coefficients(&files::file(8, 8, (1, 1), 95, 0));
    for quality in [30, 60, 80, 90, 93, 95, 97, 100] {
        let file = files::file(67, 45, (2, 2), quality, 2);
        for quantisation in [Quantisation::Quality95, Quantisation::NearQuality95, Quantisation::Stored] {
            let (stored, ours) =
                (coefficients(&file), coefficients(&requantised(&file, quantisation).expect("a JPEG")));
            for component in 0..3 {
                let (from, to) = (steps(&stored, component), steps(&ours, component));
                let theirs = steps(&quality_95, component);
                let wanted =
                    match quantisation {
                        Quantisation::Stored => from,
                        Quantisation::Quality95 => to,
                        Quantisation::NearQuality95 => std::array::from_fn(|at| {
                            if from[at] * 2 >= theirs[at] { from[at] } else { theirs[at] }
                        }),
                    };
                assert_eq!(to, wanted);
                let (stored, ours) =
                    (&stored.components[component].blocks, &ours.components[component].blocks);
                assert_eq!(stored.len(), ours.len());
                for (stored, ours) in stored.iter().zip(ours) {
                    let expected =
                        std::array::from_fn(|at| rounded(i32::from(stored[at]) * from[at], to[at]));
                    assert_eq!(ours.map(i32::from), expected);
                }
            }
        }
    }
}

#[test]
fn a_picture_of_quality_95_stays_as_it_is() {
    let file = files::file(64, 64, (2, 1), 95, 0);
    assert_same_picture(&requantised(&file, Quantisation::Quality95).expect("a JPEG"), &file, "95");
    let coarser = files::file(64, 64, (2, 1), 80, 0);
    assert_same_picture(&requantised(&coarser, Quantisation::NearQuality95).expect("a JPEG"), &coarser, "80");
}

#[test]
fn to_turn_and_to_requantise_is_one_step() {
    for sampling in SAMPLINGS {
        let file = files::file(64, 32, sampling, 99, 0);
        for orientation in Orientation::ALL {
            for quantisation in [Quantisation::Quality95, Quantisation::NearQuality95] {
                let at_once = recoded(&file, Recoding { orientation, quantisation, ..Recoding::default() });
                let first_turned =
                    turned(&file, orientation).and_then(|file| requantised(&file, quantisation));
                let (at_once, first_turned) = (at_once.expect("a JPEG"), first_turned.expect("a JPEG"));
                if orientation.swaps_sides() && quantisation == Quantisation::NearQuality95 {
                    // The tables of quality 95 are not symmetric, and neither is what the stored ones are compared with.
                    continue;
                }
                assert_same_picture(&at_once, &first_turned, &format!("{sampling:?} {orientation:?}"));
            }
        }
    }
}

#[test]
fn black_and_white_stay_black_and_white() {
    for sample in [0, 255] {
        for quality in [50, 95, 100] {
            let pixels = [sample; 16 * 16 * 3];
            let file =
                compress(&pixels, 16, 16, PixelFormat::Rgb, quality, Subsampling::S420).expect("a JPEG");
            for quantisation in [Quantisation::Stored, Quantisation::Quality95] {
                let decoded = decompress(&requantised(&file, quantisation).expect("a JPEG")).expect("a JPEG");
                assert!(decoded.data.iter().all(|decoded| *decoded == sample), "{sample} {quality}");
            }
        }
    }
}

/// A coarse step may round white up to more than the new steps allow.
#[test]
fn what_is_written_is_accepted_again() {
    for sample in [0, 255] {
        for quality in 1..=100 {
            let file = compress(&[sample; 8 * 8 * 3], 8, 8, PixelFormat::Rgb, quality, Subsampling::S444);
            let file = file.expect("a JPEG");
            for quantisation in [Quantisation::Quality95, Quantisation::NearQuality95] {
                let requantised = requantised(&file, quantisation).expect("a JPEG");
                assert_eq!(
                    Jpeg::read(&requantised).and_then(|jpeg| jpeg.verify()),
                    Ok(()),
                    "{sample} {quality}"
                );
            }
        }
    }
}

#[test]
fn grey_pictures_get_three_components_where_wanted() {
    let file = files::grey(45, 29, 90);
    let recoding = Recoding { grey: Grey::ThreeComponents, ..Recoding::default() };
    for orientation in [Orientation::Upright, Orientation::Transpose] {
        for quantisation in [Quantisation::Stored, Quantisation::Quality95] {
            let one = recoded(&file, Recoding { orientation, quantisation, ..Recoding::default() })
                .expect("a JPEG");
            let three = recoded(&file, Recoding { orientation, quantisation, ..recoding }).expect("a JPEG");
            let (one, three) = (decompress(&one).expect("a JPEG"), decompress(&three).expect("a JPEG"));
            let from_one: Vec<u8> = one.data.iter().flat_map(|sample| [*sample; 3]).collect();
            assert_eq!((three.width, three.height), (one.width, one.height));
            assert!(three.data == from_one);
        }
    }
    let colour = files::file(16, 16, (2, 2), 90, 0);
    assert_same_picture(
        &recoded(&colour, recoding).expect("a JPEG"),
        &kept(&colour).expect("a JPEG"),
        "colour",
    );
}
