//! Receivers of the coefficients that are read on the way to something else.

use crate::{frame::Frame, scan::Scan};

/// A receiver of a picture's coefficients, in the order in which they are stored. The unit type receives nothing, and
/// costs nothing.
pub(crate) trait Observer {
    /// The receiver of a scan's coefficients.
    type OfScan<'o>: ScanObserver
    where
        Self: 'o;

    /// Begins a scan.
    fn scan<'o>(&'o mut self, frame: &Frame, scan: &Scan) -> Self::OfScan<'o>;
}

/// A receiver of a scan's coefficients, block by block.
pub(crate) trait ScanObserver {
    /// Begins the next MCU.
    fn begin_mcu(&mut self);

    /// Begins the next block of the MCU with its DC coefficient. Tells whether the AC coefficients are wanted, and the
    /// block's end.
    fn begin_block(&mut self, dc: i32) -> bool;

    /// Receives an AC coefficient that is not zero, and its place in the zigzag sequence.
    fn ac(&mut self, place: usize, coefficient: i32);

    /// Ends a block whose AC coefficients were wanted.
    fn end_block(&mut self);
}

impl Observer for () {
    type OfScan<'o> = ();

    fn scan<'o>(&'o mut self, _: &Frame, _: &Scan) -> Self::OfScan<'o> {}
}

impl ScanObserver for () {
    #[inline]
    fn begin_mcu(&mut self) {}

    #[inline]
    fn begin_block(&mut self, _: i32) -> bool {
        false
    }

    #[inline]
    fn ac(&mut self, _: usize, _: i32) {}

    #[inline]
    fn end_block(&mut self) {}
}
