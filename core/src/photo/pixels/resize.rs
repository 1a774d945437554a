//! Scaling down to any size, with the resizer of another crate.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};

use super::raster::Picture;
use crate::photo::PhotoProblem;

/// Scales the picture down with Lanczos's filter of three lobes.
pub(in crate::photo) fn resize(
    picture: &Picture,
    (width, height): (u32, u32),
) -> Result<Picture, PhotoProblem> {
    let side = |side: usize| u32::try_from(side).map_err(|_| PhotoProblem::NotEncoded);
    let (from_width, from_height) = (side(picture.width)?, side(picture.height)?);
    let (width, height) = (width as usize, height as usize);
    let mut rgb = vec![0; width * height * 3];
    let from = TypedImageRef::<U8x3>::from_buffer(from_width, from_height, &picture.rgb);
    let to = TypedImage::<U8x3>::from_buffer(side(width)?, side(height)?, &mut rgb);
    let (Ok(from), Ok(mut to)) = (from, to) else { return Err(PhotoProblem::NotEncoded) };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize_typed(&from, &mut to, &options).map_err(|_| PhotoProblem::NotEncoded)?;
    Ok(Picture { width, height, rgb })
}

#[cfg(test)]
mod tests {
    use super::{Picture, resize};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    /// Scales a ramp from black to white down, which stays one, and a pattern that is too fine, which becomes grey.
    #[test]
    fn what_is_fine_enough_stays_and_what_is_too_fine_becomes_its_mean() {
        let (width, height) = (256, 128);
        let ramp = |x: usize, _: usize| u8::try_from(x).expect("a sample");
        let pattern = |x: usize, y: usize| if (x + y).is_multiple_of(2) { 255 } else { 1 };
        let picture = |sample: &dyn Fn(usize, usize) -> u8| {
            let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [sample(x, y), 9, 255]));
            resize(&Picture { width, height, rgb: rgb.collect() }, (100, 50)).expect("a picture")
        };
        let of = |sample: &dyn Fn(usize, usize) -> u8| {
            let scaled = picture(sample);
            assert_eq!((scaled.width, scaled.height, scaled.rgb.len()), (100, 50, 15_000));
            let (pixels, _) = scaled.rgb.as_chunks::<3>();
            assert!(pixels.iter().all(|[_, g, b]| (*g, *b) == (9, 255)));
            pixels.iter().map(|[r, ..]| *r).collect::<Vec<_>>()
        };
        for (at, red) in of(&ramp).into_iter().enumerate().filter(|(at, _)| (4..96).contains(&(at % 100))) {
            // The middle of a pixel of the ramp, in hundredths.
            let wanted = (at % 100) * 256 + 78;
            assert!((usize::from(red) * 100).abs_diff(wanted) < 160, "{red} at {at}, not {wanted} / 100");
        }
        for (at, red) in of(&pattern).into_iter().enumerate() {
            assert!(red.abs_diff(128) < 24, "{red} at {at}");
        }
    }
}
