//! Any EXIF or XMP: no photo is refused for it, and each format tells the same orientation and position from it.

use likeness_core::photo::{PhotoInfo, inspect};

const JPEG: &[u8] = include_bytes!("../../core/src/photo/fixtures/grey.jpg");
const PNG: &[u8] = include_bytes!("../../core/src/photo/fixtures/grey.png");
const WEBP: &[u8] = include_bytes!("../../core/src/photo/fixtures/lossy.webp");

/// Takes the first byte as the kind, EXIF or XMP, and the others as the block.
pub(crate) fn check(bytes: &[u8]) {
    let Some((kind, block)) = bytes.split_first() else { return };
    // A segment of JPEG has at most 65,533 bytes. A block may begin as JPEG's do, but it is not to be taken for two.
    let mut block = &block[..block.len().min(60_000)];
    while let Some(rest) = block.strip_prefix(b"Exif\0\0") {
        block = rest;
    }
    let facts = |file: Vec<u8>| {
        let PhotoInfo { orientation, metadata, .. } = inspect(&file).expect("a sound picture");
        (orientation, metadata)
    };
    if kind % 2 == 0 {
        let in_jpeg = facts(jpeg(&[b"Exif\0\0", block].concat()));
        assert_eq!(facts(png(b"eXIf", block)), in_jpeg);
        assert_eq!(facts(webp(b"EXIF", block)), in_jpeg);
    } else {
        let in_jpeg = facts(jpeg(&[b"http://ns.adobe.com/xap/1.0/\0", block].concat()));
        let keyword = b"XML:com.adobe.xmp\0\0\0\0\0";
        assert_eq!(facts(png(b"iTXt", &[keyword, block].concat())), in_jpeg);
        assert_eq!(facts(webp(b"XMP ", block)), in_jpeg);
    }
}

/// Makes a JPEG with this APP1 behind SOI (ITU T.81, B.2.4.6).
fn jpeg(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).expect("a length").to_be_bytes();
    [&JPEG[..2], b"\xff\xe1", &length, body, &JPEG[2..]].concat()
}

/// Makes a PNG with this chunk behind IHDR, which ends at 33 (PNG 3, 5.3).
fn png(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a length").to_be_bytes();
    let mut sum = crc32fast::Hasher::new();
    sum.update(kind);
    sum.update(body);
    [&PNG[..33], &length, kind, body, &sum.finalize().to_be_bytes(), &PNG[33..]].concat()
}

/// Makes an extended WebP of the simple one, with this chunk behind the picture (RFC 9649, 2.7).
fn webp(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let (width, height) = (WEBP[26], WEBP[28]);
    let canvas = [0b1100, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0];
    let chunk = |kind: &[u8], body: &[u8]| {
        let length = u32::try_from(body.len()).expect("a length").to_le_bytes();
        [kind, &length, body, &[0][..body.len() % 2]].concat()
    };
    let chunks = [b"WEBP".to_vec(), chunk(b"VP8X", &canvas), WEBP[12..].to_vec(), chunk(kind, body)].concat();
    chunk(b"RIFF", &chunks)
}
