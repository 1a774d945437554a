//! Whole photos whose files do not end as they should, and photos that are not whole.

use libjpeg_turbo_rs::{Encoder, PixelFormat, ScanScript, Subsampling};

use super::{decode, fixture, info, limits, normalise, riff, with_chunk};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    limits::PhotoLimits,
    photo::{Change, Format, Normalise, PhotoProblem, PixelNormaliser, Unsupported, inspect, scale::Scale},
};

const CUT: PhotoProblem = PhotoProblem::truncated(Format::Jpeg);

/// Makes noise with xorshift64 (Marsaglia, 2003).
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// Makes pixels of so many samples that look like a photo: soft, with some grain.
pub(super) fn soft(width: usize, height: usize, samples: usize) -> Vec<u8> {
    let grain = noise(width * height * samples);
    let at = |index: usize| {
        let (pixel, sample) = (index / samples, index % samples);
        let (x, y) = (pixel % width, pixel / width);
        (x * (3 + sample) + y * (5 - sample) + usize::from(grain[index] % 24)) % 256
    };
    (0..grain.len()).map(|index| u8::try_from(at(index)).unwrap_or(0)).collect()
}

/// Takes a JPEG apart into the segments up to its scan, and the scan's data without EOI.
fn taken_apart(jpeg: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let (mut segments, mut at) = (Vec::new(), 2);
    loop {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        segments.push((jpeg[at + 1], &jpeg[at..at + 2 + length]));
        at += 2 + length;
        if segments.last().is_some_and(|(marker, _)| *marker == 0xda) {
            return (segments, &jpeg[at..jpeg.len() - 2]);
        }
    }
}

/// Writes a sequential JPEG with a scan for each component, the colours at half of both sides.
fn scan_by_scan(width: usize, height: usize) -> Vec<u8> {
    let plane = |width, height| {
        let grey = soft(width, height, 1);
        Encoder::new(&grey, width, height, PixelFormat::Grayscale).quality(80).encode().expect("a JPEG")
    };
    let planes = [plane(width, height), plane(width.div_ceil(2), height.div_ceil(2))];
    let (segments, _) = taken_apart(&planes[0]);
    let tables = segments.iter().filter(|(marker, _)| [0xdb, 0xc4].contains(marker));
    let mut jpeg =
        [b"\xff\xd8", tables.map(|(_, bytes)| *bytes).collect::<Vec<_>>().concat().as_slice()].concat();
    let side = |side: usize| u16::try_from(side).expect("a side").to_be_bytes();
    jpeg.extend([b"\xff\xc0\0\x11\x08", side(height).as_slice(), &side(width), b"\x03"].concat());
    jpeg.extend(b"\x01\x22\0\x02\x11\0\x03\x11\0");
    for (id, plane) in [(1, &planes[0]), (2, &planes[1]), (3, &planes[1])] {
        jpeg.extend([0xff, 0xda, 0, 8, 1, id, 0, 0, 63, 0]);
        jpeg.extend(taken_apart(plane).1);
    }
    jpeg.extend(b"\xff\xd9");
    jpeg
}

