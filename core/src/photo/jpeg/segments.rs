//! The marker segments of a JPEG (ITU T.81, annex B).

use crate::photo::{Format, PhotoProblem, bytes::be16};

pub(super) const TRUNCATED: PhotoProblem = PhotoProblem::Truncated { format: Format::Jpeg };
pub(super) const DAMAGED: PhotoProblem = PhotoProblem::Damaged { format: Format::Jpeg };

/// The largest number of scans in one picture. Encoders write up to about a dozen; each is another walk over all
/// pixels, so that a small file of thousands would keep a processor busy for minutes.
pub(in crate::photo) const MAX_SCANS: u32 = 100;

pub(super) const RST0: u8 = 0xd0;
pub(super) const RST7: u8 = 0xd7;
pub(in crate::photo) const EOI: u8 = 0xd9;
pub(super) const SOF0: u8 = 0xc0;
pub(super) const SOF2: u8 = 0xc2;
pub(super) const DHT: u8 = 0xc4;
pub(super) const SOI: u8 = 0xd8;
pub(super) const SOS: u8 = 0xda;
pub(super) const DQT: u8 = 0xdb;
pub(super) const DNL: u8 = 0xdc;
pub(super) const DRI: u8 = 0xdd;
pub(super) const APP1: u8 = 0xe1;
pub(super) const APP2: u8 = 0xe2;
pub(super) const APP13: u8 = 0xed;
pub(super) const APP15: u8 = 0xef;
pub(super) const COM: u8 = 0xfe;

/// An iterator over a file's marker segments.
pub(super) struct Segments<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    pub(super) body: &'a [u8],
}

impl<'a> Segments<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2 }
    }

    pub(super) fn next(&mut self) -> Result<Segment<'a>, PhotoProblem> {
        loop {
            let marker = self.marker().ok_or(TRUNCATED)?;
            match marker {
                // These stand alone (B.1.1.3); a restart marker out of place is skipped as libjpeg does.
                0x01 | RST0..=RST7 => {}
                SOI | EOI => return Ok(Segment { marker, body: &[] }),
                _ => {
                    let length = usize::from(be16(self.bytes, self.at).ok_or(TRUNCATED)?);
                    if length < 2 {
                        return Err(DAMAGED);
                    }
                    let body = self.bytes.get(self.at + 2..self.at + length).ok_or(TRUNCATED)?;
                    self.at += length;
                    return Ok(Segment { marker, body });
                }
            }
        }
    }

    /// Reads the next marker's code: the first byte that is neither 0 nor 255 after one that is 255.
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

    /// Skips a scan's data, up to a marker that is not a restart marker.
    pub(super) fn skip_scan(&mut self) {
        while let Some(code) = self.marker() {
            if !(RST0..=RST7).contains(&code) {
                self.at -= 2;
                return;
            }
        }
        self.at = self.bytes.len();
    }

    /// Returns the next marker's code, if nothing else stands before that marker.
    pub(super) fn marker_here(&self) -> Option<u8> {
        match self.bytes.get(self.at..) {
            Some([0xff, code, ..]) => Some(*code),
            _ => None,
        }
    }
}
