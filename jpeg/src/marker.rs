//! Marker codes (table B.1) and the segments that they begin (B.1.1.3 and B.1.1.4).

use crate::error::{Damage, Error};

/// Start of a frame: baseline.
pub const SOF0: u8 = 0xc0;
/// Start of a frame: extended sequential.
pub const SOF1: u8 = 0xc1;
/// Start of a frame: progressive.
pub const SOF2: u8 = 0xc2;
/// Definition of Huffman tables.
pub const DHT: u8 = 0xc4;
/// The first of eight restart markers.
pub const RST0: u8 = 0xd0;
/// The last of eight restart markers.
pub const RST7: u8 = 0xd7;
/// Start of the image.
pub const SOI: u8 = 0xd8;
/// End of the image.
pub const EOI: u8 = 0xd9;
/// Start of a scan.
pub const SOS: u8 = 0xda;
/// Definition of quantisation tables.
pub const DQT: u8 = 0xdb;
/// Definition of the number of lines.
pub const DNL: u8 = 0xdc;
/// Definition of the restart interval.
pub const DRI: u8 = 0xdd;
/// Application data: JFIF.
pub const APP0: u8 = 0xe0;
/// Application data: EXIF or XMP.
pub const APP1: u8 = 0xe1;
/// Application data: ICC profiles, among others.
pub const APP2: u8 = 0xe2;
/// Application data: Photoshop, among others.
pub const APP13: u8 = 0xed;
/// Application data: Adobe, with the way of colours.
pub const APP14: u8 = 0xee;
/// Application data of the last number.
pub const APP15: u8 = 0xef;
/// Comment.
pub const COM: u8 = 0xfe;
const TEM: u8 = 0x01;

/// A marker segment: its marker, and its parameters without the length.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Code of the marker.
    pub marker: u8,
    /// Bytes behind the length; none for a marker that stands alone.
    pub parameters: &'a [u8],
}

/// A reader of marker segments, from an offset on.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    bytes: &'a [u8],
    /// Offset of the next byte to read. A reader of a scan's data moves it behind them.
    pub at: usize,
}

impl<'a> Segments<'a> {
    /// Begins behind SOI.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.starts_with(&[0xff, SOI]) { Ok(Self { bytes, at: 2 }) } else { Err(Error::NotJpeg) }
    }

    /// Reads the next segment. Bytes that are not part of one are skipped, as every decoder does: cameras put
    /// padding between segments.
    pub fn read(&mut self) -> Result<Segment<'a>, Error> {
        loop {
            let marker = self.marker().ok_or(Error::Truncated)?;
            match marker {
                // Stand alone, and mean nothing here.
                TEM | RST0..=RST7 => {}
                SOI | EOI => return Ok(Segment { marker, parameters: &[] }),
                _ => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let (length, _) = rest.split_first_chunk().ok_or(Error::Truncated)?;
                    let length = usize::from(u16::from_be_bytes(*length));
                    if length < 2 {
                        return Err(Damage::Segment.into());
                    }
                    let parameters = rest.get(2..length).ok_or(Error::Truncated)?;
                    self.at += length;
                    return Ok(Segment { marker, parameters });
                }
            }
        }
    }

    /// Tells whether no byte is left.
    pub(crate) fn are_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Skips a scan's data, up to a marker that is not a restart marker.
    pub fn skip_scan(&mut self) {
        while let Some(code) = self.marker() {
            if !(RST0..=RST7).contains(&code) {
                self.at -= 2;
                return;
            }
        }
        self.at = self.bytes.len();
    }

    /// Returns the next marker's code, if nothing else stands before that marker.
    #[must_use]
    pub fn marker_here(&self) -> Option<u8> {
        match self.bytes.get(self.at..) {
            Some([0xff, code, ..]) => Some(*code),
            _ => None,
        }
    }

    /// Finds the next marker's code: the first byte that is neither 0 nor 255 behind one that is 255.
    fn marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte == 0xff)? + 1;
            while self.bytes.get(self.at) == Some(&0xff) {
                self.at += 1;
            }
            let code = *self.bytes.get(self.at)?;
            self.at += 1;
            if code != 0 {
                return Some(code);
            }
        }
    }
}
