//! Photos that are made smaller: since they do not fit into memory whole, or since a longest side is asked for.

use super::{decode, fixture, info, limits};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    limits::PhotoLimits,
    photo::{
        Change, Format, MaxSide, Normalise as _, NormalisedPhoto, Normaliser, PhotoForm, PhotoInfo,
        PhotoProblem, PixelNormaliser, Way, info::Chroma, scale::Scale,
    },
    simulator::drawing,
};

/// Prepares a photo in one byte less than it takes at full size.
fn cramped(bytes: &[u8], limits: PhotoLimits) -> Result<NormalisedPhoto, PhotoProblem> {
    let max_memory = info(bytes).memory_at(Scale::Full) - 1;
    PixelNormaliser.normalise(bytes, &PhotoLimits { max_memory, ..limits })
}

fn with_max_side(side: u32) -> PhotoForm {
    let max_side = Some(MaxSide::try_from(side).expect("a side"));
    PhotoForm { max_side, ..PhotoForm::default() }
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
        // The engine's half, where one is needed, is the other decoder's.
        let fits = info(file).recoding.is_some_and(|memory| memory <= info(file).memory_at(Scale::Full));
        if !fits {
            let max_memory = info(file).memory_at(Scale::Full) - 1;
            let limits = PhotoLimits { min_side: 1, max_memory, ..limits() };
            let ours = Normaliser::default().normalise(file, &limits).expect("half");
            assert_eq!((ours.changes(), ours.way()), (half.changes(), Way::Scaled), "{at}");
            assert!(distance(&decode(ours.jpeg()).2, &decode(half.jpeg()).2) < 250, "{at}");
        }
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
    assert!(phone.memory_within(&limits, PhotoForm::default()) < 45_000_000);
}

/// Returns the mean distance of two pictures' samples, in hundredths.
fn distance(one: &[u8], other: &[u8]) -> usize {
    assert_eq!(one.len(), other.len());
    let off: usize = one.iter().zip(other).map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
    off * 100 / one.len()
}

/// Scales files of every kind down, and compares each with the picture that is scaled from all its pixels.
#[test]
fn a_photo_that_is_too_long_is_scaled_down_to_the_side_that_is_wanted() {
    let (width, height) = (2400, 1600);
    let rgb = drawing::portrait(3, 4, width, height);
    let jpeg = drawing::jpeg(&rgb, width, height).expect("a JPEG");
    let png = drawing::png(&rgb, width, height).expect("a PNG");
    let form = with_max_side(600);
    let mut normaliser = Normaliser::new(form);
    let [from_png, from_jpeg] = [&png, &jpeg].map(|file| {
        let photo = normaliser.normalise(file, &limits()).expect("a photo");
        assert_eq!((photo.width(), photo.height(), photo.way()), (600, 400, Way::Scaled));
        assert_eq!(photo.changes(), [Change::ScaledDown]);
        decode(photo.jpeg()).2
    });
    assert!(distance(&from_png, &from_jpeg) < 100);
    // Pixels that stand for sixteen need no help from the encoder.
    assert_eq!(info(normaliser.normalise(&jpeg, &limits()).expect("a photo").jpeg()).chroma, Chroma::Full);
    // What is small enough goes the way that it would go anyway.
    normaliser.set_form(with_max_side(2400));
    assert_eq!(normaliser.normalise(&jpeg, &limits()).map(|photo| photo.way()), Ok(Way::Requantised));
    assert_eq!(normaliser.normalise(&png, &limits()).map(|photo| photo.way()), Ok(Way::Pixels));
}

#[test]
fn a_jpeg_is_decoded_at_the_smallest_scale_that_leaves_enough_for_the_filter() {
    let sizing = |(width, height): (u32, u32), max: u32, max_memory: u64| {
        let phone = PhotoInfo {
            width,
            height,
            samples: u64::from(width * height) * 3 / 2,
            ..info(fixture!("420.jpg"))
        };
        let limits = PhotoLimits { max_memory, ..PhotoLimits::default() };
        phone
            .sizing_within(&limits, with_max_side(max))
            .map(|sizing| (sizing.scale, sizing.size, sizing.change))
    };
    let (plenty, down) = (1 << 30, Some(Change::ScaledDown));
    for (size, max, scale, scaled) in [
        ((4032, 3024), 1024, Scale::Half, (1024, 768)),
        ((4032, 3024), 576, Scale::Half, (683, 512)),
        ((8192, 6144), 1024, Scale::Quarter, (1024, 768)),
        ((8192, 6144), 682, Scale::Quarter, (683, 512)),
        ((3264, 2448), 1024, Scale::Half, (1024, 768)),
        ((3000, 2250), 1024, Scale::Full, (1024, 768)),
        ((4032, 3024), 4000, Scale::Full, (4000, 3000)),
    ] {
        assert_eq!(sizing(size, max, plenty), Ok((scale, scaled, down)), "{size:?} to {max}");
    }
    // Where memory is scarce the filter gets less, and in the end nothing is left for it.
    assert_eq!(sizing((3000, 2250), 1024, 20 << 20), Ok((Scale::Half, (1024, 768), down)));
    assert_eq!(
        sizing((4032, 3024), 3000, 30 << 20),
        Ok((Scale::Half, (2016, 1512), Some(Change::ScaledToHalf)))
    );
}

/// Plans for a phone's photo that is scaled down in the imager.
#[test]
fn scaling_down_takes_little_memory() {
    let phone =
        PhotoInfo { width: 4032, height: 3024, samples: 4032 * 3024 * 3 / 2, ..info(fixture!("420.jpg")) };
    let limits = PhotoLimits::default().in_the_imager(5_000_000);
    assert!(phone.memory_within(&limits, with_max_side(1024)) < 24 << 20);
}
