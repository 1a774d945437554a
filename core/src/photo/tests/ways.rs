//! Ways from a photo's file to its JPEG.

use super::{decode, fixture, info, limits};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    limits::PhotoLimits,
    photo::{
        Change, Normalise, NormalisedPhoto, Normaliser, PhotoForm, PixelNormaliser, Reencode, Way, inspect,
    },
};

fn prepared(reencode: Reencode, bytes: &[u8]) -> NormalisedPhoto {
    Normaliser::new(PhotoForm { reencode, ..PhotoForm::default() })
        .normalise(bytes, &limits())
        .expect("a photo")
}

/// Returns the data of the first scan.
fn scan(jpeg: &[u8]) -> &[u8] {
    let at = jpeg.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan");
    let header = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    let data = &jpeg[at + 2 + header..];
    let end = data.windows(2).position(|pair| pair == b"\xff\xd9").expect("EOI");
    &data[..end]
}

#[test]
fn only_what_needs_pixels_goes_through_pixels() {
    let (kept, turned, requantised, pixels) = (Way::Kept, Way::Turned, Way::Requantised, Way::Pixels);
    for (name, file, always, when_needed) in [
        ("baseline", fixture!("texture.jpg"), requantised, kept),
        ("restarts", fixture!("texture-restarts.jpg"), requantised, kept),
        ("4:2:0", fixture!("420.jpg"), requantised, kept),
        ("sRGB", fixture!("srgb.jpg"), requantised, kept),
        ("a broken profile", fixture!("broken-profile.jpg"), requantised, kept),
        ("turned", fixture!("orientation-6.jpg"), requantised, turned),
        ("mirrored", fixture!("orientation-4.jpg"), requantised, turned),
        ("with a position", fixture!("gps.jpg"), requantised, turned),
        ("4:2:2, turned", fixture!("422-turned.jpg"), requantised, turned),
        ("grey", fixture!("grey.jpg"), requantised, requantised),
        ("progressive", fixture!("progressive.jpg"), pixels, pixels),
        ("RGB coded", fixture!("rgb-coded.jpg"), pixels, pixels),
        ("CMYK", fixture!("cmyk.jpg"), pixels, pixels),
        ("another profile", fixture!("swapped.jpg"), pixels, pixels),
        ("PNG", fixture!("rgb.png"), pixels, pixels),
        ("WebP", fixture!("lossy.webp"), pixels, pixels),
    ] {
        let (always, when_needed) = [(Reencode::Always, always), (Reencode::WhenNeeded, when_needed)]
            .map(|(reencode, way)| {
                let photo = prepared(reencode, file);
                assert_eq!(photo.way(), way, "{name}, {reencode}");
                photo
            })
            .into();
        assert_eq!(always.changes(), when_needed.changes(), "{name}");
        // A decoder to pixels sees the same picture.
        let through_pixels = PixelNormaliser.normalise(file, &limits()).expect("a photo");
        assert_eq!(through_pixels.changes(), always.changes(), "{name}");
        let (.., wanted) = decode(through_pixels.jpeg());
        for photo in [always, when_needed] {
            let (width, height, rgb) = decode(photo.jpeg());
            assert_eq!((width, height), (photo.width() as usize, photo.height() as usize), "{name}");
            let off: u64 = rgb.iter().zip(&wanted).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            assert!(off < 3 * rgb.len() as u64, "{name}: {off} in {} samples", rgb.len());
        }
    }
}

#[test]
fn a_kept_photo_keeps_its_scan_and_nothing_else() {
    let file = fixture!("texture-restarts.jpg");
    let note = b"\xff\xfe\0\x06Jane";
    let longer = [&file[..2], note, &file[2..], b"Jane's film"].concat();
    let photo = prepared(Reencode::WhenNeeded, &longer);
    assert_eq!((photo.way(), photo.changes()), (Way::Kept, [Change::RemovedMetadata].as_slice()));
    assert_eq!(scan(photo.jpeg()), scan(file));
    assert!(!photo.jpeg().windows(4).any(|window| window == b"Jane"));
    assert_eq!(decode(photo.jpeg()), decode(file));
    // What was kept once is kept to the byte.
    assert_eq!(prepared(Reencode::WhenNeeded, photo.jpeg()).jpeg(), photo.jpeg());
}

