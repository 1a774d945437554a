//! The two facts of EXIF that matter here: which way is up, and whether it tells where the photo was taken.

use crate::photo::{
    Metadata, Orientation,
    bytes::{be16, be32, le16, le32},
};

/// What the first directory of an EXIF block says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::photo) struct Exif {
    pub(in crate::photo) orientation: Orientation,
    pub(in crate::photo) metadata: Metadata,
}

impl Exif {
    /// Reads a block: a TIFF header, perhaps behind the `Exif\0\0` of JPEG, and its first directory (EXIF 2.32,
    /// 4.5 and 4.6.2). What cannot be read says nothing: a photo is not refused for its metadata.
    pub(in crate::photo) fn read(block: &[u8]) -> Self {
        let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let mut exif = Self { orientation: Orientation::Upright, metadata: Metadata::Present };
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
            match (short(at)?, short(at.checked_add(2)?)?) {
                (ORIENTATION, SHORT) => self.orientation = Orientation::from_exif(short(at + 8)?.into()),
                (ORIENTATION, LONG) => self.orientation = Orientation::from_exif(long(at + 8)?),
                (GPS, _) => self.metadata = Metadata::WithLocation,
                _ => {}
            }
        }
        Some(())
    }
}

const ORIENTATION: u16 = 0x0112;
const GPS: u16 = 0x8825;
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

    const SILENT: Exif = Exif { orientation: Orientation::Upright, metadata: Metadata::Present };

    #[test]
    fn both_byte_orders_are_read() {
        let turned = Exif { orientation: Orientation::Rotate90, metadata: Metadata::WithLocation };
        assert_eq!(Exif::read(LITTLE), turned);
        assert_eq!(Exif::read(&[b"Exif\0\0", LITTLE].concat()), turned);
        let turned = Exif { orientation: Orientation::Rotate270, metadata: Metadata::Present };
        assert_eq!(Exif::read(BIG), turned);
    }

    #[test]
    fn nonsense_says_nothing() {
        for length in 0..18 {
            assert_eq!(Exif::read(&LITTLE[..length]), SILENT, "{length} bytes");
        }
        let mut nine = BIG.to_vec();
        nine[19] = 9;
        assert_eq!(Exif::read(&nine), SILENT);
        let mut far = BIG.to_vec();
        far[4..8].fill(0xff);
        assert_eq!(Exif::read(&far), SILENT);
    }
}
