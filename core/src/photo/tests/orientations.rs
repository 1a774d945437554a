//! Orientations, wherever a file may tell them.

use super::{fixture, info, normalise, riff, with_chunk};
use crate::photo::{Change, Metadata, Orientation};
#[cfg(target_arch = "wasm32")]
use crate::test;

/// Writes EXIF with this orientation and, unless that is 0, a position.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// Writes EXIF with a position and no orientation.
fn position() -> Vec<u8> {
    b"MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x20\0\0\0\0".to_vec()
}

fn xmp(orientation: u8) -> Vec<u8> {
    format!(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>\
        <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''\
        xmlns:tiff='http://ns.adobe.com/tiff/1.0/'><tiff:Orientation>{orientation}</tiff:Orientation>\
        </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    )
    .into_bytes()
}

/// Writes a profile as ImageMagick does.
fn raw(name: &str, bytes: &[u8]) -> Vec<u8> {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("a digit");
    let digits: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    format!("\n{name}\n{:8}\n{digits}\n", bytes.len()).into_bytes()
}

fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"\xff\xd8".to_vec();
    for segment in segments {
        file.extend([0xff, 0xe1]);
        file.extend(u16::try_from(segment.len() + 2).expect("a length").to_be_bytes());
        file.extend(segment);
    }
    [&file, &fixture!("texture.jpg")[2..]].concat()
}

/// Adds chunks before the pixels, and others behind them.
fn png(before: &[(&[u8; 4], Vec<u8>)], behind: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let file = fixture!("texture.png");
    let add = |file: Vec<u8>, (kind, body): &(&[u8; 4], Vec<u8>)| with_chunk(file, **kind, body);
    let file = [before.iter().fold(file[..33].to_vec(), add), file[33..file.len() - 12].to_vec()].concat();
    with_chunk(behind.iter().fold(file, add), *b"IEND", b"")
}

fn webp(chunks: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let file = fixture!("texture.webp");
    let canvas = (*b"VP8X", vec![0x0c, 0, 0, 0, 47, 0, 0, 31, 0, 0]);
    riff(&[vec![canvas, (*b"VP8 ", file[20..].to_vec())], chunks.to_vec()].concat())
}

fn app1(header: &[u8], body: &[u8]) -> Vec<u8> {
    [header, body].concat()
}

/// Lists files of these three formats with an orientation in EXIF, if any, and one in XMP.
fn files(in_exif: Option<u8>, in_xmp: u8) -> Vec<(&'static str, Vec<u8>)> {
    let exif: Vec<Vec<u8>> = in_exif.into_iter().map(exif).collect();
    let xap = |body: &[u8]| app1(b"http://ns.adobe.com/xap/1.0/\0", body);
    let segments: Vec<_> = exif.iter().map(|block| app1(b"Exif\0\0", block)).collect();
    let chunk: Vec<(&[u8; 4], _)> = exif.iter().map(|block| (b"eXIf", block.clone())).collect();
    let raw_exif = || {
        [
            b"Raw profile type exif\0".as_slice(),
            &raw("exif", &[b"Exif\0\0".as_slice(), &self::exif(in_xmp)].concat()),
        ]
        .concat()
    };
    let packed = |body: &[u8]| [b"\0".as_slice(), &fdeflate::compress_to_vec(body)].concat();
    let text = || [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &xmp(in_xmp)].concat();
    let packed_profile = || {
        [
            b"Raw profile type APP1\0".as_slice(),
            &packed(&raw("app1", &app1(b"Exif\0\0", &self::exif(in_xmp)))),
        ]
        .concat()
    };
    let block: Vec<_> = exif.iter().map(|block| (*b"EXIF", block.clone())).collect();
    vec![
        ("JPEG, EXIF first", jpeg(&[segments.clone(), vec![xap(&xmp(in_xmp))]].concat())),
        ("JPEG, XMP first", jpeg(&[vec![xap(&xmp(in_xmp))], segments].concat())),
        ("PNG, XMP", png(&[chunk.clone(), vec![(b"iTXt", text())]].concat(), &[])),
        ("PNG, XMP behind", png(&[], &[vec![(b"iTXt", text())], chunk.clone()].concat())),
        ("PNG, EXIF as text", png(&[vec![(b"tEXt", raw_exif())], chunk.clone()].concat(), &[])),
        ("PNG, EXIF as packed text", png(&chunk, &[(b"zTXt", packed_profile())])),
        ("WebP, XMP", webp(&[block.clone(), vec![(*b"XMP ", xmp(in_xmp))]].concat())),
        ("WebP, XMP first", webp(&[vec![(*b"XMP ", xmp(in_xmp))], block].concat())),
    ]
}