/// Lists JPEGs of every kind, all of this size.
fn jpegs(width: usize, height: usize) -> Vec<(String, Vec<u8>)> {
    let (rgb, grey, cmyk) = (soft(width, height, 3), soft(width, height, 1), soft(width, height, 4));
    let colours = |subsampling| Encoder::new(&rgb, width, height, PixelFormat::Rgb).subsampling(subsampling);
    let [full, wide, quarter] = [Subsampling::S444, Subsampling::S422, Subsampling::S420];
    let band =
        |components: &[u8], ss, se, ah, al| ScanScript { components: components.to_vec(), ss, se, ah, al };
    // The first list brings every coefficient in one step, the second some in three.
    let at_once = vec![
        band(&[0, 1, 2], 0, 0, 0, 0),
        band(&[0], 1, 5, 0, 0),
        band(&[2], 1, 63, 0, 0),
        band(&[1], 1, 63, 0, 0),
        band(&[0], 6, 63, 0, 0),
    ];
    let in_steps = vec![
        band(&[0], 0, 0, 0, 2),
        band(&[1, 2], 0, 0, 0, 0),
        band(&[0], 1, 63, 0, 2),
        band(&[1], 1, 63, 0, 1),
        band(&[0], 0, 0, 2, 1),
        band(&[0], 1, 63, 2, 1),
        band(&[2], 1, 63, 0, 0),
        band(&[1], 1, 63, 1, 0),
        band(&[0], 1, 63, 1, 0),
        band(&[0], 0, 0, 1, 0),
    ];
    let encoders = vec![
        ("4:4:4", colours(full)),
        ("4:2:2", colours(wide)),
        ("4:2:0", colours(quarter)),
        ("4:4:0", colours(Subsampling::S440)),
        ("4:1:1", colours(Subsampling::S411)),
        ("4:2:0, own codes", colours(quarter).optimize_huffman(true)),
        ("4:4:4, restarted for each unit", colours(full).restart_blocks(1)),
        ("4:2:0, restarted", colours(quarter).restart_blocks(2)),
        ("progressive 4:4:4", colours(full).progressive(true)),
        ("progressive 4:2:0", colours(quarter).progressive(true)),
        ("progressive 4:2:2, restarted", colours(wide).progressive(true).restart_blocks(3)),
        ("progressive, bands at once", colours(quarter).progressive(true).scan_script(at_once)),
        ("progressive, in steps", colours(full).progressive(true).scan_script(in_steps)),
        ("grey", Encoder::new(&grey, width, height, PixelFormat::Grayscale)),
        ("progressive grey", Encoder::new(&grey, width, height, PixelFormat::Grayscale).progressive(true)),
        ("CMYK", Encoder::new(&cmyk, width, height, PixelFormat::Cmyk)),
    ];
    let made = encoders.into_iter().map(|(name, encoder)| {
        (name.to_owned(), encoder.quality(80).encode().unwrap_or_else(|error| panic!("{name}: {error}")))
    });
    made.chain([("scan by scan".to_owned(), scan_by_scan(width, height))]).collect()
}

/// Finds the first length to which the file can be cut so that another picture than the whole file's is taken.
fn taken_for_whole(file: &[u8], taken: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<usize> {
    let whole = taken(file).expect("the whole file is taken");
    (0..file.len()).find(|length| taken(&file[..*length]).is_some_and(|picture| picture != whole))
}

fn ours(file: &[u8]) -> Option<Vec<u8>> {
    normalise(file).ok().map(super::NormalisedPhoto::into_jpeg)
}

#[test]
fn no_jpeg_is_taken_for_whole_that_is_not() {
    for (name, file) in jpegs(37, 29) {
        assert_eq!(taken_for_whole(&file, ours), None, "{name}");
        let ended = |cut: &[u8]| {
            ours(&if cut.ends_with(b"\xff\xd9") { cut.to_vec() } else { [cut, b"\xff\xd9"].concat() })
        };
        assert_eq!(taken_for_whole(&file, ended), None, "{name}, with an end that somebody put there");
    }
}

/// Catches decoders that report no error: one that shows what it has, and a strict one to which each scan is a
/// picture.
#[test]
fn whoever_trusts_the_absence_of_an_error_is_caught() {
    let ended = |cut: &[u8]| [cut, b"\xff\xd9"].concat();
    let lenient = |cut: &[u8]| {
        let jpeg = ended(cut);
        let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(&jpeg));
        decoder.decode().ok()
    };
    let strict = |cut: &[u8]| libjpeg_turbo_rs::decompress(&ended(cut)).ok().map(|image| image.data);
    for (name, file) in jpegs(37, 29) {
        if name.starts_with("4:") || name == "grey" {
            assert!(taken_for_whole(&file, lenient).is_some(), "{name}");
        } else if name.starts_with("progressive") {
            assert!(taken_for_whole(&file, strict).is_some(), "{name}");
        }
    }
}

