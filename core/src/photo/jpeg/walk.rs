//! A walk through the coded data of a JPEG without EOI, to see that every unit of every scan is there.
//!
//! No pixels are made. Only coefficients other than zero are remembered, one bit for each, since later scans of a
//! progressive picture are coded by them (ITU T.81, G.1.2.3). Every step either reads bits or goes to another
//! block, so that the cost is bounded by the file's length and by the picture's size for each of at most
//! [`MAX_SCANS`] scans.
//!
//! Behind data that break off, the bytes of a film or a card's leftovers may be read as units for a while. They are
//! recognised by what no picture has: codes that do not exist, blocks brighter than white, a code where an encoder
//! writes a shorter one, a last byte that is filled with anything but ones. A picture that lacks some ten bytes and
//! has others behind them may still be taken for whole; one that lacks bytes at the file's end never is.

use likeness_jpeg::marker::{DHT, DQT, DRI, SOF0, SOF2, SOI, SOS, Segments};

use super::{
    entropy::{Bits, Codes, Lacking, Rest},
    frame::{Component, Frame, MAX_SCANS, Scan, ScanComponent},
    precision::Precision,
    problem::{DAMAGED, TRUNCATED, problem},
    tables::{Energy, Quantiser, Tables},
};
use crate::photo::{PhotoProblem, bytes::be16};

/// Finds the picture's end: behind the last unit of the scan after which nothing is missing.
pub(super) fn end_of_picture(bytes: &[u8]) -> Result<usize, PhotoProblem> {
    let mut segments = Segments::of(bytes).map_err(problem)?;
    let mut tables = Tables::default();
    let mut restarts = 0;
    let mut read: Option<(Picture, Precision)> = None;
    let mut scans = 0;
    loop {
        let segment = segments.read().map_err(problem)?;
        match (segment.marker, &mut read) {
            (SOF0..=SOF2, None) => {
                let frame = Frame::read(segment.marker, segment.parameters)?;
                let precision = Precision::before(&frame);
                read = Some((Picture::new(frame), precision));
            }
            (DQT, _) => tables.read_quantisers(segment.parameters).ok_or(DAMAGED)?,
            (DHT, _) => tables.read_codes(segment.parameters).ok_or(DAMAGED)?,
            (DRI, _) => restarts = be16(segment.parameters, 0).ok_or(DAMAGED)?,
            (SOS, Some((picture, precision))) => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(PhotoProblem::TooManyScans { max: MAX_SCANS });
                }
                let scan = Scan::read(segment.parameters, &picture.frame)?;
                let bits = Bits::new(bytes, segments.at);
                let walk = Walk { bits, restarts: restarts.into(), split_runs: false };
                let ScanEnd { at, rest, split_runs } =
                    walk.through(picture, &scan, &tables).map_err(|Lacking| TRUNCATED)?;
                precision.refine(&scan);
                if precision.is_full() {
                    let unusual = split_runs && !picture.split_runs;
                    return if bytes.len() > at && (unusual || goes_on(bytes, at, rest)) {
                        Err(TRUNCATED)
                    } else {
                        Ok(at)
                    };
                }
                picture.split_runs |= split_runs;
                segments.at = at;
            }
            (SOI, _) => return Err(TRUNCATED),
            (SOF0..=SOF2 | SOS, _) => return Err(DAMAGED),
            _ => {}
        }
    }
}

/// Tells whether the bytes behind the last unit look like more of the same: a card's zeros, or anything else that
/// was taken for coded data.
fn goes_on(bytes: &[u8], end: usize, rest: Rest) -> bool {
    let around = |count: usize| {
        let around = end.checked_sub(count).and_then(|from| bytes.get(from..end + count)).unwrap_or_default();
        around.first().copied().filter(|first| around.iter().all(|byte| byte == first))
    };
    let unlikely = match rest {
        Rest::Ones => false,
        Rest::Nothing | Rest::Zeros => around(1) == Some(0),
        Rest::Mixed => true,
    };
    unlikely || around(2).is_some()
}

/// The state of the picture after the scans so far.
struct Picture {
    frame: Frame,
    /// Masks of the coefficients other than zero, in zigzag order, for each block of each component.
    present: Vec<Vec<u64>>,
    /// True if the encoder writes two runs of ended blocks where one would do.
    split_runs: bool,
}

impl Picture {
    fn new(frame: Frame) -> Self {
        Self { present: vec![Vec::new(); frame.components.len()], frame, split_runs: false }
    }
}

/// The end of a scan's data: its offset, what fills the last byte, and whether any runs are split.
struct ScanEnd {
    at: usize,
    rest: Rest,
    split_runs: bool,
}