#[test]
fn one_normaliser_serves_all_photos() {
    let files = [
        fixture!("orientation-6.jpg"),
        fixture!("texture.jpg"),
        fixture!("progressive.jpg"),
        fixture!("orientation-3.jpg"),
        fixture!("rgb.png"),
        fixture!("grey.jpg"),
    ];
    let mut normaliser = Normaliser::default();
    for file in files.iter().chain(files.iter().rev()) {
        let photo = normaliser.normalise(file, &limits());
        assert_eq!(photo, Ok(prepared(Reencode::Always, file)));
    }
}

/// Takes files as cameras leave them, with padding before EOI, and refuses what a lost code leaves there.
#[test]
fn padding_behind_the_last_unit_does_not_matter() {
    let file = fixture!("texture.jpg");
    let picture = file.strip_suffix(b"\xff\xd9").expect("EOI");
    let with = |stray: &[u8]| [picture, stray, b"\xff\xd9"].concat();
    for reencode in [Reencode::Always, Reencode::WhenNeeded] {
        let whole = prepared(reencode, file);
        for padding in [[0; 200].as_slice(), &[0x7f], &[1, 2, 3, 4], &[0xff; 9]] {
            assert_eq!(prepared(reencode, &with(padding)), whole, "{padding:?}");
        }
        let problem = Normaliser::new(PhotoForm { reencode, ..PhotoForm::default() })
            .normalise(&with(&[1; 40]), &limits())
            .expect_err("a refusal");
        assert_eq!(problem.code(), "photo.damaged");
    }
}

/// Returns a file whose header claims this size.
fn claiming(width: u16, height: u16, file: &[u8]) -> Vec<u8> {
    let sof = file.windows(2).position(|pair| pair == b"\xff\xc0").expect("SOF0");
    let mut file = file.to_vec();
    file[sof + 5..sof + 7].copy_from_slice(&height.to_be_bytes());
    file[sof + 7..sof + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// Plans for the largest photos of phones, whatever their sampling and orientation, in files of 25 MB.
#[test]
fn the_largest_photos_take_less_than_48_mib_beside_their_files() {
    for (name, file) in [
        ("4:2:0", fixture!("420.jpg")),
        ("4:2:2, turned", fixture!("422-turned.jpg")),
        ("4:4:4, turned", fixture!("orientation-6.jpg")),
        ("grey", fixture!("grey.jpg")),
    ] {
        // Of the last, edges come to the front that fill no unit.
        for (width, height) in [(8160, 6144), (8192, 6144), (6144, 8192), (8184, 6136)] {
            let mut claimed = claiming(width, height, file);
            claimed.resize(25_000_000, 0);
            let info = info(&claimed);
            assert!(info.memory() <= 48 << 20, "{name}: {} bytes", info.memory());
            let limits = PhotoLimits::default().in_the_imager(info.bytes);
            assert_eq!(
                (info.check(&limits), info.memory_within(&limits, PhotoForm::default())),
                (Ok(()), info.memory()),
                "{name}"
            );
        }
    }
}

/// Knows from the beginning of a file what it will take: the rest may still be on its way.
#[test]
fn a_photo_that_claims_much_and_brings_little_is_cut_off() {
    let claimed = claiming(8160, 6144, fixture!("420.jpg"));
    assert!(inspect(&claimed).is_ok());
    let problem = Normaliser::default().normalise(&claimed, &PhotoLimits::default()).expect_err("a refusal");
    assert_eq!(problem.code(), "photo.truncated");
}

/// Goes through pixels where the memory that was planned for coefficients is not there, or their file gets too long.
#[test]
fn a_photo_that_cannot_be_recoded_in_the_memory_there_is_goes_through_pixels() {
    let file = fixture!("texture.jpg");
    let needed = info(file).memory();
    let cramped = PhotoLimits { max_memory: needed - 1, ..limits() };
    let problem = Normaliser::default().normalise(file, &cramped).expect_err("pixels take more");
    assert_eq!(problem.code(), "photo.too_much_memory");
    assert!(Normaliser::default().normalise(file, &PhotoLimits { max_memory: needed, ..limits() }).is_ok());
}
