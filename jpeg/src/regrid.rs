//! The picture turned on another grid of blocks.
//!
//! Blocks at the end of a side that is not a multiple of the MCU are incomplete: the decoder cuts them off at the right and
//! at the bottom. Mirrored, they would lie at the left or at the top, where nothing is cut off. The grid has to move by
//! the samples that are missing, so that each new block holds parts of several old ones, and only samples can be put
//! together.
//!
//! Every component keeps its own resolution, and its samples are those that decoders show, so that the new steps are the
//! only loss. Memory holds two rows of MCUs of the upright picture, and the index of [`turn`](crate::turn), which finds
//! the stored MCUs that such a row comes from: a row of them, or a column.

use crate::{
    conversion::Conversion,
    dct::{self, Coefficients, HALVES_UP, Samples, inverse},
    decode::Decoder,
    encode::Encoder,
    error::Error,
    forward::Forward,
    frame::Frame,
    orientation::Orientation,
    scan::ScanComponent,
    turn::Turned,
    zigzag::NATURAL,
};

/// Bytes that a block takes in memory, twice.
pub(crate) const BLOCK_BYTES: u64 = 2 * size_of::<Samples>() as u64;

/// The turn of a picture whose planes are in memory as far as they are needed at a time.
#[derive(Debug)]
pub(crate) struct Regrid<'t> {
    turned: Turned<'t>,
    /// Number of upright MCUs, across and down.
    mcus: (u32, u32),
    planes: Vec<Plane>,
}

/// The plane of a component.
#[derive(Debug)]
struct Plane {
    /// Size of the upright component, in samples.
    size: (usize, usize),
    /// Number of blocks across, and of rows, in an upright MCU.
    mcu: (usize, usize),
    /// Samples from one row in memory to the next.
    stride: usize,
    /// For each stored place in the zigzag sequence, the place in [`Coefficients`] and the factor, which turn the block.
    read: [(u8, f32); 64],
    write: Forward,
}

impl<'t> Regrid<'t> {
    /// Plans the turn of a scan of all components. The conversions tell the steps that are wanted.
    pub(crate) fn new(turned: Turned<'t>, frame: &Frame, conversions: &[Conversion]) -> Self {
        let orientation = turned.orientation;
        let mcus = orientation.turned(turned.scan.mcus);
        let plane = |(component, wanted): (&ScanComponent, &Conversion)| {
            let size = frame.components.get(component.index).map_or((0, 0), |stored| frame.size_of(*stored));
            let (size, blocks) = (orientation.turned(size), orientation.turned(component.blocks));
            // The transforms want horizontal frequencies first.
            let layout = NATURAL.map(|natural| natural % 8 * 8 + natural / 8);
            let (mut read, factors) = ([(0, 0.0); 64], dct::factors());
            for (at, read) in read.iter_mut().enumerate() {
                let (place, negated) = orientation.of_coefficient(at);
                let factor = factors[place] * f32::from(component.steps.zigzag()[at]);
                *read = (layout[place], if negated { -factor } else { factor });
            }
            Plane {
                size: (size.0 as usize, size.1 as usize),
                mcu: (blocks.0 as usize, blocks.1 as usize * 8),
                stride: (mcus.0 * blocks.0) as usize * 8,
                read,
                write: Forward::new(&wanted.steps),
            }
        };
        let planes = turned.scan.components.iter().zip(conversions).map(plane).collect();
        Self { turned, mcus, planes }
    }

    /// Writes the upright picture.
    pub(crate) fn write(
        &self,
        mut decoder: Decoder<'_, '_>,
        memory: &mut Vec<f32>,
        encoder: &mut Encoder<'_>,
    ) -> Result<(), Error> {
        let samples = self.planes.iter().map(Plane::samples).sum();
        memory.clear();
        memory.reserve_exact(samples);
        memory.resize(samples, 0.0);
        let mut written = 0;
        for line in 0..self.mcus.1 {
            self.decode(&mut decoder, line, memory)?;
            while written < self.mcus.1
                && self.planes.iter().all(|plane| self.rows_after(line, plane) >= plane.end_of(written))
            {
                self.encode(written, memory, encoder);
                written += 1;
            }
        }
        Ok(())
    }

    /// Decodes the stored MCUs of a line, which is a row of them in the upright picture.
    fn decode(&self, decoder: &mut Decoder<'_, '_>, line: u32, memory: &mut [f32]) -> Result<(), Error> {
        let Turned { scan, orientation, .. } = self.turned;
        let mut samples = [[0.0; 8]; 8];
        for column in 0..self.mcus.0 {
            let (x, y) = self.turned.go_to(decoder, (column, line));
            let mut rest = &mut *memory;
            for (at, (component, plane)) in scan.components.iter().zip(&self.planes).enumerate() {
                let own;
                (own, rest) = rest.split_at_mut(plane.samples());
                let (across, down) = component.blocks;
                for block in 0..component.block_count() {
                    plane.decode(decoder, at, component, &mut samples)?;
                    let place = (x * across + block % across, y * down + block / across);
                    plane.put(&samples, plane.upright(place, orientation), own);
                }
            }
        }
        Ok(())
    }

