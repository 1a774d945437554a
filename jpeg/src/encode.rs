//! The encoder of a scan's blocks (F.1.2).

use crate::{
    bits::writer::{BitWriter, Chunk, State},
    huffman::{
        codes::{Codes, EOB, ZRL},
        standard,
    },
    output::Output,
};

/// The tables by which the encoder writes a component: the typical ones of K.3.3, which have a code for every symbol.
#[derive(Clone, Debug)]
pub(crate) struct ComponentCodes {
    dc: Codes,
    ac: Codes,
}

impl ComponentCodes {
    /// Builds the tables of luminance and of chrominance.
    pub(crate) fn typical() -> [Self; 2] {
        let codes = |(dc, ac)| Self { dc: Codes::new(dc), ac: Codes::new(ac) };
        standard::TABLES.each_ref().map(|(dc, ac)| codes((dc, ac)))
    }
}

/// An encoder of a scan, block by block.
pub(crate) struct Encoder<'c> {
    codes: &'c [ComponentCodes; 2],
    bits: BitWriter<'c>,
    /// The DC coefficient of the block before, for each of the frame's components.
    predictions: [i32; 4],
    output: &'c mut dyn Output,
}

impl<'c> Encoder<'c> {
    pub(crate) fn new(
        codes: &'c [ComponentCodes; 2],
        chunk: &'c mut Chunk,
        output: &'c mut dyn Output,
    ) -> Self {
        Self { codes, bits: BitWriter::new(chunk), predictions: [0; 4], output }
    }

    /// Begins an MCU.
    #[inline]
    pub(crate) fn begin_mcu(&mut self) {
        self.bits.make_room(self.output);
    }

    /// Encodes the DC coefficient of a block of this component of the frame, and begins the AC coefficients.
    #[inline]
    pub(crate) fn begin_block(&mut self, component: usize, dc: i32) -> AcEncoder<'_> {
        let codes = &self.codes[component.min(1)];
        let before = std::mem::replace(&mut self.predictions[component & 3], dc);
        codes.dc.encode_number(0, dc - before, &mut self.bits);
        AcEncoder { codes: &codes.ac, bits: self.bits.lend(), last: 0 }
    }

    /// Ends the block whose AC coefficients were encoded.
    #[inline]
    pub(crate) fn end_block(&mut self, block: EndOfBlock) {
        self.bits.resume(block.0);
    }

    /// Encodes a block of this component in which every sample is grey.
    pub(crate) fn grey_block(&mut self, component: usize) {
        let block = self.begin_block(component, 0).end();
        self.end_block(block);
    }

    /// Ends the scan's data. Returns the output.
    pub(crate) fn end(self) -> &'c mut dyn Output {
        self.bits.end(self.output);
        self.output
    }
}

/// An encoder of one block's AC coefficients.
#[derive(Debug)]
pub(crate) struct AcEncoder<'e> {
    codes: &'e Codes,
    bits: BitWriter<'e>,
    /// Place of the last coefficient that was encoded.
    last: usize,
}

/// The state in which a block ended.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct EndOfBlock(State);

impl AcEncoder<'_> {
    /// Encodes a coefficient: its place in the zigzag sequence, which comes behind those before, and its value, which
    /// is not zero and has at most ten bits.
    // Called, this would have its state in memory instead of registers, and take half as long again.
    #[expect(clippy::inline_always, reason = "see above")]
    #[inline(always)]
    pub(crate) fn put(&mut self, place: usize, value: i32) {
        let mut run = place - self.last - 1;
        self.last = place;
        while run > 15 {
            self.codes.encode(ZRL, &mut self.bits);
            run -= 16;
        }
        self.codes.encode_number(run, value, &mut self.bits);
    }

    /// Ends the block.
    #[inline]
    pub(crate) fn end(mut self) -> EndOfBlock {
        if self.last < 63 {
            self.codes.encode(EOB, &mut self.bits);
        }
        EndOfBlock(self.bits.state())
    }
}
