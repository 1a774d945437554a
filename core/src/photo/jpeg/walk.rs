//! A walk through the coded data of a JPEG whose end is not marked: whether every unit of every scan is there.
//!
//! Nothing is decoded to pixels. Of the coefficients only those are remembered that are not zero, one bit for each,
//! since later scans of a progressive picture are coded by them (ITU T.81, G.1.2.3). Every step either reads bits or
//! goes to another block, so that the cost is bounded by the file's length and by the picture's size for each of at
//! most [`MAX_SCANS`] scans.
//!
//! The walk is stricter than decoders are. Behind data that break off, the bytes of a film or a card's leftovers may
//! be read as units for a while; they soon are no codes any more, or have more coefficients than a block.

use super::{
    MAX_SCANS,
    entropy::{Bits, Codes, Lacking, Rest},
    frame::{Component, Frame, Scan, ScanComponent},
    segments::{DAMAGED, DHT, DRI, SOF0, SOF2, SOI, SOS, Segments, TRUNCATED},
    whole::Precision,
};
use crate::photo::{PhotoProblem, bytes::be16};

/// Where the picture ends: behind the last unit of the scan after which nothing is missing.
pub(super) fn end_of_picture(bytes: &[u8]) -> Result<usize, PhotoProblem> {
    let mut segments = Segments::of(bytes);
    let mut tables = Tables::default();
    let mut restarts = 0;
    let mut read: Option<(Picture, Precision)> = None;
    let mut scans = 0;
    loop {
        let segment = segments.next()?;
        match (segment.marker, &mut read) {
            (SOF0..=SOF2, None) => {
                let frame = Frame::read(segment.marker, segment.body)?;
                let precision = Precision::before(&frame);
                read =
                    Some((Picture { present: vec![Vec::new(); frame.components.len()], frame }, precision));
            }
            (DHT, _) => tables.read(segment.body).ok_or(DAMAGED)?,
            (DRI, _) => restarts = be16(segment.body, 0).ok_or(DAMAGED)?,
            (SOS, Some((picture, precision))) => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(PhotoProblem::TooManyScans { max: MAX_SCANS });
                }
                let scan = Scan::read(segment.body, &picture.frame)?;
                let walk = Walk { bits: Bits::new(bytes, segments.at), restarts: restarts.into() };
                let (end, rest) = walk.through(picture, &scan, &tables).map_err(|Lacking| TRUNCATED)?;
                precision.refine(&scan);
                if precision.is_full() {
                    return if goes_on(bytes, end, rest) { Err(TRUNCATED) } else { Ok(end) };
                }
                segments.at = end;
            }
            (SOI, _) => return Err(TRUNCATED),
            (SOF0..=SOF2 | SOS, _) => return Err(DAMAGED),
            _ => {}
        }
    }
}

/// Whether what follows the last unit looks as if it were of one piece with it: a card's zeros, or anything else that
/// was taken for coded data. Where nothing follows, nothing can have been.
fn goes_on(bytes: &[u8], end: usize, rest: Rest) -> bool {
    let around = |count: usize| {
        let around = end.checked_sub(count).and_then(|from| bytes.get(from..end + count)).unwrap_or_default();
        around.first().copied().filter(|first| around.iter().all(|byte| byte == first))
    };
    let follows = bytes.get(end);
    let unlikely = match rest {
        Rest::Ones => false,
        Rest::Nothing => around(1) == Some(0),
        Rest::Zeros => follows == Some(&0),
        Rest::Mixed => true,
    };
    follows.is_some() && (unlikely || around(2).is_some())
}

/// The Huffman tables as they stand in the file (B.2.4.2): the lengths and the symbols of each.
#[derive(Default)]
struct Tables<'a> {
    dc: [Option<(&'a [u8; 16], &'a [u8])>; 4],
    ac: [Option<(&'a [u8; 16], &'a [u8])>; 4],
}

impl<'a> Tables<'a> {
    fn read(&mut self, mut body: &'a [u8]) -> Option<()> {
        while let [kind, rest @ ..] = body {
            let (lengths, rest) = rest.split_first_chunk::<16>()?;
            let count = lengths.iter().copied().map(usize::from).sum();
            let (symbols, rest) = rest.split_at_checked(count)?;
            let kinds = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *kinds.get_mut(usize::from(kind & 15))? = Some((lengths, symbols));
            body = rest;
        }
        Some(())
    }
}

fn codes<'a>(kinds: &[Option<(&'a [u8; 16], &'a [u8])>; 4], number: usize) -> Result<Codes<'a>, Lacking> {
    let table = kinds.get(number).copied().flatten();
    table.and_then(|(lengths, symbols)| Codes::new(lengths, symbols)).ok_or(Lacking)
}

/// The frame, and for each block of each component which coefficients are not zero, in zigzag order.
struct Picture {
    frame: Frame,
    present: Vec<Vec<u64>>,
}

/// A walk through one scan.
struct Walk<'a> {
    bits: Bits<'a>,
    /// After how many units the scan is restarted; 0 for never.
    restarts: u32,
}