/// A walk through one scan.
struct Walk<'a> {
    bits: Bits<'a>,
    /// Number of units after which the scan is restarted; 0 for never.
    restarts: u32,
    split_runs: bool,
}

impl Walk<'_> {
    fn through(
        mut self,
        picture: &mut Picture,
        scan: &Scan,
        tables: &Tables<'_>,
    ) -> Result<ScanEnd, Lacking> {
        let frame = &picture.frame;
        let component = |of: &ScanComponent| frame.components.get(of.index).copied().ok_or(Lacking);
        let quantiser = |of: &ScanComponent| tables.quantiser(component(of)?.quantiser);
        if !frame.progressive {
            let kind = |of| Ok((tables.dc(of)?, tables.ac(of)?, quantiser(of)?));
            let kinds: Vec<_> = scan.components.iter().map(kind).collect::<Result<_, _>>()?;
            self.blocks(frame, scan, |bits, index, dc| {
                let (first, others, quantiser) = kinds.get(index).ok_or(Lacking)?;
                let mut energy = quantiser.energy(0);
                first_coefficient(bits, first, dc, &mut energy)?;
                other_coefficients(bits, others, &mut energy)
            })?;
        } else if scan.band.0 > 0 {
            let [of] = scan.components.as_slice() else { return Err(Lacking) };
            let (across, down) = frame.blocks(component(of)?);
            let blocks = usize::try_from(u64::from(across) * u64::from(down)).map_err(|_| Lacking)?;
            let (codes, quantiser) = (tables.ac(of)?, quantiser(of)?);
            let present = picture.present.get_mut(of.index).ok_or(Lacking)?;
            present.resize(blocks, 0);
            self.band(scan, &codes, quantiser, present)?;
        } else if scan.high > 0 {
            self.blocks(frame, scan, |bits, _, _| bits.skip(1))?;
        } else {
            let kind = |of| Ok((tables.dc(of)?, quantiser(of)?));
            let kinds: Vec<_> = scan.components.iter().map(kind).collect::<Result<_, _>>()?;
            self.blocks(frame, scan, |bits, index, dc| {
                let (codes, quantiser) = kinds.get(index).ok_or(Lacking)?;
                first_coefficient(bits, codes, dc, &mut quantiser.energy(scan.low))
            })?;
        }
        let (at, rest) = self.bits.end();
        Ok(ScanEnd { at, rest, split_runs: self.split_runs })
    }

    /// Walks through the blocks of all units. `block` gets the index of the block's component in the scan, and the
    /// first coefficient of that component's block before.
    fn blocks(
        &mut self,
        frame: &Frame,
        scan: &Scan,
        mut block: impl FnMut(&mut Bits<'_>, usize, &mut i64) -> Result<(), Lacking>,
    ) -> Result<(), Lacking> {
        let of = |component: &ScanComponent| frame.components.get(component.index).copied().ok_or(Lacking);
        let components: Vec<Component> = scan.components.iter().map(of).collect::<Result<_, _>>()?;
        // A component with a scan for itself has units of one block (A.2.2).
        let ((across, down), counts): (_, Vec<u8>) = match components.as_slice() {
            [component] => (frame.blocks(*component), vec![1]),
            all => (frame.units(), all.iter().map(|c| c.h * c.v).collect()),
        };
        let mut before = vec![0; counts.len()];
        for unit in 0..across * down {
            if self.restart_before(unit)? {
                before.fill(0);
            }
            for (index, (count, before)) in counts.iter().zip(&mut before).enumerate() {
                for _ in 0..*count {
                    block(&mut self.bits, index, before)?;
                }
            }
        }
        Ok(())
    }

    fn restart_before(&mut self, unit: u32) -> Result<bool, Lacking> {
        let restart = unit > 0 && self.restarts > 0 && unit.is_multiple_of(self.restarts);
        if restart {
            self.bits.restart(u8::try_from((unit / self.restarts - 1) % 8).unwrap_or(0))?;
        }
        Ok(restart)
    }

    /// Walks through a band of one component's coefficients (G.1.2.2 and G.1.2.3).
    fn band(
        &mut self,
        scan: &Scan,
        codes: &Codes<'_>,
        quantiser: &Quantiser,
        present: &mut [u64],
    ) -> Result<(), Lacking> {
        let mut run = Run::default();
        for (unit, present) in (0..).zip(present) {
            if self.restart_before(unit)? {
                run = Run::default();
            }
            let mut block =
                Band { bits: &mut self.bits, codes, energy: quantiser.energy(scan.low), present, scan };
            if run.left == 0 {
                let ended = block.read()?;
                self.split_runs |= ended.alone && run.could_go_on();
                run = Run { left: ended.blocks.saturating_sub(1), ..ended };
            } else {
                run.corrections += block.correct(scan.band.0)?;
                run.left -= 1;
            }
        }
        Ok(())
    }
}

