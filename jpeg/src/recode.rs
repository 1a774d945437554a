//! The picture with other coefficients: requantised, turned, or both, without a look at pixels.

use std::ops::Range;

use crate::{
    conversion::Conversion,
    decode::Decoder,
    encode::{ComponentCodes, Encoder},
    error::{Error, NeedsPixels},
    frame::{Component, Frame},
    header::{Headers, Selector},
    orientation::Orientation,
    output::Output,
    picture::Jpeg,
    quantiser::Steps,
    scan::{Scan, ScanComponent},
    turn,
    workspace::Workspace,
};

/// The picture that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recoding {
    /// The operation that shows the stored picture upright.
    pub orientation: Orientation,
    /// The quantisation of the coefficients.
    pub quantisation: Quantisation,
    /// The components of a picture that has brightness alone.
    pub grey: Grey,
}

/// The quantisation of the picture that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantisation {
    /// The stored steps. Nothing is lost.
    #[default]
    Stored,
    /// The steps of quality 95, as libjpeg counts qualities. A coefficient changes by at most half a step.
    Quality95,
    /// The steps of quality 95, or the stored ones where those are larger: a coefficient that was kept no better than
    /// quality 95 would keep it stays as it is. Finer steps would not bring back what is lost; they would make the file
    /// larger and, where they do not divide the old ones, round once more.
    AtMostQuality95,
}

/// The components of a picture that has brightness alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grey {
    /// One, as stored.
    #[default]
    OneComponent,
    /// Three: colour differences of zero are added.
    ThreeComponents,
}

impl Jpeg<'_> {
    /// Tells whether the picture can be turned block by block: MCUs that are incomplete, at the right and at the bottom,
    /// must stay there (the decoder cuts them off).
    #[must_use]
    pub fn turns_exactly(&self, orientation: Orientation) -> bool {
        let (h, v) = self.frame.largest_factors();
        let complete = |side: u32, factor: u32| side.is_multiple_of(8 * factor);
        (!orientation.reverses_rows() || complete(self.frame.width, h))
            && (!orientation.reverses_columns() || complete(self.frame.height, v))
    }

    /// Predicts the memory in bytes that the workspace grows to: more than fixed buffers only if the picture is turned.
    #[must_use]
    pub fn memory(&self, recoding: &Recoding) -> u64 {
        const FIXED: u64 = 1 << 20;
        // Scans of one component have more MCUs than those of all.
        let mcus = self.frame.components.iter().map(|component| self.frame.blocks(*component));
        let most = mcus.map(|(across, down)| u64::from(across) * u64::from(down)).max().unwrap_or(0);
        let index = if recoding.orientation == Orientation::Upright { 0 } else { most * turn::INDEX_BYTES };
        FIXED + index
    }

    /// Writes the picture with converted coefficients into a new file, of one entropy-coded segment for each scan, with
    /// the typical Huffman tables. The colour differences keep their resolution.
    ///
    /// An upright picture is read once. A turned one is read twice: all codes are read before anything is written.
    pub fn recode(
        &self,
        recoding: &Recoding,
        workspace: &mut Workspace,
        output: &mut impl Output,
    ) -> Result<(), Error> {
        if !self.turns_exactly(recoding.orientation) {
            return Err(NeedsPixels::IncompleteEdge.into());
        }
        let plan = Plan::new(recoding, &self.frame);
        let mut headers = Headers::new(output);
        let mut scans = self.scans();
        while let Some((scan, from)) = scans.next(&self.frame)? {
            let conversions = plan.conversions(&scan);
            let decoder = || Decoder::new(self.bytes, from, &scan);
            let index = &mut workspace.index;
            let turned = match recoding.orientation {
                Orientation::Upright => None,
                orientation => Some((orientation, turn::index(decoder(), &scan, index)?)),
            };
            plan.write_headers(&scan, &conversions, &mut headers);
            let encoder = Encoder::new(&plan.codes, &mut workspace.chunk, headers.output());
            let end = match turned {
                None => convert(decoder(), &scan, &conversions, plan.added(), encoder)?,
                Some((orientation, end)) => {
                    turn::write(decoder(), &scan, orientation, index, &conversions, plan.added(), encoder)?;
                    end
                }
            };
            scans.go_on(end);
        }
        headers.end();
        Ok(())
    }
}