/// Lists what phones put behind the picture, and what else may lie there.
fn trailers() -> Vec<Vec<u8>> {
    let film =
        [b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data\0\0\0\x18ftypmp42".as_slice(), &noise(3000)].concat();
    let bytes: Vec<u8> = (0..40).flat_map(|_| 0..=254).collect();
    let text = b"SEFHe\0\0\0\x01\0\0\0 Image_UTC_Data1700000000000 SEFT".to_vec();
    let mut trailers = vec![film, bytes, text, vec![0; 3000], vec![0xff; 20], vec![0], vec![0xff]];
    trailers.push(noise(3000));
    trailers.push(fixture!("texture.jpg").to_vec());
    trailers.push(b"\xff\xfe\0\x06note".to_vec());
    trailers.push(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\xff\xc0\0\0".to_vec());
    trailers
}

#[test]
fn a_jpeg_without_its_end_marker_is_whole() {
    for (name, file) in jpegs(37, 29) {
        let whole = normalise(&file).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let unmarked = file.strip_suffix(b"\xff\xd9").expect("EOI");
        assert_eq!(normalise(unmarked).as_ref(), Ok(&whole), "{name}");
        for trailer in trailers() {
            let longer = [unmarked, &trailer].concat();
            let begin = trailer[..trailer.len().min(16)].escape_ascii();
            assert_eq!(normalise(&longer).as_ref(), Ok(&whole), "{name}, then {begin}");
            let marked = [&file, trailer.as_slice()].concat();
            assert_eq!(normalise(&marked).as_ref(), Ok(&whole), "{name}, EOI, then {begin}");
        }
    }
}

/// Refuses data that break off even where other bytes follow, which may be read as units for a while.
#[test]
fn a_jpeg_that_is_cut_off_is_not_whole_whatever_follows() {
    for (name, file) in jpegs(150, 130) {
        let scan = file.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan") + 20;
        for tenths in [1, 5, 8, 9] {
            let cut = &file[..scan + (file.len() - scan) * tenths / 10];
            for trailer in trailers() {
                let begin = trailer[..trailer.len().min(16)].escape_ascii();
                let problem = normalise(&[cut, &trailer].concat()).expect_err(&name);
                // Markers in a trailer may contradict the picture's.
                let markers = trailer.starts_with(b"\xff\xda");
                assert!(
                    problem.code() == CUT.code() || markers,
                    "{name}, {tenths} tenths, then {begin}: {problem}"
                );
            }
        }
    }
}

/// Refuses zeros at the end, which a card leaves that was pulled out early.
#[test]
fn a_jpeg_that_ends_in_zeros_is_not_whole() {
    for (name, file) in jpegs(150, 130) {
        for missing in [10, 30, 100, 300, 1000] {
            let cut = &file[..file.len() - 2 - missing];
            let problem = normalise(&[cut, &vec![0; 100_000]].concat()).expect_err("a cut file");
            assert_eq!(problem.code(), CUT.code(), "{name} without {missing} bytes");
            // Zeros are not taken for codes.
            assert_eq!(problem.readable(), normalise(cut).expect_err("a cut file").readable(), "{name}");
        }
    }
}

#[test]
fn a_missing_interval_is_missing() {
    let rgb = soft(96, 48, 3);
    for (progressive, interval) in [(false, 1), (false, 3), (true, 4)] {
        let encoder = Encoder::new(&rgb, 96, 48, PixelFormat::Rgb).restart_blocks(interval);
        let file = encoder.progressive(progressive).quality(80).encode().expect("a JPEG");
        let restarts: Vec<usize> = (0..file.len() - 1)
            .filter(|at| file[*at] == 0xff && (0xd0..=0xd7).contains(&file[at + 1]))
            .collect();
        assert!(restarts.len() > 3);
        assert!(normalise(&file).is_ok());
        for pair in restarts.windows(2) {
            let without = [&file[..pair[0]], &file[pair[1]..]].concat();
            assert!(normalise(&without).is_err(), "{interval}, {pair:?}, marked");
            let unmarked = without.strip_suffix(b"\xff\xd9").expect("EOI");
            let problem = normalise(unmarked).expect_err("a cut file");
            assert_eq!(problem.code(), CUT.code(), "{interval}, {pair:?}");
        }
    }
}

/// Counts the copy that the decoder needs of a file without EOI.
#[test]
fn a_copy_of_the_file_counts_as_memory() {
    let file = fixture!("texture-progressive.jpg");
    let unmarked = &file[..file.len() - 2];
    let needed = info(unmarked).memory();
    let with = |max_memory| PixelNormaliser.normalise(unmarked, &PhotoLimits { max_memory, ..limits() });
    let more = needed + file.len() as u64;
    assert_eq!(with(more - 1), Err(PhotoProblem::TooMuchMemory { needed: more, max: more - 1 }));
    assert!(with(more).is_ok());
    let file = fixture!("texture.jpg");
    let unmarked = &file[..file.len() - 2];
    let limits = PhotoLimits { max_memory: info(unmarked).memory_at(Scale::Full), ..limits() };
    assert!(PixelNormaliser.normalise(unmarked, &limits).is_ok(), "of one scan no copy is made");
}

#[test]
fn a_height_behind_the_picture_has_a_sentence_of_its_own() {
    let file = fixture!("texture.jpg");
    let sof = file.windows(2).position(|pair| pair == b"\xff\xc0").expect("SOF0");
    let end = file.len() - 2;
    let height = |height: u8, late: &[u8]| {
        let mut file = [&file[..end], late, b"\xff\xd9"].concat();
        file[sof + 6] = height;
        file
    };
    let late = PhotoProblem::UnsupportedCoding { kind: Unsupported::LateHeightJpeg };
    let dnl = b"\xff\xdc\0\x04\0\x20";
    assert_eq!(inspect(&height(0, dnl)), Err(late.clone()));
    assert_eq!(normalise(&height(0, dnl)), Err(late.clone()));
    assert_eq!(normalise(&height(64, dnl)), Err(late));
    assert_eq!(inspect(&height(0, b"")).expect_err("a refusal").code(), "photo.no_pixels");
    assert_eq!(normalise(&height(32, dnl)), normalise(file), "the same height once more");
    let problem = inspect(&height(0, dnl)).expect_err("a refusal");
    assert!(problem.to_string().contains("DNL"), "{problem}");
    // Before the end of the scan, the data may still be continued.
    assert_eq!(inspect(&height(0, dnl)[..end]), Err(CUT));
}

fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    chunks.iter().fold(b"\x89PNG\r\n\x1a\n".to_vec(), |file, (kind, body)| with_chunk(file, **kind, body))
}

/// Lists the chunks of a PNG.
fn chunks(mut file: &[u8]) -> Vec<(&[u8; 4], &[u8])> {
    let mut chunks = Vec::new();
    file = &file[8..];
    while let Some((length, rest)) = file.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("a length");
        chunks.push((rest.first_chunk().expect("a type"), &rest[4..4 + length]));
        file = &rest[8 + length..];
    }
    chunks
}

