//! The frame header (B.2.2), and the sizes that follow from it (A.1.1 and A.2).

use crate::error::{Damage, Error, NeedsPixels, Unsupported};

/// The frame header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// True for SOF1, whose tables may be more and their steps finer than in a baseline picture.
    pub(crate) extended: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// One component, or three.
    pub(crate) components: Vec<Component>,
}

/// A component of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// Identifier, by which scan headers name the component.
    pub(crate) id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub(crate) h: u32,
    /// Vertical sampling factor, 1 to 4.
    pub(crate) v: u32,
    /// Number of the quantisation table, 0 to 3.
    pub(crate) quantiser: usize,
}

impl Frame {
    /// Reads the parameters of SOF0 or SOF1.
    pub(crate) fn read(extended: bool, parameters: &[u8]) -> Result<Self, Error> {
        let [precision, y1, y0, x1, x0, count, rest @ ..] = parameters else {
            return Err(Damage::Frame.into());
        };
        if *precision != 8 {
            return Err(Unsupported::Deep.into());
        }
        match count {
            1 | 3 => {}
            4 => return Err(NeedsPixels::FourComponents.into()),
            _ => return Err(Unsupported::Components.into()),
        }
        let (components, _) = rest.as_chunks();
        if components.len() < usize::from(*count) {
            return Err(Damage::Frame.into());
        }
        let components = components.iter().take(usize::from(*count)).copied().map(Component::read);
        let mut components = components.collect::<Option<Vec<_>>>().ok_or(Damage::Frame)?;
        if let [only] = components.as_mut_slice() {
            // The factors are relative to each other, so those of a single component have no meaning.
            (only.h, only.v) = (1, 1);
        }
        let frame = Self {
            extended,
            width: u16::from_be_bytes([*x1, *x0]).into(),
            height: u16::from_be_bytes([*y1, *y0]).into(),
            components,
        };
        if frame.width == 0 {
            return Err(Damage::Frame.into());
        }
        if frame.height == 0 {
            return Err(Unsupported::LateHeight.into());
        }
        Ok(frame)
    }

    /// Returns the largest sampling factors, horizontal and vertical: the size of the MCU in blocks.
    pub(crate) fn largest_factors(&self) -> (u32, u32) {
        let largest = |factor: fn(&Component) -> u32| self.components.iter().map(factor).max().unwrap_or(1);
        (largest(|component| component.h), largest(|component| component.v))
    }

    /// Counts the MCUs of a scan with several components, across and down (A.2.3).
    pub(crate) fn mcus(&self) -> (u32, u32) {
        let (h, v) = self.largest_factors();
        (self.width.div_ceil(8 * h), self.height.div_ceil(8 * v))
    }

    /// Returns the size of a component in samples (A.1.1).
    pub(crate) fn size_of(&self, component: Component) -> (u32, u32) {
        let (h, v) = self.largest_factors();
        ((self.width * component.h).div_ceil(h), (self.height * component.v).div_ceil(v))
    }

    /// Counts the blocks of a component across and down, in a scan of its own (A.2.2).
    pub(crate) fn blocks(&self, component: Component) -> (u32, u32) {
        let (width, height) = self.size_of(component);
        (width.div_ceil(8), height.div_ceil(8))
    }

    /// Counts the blocks that at least are in the file.
    pub(crate) fn all_blocks(&self) -> u64 {
        let blocks = |component: &Component| {
            let (across, down) = self.blocks(*component);
            u64::from(across) * u64::from(down)
        };
        self.components.iter().map(blocks).sum()
    }
}

impl Component {
    fn read([id, factors, quantiser]: [u8; 3]) -> Option<Self> {
        let (h, v) = (u32::from(factors >> 4), u32::from(factors & 15));
        let known = (1..=4).contains(&h) && (1..=4).contains(&v) && quantiser < 4;
        known.then_some(Self { id, h, v, quantiser: quantiser.into() })
    }
}
