//! JPEG's markers (ITU T.81, annex B).

pub(super) mod encode;

use self::encode::Scan;
use super::{
    Coding, Colours, Format, Metadata, PhotoInfo, PhotoProblem, Unsupported,
    bytes::be16,
    info::{Chroma, MAX_PROFILE},
    metadata::exif::Exif,
};

/// SOI, and the first byte of the next marker.
pub(super) const SIGNATURE: &[u8] = b"\xff\xd8\xff";

/// The most scans of one picture. Encoders write up to about a dozen; each is another walk over all pixels, so
/// that a small file of thousands would keep a processor busy for minutes.
pub(super) const MAX_SCANS: u32 = 100;

const ICC: &[u8] = b"ICC_PROFILE\0";
const EXIF: &[u8] = b"Exif\0\0";

const TRUNCATED: PhotoProblem = PhotoProblem::Truncated { format: Format::Jpeg };
const DAMAGED: PhotoProblem = PhotoProblem::Damaged { format: Format::Jpeg };

/// Reads the markers up to the first scan.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let mut frame = None;
    let (mut profile, mut profile_bytes, mut exif, mut other) = (false, 0, None, Metadata::Absent);
    let mut segments = Segments::of(bytes);
    loop {
        let segment = segments.next()?;
        match segment.marker {
            SOF0..=SOF2 if frame.is_none() => frame = Some((segment.marker, Frame::read(segment.body)?)),
            0xc3 | 0xcb => return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::LosslessJpeg }),
            0xc5..=0xc7 | 0xcd..=0xcf => {
                return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::HierarchicalJpeg });
            }
            0xc9 | 0xca => return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::ArithmeticJpeg }),
            SOF0..=SOF2 | EOI => return Err(DAMAGED),
            APP1 if segment.body.starts_with(EXIF) => {
                exif = exif.or_else(|| Some(Exif::read(segment.body)));
            }
            APP2 if segment.body.starts_with(ICC) => {
                profile = true;
                profile_bytes += segment.body.len() as u64;
            }
            APP1..=APP13 | APP15 | COM => other = Metadata::Present,
            SOS => {
                let (sof, frame) = frame.ok_or(DAMAGED)?;
                let in_scan = segment.body.first().copied().ok_or(DAMAGED)?;
                let exif: Exif = exif.unwrap_or_default();
                let scans = sof == SOF2 || usize::from(in_scan) < frame.factors.len();
                return Ok(PhotoInfo {
                    format: Format::Jpeg,
                    width: frame.width,
                    height: frame.height,
                    orientation: exif.orientation,
                    bytes: bytes.len() as u64,
                    colours: match frame.factors.len() {
                        1 => Colours::Grey,
                        3 => Colours::Rgb,
                        _ => Colours::Cmyk,
                    },
                    alpha: false,
                    bits: 8,
                    coding: if scans { Coding::Scans } else { Coding::Sequential },
                    profile,
                    metadata: exif.metadata.max(other),
                    chroma: frame.chroma(),
                    samples: frame.samples(),
                    profile_bytes,
                    metadata_bytes: segments.at as u64,
                });
            }
            _ => {}
        }
    }
}

/// Walks over the whole file: its last scan must end with EOI, and there must not be too many scans. What follows
/// EOI does not matter (a second picture, a phone's film).
///
/// A decoder could make do without EOI. But EOI is all that tells a progressive picture with its last scans
/// missing, blurred as it is, from a whole one.
pub(super) fn check_scans(bytes: &[u8]) -> Result<(), PhotoProblem> {
    let mut segments = Segments::of(bytes);
    let mut scans = 0;
    loop {
        match segments.next()?.marker {
            SOS => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(PhotoProblem::TooManyScans { max: MAX_SCANS });
                }
                segments.skip_scan();
            }
            EOI => return Ok(()),
            _ => {}
        }
    }
}

/// The embedded ICC profile, put together from its parts (ICC.1, B.4). One with missing parts, or one that is
/// too large, comes out empty.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut segments = Segments::of(bytes);
    let mut parts = Vec::new();
    while let Ok(Segment { marker, body }) = segments.next()
        && marker != SOS
    {
        if let (APP2, Some([number, count, part @ ..])) = (marker, body.strip_prefix(ICC)) {
            parts.push((*number, *count, part));
        }
    }
    let count = parts.first()?.1;
    parts.sort_by_key(|(number, ..)| *number);
    let whole = parts.len() == usize::from(count)
        && (1..=count).eq(parts.iter().map(|(number, ..)| *number))
        && parts.iter().map(|(.., part)| part.len() as u64).sum::<u64>() <= MAX_PROFILE;
    Some(if whole { parts.iter().flat_map(|(.., part)| part.iter().copied()).collect() } else { Vec::new() })
}

/// The scan of a JPEG that the encoder made: one, up to EOI, the last thing in the file.
pub(super) fn scan(bytes: &[u8]) -> Option<Scan> {
    let mut segments = Segments::of(bytes);
    loop {
        let begins = segments.at;
        if segments.next().ok()?.marker == SOS {
            let end = bytes.len().checked_sub(2).filter(|end| bytes.get(*end..) == Some(&[0xff, EOI]))?;
            return Some(Scan { begins, data: segments.at..end });
        }
    }
}

