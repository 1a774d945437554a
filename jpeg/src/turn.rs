//! The picture turned, from coefficients, without a picture in memory.
//!
//! An encoder needs the blocks in the order of the upright picture, a decoder reads them in the stored order. Between
//! the two stands an index of the places at which MCUs begin in the file: the first pass reads every code and makes the
//! index, the second goes from place to place and decodes each MCU when its turn comes. For each MCU of up to 256 pixels
//! and more that takes twelve bytes, a number that follows from the headers alone, where coefficients would take up to
//! 1,536, and re-encoded blocks as much as the file. Neighbours in a column lie a row's bytes apart, and the next column
//! finds the same lines of the cache again.

use std::ops::Range;

use crate::{
    bits::reader::Place,
    conversion::Conversion,
    decode::{Decoder, Predictions},
    encode::Encoder,
    error::Error,
    keep::read_codes,
    orientation::Orientation,
    output::Output,
    scan::{MAX_BLOCKS, Scan},
};

/// Bytes that the index takes for each MCU.
pub(crate) const INDEX_BYTES: u64 = size_of::<(Place, Predictions)>() as u64;

/// Reads every code, and notes the place of each MCU. Returns the offset of the marker behind the scan's data.
pub(crate) fn index(
    decoder: Decoder<'_, '_>,
    scan: &Scan,
    index: &mut Vec<(Place, Predictions)>,
) -> Result<usize, Error> {
    index.clear();
    index.reserve_exact(scan.mcu_count() as usize);
    read_codes(decoder, scan, |decoder| index.push(decoder.place()))
}

/// The coefficients of a turned block.
#[derive(Clone, Copy, Debug)]
struct Block {
    dc: i32,
    /// AC coefficients in zigzag order. Only those whose bit is set in `present` have a meaning.
    ac: [i16; 64],
    present: u64,
}

/// Writes the turned picture: the MCUs of an indexed scan, in the order of the upright picture.
pub(crate) fn write(
    mut decoder: Decoder<'_, '_>,
    scan: &Scan,
    orientation: Orientation,
    index: &[(Place, Predictions)],
    conversions: &[Conversion],
    added: Range<usize>,
    mut encoder: Encoder<'_, '_, impl Output>,
) -> Result<(), Error> {
    let mut blocks = [Block { dc: 0, ac: [0; 64], present: 0 }; MAX_BLOCKS as usize];
    let (across, down) = orientation.turned(scan.mcus);
    for (x, y) in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
        let (x, y) = orientation.stored_place((x, y), scan.mcus);
        decoder.go_to(index[(y * scan.mcus.0 + x) as usize]);
        encoder.begin_mcu();
        for (at, (component, conversion)) in scan.components.iter().zip(conversions).enumerate() {
            for block in blocks.iter_mut().take(component.block_count() as usize) {
                block.dc = conversion.dc(decoder.dc(at, component)?);
                block.present = 0;
                decoder.ac(component, |place, coefficient| {
                    let (place, coefficient) = conversion.turned_ac(place, coefficient);
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "a conversion makes at most ten bits"
                    )]
                    let narrow = coefficient as i16;
                    block.ac[place & 63] = narrow;
                    block.present |= u64::from(coefficient != 0) << place;
                })?;
            }
            let (across, down) = orientation.turned(component.blocks);
            for (x, y) in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
                let (x, y) = orientation.stored_place((x, y), component.blocks);
                encode(
                    &blocks[(y * component.blocks.0 + x) as usize % blocks.len()],
                    component.index,
                    &mut encoder,
                );
            }
        }
        for component in added.clone() {
            encoder.grey_block(component);
        }
    }
    encoder.end();
    Ok(())
}

fn encode(block: &Block, component: usize, encoder: &mut Encoder<'_, '_, impl Output>) {
    let mut ac = encoder.begin_block(component, block.dc);
    let mut present = block.present;
    while present != 0 {
        let place = present.trailing_zeros() as usize;
        ac.put(place, block.ac[place].into());
        present &= present - 1;
    }
    let end = ac.end();
    encoder.end_block(end);
}
