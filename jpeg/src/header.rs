//! The writer of headers (annex B).
#![expect(
    clippy::cast_possible_truncation,
    reason = "what is written was read from fields of the same width, or counts less than these hold"
)]

use crate::{
    frame::Frame,
    huffman::{Class, Specification, standard},
    marker::{APP0, DHT, DQT, DRI, EOI, SOF0, SOF1, SOI, SOS},
    output::Output,
    quantiser::Steps,
    tables::Tables,
};

/// JFIF 1.02 without a density and without a thumbnail.
const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// A writer of a file's headers. Tables that are in force already are not written again.
pub(crate) struct Headers<'t, 'o> {
    output: &'o mut dyn Output,
    in_force: Tables<'t>,
    /// True once SOI was written.
    begun: bool,
    /// True once the frame header was written.
    framed: bool,
}

/// A component as a scan header names it: its index in the frame, and the numbers of its Huffman tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selector {
    pub(crate) index: usize,
    pub(crate) dc: usize,
    pub(crate) ac: usize,
}

impl<'t, 'o> Headers<'t, 'o> {
    pub(crate) fn new(output: &'o mut dyn Output) -> Self {
        Self { output, in_force: Tables::default(), begun: false, framed: false }
    }

    /// Returns the output, for a scan's data.
    pub(crate) fn output(&mut self) -> &mut dyn Output {
        self.output
    }

    /// Writes a quantisation table (B.2.4.1).
    pub(crate) fn quantiser(&mut self, number: usize, steps: &Steps) {
        if !self.in_force.set_steps(number, *steps) {
            return;
        }
        let wide = steps.are_wide();
        let mut parameters = vec![u8::from(wide) << 4 | number as u8];
        for step in steps.zigzag() {
            let [high, low] = step.to_be_bytes();
            if wide {
                parameters.push(high);
            }
            parameters.push(low);
        }
        self.segment(DQT, &parameters);
    }

    /// Writes the frame header (B.2.2), before the first scan.
    pub(crate) fn frame(&mut self, frame: &Frame) {
        if std::mem::replace(&mut self.framed, true) {
            return;
        }
        let (height, width) = (frame.height as u16, frame.width as u16);
        let mut parameters = vec![8];
        parameters.extend(height.to_be_bytes());
        parameters.extend(width.to_be_bytes());
        parameters.push(frame.components.len() as u8);
        for (id, component) in (1..).zip(&frame.components) {
            // JFIF names components 1, 2 and 3.
            parameters.extend([id, (component.h << 4 | component.v) as u8, component.quantiser as u8]);
        }
        self.segment(if frame.extended { SOF1 } else { SOF0 }, &parameters);
    }

    /// Writes a Huffman table (B.2.4.2).
    pub(crate) fn huffman(&mut self, class: Class, number: usize, specification: &Specification<'t>) {
        if !self.in_force.set_huffman(class, number, *specification) {
            return;
        }
        let class = if class == Class::Dc { 0 } else { 0x10 };
        self.segment(
            DHT,
            &[&[class | number as u8], specification.lengths.as_slice(), specification.symbols].concat(),
        );
    }

    /// Writes the typical Huffman tables of luminance, number 0, or of chrominance, number 1.
    pub(crate) fn typical_huffman(&mut self, number: usize) {
        if let Some((dc, ac)) = standard::TABLES.get(number) {
            self.huffman(Class::Dc, number, dc);
            self.huffman(Class::Ac, number, ac);
        }
    }

    /// Writes the restart interval (B.2.4.4).
    pub(crate) fn restart_interval(&mut self, mcus: u32) {
        if self.in_force.restart_interval == mcus {
            return;
        }
        self.in_force.restart_interval = mcus;
        self.segment(DRI, &(mcus as u16).to_be_bytes());
    }

    /// Writes a scan header (B.2.3).
    pub(crate) fn scan(&mut self, components: impl ExactSizeIterator<Item = Selector>) {
        let mut parameters = vec![components.len() as u8];
        for Selector { index, dc, ac } in components {
            parameters.extend([index as u8 + 1, (dc << 4 | ac) as u8]);
        }
        parameters.extend([0, 63, 0]);
        self.segment(SOS, &parameters);
    }

    /// Writes EOI.
    pub(crate) fn end(self) {
        write_end(self.output);
    }

    /// Writes a segment. Before the first one come SOI and JFIF's segment, which says that components are brightness and
    /// colour differences.
    fn segment(&mut self, marker: u8, parameters: &[u8]) {
        if !std::mem::replace(&mut self.begun, true) {
            self.output.write(&[0xff, SOI]);
            self.segment(APP0, JFIF);
        }
        let [high, low] = (parameters.len() as u16 + 2).to_be_bytes();
        self.output.write(&[0xff, marker, high, low]);
        self.output.write(parameters);
    }
}

/// Writes EOI.
pub(crate) fn write_end(output: &mut dyn Output) {
    output.write(&[0xff, EOI]);
}
