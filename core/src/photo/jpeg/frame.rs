//! The headers of a JPEG's frame and of its scans (ITU T.81, B.2.2 and B.2.3).

use likeness_jpeg::marker::SOF2;

use super::problem::DAMAGED;
use crate::photo::{Colours, PhotoProblem, Unsupported, info::Chroma};

/// The largest number of scans in one picture. Encoders write up to about a dozen; each is another walk over all
/// pixels, so that a small file of thousands would keep a processor busy for minutes.
pub(in crate::photo) const MAX_SCANS: u32 = 100;

/// The frame header.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
}

/// A component, with the number of its blocks, across and down, that make up a unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    id: u8,
    /// Number of the component's table of quantisation steps.
    pub(super) quantiser: usize,
    pub(super) h: u8,
    pub(super) v: u8,
}

/// The scan header, which describes the data that follow.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) components: Vec<ScanComponent>,
    /// First and last coefficient of the band, in zigzag order.
    pub(super) band: (u8, u8),
    /// Number of low bits that the earlier scans left out; 0 for the first scan of the band.
    pub(super) high: u8,
    /// Number of low bits that this scan leaves out.
    pub(super) low: u8,
}

/// A component in a scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScanComponent {
    /// Index of the component in the frame.
    pub(super) index: usize,
    /// Number of the table for the first coefficient.
    pub(super) dc: usize,
    /// Number of the table for the other coefficients.
    pub(super) ac: usize,
}

impl Frame {
    /// Reads the header behind this marker, of the three kinds that are decoded.
    pub(super) fn read(marker: u8, body: &[u8]) -> Result<Self, PhotoProblem> {
        let [bits, y1, y0, x1, x0, count, components @ ..] = body else { return Err(DAMAGED) };
        if *bits != 8 {
            return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::DeepJpeg });
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::OddJpeg });
        }
        let (components, _) = components.as_chunks::<3>();
        let component = |[id, factors, quantiser]: &[u8; 3]| Component {
            id: *id,
            h: factors >> 4,
            v: factors & 15,
            quantiser: usize::from(*quantiser),
        };
        let components: Vec<_> = components.iter().map(component).collect();
        let known = |factor: u8| (1..=4).contains(&factor);
        if components.len() != usize::from(*count) || !components.iter().all(|c| known(c.h) && known(c.v)) {
            return Err(DAMAGED);
        }
        let frame = Self {
            progressive: marker == SOF2,
            width: u16::from_be_bytes([*x1, *x0]).into(),
            height: u16::from_be_bytes([*y1, *y0]).into(),
            components,
        };
        if !frame.is_usual() {
            return Err(PhotoProblem::UnsupportedCoding { kind: Unsupported::OddJpeg });
        }
        Ok(frame)
    }

    /// Tells the colour model by the number of components.
    pub(super) fn colours(&self) -> Colours {
        match self.components.len() {
            1 => Colours::Grey,
            3 => Colours::Rgb,
            _ => Colours::Cmyk,
        }
    }

    /// Tells the resolution of the colour differences.
    pub(super) fn chroma(&self) -> Chroma {
        match *self.components.as_slice() {
            [y, c, ..] if c.h >= y.h && c.v >= y.v => Chroma::Full,
            [y, c, ..] if c.v >= y.v && c.h * 2 == y.h => Chroma::HalfWidth,
            [y, c, ..] if c.h >= y.h && c.v * 2 == y.v => Chroma::HalfHeight,
            _ => Chroma::Quarter,
        }
    }

    /// Counts the samples that a decoder makes, with those that fill the last units.
    pub(super) fn samples(&self) -> u64 {
        let (across, down) = self.units();
        let blocks = |c: &Component| u64::from(c.h) * u64::from(c.v);
        self.components.iter().map(|c| u64::from(across) * u64::from(down) * 64 * blocks(c)).sum()
    }

    /// Counts the frame's units across and down (A.2.4).
    pub(super) fn units(&self) -> (u32, u32) {
        let (h, v) = self.finest();
        (self.width.div_ceil(8 * h), self.height.div_ceil(8 * v))
    }

    /// Counts the blocks of a component across and down, when it has a scan for itself (A.2.2).
    pub(super) fn blocks(&self, component: Component) -> (u32, u32) {
        let (h, v) = self.finest();
        let blocks =
            |side: u32, factor: u8, finest: u32| (side * u32::from(factor)).div_ceil(finest).div_ceil(8);
        (blocks(self.width, component.h, h), blocks(self.height, component.v, v))
    }

    fn finest(&self) -> (u32, u32) {
        let finest =
            |factor: fn(&Component) -> u8| self.components.iter().map(factor).max().map_or(1, u32::from);
        (finest(|c| c.h), finest(|c| c.v))
    }

    /// Tells whether the components relate as encoders make them: the first is the finest, each other one divides
    /// it, and of four the last, black, is as fine as the first. The decoder relies on the latter.
    fn is_usual(&self) -> bool {
        let divides = |part: &Component, whole: &Component| {
            whole.h.is_multiple_of(part.h) && whole.v.is_multiple_of(part.v)
        };
        let alike = |a: &Component, b: &Component| (a.h, a.v) == (b.h, b.v);
        match self.components.as_slice() {
            [_] => true,
            [first, second, third] => divides(second, first) && divides(third, first),
            [first, second, third, fourth] => {
                let known = matches!((first.h, first.v), (1 | 2, 1 | 2));
                known && alike(fourth, first) && alike(second, third) && divides(second, first)
            }
            _ => false,
        }
    }
}

impl Scan {
    pub(super) fn read(body: &[u8], frame: &Frame) -> Result<Self, PhotoProblem> {
        let [count, rest @ ..] = body else { return Err(DAMAGED) };
        let (components, [first, last, bits]) =
            rest.split_at_checked(usize::from(*count) * 2).ok_or(DAMAGED)?
        else {
            return Err(DAMAGED);
        };
        let mut from = 0;
        let components = components.as_chunks::<2>().0.iter().map(|[id, tables]| {
            // A scan names components in the frame's order, each once (B.2.3).
            let index = frame.components.iter().skip(from).position(|component| component.id == *id)? + from;
            from = index + 1;
            Some(ScanComponent { index, dc: usize::from(tables >> 4), ac: usize::from(tables & 15) })
        });
        let components: Vec<_> = components.collect::<Option<_>>().ok_or(DAMAGED)?;
        // In a sequential picture these numbers mean nothing, so they are not checked.
        let no_band = frame.progressive && (first > last || *last > 63);
        if components.is_empty() || no_band {
            return Err(DAMAGED);
        }
        Ok(Self { components, band: (*first, *last), high: bits >> 4, low: bits & 15 })
    }
}