/// Says in the frame header how high the picture is.
pub(super) fn set_height(head: &mut [u8], height: usize) -> Option<()> {
    let mut segments = Segments::of(head);
    let frame = loop {
        let begins = segments.at;
        if matches!(segments.next().ok()?.marker, SOF0..=SOF2) {
            break begins;
        }
    };
    // The marker, the segment's length and the precision come first (B.2.2).
    let height = u16::try_from(height).ok()?;
    head.get_mut(frame + 5..frame + 7)?.copy_from_slice(&height.to_be_bytes());
    Some(())
}

/// The segment that says after how many units the scan is restarted (B.2.4.4).
pub(super) fn restart_interval(units: u16) -> [u8; 6] {
    let [high, low] = units.to_be_bytes();
    [0xff, 0xdd, 0, 4, high, low]
}

pub(super) const RST0: u8 = 0xd0;
pub(super) const RST7: u8 = 0xd7;
pub(super) const EOI: u8 = 0xd9;
const SOF0: u8 = 0xc0;
const SOF2: u8 = 0xc2;
const SOS: u8 = 0xda;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP13: u8 = 0xed;
const APP15: u8 = 0xef;
const COM: u8 = 0xfe;

/// The frame header (B.2.2).
struct Frame {
    width: u32,
    height: u32,
    /// How many blocks of each component, across and down, make up a unit.
    factors: Vec<(u8, u8)>,
}

impl Frame {
    fn read(body: &[u8]) -> Result<Self, PhotoProblem> {
        let [bits, y1, y0, x1, x0, count, components @ ..] = body else { return Err(DAMAGED) };
        if *bits != 8 {
            return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::DeepJpeg });
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::OddJpeg });
        }
        let (components, _) = components.as_chunks::<3>();
        let factors: Vec<_> = components.iter().map(|[_, factors, _]| (factors >> 4, factors & 15)).collect();
        let known = |factor: &u8| (1..=4).contains(factor);
        if factors.len() != usize::from(*count) || !factors.iter().all(|(h, v)| known(h) && known(v)) {
            return Err(DAMAGED);
        }
        if !is_usual(&factors) {
            return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::OddJpeg });
        }
        let (width, height) = (u16::from_be_bytes([*x1, *x0]), u16::from_be_bytes([*y1, *y0]));
        Ok(Self { width: width.into(), height: height.into(), factors })
    }

    fn chroma(&self) -> Chroma {
        match *self.factors.as_slice() {
            [(h, v), (ch, cv), ..] if ch >= h && cv >= v => Chroma::Full,
            [(h, v), (ch, cv), ..] if cv >= v && ch * 2 == h => Chroma::HalfWidth,
            [(h, v), (ch, cv), ..] if ch >= h && cv * 2 == v => Chroma::HalfHeight,
            _ => Chroma::Quarter,
        }
    }

    fn samples(&self) -> u64 {
        let max = |side: fn(&(u8, u8)) -> u8| self.factors.iter().map(side).max().map_or(1, u64::from);
        let units = |side: u32, factor: u64| u64::from(side).div_ceil(8 * factor);
        let units = units(self.width, max(|f| f.0)) * units(self.height, max(|f| f.1));
        self.factors.iter().map(|(h, v)| units * 64 * u64::from(*h) * u64::from(*v)).sum()
    }
}

/// Whether the components relate as encoders make them: the first is the finest, each other one divides it, and of
/// four the last, black, is as fine as the first. The decoder relies on the latter.
fn is_usual(factors: &[(u8, u8)]) -> bool {
    let divides = |part: u8, whole: u8| whole.is_multiple_of(part);
    match factors {
        [_] => true,
        [first, second, third] => {
            [second, third].iter().all(|part| divides(part.0, first.0) && divides(part.1, first.1))
        }
        [first, second, third, fourth] => {
            let known = matches!(first, (1 | 2, 1 | 2));
            known
                && fourth == first
                && second == third
                && divides(second.0, first.0)
                && divides(second.1, first.1)
        }
        _ => false,
    }
}

/// The marker segments of a file, one after the other.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

struct Segment<'a> {
    marker: u8,
    body: &'a [u8],
}

impl<'a> Segments<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2 }
    }

    fn next(&mut self) -> Result<Segment<'a>, PhotoProblem> {
        loop {
            let marker = self.marker().ok_or(TRUNCATED)?;
            match marker {
                // These stand alone (B.1.1.3); a restart marker out of place is skipped as libjpeg does.
                0x01 | 0xd0..=0xd8 => {}
                EOI => return Ok(Segment { marker, body: &[] }),
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

    /// The next marker's code: the first byte that is neither 0 nor 255 after one that is 255.
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

    /// Goes to where the scan's data end: at a marker that is no restart marker.
    fn skip_scan(&mut self) {
        while let Some(code) = self.marker() {
            if !(0xd0..=0xd7).contains(&code) {
                self.at -= 2;
                return;
            }
        }
        self.at = self.bytes.len();
    }
}