    /// Counts the plane's rows that are complete after this line.
    fn rows_after(&self, line: u32, plane: &Plane) -> usize {
        if self.turned.orientation.runs_backwards().1 {
            // The incomplete MCUs came first.
            plane.size.1.saturating_sub((self.mcus.1 - 1 - line) as usize * plane.mcu.1)
        } else {
            ((line + 1) as usize * plane.mcu.1).min(plane.size.1)
        }
    }

    /// Encodes a row of MCUs.
    fn encode(&self, row: u32, memory: &mut [f32], encoder: &mut Encoder<'_>) {
        let mut rest = &mut *memory;
        for plane in &self.planes {
            let own;
            (own, rest) = rest.split_at_mut(plane.samples());
            plane.pad(row, own);
        }
        for column in 0..self.mcus.0 as usize {
            encoder.begin_mcu();
            let mut rest = &*memory;
            for (component, plane) in self.turned.scan.components.iter().zip(&self.planes) {
                let own;
                (own, rest) = rest.split_at(plane.samples());
                for block in 0..component.block_count() as usize {
                    let left = (column * plane.mcu.0 + block % plane.mcu.0) * 8;
                    let top = row as usize * plane.mcu.1 + block / plane.mcu.0 * 8;
                    plane.encode((left, top), own, component.index, encoder);
                }
            }
            for component in self.turned.added.clone() {
                encoder.grey_block(component);
            }
        }
    }
}

impl Plane {
    /// Counts the samples of two rows of MCUs.
    fn samples(&self) -> usize {
        self.stride * self.mcu.1 * 2
    }

    /// Returns the row behind the last one of this row of MCUs.
    fn end_of(&self, row: u32) -> usize {
        ((row as usize + 1) * self.mcu.1).min(self.size.1)
    }

    /// Returns the place in memory of a row's samples.
    fn row(&self, row: usize) -> std::ops::Range<usize> {
        let from = row % (2 * self.mcu.1) * self.stride;
        from..from + self.stride
    }

    /// Decodes a block to upright samples.
    fn decode(
        &self,
        decoder: &mut Decoder<'_, '_>,
        at: usize,
        component: &ScanComponent,
        samples: &mut Samples,
    ) -> Result<(), Error> {
        let coefficients: &mut Coefficients = samples;
        *coefficients = [[0.0; 8]; 8];
        let mut put = |place: usize, coefficient: i32| {
            let (at, factor) = self.read[place & 63];
            #[expect(clippy::cast_precision_loss, reason = "coefficients have at most eleven bits")]
            let value = coefficient as f32 * factor;
            coefficients.as_flattened_mut()[usize::from(at & 63)] = value;
        };
        put(0, decoder.dc(at, component)?);
        decoder.ac(component, put)?;
        inverse(samples);
        Ok(())
    }

    /// Returns the upright place of a stored block's samples: negative where the block is incomplete at an edge that has
    /// come to the front.
    fn upright(&self, (x, y): (u32, u32), orientation: Orientation) -> (isize, isize) {
        let (x, y) = orientation.turned((x, y));
        let backwards = orientation.runs_backwards();
        let place = |block: u32, backwards: bool, side: usize| {
            let from = (block * 8).cast_signed() as isize;
            if backwards { side.cast_signed() - from - 8 } else { from }
        };
        (place(x, backwards.0, self.size.0), place(y, backwards.1, self.size.1))
    }

    /// Puts a block's samples into memory, but for those beyond the picture.
    fn put(&self, samples: &Samples, (left, top): (isize, isize), memory: &mut [f32]) {
        for (row, samples) in (top..).zip(samples) {
            let Ok(row) = usize::try_from(row) else { continue };
            if row >= self.size.1 {
                break;
            }
            let out = &mut memory[self.row(row)];
            let whole = usize::try_from(left).ok().and_then(|left| out.get_mut(left..)?.first_chunk_mut());
            if let Some(out) = whole {
                *out = samples.map(shown);
            } else {
                // An incomplete block lacks its first samples.
                let there = samples.get(left.unsigned_abs()..).unwrap_or_default();
                out.iter_mut().zip(there).for_each(|(out, sample)| *out = shown(*sample));
            }
        }
    }

    /// Repeats the last sample of each row of a row of MCUs up to the end of the last block.
    fn pad(&self, row: u32, memory: &mut [f32]) {
        for row in row as usize * self.mcu.1..self.end_of(row) {
            let samples = &mut memory[self.row(row)];
            let last = samples[self.size.0 - 1];
            samples[self.size.0..].fill(last);
        }
    }

    /// Encodes the block at this place. Behind the last row comes the last row again.
    fn encode(
        &self,
        (left, top): (usize, usize),
        memory: &[f32],
        component: usize,
        encoder: &mut Encoder<'_>,
    ) {
        let mut samples = [[0.0; 8]; 8];
        for (row, out) in (top..).zip(&mut samples) {
            let row = &memory[self.row(row.min(self.size.1 - 1))];
            out.copy_from_slice(&row[left..left + 8]);
        }
        self.write.encode(&mut samples, component, encoder);
    }
}

/// Rounds to a sample as decoders show it, less 128.
#[inline]
fn shown(value: f32) -> f32 {
    // Adding this rounds to an integer.
    const INTEGERS: f32 = 12_582_912.0;
    ((value + HALVES_UP).clamp(-128.0, 127.0) + INTEGERS) - INTEGERS
}