/// Rewrites the fixture with its pixels in chunks of so many bytes.
fn in_pieces(size: usize) -> Vec<u8> {
    let file = chunks(fixture!("texture.png"));
    let pieces: Vec<_> = file
        .into_iter()
        .flat_map(|(kind, body)| {
            let size = if kind == b"IDAT" { size } else { body.len().max(1) };
            let empty = body.is_empty().then_some((kind, body));
            body.chunks(size).map(move |piece| (kind, piece)).chain(empty)
        })
        .collect();
    png(&pieces)
}

#[test]
fn a_png_without_its_last_chunk_is_whole() {
    let cut = PhotoProblem::truncated(Format::Png);
    for file in [fixture!("texture.png").to_vec(), in_pieces(100), in_pieces(1)] {
        let whole = normalise(fixture!("texture.png")).expect("a photo");
        assert_eq!(normalise(&file).as_ref(), Ok(&whole));
        // IEND has twelve bytes, the checksum of the pixels before it four.
        let pixels = file.len() - 16;
        for length in 8..file.len() {
            match normalise(&file[..length]) {
                Ok(photo) => assert_eq!(photo, whole, "{length} bytes"),
                Err(problem) => {
                    assert!(length < pixels, "{length} of {} bytes: {problem}", file.len());
                    assert_eq!(problem, cut, "{length} bytes");
                }
            }
        }
        for trailer in trailers() {
            assert_eq!(normalise(&[&file[..file.len() - 12], &trailer].concat()).as_ref(), Ok(&whole));
            assert_eq!(normalise(&[&file[..pixels - 300], &trailer].concat()), Err(cut.clone()));
        }
    }
}