/// A run of blocks without any further new coefficients (G.1.2.2).
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    /// Number of blocks in the run, its first included; 0 for no run.
    blocks: u32,
    /// Number of the run's blocks that are still to come.
    left: u32,
    /// True if the run's first block has no new coefficient at all.
    alone: bool,
    /// Number of correction bits for old coefficients in the run.
    corrections: u32,
}

impl Run {
    /// Tells whether an encoder could have taken in one more block. A run ends where it has 32,767 blocks or, since
    /// encoders keep corrections until they have written the run, where it has about a thousand of those (libjpeg:
    /// 937).
    fn could_go_on(&self) -> bool {
        (1..0x7fff).contains(&self.blocks) && self.corrections < 900
    }
}

/// Reads the first coefficient of a block, as the difference to that of the block before: at most 11 bits
/// (F.1.2.1.1).
fn first_coefficient(
    bits: &mut Bits<'_>,
    codes: &Codes<'_>,
    before: &mut i64,
    energy: &mut Energy<'_>,
) -> Result<(), Lacking> {
    let size = bits.symbol(codes)?;
    if size > 11 {
        return Err(Lacking);
    }
    *before += bits.coefficient(size)?;
    energy.add(0, *before)
}

/// Reads the other coefficients of a sequential block (F.2.2.2).
fn other_coefficients(
    bits: &mut Bits<'_>,
    codes: &Codes<'_>,
    energy: &mut Energy<'_>,
) -> Result<(), Lacking> {
    let mut at = 1;
    let mut zeros = false;
    while at < 64 {
        let symbol = bits.symbol(codes)?;
        let (run, size) = (symbol >> 4, symbol & 15);
        match (run, size) {
            // No encoder writes sixteen zeros before the end of the block, which stands for any number of zeros.
            (0, 0) if !zeros => return Ok(()),
            (15, 0) => {
                zeros = true;
                at += 16;
            }
            (_, 0) => return Err(Lacking),
            _ => {
                zeros = false;
                at += usize::from(run);
                energy.add(at, bits.coefficient(size)?)?;
                at += 1;
            }
        }
    }
    if zeros { Err(Lacking) } else { Ok(()) }
}

/// A block's band of coefficients in a progressive scan.
struct Band<'s, 'a> {
    bits: &'s mut Bits<'a>,
    codes: &'s Codes<'s>,
    energy: Energy<'s>,
    present: &'s mut u64,
    scan: &'s Scan,
}

impl Band<'_, '_> {
    /// Reads codes up to the band's end, and the run that begins in the band.
    fn read(&mut self) -> Result<Run, Lacking> {
        let (first, last) = self.scan.band;
        let mut at = first;
        while at <= last {
            let symbol = self.bits.symbol(self.codes)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                let blocks = (1 << run) + self.bits.number(run.into())?;
                let corrections = self.correct(at)?;
                return Ok(Run { blocks, left: 0, alone: at == first, corrections });
            }
            let coefficient = if self.scan.high == 0 {
                let coefficient = self.bits.coefficient(size)?;
                at = at.saturating_add(run);
                coefficient
            } else {
                // A new coefficient is 1 or -1; its place is known only after the old ones before it.
                if size > 1 {
                    return Err(Lacking);
                }
                let coefficient = self.bits.coefficient(size)?;
                at = self.go_over(at, run)?;
                coefficient
            };
            if at > last {
                return Err(Lacking);
            }
            if size > 0 {
                self.energy.add(at.into(), coefficient << self.scan.low)?;
                *self.present |= 1 << at;
            }
            at += 1;
        }
        Ok(Run::default())
    }

    /// Skips so many zeros and the correction bits of the old coefficients among them. Returns the coefficient
    /// behind.
    fn go_over(&mut self, from: u8, mut zeros: u8) -> Result<u8, Lacking> {
        for at in from..=self.scan.band.1 {
            if *self.present >> at & 1 != 0 {
                self.bits.skip(1)?;
            } else if zeros == 0 {
                return Ok(at);
            } else {
                zeros -= 1;
            }
        }
        Err(Lacking)
    }

    /// Skips the bits that correct the coefficients from here to the band's end, and counts them.
    fn correct(&mut self, from: u8) -> Result<u32, Lacking> {
        if self.scan.high == 0 || from > 63 {
            return Ok(0);
        }
        let band = u64::MAX >> (63 - self.scan.band.1) & u64::MAX << from;
        let count = (*self.present & band).count_ones();
        self.bits.skip(count / 2)?;
        self.bits.skip(count - count / 2)?;
        Ok(count)
    }
}
