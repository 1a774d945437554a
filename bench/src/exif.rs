//! EXIF's orientation, put into a JPEG and taken out.

/// Returns the JPEG with an EXIF segment that says no more than this orientation, in place of what metadata it has.
pub fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ];
    let plain = upright(jpeg);
    [&plain[..2], &exif.concat(), &plain[2..]].concat()
}

/// Returns the JPEG without metadata, APP1 to APP13 among them the ICC profile.
pub fn upright(jpeg: &[u8]) -> Vec<u8> {
    let mut plain = jpeg[..2].to_vec();
    let mut at = 2;
    while let [0xff, marker, high, low, ..] = jpeg[at..] {
        if marker == 0xda {
            break;
        }
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let Some(segment) = jpeg.get(at..end) else { break };
        if !(0xe1..=0xed).contains(&marker) && marker != 0xfe {
            plain.extend_from_slice(segment);
        }
        at = end;
    }
    plain.extend_from_slice(&jpeg[at..]);
    plain
}
