//! HEIC from file to JPEG. What can be in such a file is tried in the tests of the crate in `heic/`.

use std::sync::LazyLock;

use super::{decode, limits, normalise};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    limits::PhotoLimits,
    photo::{
        Change, Foreign, Format, Metadata, Normalise, Normaliser, PhotoForm, PhotoProblem, PixelNormaliser,
        Unsupported, Way, inspect,
    },
};

/// A grid of two tiles, with EXIF that tells where the photo was taken.
static GRID: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (width, height) = (560, 64);
    let data = drawn(width, height);
    let data =
        data.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).map(u16::from).collect();
    let image = heifer::Image { width, height, bit_depth: 8, has_alpha: false, data };
    let metadata = heifer::Metadata { exif: Some(EXIF.to_vec()), ..heifer::Metadata::default() };
    let options = heifer::EncodeOptions { quality: 95, max_threads: 1 };
    let mut file = heifer::encode_with_metadata(&image, &metadata, &options).expect("a HEIC");
    // The encoder says in EXIF that the picture is upright. iPhones repeat the turn there that HEIF's own property says.
    let orientation = file.windows(4).position(|tag| tag == b"\x12\x01\x03\0").expect("an orientation");
    file[orientation + 8] = 6;
    file
});

/// An orientation, and a directory of a position.
const EXIF: &[u8] = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\
    \x25\x88\x04\0\x01\0\0\0\x40\0\0\0\0\0\0\0";