impl Walk<'_> {
    /// Where the scan's data end, and what fills its last byte.
    fn through(
        mut self,
        picture: &mut Picture,
        scan: &Scan,
        tables: &Tables<'_>,
    ) -> Result<(usize, Rest), Lacking> {
        let frame = &picture.frame;
        let first = scan.components.first().ok_or(Lacking)?;
        let component = *frame.components.get(first.index).ok_or(Lacking)?;
        if !frame.progressive {
            let mut kinds = Vec::new();
            for component in &scan.components {
                kinds.push((codes(&tables.dc, component.dc)?, codes(&tables.ac, component.ac)?));
            }
            self.blocks(frame, scan, |bits, index| {
                kinds.get(index).ok_or(Lacking).and_then(|kind| block(bits, kind))
            })?;
        } else if scan.band.0 > 0 {
            let ([_], (across, down)) = (scan.components.as_slice(), frame.blocks(component)) else {
                return Err(Lacking);
            };
            let blocks = usize::try_from(u64::from(across) * u64::from(down)).map_err(|_| Lacking)?;
            let present = picture.present.get_mut(first.index).ok_or(Lacking)?;
            present.resize(blocks, 0);
            self.band(scan, &codes(&tables.ac, first.ac)?, present)?;
        } else if scan.high > 0 {
            self.blocks(frame, scan, |bits, _| bits.skip(1))?;
        } else {
            let kinds: Result<Vec<_>, _> = scan.components.iter().map(|c| codes(&tables.dc, c.dc)).collect();
            let kinds = kinds?;
            self.blocks(frame, scan, |bits, index| {
                first_coefficient(bits, kinds.get(index).ok_or(Lacking)?)
            })?;
        }
        Ok(self.bits.end())
    }

    /// Goes through the blocks of all units; `block` is told which component of the scan a block is of.
    fn blocks(
        &mut self,
        frame: &Frame,
        scan: &Scan,
        mut block: impl FnMut(&mut Bits<'_>, usize) -> Result<(), Lacking>,
    ) -> Result<(), Lacking> {
        let of = |component: &ScanComponent| frame.components.get(component.index).copied().ok_or(Lacking);
        let components: Vec<Component> = scan.components.iter().map(of).collect::<Result<_, _>>()?;
        // A component with a scan for itself has units of one block (A.2.2).
        let ((across, down), blocks): (_, Vec<usize>) = match components.as_slice() {
            [component] => (frame.blocks(*component), vec![1]),
            all => (frame.units(), all.iter().map(|c| usize::from(c.h * c.v)).collect()),
        };
        for unit in 0..across * down {
            self.restart_before(unit)?;
            for (index, count) in blocks.iter().enumerate() {
                for _ in 0..*count {
                    block(&mut self.bits, index)?;
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

    /// Goes through a band of one component's coefficients (G.1.2.2 and G.1.2.3).
    fn band(&mut self, scan: &Scan, codes: &Codes<'_>, present: &mut [u64]) -> Result<(), Lacking> {
        // How many blocks, the next included, have no new coefficients.
        let mut ended = 0_u32;
        for (unit, present) in (0..).zip(present) {
            if self.restart_before(unit)? {
                ended = 0;
            }
            let mut block = Band { bits: &mut self.bits, codes, present, scan };
            if ended == 0 {
                ended = block.read()?;
            } else {
                block.correct(scan.band.0)?;
            }
            ended = ended.saturating_sub(1);
        }
        Ok(())
    }
}

/// A block of a sequential scan (F.2.2).
fn block(bits: &mut Bits<'_>, (dc, ac): &(Codes<'_>, Codes<'_>)) -> Result<(), Lacking> {
    first_coefficient(bits, dc)?;
    let mut at = 1;
    while at < 64 {
        let symbol = bits.symbol(ac)?;
        let (run, size) = (symbol >> 4, symbol & 15);
        match (run, size) {
            (0, 0) => return Ok(()),
            (15, 0) => {}
            (_, 0) => return Err(Lacking),
            _ => bits.skip(size.into())?,
        }
        at += u32::from(run) + 1;
        if at > 64 || (size == 0 && at > 63) {
            return Err(Lacking);
        }
    }
    Ok(())
}

/// The first coefficient of a block, as the difference to that of the block before: of 11 bits at most (F.1.2.1.1).
fn first_coefficient(bits: &mut Bits<'_>, codes: &Codes<'_>) -> Result<(), Lacking> {
    match bits.symbol(codes)? {
        size @ 0..=11 => bits.skip(size.into()),
        _ => Err(Lacking),
    }
}

/// A block of a progressive scan.
struct Band<'s, 'a> {
    bits: &'s mut Bits<'a>,
    codes: &'s Codes<'s>,
    present: &'s mut u64,
    scan: &'s Scan,
}

impl Band<'_, '_> {
    /// Reads codes up to the band's end. How many blocks, this one included, then have no more of them.
    fn read(&mut self) -> Result<u32, Lacking> {
        let (mut at, last) = self.scan.band;
        while at <= last {
            let symbol = self.bits.symbol(self.codes)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                let blocks = (1 << run) + self.bits.number(run.into())?;
                self.correct(at)?;
                return Ok(blocks);
            }
            if self.scan.high > 0 {
                // A new coefficient has one bit, its sign; where it belongs is known only after the old ones before it.
                if size > 1 {
                    return Err(Lacking);
                }
                self.bits.skip(size.into())?;
                at = self.go_over(at, run)?;
            } else {
                self.bits.skip(size.into())?;
                at += run;
            }
            if at > last {
                return Err(Lacking);
            }
            if size > 0 {
                *self.present |= 1 << at;
            }
            at += 1;
        }
        Ok(0)
    }

    /// Where the coefficient lies before which there are so many zeros; the others before it have a bit each.
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

    /// Goes over the bits that correct the coefficients from here to the band's end.
    fn correct(&mut self, from: u8) -> Result<(), Lacking> {
        if self.scan.high == 0 || from > 63 {
            return Ok(());
        }
        let band = u64::MAX >> (63 - self.scan.band.1) & u64::MAX << from;
        let count = (*self.present & band).count_ones();
        self.bits.skip(count / 2)?;
        self.bits.skip(count - count / 2)
    }
}