/// The parts of a recoding that hold for all scans.
#[derive(Debug)]
struct Plan<'r> {
    recoding: &'r Recoding,
    /// The frame that is written.
    frame: Frame,
    /// Number of the frame's components that are stored. Those behind were added.
    stored_components: usize,
    codes: [ComponentCodes; 2],
}

impl<'r> Plan<'r> {
    fn new(recoding: &'r Recoding, stored: &Frame) -> Self {
        let (width, height) = recoding.orientation.turned((stored.width, stored.height));
        let number = |index: usize, stored: usize| match recoding.quantisation {
            Quantisation::Quality95 => index.min(1),
            Quantisation::Stored => stored,
            // Components that shared a table may not do so any more.
            Quantisation::AtMostQuality95 => index,
        };
        let component = |(index, stored): (usize, &Component)| {
            let (h, v) = recoding.orientation.turned((stored.h, stored.v));
            Component { h, v, quantiser: number(index, stored.quantiser), ..*stored }
        };
        let mut components: Vec<_> = stored.components.iter().enumerate().map(component).collect();
        if let ([grey], Grey::ThreeComponents) = (components.as_slice(), recoding.grey) {
            // Nothing is quantised by the steps of the two that are added, so those of the first will do.
            components = vec![*grey; 3];
        }
        let extended = stored.extended && recoding.quantisation != Quantisation::Quality95;
        Self {
            recoding,
            frame: Frame { extended, width, height, components },
            stored_components: stored.components.len(),
            codes: ComponentCodes::typical(),
        }
    }

    /// Returns the indices of the components that are added to those of a grey picture.
    fn added(&self) -> Range<usize> {
        self.stored_components..self.frame.components.len()
    }

    fn conversions(&self, scan: &Scan) -> Vec<Conversion> {
        let quality_95 = |index: usize| if index == 0 { Steps::LUMINANCE_95 } else { Steps::CHROMINANCE_95 };
        let orientation = self.recoding.orientation;
        let conversion = |component: &ScanComponent| {
            let stored = component.steps.turned(orientation);
            let wanted = match self.recoding.quantisation {
                Quantisation::Stored => stored,
                Quantisation::Quality95 => quality_95(component.index),
                Quantisation::AtMostQuality95 => stored.or_coarser(&quality_95(component.index)),
            };
            Conversion::new(&component.steps, wanted, orientation)
        };
        scan.components.iter().map(conversion).collect()
    }

    fn write_headers<O: Output>(
        &self,
        scan: &Scan,
        conversions: &[Conversion],
        headers: &mut Headers<'_, '_, O>,
    ) {
        for (component, conversion) in scan.components.iter().zip(conversions) {
            headers.quantiser(self.frame.components[component.index].quantiser, &conversion.steps);
        }
        headers.frame(&self.frame);
        let indices: Vec<_> =
            scan.components.iter().map(|component| component.index).chain(self.added()).collect();
        for index in &indices {
            headers.typical_huffman(*index.min(&1));
        }
        headers.scan(indices.iter().map(|index| Selector {
            index: *index,
            dc: *index.min(&1),
            ac: *index.min(&1),
        }));
    }
}

/// Converts the blocks in the order in which they are stored. Returns the offset of the marker behind the scan's data.
fn convert(
    mut decoder: Decoder<'_, '_>,
    scan: &Scan,
    conversions: &[Conversion],
    added: Range<usize>,
    mut encoder: Encoder<'_, '_, impl Output>,
) -> Result<usize, Error> {
    for _ in 0..scan.mcu_count() {
        decoder.begin_mcu()?;
        encoder.begin_mcu();
        for (index, (component, conversion)) in scan.components.iter().zip(conversions).enumerate() {
            for _ in 0..component.block_count() {
                let dc = conversion.dc(decoder.dc(index, component)?);
                let mut block = encoder.begin_block(component.index, dc);
                decoder.ac(component, |place, coefficient| {
                    let coefficient = conversion.ac(place, coefficient);
                    if coefficient != 0 {
                        block.put(place, coefficient);
                    }
                })?;
                let end = block.end();
                encoder.end_block(end);
            }
        }
        for component in added.clone() {
            encoder.grey_block(component);
        }
    }
    encoder.end();
    decoder.end()
}
