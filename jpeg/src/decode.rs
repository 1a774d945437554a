//! The decoder of a scan's blocks (F.2.2).

use crate::{
    bits::reader::{BitReader, Place},
    error::{Damage, Error},
    huffman::lookup::{END_OF_BLOCK, Lookup},
    scan::{Scan, ScanComponent},
};

/// A decoder of a scan, MCU by MCU.
#[derive(Debug)]
pub(crate) struct Decoder<'a, 's> {
    bytes: &'a [u8],
    scan: &'s Scan,
    bits: BitReader<'a>,
    predictions: Predictions,
    /// Number of MCUs that are still to come before a restart marker.
    left: u32,
    /// Number of the next restart marker.
    restart: u8,
}

/// The DC coefficient of the block before, for each of the scan's components (F.1.1.5.1).
pub(crate) type Predictions = [i16; 4];

impl<'a, 's> Decoder<'a, 's> {
    /// Begins with the data at this offset.
    pub(crate) fn new(bytes: &'a [u8], at: usize, scan: &'s Scan) -> Self {
        let left = scan.restart_interval;
        Self { bytes, scan, bits: BitReader::new(bytes, at), predictions: [0; 4], left, restart: 0 }
    }

    /// Begins an MCU: reads the restart marker before it, if there is one (F.2.1.3).
    #[inline]
    pub(crate) fn begin_mcu(&mut self) -> Result<(), Error> {
        // Bits that were taken and are not there belong to the MCU before. Looking once for each MCU is enough: what
        // they made up has at most ten blocks.
        self.bits.check()?;
        if self.scan.restart_interval > 0 {
            if self.left == 0 {
                self.bits.restart(self.restart)?;
                self.restart = (self.restart + 1) % 8;
                self.predictions = [0; 4];
                self.left = self.scan.restart_interval;
            }
            self.left -= 1;
        }
        Ok(())
    }

    /// Returns the place at which the next block begins, and the predictions for it.
    #[inline]
    pub(crate) fn place(&self) -> (Place, Predictions) {
        (self.bits.place(), self.predictions)
    }

    /// Goes to a place that was returned by [`Decoder::place`], without regard to restart markers.
    #[inline]
    pub(crate) fn go_to(&mut self, (place, predictions): (Place, Predictions)) {
        (self.bits, self.predictions) = (BitReader::at(self.bytes, place), predictions);
    }

    /// Decodes a DC coefficient (F.2.2.1). `index` is the component's index in the scan.
    #[inline]
    pub(crate) fn dc(&mut self, index: usize, component: &ScanComponent) -> Result<i32, Error> {
        self.bits.refill_for_a_code();
        let (_, difference) = self.table(component.dc).decode(&mut self.bits)?;
        let prediction = &mut self.predictions[index & 3];
        let dc = i32::from(*prediction) + difference;
        if dc.abs() > component.brightest {
            return Err(Damage::Range.into());
        }
        #[expect(clippy::cast_possible_truncation, reason = "within 2,000: see `brightest`")]
        let narrow = dc as i16;
        *prediction = narrow;
        Ok(dc)
    }

    /// Decodes a block's AC coefficients (F.2.2.2). `each` gets those that are not zero, with their places in the
    /// zigzag sequence, in order.
    // `each` is a part of the inner loop: a call for each coefficient would cost as much as decoding it.
    #[expect(clippy::inline_always, reason = "see above")]
    #[inline(always)]
    pub(crate) fn ac(
        &mut self,
        component: &ScanComponent,
        mut each: impl FnMut(usize, i32),
    ) -> Result<(), Error> {
        let table = self.table(component.ac);
        // A copy, which stays in registers.
        let mut bits = self.bits;
        let mut at = 0;
        loop {
            bits.refill_for_a_code();
            let (symbol, number) = table.decode(&mut bits)?;
            at += symbol.covers();
            if at > 63 {
                break;
            }
            if symbol.has_number() {
                each(at, number);
            }
            if at == 63 {
                break;
            }
        }
        self.bits = bits;
        if at == 63 || at >= END_OF_BLOCK as usize { Ok(()) } else { Err(Damage::Code.into()) }
    }

    /// Ends the scan. Returns the offset of the marker behind the data.
    pub(crate) fn end(self) -> Result<usize, Error> {
        self.bits.end()
    }

    #[inline]
    fn table(&self, index: usize) -> &'s Lookup {
        &self.scan.tables[index].1
    }
}