#[test]
fn missing_pixels_are_damage_where_the_end_is_there() {
    let mut file = chunks(fixture!("texture.png"));
    let (_, pixels) = *file.iter().find(|(kind, _)| *kind == b"IDAT").expect("IDAT");
    file.iter_mut()
        .filter(|(kind, _)| *kind == b"IDAT")
        .for_each(|(_, body)| *body = &pixels[..pixels.len() / 2]);
    assert_eq!(normalise(&png(&file)), Err(PhotoProblem::damaged(Format::Png)));
}

#[test]
fn a_png_with_one_frame_is_a_still() {
    let file = chunks(fixture!("rgb.png"));
    let still = normalise(fixture!("rgb.png")).expect("a photo");
    let header = file[0];
    let pixels = *file.iter().find(|(kind, _)| *kind == b"IDAT").expect("IDAT");
    let end: (&[u8; 4], &[u8]) = (b"IEND", b"");
    let control = |number: u8| [&[0, 0, 0, number, 0, 0, 0, 48, 0, 0, 0, 32], [0; 14].as_slice()].concat();
    let (first, second) = (control(0), control(1));
    let frames = |count: u8| [0, 0, 0, count, 0, 0, 0, 0];
    let (none, one, two) = (frames(0), frames(1), frames(2));
    let numbered = [[0, 0, 0, 2].as_slice(), pixels.1].concat();
    let with = |chunks: &[(&[u8; 4], &[u8])]| normalise(&png(chunks));
    let moves = Err(PhotoProblem::Animated { format: Format::Png });

    assert_eq!(with(&[header, (b"acTL", &one), (b"fcTL", &first), pixels, end]).as_ref(), Ok(&still));
    assert_eq!(with(&[header, (b"acTL", &one), pixels, end]).as_ref(), Ok(&still));
    assert_eq!(with(&[header, (b"acTL", &none), (b"fcTL", &first), pixels, end]).as_ref(), Ok(&still));
    assert_eq!(with(&[header, (b"fcTL", &first), pixels, (b"acTL", &two), end]).as_ref(), Ok(&still));
    assert_eq!(with(&[header, (b"acTL", &two), (b"fcTL", &first), pixels, end]), moves);
    let second: [(&[u8; 4], &[u8]); 3] = [(b"fcTL", &second), (b"fdAT", &numbered), end];
    let first: [(&[u8; 4], &[u8]); 4] = [header, (b"acTL", &one), (b"fcTL", &first), pixels];
    assert_eq!(with(&[first.as_slice(), &second].concat()), moves, "one more than was announced");
    assert_eq!(with(&[&first[..2], &first[3..], &second].concat()), moves, "one that not everybody sees");
}

/// Lists the chunks of a WebP.
fn riff_chunks(file: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let (mut chunks, mut at) = (Vec::new(), 12);
    while let Some(head) = file.get(at..at + 8) {
        let length =
            usize::try_from(u32::from_le_bytes([head[4], head[5], head[6], head[7]])).expect("a length");
        chunks.push(([head[0], head[1], head[2], head[3]], file[at + 8..at + 8 + length].to_vec()));
        at += 8 + length + length % 2;
    }
    chunks
}

fn canvas(flags: u8, width: u8, height: u8) -> ([u8; 4], Vec<u8>) {
    (*b"VP8X", vec![flags, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0])
}

/// Builds a frame of 48 x 32 pixels at this position.
fn frame(x: u8, y: u8, picture: &[([u8; 4], Vec<u8>)]) -> ([u8; 4], Vec<u8>) {
    let head = [x / 2, 0, 0, y / 2, 0, 0, 47, 0, 0, 31, 0, 0, 100, 0, 0, 0];
    (*b"ANMF", [head.as_slice(), &riff(picture)[12..]].concat())
}

fn picture(file: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    riff_chunks(file).into_iter().filter(|(kind, _)| [b"VP8 ", b"VP8L", b"ALPH"].contains(&kind)).collect()
}

