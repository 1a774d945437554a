//! Pictures at fractions of their size.

use super::{decode, decode_at, turned::tiled};
use crate::Scale;
#[cfg(target_arch = "wasm32")]
use crate::test;

#[test]
fn each_pixel_is_the_mean_of_those_that_it_stands_for() {
    // Of 80 by 64 pixels, tiles scale to whole pixels.
    let file = tiled(&[]).finish();
    let full = decode(&file).expect("a picture");
    for scale in [Scale::Half, Scale::Quarter, Scale::Eighth] {
        let scaled = decode_at(&file, scale).expect("a smaller picture");
        let side = scale.divisor() as usize;
        assert_eq!((scaled.width, scaled.height), (200_usize.div_ceil(side), 150_usize.div_ceil(side)));
        for y in 0..150 / side {
            for x in 0..200 / side {
                for sample in 0..3 {
                    let covered = (0..side * side).map(|at| {
                        let (x, y) = (x * side + at % side, y * side + at / side);
                        i32::from(full.rgb[(y * full.width + x) * 3 + sample])
                    });
                    let mean = covered.sum::<i32>() / i32::try_from(side * side).expect("small");
                    let found = i32::from(scaled.rgb[(y * scaled.width + x) * 3 + sample]);
                    assert!((mean - found).abs() <= 3, "{x}, {y} at {scale:?}: {mean}, {found}");
                }
            }
        }
    }
}
