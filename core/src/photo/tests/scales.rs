//! Photos that do not fit into memory whole, and are decoded smaller.

use super::{decode, fixture, info, limits};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    limits::PhotoLimits,
    photo::{Change, Format, Normalise as _, NormalisedPhoto, PhotoProblem, PixelNormaliser, scale::Scale},
};

/// Prepares a photo in one byte less than it takes at full size.
fn cramped(bytes: &[u8], limits: PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
    let max_memory = info(bytes).memory_at(Scale::Full) - 1;
    PixelNormaliser.normalise(bytes, &PhotoLimits { max_memory, ..limits })
}

/// Averages squares of 2 by 2 pixels.
fn halved((width, height, rgb): (usize, usize, Vec<u8>)) -> Vec<u8> {
    let mean = |x: usize, y: usize, channel: usize| {
        let at = |dx: usize, dy: usize| {
            let (x, y) = ((2 * x + dx).min(width - 1), (2 * y + dy).min(height - 1));
            u16::from(rgb[(y * width + x) * 3 + channel])
        };
        u8::try_from((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1) + 2) / 4).expect("a mean")
    };
    let pixels = (0..height.div_ceil(2)).flat_map(|y| (0..width.div_ceil(2)).map(move |x| (x, y)));
    pixels.flat_map(|(x, y)| [0, 1, 2].map(|channel| mean(x, y, channel))).collect()
}

#[test]
fn a_jpeg_that_does_not_fit_is_made_half_as_large_and_upright() {
    let files = [
        fixture!("orientation-1.jpg"),
        fixture!("orientation-4.jpg"),
        fixture!("orientation-6.jpg"),
        fixture!("orientation-7.jpg"),
        fixture!("420.jpg"),
        fixture!("422-turned.jpg"),
        fixture!("grey.jpg"),
        fixture!("cmyk.jpg"),
        fixture!("ycck.jpg"),
        fixture!("progressive-420.jpg"),
        fixture!("swapped.jpg"),
        fixture!("texture-restarts.jpg"),
        fixture!("rgb-coded.jpg"),
    ];
    for (at, file) in files.into_iter().enumerate() {
        let whole = PixelNormaliser.normalise(file, &limits()).expect("whole");
        let half = cramped(file, PhotoLimits { min_side: 1, ..limits() }).expect("half");
        let size = (whole.width().div_ceil(2), whole.height().div_ceil(2));
        assert_eq!((half.width(), half.height()), size, "{at}");
        assert_eq!(half.changes()[0], Change::ScaledToHalf, "{at}");
        assert_eq!(half.changes()[1..], *whole.changes(), "{at}");
        let (width, height, rgb) = decode(half.jpeg());
        assert_eq!((u32::try_from(width), u32::try_from(height)), (Ok(size.0), Ok(size.1)), "{at}");
        let wanted = halved(decode(whole.jpeg()));
        let off: u64 = rgb.iter().zip(&wanted).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(off < 6 * rgb.len() as u64, "{at}: {off} in {} samples", rgb.len());
    }
}

#[test]
fn the_largest_scale_that_fits_is_taken_and_none_below_the_smallest_side() {
    let file = fixture!("orientation-6.jpg");
    let one = |side| PhotoLimits { min_side: side, ..limits() };
    assert_eq!(cramped(file, one(17)).expect_err("a refusal").code(), "photo.too_much_memory");
    assert_eq!(cramped(file, one(16)).map(|photo| (photo.width(), photo.height())), Ok((24, 16)));
    // The decoders of these formats make no smaller picture.
    for file in [fixture!("rgb.png"), fixture!("lossy.webp")] {
        assert_ne!(info(file).format, Format::Jpeg);
        assert_eq!(cramped(file, one(1)).expect_err("a refusal").code(), "photo.too_much_memory");
    }
}

/// Plans for 24 megapixels of an iPhone, whose colours have to be converted, and the memory of the imager's isolate.
#[test]
fn an_iphones_photo_fits_into_the_imager_at_half_its_size() {
    let mut phone = info(fixture!("420.jpg"));
    (phone.width, phone.height, phone.bytes) = (5712, 4284, 5_000_000);
    phone.samples = 5712 * 4288 * 3 / 2;
    phone.recoding = None;
    let limits = PhotoLimits::default().in_the_imager(phone.bytes);
    assert!(phone.memory() > limits.max_memory);
    assert_eq!(phone.check(&limits), Ok(()));
    assert!(phone.memory_within(&limits) < 45_000_000);
}
