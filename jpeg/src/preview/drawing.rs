//! A preview that is being drawn, block by block.

use super::{Preview, canvas::Canvas, lowest::Lowest};
use crate::{
    frame::Frame,
    observer::{Observer, ScanObserver},
    orientation::Orientation,
    scale::{Inverse, Scale, to_rgb},
    scan::{MAX_BLOCKS, Scan, ScanComponent},
};

/// A preview that is being drawn. Its pixels are brightness and colour differences until the last block has come, each at
/// its upright place.
///
/// A `COARSE` one has an eighth of each side: every block is drawn from its DC coefficient, and the others need not be looked
/// at.
#[derive(Debug)]
pub(crate) struct Drawing<const COARSE: bool> {
    scale: Scale,
    canvas: Canvas,
    /// Width and height, upright.
    upright: (u32, u32),
    is_grey: bool,
}

impl<const COARSE: bool> Drawing<COARSE> {
    pub(crate) fn new(frame: &Frame, orientation: Orientation) -> Self {
        let scale = Preview::scale(frame);
        let size = (scale.of(frame.width), scale.of(frame.height));
        Self {
            scale,
            canvas: Canvas::new((size.0 as usize, size.1 as usize), orientation),
            upright: orientation.turned(size),
            is_grey: frame.components.len() == 1,
        }
    }

    /// Turns brightness and colour differences into red, green and blue.
    pub(crate) fn finish(self) -> Preview {
        let Self { canvas, upright: (width, height), is_grey, .. } = self;
        let mut rgb = canvas.into_samples();
        if is_grey {
            rgb.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = [pixel[0]; 3]);
        } else {
            rgb.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = to_rgb(*pixel));
        }
        Preview { width, height, rgb }
    }
}

impl<const COARSE: bool> Observer for Drawing<COARSE> {
    type OfScan<'o> = ScanDrawing<'o, COARSE>;

    fn scan<'o>(&'o mut self, frame: &Frame, scan: &Scan) -> Self::OfScan<'o> {
        let side = 8 / self.scale.divisor();
        let (h, v) = frame.largest_factors();
        let mut drawing = ScanDrawing {
            mcu: ((h * side) as usize, (v * side) as usize),
            across: scan.mcus.0,
            parts: (1, 1),
            next: (0, 0),
            origin: (0, 0),
            is_complete: false,
            at: 0,
            block: 0,
            planes: Vec::with_capacity(3),
            blocks: Vec::with_capacity(MAX_BLOCKS as usize),
            coefficients: [0; 64],
            canvas: &mut self.canvas,
        };
        for component in &scan.components {
            let Some(stored) = frame.components.get(component.index) else { continue };
            if scan.components.len() == 1 {
                drawing.parts = (stored.h, stored.v);
            }
            drawing.add(component, Side::new(side, h, stored.h), Side::new(side, v, stored.v));
        }
        drawing
    }
}

/// A scan that is being drawn.
#[derive(Debug)]
pub(crate) struct ScanDrawing<'d, const COARSE: bool> {
    /// Pixels of an MCU of the frame, across and down.
    mcu: (usize, usize),
    /// Number of the scan's MCUs in a row.
    across: u32,
    /// Number of the scan's MCUs in an MCU of the frame, across and down: more than one only where a component has the
    /// scan for itself, whose MCUs are single blocks (A.2.2).
    parts: (u32, u32),
    /// Place of the scan's next MCU.
    next: (u32, u32),
    /// The pixel at which the MCU of the frame begins.
    origin: (usize, usize),
    /// True if all of that MCU lies in the picture.
    is_complete: bool,
    /// Index in the canvas of the MCU's first sample.
    at: isize,
    /// Number of the next block in the MCU of the frame.
    block: usize,
    /// One for each of the scan's components.
    planes: Vec<Plane>,
    /// The blocks of an MCU of the frame, those of the scan's components alone.
    blocks: Vec<BlockOfMcu>,
    /// Coefficients of the block in zigzag order.
    coefficients: [i16; 64],
    canvas: &'d mut Canvas,
}

/// A component's way to pixels.
#[derive(Debug)]
struct Plane {
    inverse: Inverse,
    columns: Side,
    rows: Side,
}

/// The place of a block in an MCU of the frame.
#[derive(Debug)]
struct BlockOfMcu {
    /// Number of pixels across and down.
    size: (usize, usize),
    /// True if there are more pixels than the transform makes samples.
    repeats: bool,
    /// Steps of the coefficients by which a block of at most two pixels a side is drawn.
    lowest: Option<Lowest>,
    /// Index of the first sample, counted from the MCU's.
    at: isize,
    left: usize,
    top: usize,
    /// Index of the component in the scan, and of the block in its rows and columns.
    plane: usize,
    column: usize,
    row: usize,
}