#[test]
fn xmp_counts_where_exif_says_nothing() {
    for number in 1..=8 {
        for silent in [None, Some(0), Some(9)] {
            let turned: Vec<_> = files(silent, number);
            for ((name, file), (_, by_exif)) in turned.iter().zip(files(Some(number), 1)) {
                let orientation = Orientation::from_exif(number.into()).expect("a number of EXIF");
                assert_eq!(info(file).orientation, orientation, "{name}, {number}, {silent:?}");
                assert_eq!(info(file).metadata, Metadata::Present, "{name}");
                let photo = normalise(file).expect("a photo");
                assert_eq!(photo.changes().contains(&Change::TurnedUpright), number > 1, "{name}");
                assert_eq!(Ok(photo), normalise(&by_exif), "{name}, {number}");
            }
        }
    }
}

#[test]
fn exif_counts_more_than_xmp() {
    for (name, file) in files(Some(1), 6) {
        assert_eq!(info(&file).orientation, Orientation::Upright, "{name}");
    }
    for (name, file) in files(Some(8), 6) {
        assert_eq!(info(&file).orientation, Orientation::Rotate270, "{name}");
    }
    // EXIF that was kept as text comes between the two.
    let text = |number| [b"Raw profile type exif\0".as_slice(), &raw("exif", &exif(number))].concat();
    let packet = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &xmp(3)].concat();
    let file = |number| png(&[(b"iTXt", packet.clone()), (b"tEXt", text(number))], &[]);
    assert_eq!(info(&file(6)).orientation, Orientation::Rotate90);
    assert_eq!(info(&file(0)).orientation, Orientation::Rotate180);
}

#[test]
fn what_one_block_of_exif_leaves_out_the_next_may_say() {
    let header = b"Exif\0\0";
    let file = jpeg(&[app1(header, &position()), app1(header, &exif(6)), app1(header, &exif(3))]);
    assert_eq!(
        (info(&file).orientation, info(&file).metadata),
        (Orientation::Rotate90, Metadata::WithLocation)
    );
    let file = webp(&[(*b"EXIF", position()), (*b"EXIF", exif(6))]);
    assert_eq!(
        (info(&file).orientation, info(&file).metadata),
        (Orientation::Rotate90, Metadata::WithLocation)
    );
}

#[test]
fn a_position_is_noticed_wherever_it_is_written() {
    let packet = b"<rdf:RDF><rdf:Description exif:GPSLatitude='52,31.2N'/></rdf:RDF>".to_vec();
    let text = |keyword: &[u8], body: &[u8]| [keyword, body].concat();
    for file in [
        jpeg(&[app1(b"http://ns.adobe.com/xap/1.0/\0", &packet)]),
        png(&[(b"iTXt", text(b"XML:com.adobe.xmp\0\0\0\0\0", &packet))], &[]),
        png(&[], &[(b"tEXt", text(b"Raw profile type exif\0", &raw("exif", &position())))]),
        webp(&[(*b"XMP ", packet)]),
    ] {
        assert_eq!(info(&file).metadata, Metadata::WithLocation);
        assert!(normalise(&file).expect("a photo").changes().contains(&Change::RemovedLocation));
    }
}

/// Refuses no photo for unreadable metadata, however large they say that they are.
#[test]
fn metadata_that_cannot_be_read_refuse_no_photo() {
    let bomb = fdeflate::compress_to_vec(&vec![0; 64 << 20]);
    let zeros = |keyword: &[u8]| [keyword, b"\0\0", &bomb].concat();
    let itxt = [b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &bomb].concat();
    let long = [b"Comment\0".as_slice(), &vec![b'x'; 9 << 20]].concat();
    let broken: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"zTXt", zeros(b"XML:com.adobe.xmp")),
        (b"zTXt", zeros(b"Raw profile type exif")),
        (b"zTXt", zeros(b"Comment")),
        (b"iTXt", itxt),
        (b"tEXt", long),
        (b"zTXt", b"Raw profile type exif\0\0nonsense".to_vec()),
        (b"tEXt", b"no end of the keyword".to_vec()),
        (b"iTXt", b"XML:com.adobe.xmp\0".to_vec()),
        (b"eXIf", b"nonsense".to_vec()),
        (b"tIME", vec![]),
    ];
    let still = normalise(fixture!("texture.png")).expect("a photo");
    for (before, behind) in [(broken.as_slice(), [].as_slice()), (&[], &broken)] {
        let photo = normalise(&png(before, behind)).expect("a photo");
        assert_eq!(photo.jpeg(), still.jpeg());
    }
    // A word behind all that, which must not be unpacked, still counts if it needs no unpacking.
    let packet = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &xmp(6)].concat();
    let file = png(&[broken, vec![(b"iTXt", packet)]].concat(), &[]);
    assert_eq!(info(&file).orientation, Orientation::Rotate90);
}
