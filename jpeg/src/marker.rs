//! Marker codes (table B.1) and the segments that they begin (B.1.1.3 and B.1.1.4).

use crate::error::{Damage, Error};

pub(crate) const SOF0: u8 = 0xc0;
pub(crate) const SOF1: u8 = 0xc1;
pub(crate) const SOF2: u8 = 0xc2;
pub(crate) const DHT: u8 = 0xc4;
pub(crate) const RST0: u8 = 0xd0;
pub(crate) const RST7: u8 = 0xd7;
pub(crate) const SOI: u8 = 0xd8;
pub(crate) const EOI: u8 = 0xd9;
pub(crate) const SOS: u8 = 0xda;
pub(crate) const DQT: u8 = 0xdb;
pub(crate) const DNL: u8 = 0xdc;
pub(crate) const DRI: u8 = 0xdd;
pub(crate) const APP0: u8 = 0xe0;
pub(crate) const APP14: u8 = 0xee;
const TEM: u8 = 0x01;

/// A marker segment: its marker, and its parameters without the length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    pub(crate) parameters: &'a [u8],
}

/// A reader of marker segments, from an offset on.
#[derive(Clone, Debug)]
pub(crate) struct Segments<'a> {
    bytes: &'a [u8],
    /// Offset of the next byte to read.
    pub(crate) at: usize,
}

impl<'a> Segments<'a> {
    /// Begins behind SOI.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.starts_with(&[0xff, SOI]) { Ok(Self { bytes, at: 2 }) } else { Err(Error::NotJpeg) }
    }

    /// Reads the next segment. Bytes that are not part of one are skipped, as every decoder does: cameras put
    /// padding between segments.
    pub(crate) fn next(&mut self) -> Result<Segment<'a>, Error> {
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
