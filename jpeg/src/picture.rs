//! A JPEG file: its headers, and its scans one after the other.

use crate::{
    error::{Damage, Error, NeedsPixels, Unsupported},
    frame::Frame,
    marker::{APP0, APP14, DHT, DNL, DQT, DRI, EOI, SOF0, SOF1, SOF2, SOI, SOS, Segment, Segments},
    scan::Scan,
    tables::Tables,
};

/// A sequential JPEG with Huffman coding whose headers were read, and found to be of a kind that this crate handles.
///
/// The blocks are looked at by the ways that lead from here: [`Jpeg::keep`], [`Jpeg::recode`] and [`Jpeg::scale`].
#[derive(Clone, Debug)]
pub struct Jpeg<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) frame: Frame,
    /// True if the first scan has all components.
    pub(crate) interleaved: bool,
    /// The state of things at the first scan header.
    first: Scans<'a>,
}

/// Files of this length have more bits than a [`Place`](crate::bits::reader::Place) tells apart.
const ENORMOUS: usize = 1 << 29;

impl<'a> Jpeg<'a> {
    /// Reads the headers, up to the first scan.
    ///
    /// Fails for what no way leads through. [`Error::NeedsPixels`] tells that the file may well be sound, but is not for
    /// this crate. Nothing is allocated that depends on the picture's size; a file too short for the size that it claims
    /// is [`Error::Truncated`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let jpeg = Self::read_headers(bytes)?;
        // The shortest codes have one bit, and a block has two at least.
        if jpeg.frame.all_blocks() * 2 > bytes.len() as u64 * 8 {
            return Err(Error::Truncated);
        }
        Ok(jpeg)
    }

    /// Reads the headers as [`Jpeg::read`] does, of a file of which only the beginning may be there: for forecasts.
    pub fn read_headers(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut scans = Scans { segments: Segments::of(bytes)?, tables: Tables::default(), scanned: 0 };
        let mut frame = None;
        let mut colours = Colours::default();
        loop {
            let before = scans.segments.clone();
            let Segment { marker, parameters } = scans.segments.read()?;
            match marker {
                SOF0 | SOF1 if frame.is_none() => frame = Some(Frame::read(marker == SOF1, parameters)?),
                SOF2 => return Err(NeedsPixels::Progressive.into()),
                0xc3 | 0xcb => return Err(Unsupported::Lossless.into()),
                0xc5..=0xc7 | 0xcd..=0xcf => return Err(Unsupported::Hierarchical.into()),
                0xc9 | 0xca => return Err(Unsupported::Arithmetic.into()),
                SOF0 | SOF1 => return Err(Damage::Frame.into()),
                SOI | EOI => return Err(Damage::Segment.into()),
                SOS => {
                    let frame = frame.ok_or(Damage::Frame)?;
                    if colours.are_rgb(&frame) {
                        return Err(NeedsPixels::Rgb.into());
                    }
                    if bytes.len() >= ENORMOUS {
                        return Err(NeedsPixels::Enormous.into());
                    }
                    let interleaved =
                        parameters.first().copied().map(usize::from) == Some(frame.components.len());
                    scans.segments = before;
                    return Ok(Self { bytes, frame, interleaved, first: scans });
                }
                APP0 if parameters.starts_with(b"JFIF\0") => colours.jfif = true,
                APP14 if parameters.starts_with(b"Adobe") => {
                    colours.adobe_transform = parameters.get(11).copied();
                }
                _ => scans.tables(marker, parameters)?,
            }
        }
    }

    /// Returns the width as stored, in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.frame.width
    }

    /// Returns the height as stored, in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.frame.height
    }

    /// Tells whether the picture has brightness alone.
    #[must_use]
    pub fn is_grey(&self) -> bool {
        self.frame.components.len() == 1
    }

    /// Returns the scans, from the first on.
    pub(crate) fn scans(&self) -> Scans<'a> {
        self.first.clone()
    }
}

/// The signs by which decoders tell the meaning of three components.
#[derive(Clone, Copy, Debug, Default)]
struct Colours {
    jfif: bool,
    adobe_transform: Option<u8>,
}

impl Colours {
    /// Decides as libjpeg does (`jdapimin.c`, `default_decompress_parms`): JFIF knows brightness and colour differences
    /// alone, Adobe's segment tells, and else there are only the components' names.
    fn are_rgb(self, frame: &Frame) -> bool {
        let names = || frame.components.iter().map(|component| component.id).eq(*b"RGB");
        frame.components.len() == 3
            && !self.jfif
            && self.adobe_transform.map_or_else(names, |transform| transform == 0)
    }
}

/// The scans of a file, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Scans<'a> {
    segments: Segments<'a>,
    pub(crate) tables: Tables<'a>,
    /// Mask of the components that had their scan.
    scanned: u8,
}

impl<'a> Scans<'a> {
    /// Reads up to the next scan: its header, and the offset of its data. `None` if the picture is complete.
    pub(crate) fn next(&mut self, frame: &Frame) -> Result<Option<(Scan, usize)>, Error> {
        let complete = (1 << frame.components.len()) - 1;
        loop {
            if self.scanned == complete && self.segments.are_at_end() {
                // Phones leave EOI out.
                return Ok(None);
            }
            let Segment { marker, parameters } = self.segments.read()?;
            match marker {
                SOS => {
                    let scan = Scan::read(parameters, frame, &self.tables)?;
                    let components =
                        scan.components.iter().fold(0, |mask, component| mask | 1 << component.index);
                    if self.scanned & components != 0 {
                        return Err(Damage::Scan.into());
                    }
                    self.scanned |= components;
                    return Ok(Some((scan, self.segments.at)));
                }
                EOI if self.scanned == complete => return Ok(None),
                EOI => return Err(Error::Truncated),
                DNL => {
                    let (height, _) = parameters.split_first_chunk().ok_or(Damage::Segment)?;
                    if u32::from(u16::from_be_bytes(*height)) != frame.height {
                        return Err(Unsupported::LateHeight.into());
                    }
                }
                SOI | 0xc0..=0xc3 | 0xc5..=0xcf => return Err(Damage::Segment.into()),
                _ => self.tables(marker, parameters)?,
            }
        }
    }

    /// Goes on at this offset, behind a scan's data.
    pub(crate) fn go_on(&mut self, at: usize) {
        self.segments.at = at;
    }

    fn tables(&mut self, marker: u8, parameters: &'a [u8]) -> Result<(), Error> {
        match marker {
            DHT => self.tables.read_huffman(parameters),
            DQT => self.tables.read_quantisers(parameters),
            DRI => self.tables.read_restart_interval(parameters),
            // Metadata, comments, and what means nothing in a sequential picture.
            _ => Ok(()),
        }
    }
}