#[test]
fn a_webp_may_promise_opacity_that_is_missing() {
    for file in [fixture!("lossy.webp"), fixture!("lossless.webp")] {
        let promising = riff(&[vec![canvas(0x10, 48, 32)], picture(file)].concat());
        assert_eq!(normalise(&promising), normalise(file));
        let photo = normalise(&promising).expect("a photo");
        assert_eq!(photo.changes(), [], "nothing is see-through");
    }
    // Opacity is used even where the header did not promise it.
    for file in [fixture!("alpha.webp"), fixture!("alpha-lossless.webp")] {
        let silent = riff(&[vec![canvas(0, 48, 32)], picture(file)].concat());
        assert_eq!(normalise(&silent), normalise(file));
    }
    // The chunk may have stood behind the pixels, and been cut off.
    let late = [vec![canvas(0x10, 48, 32)], picture(fixture!("lossy.webp")), vec![(*b"ALPH", vec![0; 99])]];
    let late = riff(&late.concat());
    let problem = normalise(&late[..late.len() - 50]).expect_err("a refusal");
    assert_eq!(problem, PhotoProblem::truncated(Format::WebP));
}

#[test]
fn a_webp_with_one_frame_is_a_still() {
    let clock = || (*b"ANIM", vec![0xff, 0xff, 0xff, 0xff, 0, 0]);
    for (flags, file) in [
        (0x02, fixture!("lossy.webp")),
        (0x02, fixture!("lossless.webp")),
        (0x12, fixture!("lossy.webp")),
        (0x12, fixture!("alpha.webp")),
        (0x12, fixture!("alpha-lossless.webp")),
    ] {
        let still = normalise(file).expect("a photo");
        let moving = riff(&[canvas(flags, 48, 32), clock(), frame(0, 0, &picture(file))]);
        assert_eq!(normalise(&moving).as_ref(), Ok(&still));
        let cut = normalise(&moving[..moving.len() - 2]).expect_err("a refusal");
        assert_eq!(cut, PhotoProblem::truncated(Format::WebP));
        let twice =
            [canvas(flags, 48, 32), clock(), frame(0, 0, &picture(file)), frame(0, 0, &picture(file))];
        assert_eq!(normalise(&riff(&twice)), Err(PhotoProblem::Animated { format: Format::WebP }));

        // The frame covers a part of the canvas: the rest is transparent.
        let part = riff(&[canvas(flags, 64, 64), clock(), frame(14, 30, &picture(file))]);
        let photo = normalise(&part).expect("a photo");
        assert_eq!(photo.changes(), [Change::LaidOnWhite]);
        let ((width, height, rgb), (_, _, alone)) = (decode(photo.jpeg()), decode(still.jpeg()));
        assert_eq!((width, height), (64, 64));
        let at = |x: usize, y: usize| &rgb[(y * 64 + x) * 3..][..3];
        for (x, y) in [(4, 4), (60, 4), (4, 60), (8, 40), (40, 20)] {
            assert!(at(x, y).iter().all(|sample| *sample > 240), "{x}, {y}: {:?}", at(x, y));
        }
        for (x, y) in [(12, 8), (36, 8), (12, 24), (36, 24)] {
            let expected = &alone[(y * 48 + x) * 3..][..3];
            let off = at(14 + x, 30 + y).iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off <= Some(6), "{x}, {y}: {:?} instead of {expected:?}", at(14 + x, 30 + y));
        }
        let beside = riff(&[canvas(flags, 64, 64), clock(), frame(18, 30, &picture(file))]);
        assert_eq!(normalise(&beside), Err(PhotoProblem::damaged(Format::WebP)));
    }
}

#[test]
fn a_webp_whose_metadata_are_cut_off_is_whole() {
    let file =
        [vec![canvas(0x0c, 48, 32)], picture(fixture!("lossy.webp")), vec![(*b"XMP ", vec![b' '; 300])]];
    let file = riff(&file.concat());
    let whole = normalise(fixture!("lossy.webp")).expect("a photo");
    for missing in [1, 100, 299, 301, 304, 308] {
        let photo = normalise(&file[..file.len() - missing]).expect("a photo");
        assert_eq!(photo.jpeg(), whole.jpeg(), "{missing} bytes are missing");
    }
    let pixels = file.len() - 308 - picture(fixture!("lossy.webp"))[0].1.len() % 2;
    for length in 12..pixels {
        let problem = normalise(&file[..length]).expect_err("a refusal");
        assert_eq!(problem, PhotoProblem::truncated(Format::WebP), "{length} bytes");
    }
}
