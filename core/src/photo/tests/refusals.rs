//! Files that are refused, with the reason for each.

use super::{fixture, limits, normalise, with_chunk};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    language::Audience,
    limits::PhotoLimits,
    photo::{
        Change, Foreign, Format, Normalise, Normaliser, PhotoProblem, Unsupported, inspect, jpeg::MAX_SCANS,
    },
};

fn refused(bytes: &[u8]) -> PhotoProblem {
    normalise(bytes).expect_err("a refusal")
}

/// Replaces `old`, which occurs once, by as many other bytes.
fn patched(file: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = file.windows(old.len()).position(|window| window == old).expect("the bytes to replace");
    [&file[..at], new, &file[at + old.len()..]].concat()
}

#[test]
fn a_file_that_is_cut_off_is_accepted_only_if_its_picture_is_whole() {
    let files = [
        ("baseline", fixture!("texture.jpg")),
        ("progressive", fixture!("texture-progressive.jpg")),
        ("grey", fixture!("texture-grey.jpg")),
        ("restarts", fixture!("texture-restarts.jpg")),
        ("PNG", fixture!("texture.png")),
        ("WebP", fixture!("texture.webp")),
        ("lossless WebP", fixture!("texture-lossless.webp")),
    ];
    for (name, file) in files {
        let whole = normalise(file).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        for length in 0..file.len() {
            if let Ok(photo) = normalise(&file[..length]) {
                assert_eq!(photo, whole, "{name} cut to {length} of {} bytes", file.len());
            }
        }
        let half = refused(&file[..file.len() / 2]);
        assert_eq!(half.code(), "photo.truncated", "{name}: {half}");
    }
}

/// Refuses files as some programs repair them: the end is missing, the last marker is there.
#[test]
fn no_jpeg_with_missing_data_is_accepted() {
    let files = [
        ("baseline", fixture!("texture.jpg")),
        ("grey", fixture!("texture-grey.jpg")),
        ("restarts", fixture!("texture-restarts.jpg")),
    ];
    for (name, file) in files {
        let scan = file.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan") + 14;
        for length in scan..file.len() - 8 {
            let cut = [&file[..length], b"\xff\xd9"].concat();
            assert!(normalise(&cut).is_err(), "{name} cut to {length} of {} bytes", file.len());
        }
    }
    let file = fixture!("texture-progressive.jpg");
    let cut = [&file[..file.len() / 2], b"\xff\xd9"].concat();
    assert_eq!(refused(&cut), PhotoProblem::truncated(Format::Jpeg));
}

#[test]
fn what_follows_the_end_does_not_matter() {
    for file in [
        fixture!("texture.jpg"),
        fixture!("texture-progressive.jpg"),
        fixture!("texture.png"),
        fixture!("texture.webp"),
    ] {
        let longer = [file, b"\0\0MPO, a film, whatever", fixture!("texture.jpg")].concat();
        assert_eq!(normalise(&longer), normalise(file));
    }
}

#[test]
fn bad_checksums_are_damage() {
    let file = fixture!("texture.png");
    let mut damaged = file.to_vec();
    let at = file.windows(4).position(|kind| kind == b"IDAT").expect("IDAT") + 40;
    damaged[at] ^= 1;
    assert_eq!(refused(&damaged), PhotoProblem::damaged(Format::Png));
}

#[test]
fn a_palette_of_no_whole_colours_is_damage() {
    let file = fixture!("palette-clear.png");
    let at = file.windows(4).position(|kind| kind == b"PLTE").expect("PLTE");
    let mut damaged = file.to_vec();
    damaged[at - 1] -= 1; // one byte of the last colour now counts as the checksum's first
    assert_eq!(refused(&damaged), PhotoProblem::damaged(Format::Png));
    let long = [0_u32.to_be_bytes().as_slice(), b"PLTE"].concat();
    let long = [&file[..at - 4], &long, &file[at - 4..]].concat();
    assert_eq!(refused(&long), PhotoProblem::damaged(Format::Png));
}