fn drawn(width: u32, height: u32) -> Vec<u8> {
    let level = |part: u32, whole: u32| u8::try_from(40 + part * 170 / whole).expect("a level");
    let pixel = |x: u32, y: u32| [level(x, width), level(y, height), level(x + y, width + height)];
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

#[test]
fn a_heic_becomes_a_clean_jpeg() {
    let info = inspect(&GRID).expect("headers");
    assert_eq!((info.format, info.upright_size(), info.bits), (Format::Heic, (560, 64), 8));
    assert_eq!(info.metadata, Metadata::WithLocation);
    let photo = normalise(&GRID).expect("a photo");
    assert_eq!((photo.width(), photo.height(), photo.way()), (560, 64, Way::Pixels));
    assert_eq!(photo.changes(), [Change::RemovedLocation]);
    let (width, height, rgb) = decode(photo.jpeg());
    assert_eq!((width, height), (560, 64));
    let worst = rgb.iter().zip(drawn(560, 64)).map(|(a, b)| a.abs_diff(b)).max();
    assert!(worst <= Some(12), "{worst:?}");
    assert_eq!(PixelNormaliser.normalise(&GRID, &limits()), Ok(photo));
}

#[test]
fn a_preview_shows_the_same_picture() {
    let photo = Normaliser::default().with_previews().normalise(&GRID, &limits()).expect("a photo");
    let preview = photo.preview().expect("a preview");
    assert_eq!((preview.width(), preview.height()), (560, 64));
    assert!(preview.rgb().iter().zip(drawn(560, 64)).all(|(a, b)| a.abs_diff(b) <= 12));
}

#[test]
fn a_heic_shrinks_by_halves_where_memory_is_short() {
    let needed = inspect(&GRID).expect("headers").memory();
    let cramped = PhotoLimits { max_memory: needed - 1, ..limits() };
    let photo = Normaliser::default().normalise(&GRID, &cramped).expect("a smaller photo");
    assert_eq!((photo.width(), photo.height(), photo.way()), (280, 32, Way::Scaled));
    assert_eq!(photo.changes(), [Change::ScaledToHalf, Change::RemovedLocation]);
    let nothing = PhotoLimits { max_memory: 1 << 20, ..limits() };
    let problem = Normaliser::default().normalise(&GRID, &nothing).expect_err("no room");
    assert_eq!(problem.code(), "photo.too_much_memory");
}

#[test]
fn the_place_of_damage_in_a_grid_is_told() {
    let (width, height) = (64, 1100);
    let options = heifer::EncodeOptions { quality: 95, max_threads: 1 };
    let file = heifer::encode_rgb8(width, height, &drawn(width, height), &options).expect("a HEIC");
    assert!(normalise(&file).is_ok());
    // Three tiles of 512 rows lie in the file, one after the other.
    for (percent, place) in [(30, None), (70, Some(46))] {
        let mut file = file.clone();
        let from = file.len() * percent / 100;
        file[from..from + 200].fill(0xff);
        let problem = normalise(&file).expect_err("a damaged file");
        assert_eq!((problem.code(), problem.readable()), ("photo.damaged", place));
    }
}

#[test]
fn a_cut_heic_is_called_cut() {
    for length in (32..GRID.len()).step_by(97) {
        let problem = normalise(&GRID[..length]).expect_err("a cut file");
        assert_eq!(problem, PhotoProblem::truncated(Format::Heic), "{length}");
    }
}

#[test]
fn what_is_not_heic_inside_is_named() {
    let with = |kind: &[u8; 4]| {
        let mut file = GRID.clone();
        for at in 0..file.len() - 4 {
            if &file[at..at + 4] == b"hvc1" {
                file[at..at + 4].copy_from_slice(kind);
            }
        }
        normalise(&file).expect_err("a refusal")
    };
    let coding = |kind| PhotoProblem::UnsupportedCoding { kind };
    assert_eq!(with(b"av01"), PhotoProblem::UnsupportedFormat { found: Foreign::Avif });
    assert_eq!(with(b"avc1"), coding(Unsupported::AvcHeif));
    assert_eq!(with(b"j2k1"), coding(Unsupported::Jpeg2000Heif));
    assert_eq!(with(b"unci"), coding(Unsupported::OddHeif));
    let film = b"\0\0\0\x14ftypmsf1\0\0\0\0hevc\0\0\0\x08moov";
    assert_eq!(normalise(film), Err(PhotoProblem::Animated { format: Format::Heic }));
}

/// Plans for the grids of phones, in the memory of the imager's isolate.
#[test]
fn grids_of_any_size_fit_into_the_imager() {
    for (width, height, scaled) in [
        (4032, 3024, None),
        (5712, 4284, Some(Change::ScaledToHalf)),
        (8064, 6048, Some(Change::ScaledToHalf)),
    ] {
        let mut file = GRID.clone();
        claim(&mut file, width, height);
        let info = inspect(&file).expect("headers");
        let limits = info.limits_in_the_imager(PhotoLimits::default(), info.bytes);
        assert_eq!(info.scaled_within(&limits), Ok(scaled), "{width} x {height}");
        assert!(info.memory_within(&limits, PhotoForm::default()) <= (45 << 20) - 6_000_000);
    }
}

/// Makes the grid's two tiles as many as a larger picture needs.
fn claim(file: &mut Vec<u8>, width: u16, height: u16) {
    let (columns, rows) = (width.div_ceil(512), height.div_ceil(512));
    let begins = |file: &[u8], bytes: &[u8]| {
        file.windows(bytes.len()).position(|found| found == bytes).expect("these bytes")
    };
    let old = [&[0, 0, 0, 1], 560_u16.to_be_bytes().as_slice(), &64_u16.to_be_bytes()].concat();
    let at = begins(file, &old);
    file[at + 2] = u8::try_from(rows - 1).expect("few rows");
    file[at + 3] = u8::try_from(columns - 1).expect("few columns");
    file[at + 4..at + 6].copy_from_slice(&width.to_be_bytes());
    file[at + 6..at + 8].copy_from_slice(&height.to_be_bytes());
    // The references to tiles get longer, and so does what they lie in.
    let at = begins(file, b"dimg");
    let tiles = columns * rows;
    file[at + 6..at + 8].copy_from_slice(&tiles.to_be_bytes());
    let tile = [file[at + 8], file[at + 9]];
    let more = usize::from(tiles - 2) * 2;
    file.splice(at + 12..at + 12, tile.repeat(usize::from(tiles - 2)));
    for kind in [b"dimg", b"iref", b"meta"] {
        let at = begins(file, kind) - 4;
        let length = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
        let length = length + u32::try_from(more).expect("small");
        file[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
    // Items lie behind the boxes.
    let at = begins(file, b"iloc") + 4;
    let items = usize::from(u16::from_be_bytes([file[at + 6], file[at + 7]]));
    for item in 0..items {
        let at = at + 8 + item * 14 + 6;
        let place = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
        file[at..at + 4].copy_from_slice(&(place + u32::try_from(more).expect("small")).to_be_bytes());
    }
}
