//! The picture turned, from coefficients, without a picture in memory.
//!
//! An encoder needs the blocks in the order of the upright picture, a decoder reads them in the stored order. Between
//! the two stands an index of the places at which MCUs begin in the file: the first pass reads every code and makes the
//! index, the second goes from place to place and decodes each MCU when its turn comes. An MCU takes twelve bytes of the
//! index, where its coefficients would take 128 to 1,280: a number that follows from the headers alone. Neighbours in a
//! column lie a row's bytes apart, and the next column finds the same lines of the cache again.

use std::ops::Range;

use crate::{
    bits::reader::Place,
    block::Block,
    conversion::Conversion,
    decode::{Decoder, Predictions},
    encode::Encoder,
    error::Error,
    keep::read_codes,
    observer::ScanObserver,
    orientation::Orientation,
    scan::{MAX_BLOCKS, Scan},
};

/// Bytes that the index takes for each MCU.
pub(crate) const INDEX_BYTES: u64 = size_of::<(Place, Predictions)>() as u64;

/// Reads every code, and notes the place of each MCU. Returns the offset of the marker behind the scan's data.
pub(crate) fn index(
    decoder: Decoder<'_, '_>,
    scan: &Scan,
    observer: &mut impl ScanObserver,
    index: &mut Vec<(Place, Predictions)>,
) -> Result<usize, Error> {
    index.clear();
    index.reserve_exact(scan.mcu_count() as usize);
    read_codes(decoder, scan, observer, |decoder| index.push(decoder.place()))
}

/// A scan that was indexed, and the turn that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Turned<'t> {
    pub(crate) scan: &'t Scan,
    pub(crate) orientation: Orientation,
    pub(crate) index: &'t [(Place, Predictions)],
    /// Components of the frame that are not stored, and come out grey.
    pub(crate) added: Range<usize>,
}

impl Turned<'_> {
    /// Goes to the stored MCU that is at this place of the upright picture. Returns the stored place.
    pub(crate) fn go_to(&self, decoder: &mut Decoder<'_, '_>, upright: (u32, u32)) -> (u32, u32) {
        let (x, y) = self.orientation.stored_place(upright, self.scan.mcus);
        decoder.go_to(self.index[(y * self.scan.mcus.0 + x) as usize]);
        (x, y)
    }

    /// Writes the MCUs in the order of the upright picture.
    pub(crate) fn write(
        &self,
        mut decoder: Decoder<'_, '_>,
        conversions: &[Conversion],
        encoder: &mut Encoder<'_>,
    ) -> Result<(), Error> {
        let mut blocks = [Block::EMPTY; MAX_BLOCKS as usize];
        for place in places(self.orientation.turned(self.scan.mcus)) {
            self.go_to(&mut decoder, place);
            encoder.begin_mcu();
            for (at, (component, conversion)) in self.scan.components.iter().zip(conversions).enumerate() {
                for block in blocks.iter_mut().take(component.block_count() as usize) {
                    block.begin(conversion.dc(decoder.dc(at, component)?));
                    if conversion.keeps_steps() {
                        decoder.ac(component, |place, coefficient| {
                            let (place, coefficient) = conversion.turned(place, coefficient);
                            block.put(place, coefficient);
                        })?;
                    } else {
                        decoder.ac(component, |place, coefficient| {
                            let (place, coefficient) =
                                conversion.turned(place, conversion.ac(place, coefficient));
                            block.put(place, coefficient);
                        })?;
                    }
                }
                for place in places(self.orientation.turned(component.blocks)) {
                    let (x, y) = self.orientation.stored_place(place, component.blocks);
                    blocks[(y * component.blocks.0 + x) as usize].encode(component.index, encoder);
                }
            }
            for component in self.added.clone() {
                encoder.grey_block(component);
            }
        }
        Ok(())
    }
}

/// Lists all places row by row.
fn places((across, down): (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
    (0..down).flat_map(move |y| (0..across).map(move |x| (x, y)))
}