impl<const COARSE: bool> ScanObserver for ScanDrawing<'_, COARSE> {
    #[inline]
    fn begin_mcu(&mut self) {
        let (mut x, mut y) = self.next;
        self.next = if x + 1 < self.across { (x + 1, y) } else { (0, y + 1) };
        self.block = 0;
        if self.parts != (1, 1) {
            let (across, down) = self.parts;
            self.block = (y % down * across + x % across) as usize;
            (x, y) = (x / across, y / down);
        }
        self.origin = (x as usize * self.mcu.0, y as usize * self.mcu.1);
        self.at = self.canvas.index(self.origin);
        self.is_complete = self.origin.0 + self.mcu.0 <= self.canvas.size().0
            && self.origin.1 + self.mcu.1 <= self.canvas.size().1;
    }

    #[inline]
    fn begin_block(&mut self, dc: i32) -> bool {
        let Some(block) = self.blocks.get(self.block) else { return false };
        if COARSE {
            let (at, shown) =
                (self.at + block.at, if self.is_complete { block.size } else { self.shown(block) });
            let mean = block.lowest.as_ref().map_or(0, |lowest| lowest.mean(dc));
            if shown == (1, 1) {
                self.canvas.put(at, mean);
            } else {
                self.canvas.put_block(at, shown, |_, _| mean);
            }
            self.block += 1;
            return false;
        }
        match &block.lowest {
            Some(_) => self.coefficients[..8].fill(0),
            None => self.coefficients.fill(0),
        }
        self.ac(0, dc);
        true
    }

    #[inline]
    fn ac(&mut self, place: usize, coefficient: i32) {
        #[expect(clippy::cast_possible_truncation, reason = "of at most eleven bits")]
        let narrow = coefficient as i16;
        self.coefficients[place & 63] = narrow;
    }

    #[inline]
    fn end_block(&mut self) {
        let Some(block) = self.blocks.get(self.block) else { return };
        let Some(lowest) = &block.lowest else { return self.end_large_block() };
        let shown = if self.is_complete { block.size } else { self.shown(block) };
        self.canvas.put_four(self.at + block.at, shown, lowest.samples(&self.coefficients));
        self.block += 1;
    }
}

impl<const COARSE: bool> ScanDrawing<'_, COARSE> {
    fn add(&mut self, component: &ScanComponent, columns: Side, rows: Side) {
        let Some(inverse) = Inverse::to(rows.samples, columns.samples) else { return };
        let inverse = inverse.with_steps(component.steps.zigzag());
        for (row, (top, height)) in rows.blocks.iter().enumerate() {
            for (column, (left, width)) in columns.blocks.iter().enumerate() {
                let (size, samples) = ((width.len(), height.len()), (columns.samples, rows.samples));
                let repeats = size != (samples.0 as usize, samples.1 as usize);
                let lowest = Lowest::new(&component.steps, if COARSE { (1, 1) } else { samples });
                let lowest = lowest.filter(|_| COARSE || !repeats);
                self.blocks.push(BlockOfMcu {
                    size,
                    repeats,
                    lowest,
                    at: self.canvas.index((*left, *top)) - self.canvas.index((0, 0))
                        + component.index.cast_signed(),
                    left: *left,
                    top: *top,
                    plane: self.planes.len(),
                    column,
                    row,
                });
            }
        }
        self.planes.push(Plane { inverse, columns, rows });
    }

    fn end_large_block(&mut self) {
        let Some(block) = self.blocks.get(self.block) else { return };
        let Some(plane) = self.planes.get(block.plane) else { return };
        let (at, (across, down)) = (self.at + block.at, self.shown(block));
        let mut samples = [0; 64];
        plane.inverse.samples(&self.coefficients, &mut samples);
        if block.repeats {
            let (columns, rows) = (&plane.columns.blocks[block.column].1, &plane.rows.blocks[block.row].1);
            self.canvas
                .put_block(at, (across, down), |x, y| samples[usize::from(rows[y] * 8 + columns[x]) & 63]);
        } else {
            self.canvas.put_block(at, (across, down), |x, y| samples[(y * 8 + x) & 63]);
        }
        self.block += 1;
    }

    /// Returns the number of the block's pixels, across and down, that lie in the picture.
    fn shown(&self, block: &BlockOfMcu) -> (usize, usize) {
        let (left, top) = (self.origin.0 + block.left, self.origin.1 + block.top);
        (
            block.size.0.min(self.canvas.size().0.saturating_sub(left)),
            block.size.1.min(self.canvas.size().1.saturating_sub(top)),
        )
    }
}

/// One direction of a component.
#[derive(Debug)]
struct Side {
    /// Samples that the transform makes of a block.
    samples: u32,
    /// For each block of an MCU, its first pixel, and the sample that each of its pixels gets.
    blocks: Vec<(usize, Vec<u8>)>,
}

impl Side {
    fn new(side: u32, largest: u32, factor: u32) -> Self {
        // Where these do not divide each other, some blocks have a pixel more than others.
        let pixels = side * largest;
        let samples = 1 << (pixels / factor).min(8).ilog2();
        let block = |block: u32| {
            let (from, to) = (block * pixels / factor, (block + 1) * pixels / factor);
            let sample = |at: u32| (at * samples / (to - from)).to_le_bytes()[0];
            (from as usize, (0..to - from).map(sample).collect())
        };
        Self { samples, blocks: (0..factor).map(block).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::Side;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn blocks_share_the_pixels_of_an_mcu() {
        let shared = |side, largest, factor| Side::new(side, largest, factor).blocks;
        assert_eq!(shared(1, 2, 2), [(0, vec![0]), (1, vec![0])]);
        assert_eq!(shared(2, 2, 1), [(0, vec![0, 1, 2, 3])]);
        assert_eq!(shared(8, 2, 1), [(0, vec![0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])]);
        assert_eq!(shared(1, 3, 2), [(0, vec![0]), (1, vec![0, 0])]);
        assert_eq!(shared(2, 3, 2), [(0, vec![0, 0, 1]), (3, vec![0, 0, 1])]);
        assert_eq!(shared(1, 3, 1), [(0, vec![0, 0, 1])]);
    }
}