#[test]
fn other_formats_are_named() {
    let found = |bytes: &[u8]| match inspect(bytes) {
        Err(PhotoProblem::UnsupportedFormat { found }) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(found(fixture!("photo.gif")), Foreign::Gif);
    assert_eq!(found(fixture!("photo.bmp")), Foreign::Bmp);
    assert_eq!(found(fixture!("photo.tiff")), Foreign::Tiff);
    assert_eq!(found(b"\xff\xd8"), Foreign::Unknown);
    assert_eq!(inspect(b""), Err(PhotoProblem::Empty));
    let problem = inspect(b"\0\0\0\x1cftypavif\0\0\0\0avif").expect_err("AVIF");
    assert_eq!(problem.to_string(), "this is an AVIF picture, not a JPEG, PNG, WebP or HEIC photo");
    let advice = problem.advice(Audience::Terminal);
    assert!(advice.contains("export it as JPEG"), "{advice}");
}

#[test]
fn animations_are_refused() {
    assert_eq!(refused(fixture!("animated.png")), PhotoProblem::Animated { format: Format::Png });
    assert_eq!(refused(fixture!("animated.webp")), PhotoProblem::Animated { format: Format::WebP });
}

#[test]
fn rare_jpegs_are_named() {
    let file = fixture!("texture.jpg");
    let sof = |marker: u8, bits: u8| patched(file, b"\xff\xc0\0\x11\x08", &[0xff, marker, 0, 0x11, bits]);
    let odd = patched(file, b"\x01\x22\0\x02\x11\x01", b"\x01\x32\0\x02\x21\x01");
    let kind = |bytes: &[u8]| match inspect(bytes) {
        Err(PhotoProblem::UnsupportedCoding { kind }) => kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(&sof(0xc9, 8)), Unsupported::ArithmeticJpeg);
    assert_eq!(kind(&sof(0xc3, 8)), Unsupported::LosslessJpeg);
    assert_eq!(kind(&sof(0xc5, 8)), Unsupported::HierarchicalJpeg);
    assert_eq!(kind(&sof(0xc1, 12)), Unsupported::DeepJpeg);
    assert_eq!(kind(&odd), Unsupported::OddJpeg);
}

#[test]
fn every_limit_is_kept() {
    let file = fixture!("texture.jpg");
    let with =
        |limits: PhotoLimits| Normaliser::default().normalise(file, &limits).expect_err("a refusal").code();
    assert_eq!(with(PhotoLimits { max_bytes: file.len() as u64 - 1, ..limits() }), "photo.too_many_bytes");
    assert_eq!(with(PhotoLimits { max_pixels: 48 * 32 - 1, ..limits() }), "photo.too_many_pixels");
    assert_eq!(with(PhotoLimits { max_memory: 1 << 20, ..limits() }), "photo.too_much_memory");
    let small = Normaliser::default().normalise(file, &PhotoLimits::default()).expect_err("a refusal");
    assert_eq!(small.to_string(), "the shorter side has 32 pixels; at least 512 are needed");
    assert_eq!(small.code(), "photo.too_small");
}

#[test]
fn headers_that_lie_about_the_size_are_refused() {
    let jpeg = fixture!("texture.jpg");
    let size = b"\x08\0\x20\0\x30\x03";
    let huge = patched(jpeg, size, b"\x08\xff\xdc\xff\xdc\x03");
    assert_eq!(refused(&huge).code(), "photo.too_many_pixels");
    assert_eq!(refused(&patched(jpeg, size, b"\x08\0\0\0\x30\x03")).code(), "photo.no_pixels");
    assert_eq!(refused(&patched(jpeg, size, b"\x08\0\x60\0\x30\x03")).code(), "photo.truncated");

    let png = fixture!("texture.png");
    let huge = patched(png, b"IHDR\0\0\0\x30\0\0\0\x20", b"IHDR\0\x01\0\0\0\x01\0\0");
    assert_eq!(refused(&huge).code(), "photo.too_many_pixels");
    let none = patched(png, b"IHDR\0\0\0\x30", b"IHDR\0\0\0\0");
    assert_eq!(refused(&none).code(), "photo.no_pixels");

    // The canvas says one thing, the picture on the canvas another.
    let webp = fixture!("alpha.webp");
    let canvas = patched(webp, b"\x2f\0\0\x1f\0\0", b"\x2f\0\0\x2f\0\0");
    assert_eq!(refused(&canvas), PhotoProblem::damaged(Format::WebP));
    let picture = patched(webp, b"\x9d\x01\x2a\x30\0\x20\0", b"\x9d\x01\x2a\xff\x3f\xff\x3f");
    assert_eq!(refused(&picture), PhotoProblem::damaged(Format::WebP));
}

#[test]
fn bombs_are_refused() {
    // A profile of 9 MiB when unpacked: it is not unpacked to its end.
    let photo = normalise(fixture!("profile-bomb.png")).expect("a photo");
    assert_eq!(photo.changes(), [Change::ProfileIgnored]);

    let file = fixture!("texture.png");
    let profile = [b"bomb\0\0".as_slice(), &vec![b'x'; 9 << 20]].concat();
    let chatty = [&with_chunk(file[..33].to_vec(), *b"iCCP", &profile), &file[33..]].concat();
    assert_eq!(refused(&chatty), PhotoProblem::TooMuchMetadata { format: Format::Png, max: 8 << 20 });

    // The first scan, over and over.
    let file = fixture!("texture-progressive.jpg");
    let scan = file.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan");
    let end = scan + 2 + file[scan + 2..].windows(2).position(|pair| pair == b"\xff\xc4").expect("its end");
    let scans = |count: usize| [&file[..scan], &file[scan..end].repeat(count), &file[end..]].concat();
    assert!(normalise(&scans(1)).is_ok());
    assert_eq!(refused(&scans(2_000)), PhotoProblem::TooManyScans { max: MAX_SCANS });
}

/// Gives a file more parts than any memory was planned for: of the pixels' data, and of a profile.
#[test]
fn files_of_countless_parts_take_no_memory() {
    let file = fixture!("texture.png");
    let scattered = |count: usize| {
        let empty = with_chunk(with_chunk(Vec::new(), *b"IDAT", b""), *b"aaAa", b"");
        [&file[..33], &empty.repeat(count), &file[33..]].concat()
    };
    assert!(normalise(&scattered(1_000)).is_ok());
    assert_eq!(refused(&scattered(10_000)), PhotoProblem::damaged(Format::Png));

    let file = fixture!("texture.jpg");
    let part = b"\xff\xe2\0\x11ICC_PROFILE\0\x01\x01x";
    let profiled = [&file[..2], &part.repeat(100_000), &file[2..]].concat();
    assert_eq!(normalise(&profiled).expect("a photo").changes()[0], Change::ProfileIgnored);
}
