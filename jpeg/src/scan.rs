//! The scan header (B.2.3), and all that it brings together: components, their tables, the order of blocks.

use crate::{
    error::{Damage, Error},
    frame::Frame,
    huffman::{Class, lookup::Lookup},
    quantiser::Steps,
    tables::Tables,
};

/// A scan that is ready to be decoded.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) components: Vec<ScanComponent>,
    /// Number of MCUs across and down.
    pub(crate) mcus: (u32, u32),
    /// Number of MCUs between restart markers; 0 for none.
    pub(crate) restart_interval: u32,
    /// Huffman tables, each once.
    pub(crate) tables: Vec<((Class, usize), Lookup)>,
}

/// A component in a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanComponent {
    /// Index of the component in the frame.
    pub(crate) index: usize,
    /// Number of the component's blocks in an MCU, across and down (A.2.2 and A.2.3).
    pub(crate) blocks: (u32, u32),
    pub(crate) steps: Steps,
    /// Indices of the Huffman tables in [`Scan::tables`].
    pub(crate) dc: usize,
    pub(crate) ac: usize,
    /// Greatest magnitude of a DC coefficient.
    pub(crate) brightest: i32,
}

/// The largest number of blocks in an MCU (B.2.3).
pub(crate) const MAX_BLOCKS: u32 = 10;

impl Scan {
    /// Reads the parameters of SOS.
    pub(crate) fn read(parameters: &[u8], frame: &Frame, tables: &Tables<'_>) -> Result<Self, Error> {
        let (count, rest) = parameters.split_first().ok_or(Damage::Scan)?;
        let (selectors, _) = rest.split_at_checked(usize::from(*count) * 2).ok_or(Damage::Scan)?;
        let alone = *count == 1;
        let mut scan = Self {
            components: Vec::with_capacity(4),
            mcus: frame.mcus(),
            restart_interval: tables.restart_interval,
            tables: Vec::with_capacity(8),
        };
        for [id, numbers] in selectors.as_chunks().0 {
            // A scan names components in the frame's order, each once.
            let from = scan.components.last().map_or(0, |last| last.index + 1);
            let mut named = frame.components.iter().enumerate().skip(from);
            let (index, component) = named.find(|(_, component)| component.id == *id).ok_or(Damage::Scan)?;
            let steps = tables.steps(component.quantiser)?;
            if alone {
                scan.mcus = frame.blocks(*component);
            }
            let component = ScanComponent {
                index,
                blocks: if alone { (1, 1) } else { (component.h, component.v) },
                brightest: steps.brightest(),
                steps,
                dc: scan.table(Class::Dc, usize::from(numbers >> 4), tables)?,
                ac: scan.table(Class::Ac, usize::from(numbers & 15), tables)?,
            };
            scan.components.push(component);
        }
        if scan.components.is_empty() || scan.blocks_in_mcu() > MAX_BLOCKS {
            return Err(Damage::Scan.into());
        }
        Ok(scan)
    }

    fn table(&mut self, class: Class, number: usize, tables: &Tables<'_>) -> Result<usize, Error> {
        if let Some(at) = self.tables.iter().position(|(key, _)| *key == (class, number)) {
            return Ok(at);
        }
        self.tables.push(((class, number), Lookup::new(class, &tables.huffman(class, number)?)?));
        Ok(self.tables.len() - 1)
    }

    /// Counts the MCUs.
    pub(crate) fn mcu_count(&self) -> u32 {
        self.mcus.0 * self.mcus.1
    }

    fn blocks_in_mcu(&self) -> u32 {
        self.components.iter().map(ScanComponent::block_count).sum()
    }
}

impl ScanComponent {
    /// Counts the component's blocks in an MCU.
    pub(crate) fn block_count(&self) -> u32 {
        self.blocks.0 * self.blocks.1
    }
}
