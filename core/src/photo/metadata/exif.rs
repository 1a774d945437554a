//! The two facts of EXIF that matter here: the orientation, and whether there is a position.

use crate::photo::{
    Metadata, Orientation,
    bytes::{be16, be32, le16, le32},
};

/// The facts in the first directory of an EXIF block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Exif {
    /// `None` where there is no such tag, or a number that EXIF does not know.
    pub(super) orientation: Option<Orientation>,
    pub(super) metadata: Metadata,
}

impl Exif {
    /// Reads a block: a TIFF header, perhaps behind the `Exif\0\0` of JPEG, and its first directory (EXIF 2.32, 4.5
    /// and 4.6.2). An unreadable block yields no facts, since a photo is not refused for its metadata.
    pub(super) fn read(block: &[u8]) -> Self {
        let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let mut exif = Self { orientation: None, metadata: Metadata::Present };
        let _ = exif.read_directory(tiff);
        exif
    }

    fn read_directory(&mut self, tiff: &[u8]) -> Option<()> {
        let little = match tiff.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let short = |at| if little { le16(tiff, at) } else { be16(tiff, at) };
        let long = |at| if little { le32(tiff, at) } else { be32(tiff, at) };
        let directory = usize::try_from(long(4)?).ok()?;
        let entries = short(directory)?;
        let first = directory.checked_add(2)?;
        for index in 0..usize::from(entries) {
            let at = first.checked_add(index * 12)?;
            let value = at.checked_add(8)?;
            // A value shorter than its field stands at the field's left, in both byte orders (4.6.2).
            let number = match (short(at)?, short(at + 2)?) {
                (ORIENTATION, BYTE) => u32::from(*tiff.get(value)?),
                (ORIENTATION, SHORT) => u32::from(short(value)?),
                (ORIENTATION, LONG) => long(value)?,
                (GPS, _) => {
                    self.metadata = Metadata::WithLocation;
                    continue;
                }
                _ => continue,
            };
            self.orientation = self.orientation.or(Orientation::from_exif(number));
        }
        Some(())
    }
}

const ORIENTATION: u16 = 0x0112;
const GPS: u16 = 0x8825;
const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;

#[cfg(test)]
mod tests {
    use super::{Exif, Metadata, Orientation};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const LITTLE: &[u8] = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\
        \x25\x88\x04\0\x01\0\0\0\x40\0\0\0\0\0\0\0";
    const BIG: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";

    const SILENT: Exif = Exif { orientation: None, metadata: Metadata::Present };

    #[test]
    fn both_byte_orders_are_read() {
        let turned = Exif { orientation: Some(Orientation::Rotate90), metadata: Metadata::WithLocation };
        assert_eq!(Exif::read(LITTLE), turned);
        assert_eq!(Exif::read(&[b"Exif\0\0", LITTLE].concat()), turned);
        let turned = Exif { orientation: Some(Orientation::Rotate270), metadata: Metadata::Present };
        assert_eq!(Exif::read(BIG), turned);
    }

    /// Writes the number as each type that holds it, and as two that cannot.
    #[test]
    fn a_number_is_read_whatever_its_type() {
        let [rotated, silent] = [Some(Orientation::Rotate180), None];
        let types = [
            (1, [3, 0, 0, 0], [3, 0, 0, 0], rotated),
            (3, [3, 0, 0, 0], [0, 3, 0, 0], rotated),
            (4, [3, 0, 0, 0], [0, 0, 0, 3], rotated),
            (2, *b"3\0\0\0", *b"3\0\0\0", silent),
            (5, [0, 0, 0, 3], [0, 0, 0, 3], silent),
        ];
        for (kind, little, big, expected) in types {
            let mut block = LITTLE.to_vec();
            block[12] = kind;
            block[18..22].copy_from_slice(&little);
            assert_eq!(Exif::read(&block).orientation, expected, "type {kind}, little endian");
            let mut block = BIG.to_vec();
            block[13] = kind;
            block[18..22].copy_from_slice(&big);
            assert_eq!(Exif::read(&block).orientation, expected, "type {kind}, big endian");
        }
    }

    #[test]
    fn nonsense_says_nothing() {
        for length in 0..18 {
            assert_eq!(Exif::read(&LITTLE[..length]), SILENT, "{length} bytes");
        }
        for number in [0, 9, 255] {
            let mut odd = BIG.to_vec();
            odd[19] = number;
            assert_eq!(Exif::read(&odd), SILENT);
        }
        let mut far = BIG.to_vec();
        far[4..8].fill(0xff);
        assert_eq!(Exif::read(&far), SILENT);
    }
}
