//! The picture with other coefficients: requantised, turned, or both, without a look at pixels.

use std::ops::Range;

use crate::{
    conversion::Conversion,
    decode::Decoder,
    encode::Encoder,
    error::{Error, NeedsPixels},
    frame::{Component, Frame},
    header::{Headers, Selector},
    observer::{Observer, ScanObserver},
    orientation::Orientation,
    output::Output,
    picture::Jpeg,
    quantiser::Steps,
    regrid::Regrid,
    scan::{Scan, ScanComponent},
    turn::{self, Turned},
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
    /// The stored steps, but those of quality 95 where those are more than twice as large. Finer steps than the stored
    /// ones would not bring back what is lost; they would make the file larger and, where they do not divide the old ones,
    /// round once more. Twice as large ones would lose the most for what they save: every odd coefficient lies exactly
    /// between two even ones.
    NearQuality95,
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
        self.edges_are_multiples(orientation, (8 * h, 8 * v))
    }

    /// Tells whether the sides that come to the front are multiples of these numbers of pixels.
    fn edges_are_multiples(&self, orientation: Orientation, (width, height): (u32, u32)) -> bool {
        (!orientation.reverses_rows() || self.frame.width.is_multiple_of(width))
            && (!orientation.reverses_columns() || self.frame.height.is_multiple_of(height))
    }

    pub(crate) fn route(&self, recoding: Recoding) -> Result<Route, Error> {
        let orientation = recoding.orientation;
        if orientation == Orientation::Upright {
            return Ok(Route::InOrder);
        }
        if self.turns_exactly(orientation) {
            return Ok(Route::Turned);
        }
        // Samples that stand for several pixels must not end up between them.
        let whole_samples = self.edges_are_multiples(orientation, self.frame.largest_factors());
        if recoding.quantisation == Quantisation::Stored || !whole_samples {
            Err(NeedsPixels::IncompleteEdge.into())
        } else if self.interleaved {
            Ok(Route::Regridded)
        } else {
            Err(NeedsPixels::SeveralScans.into())
        }
    }

    /// Writes the picture with converted coefficients into a new file, of one entropy-coded segment for each scan, with
    /// the typical Huffman tables. The colour differences keep their resolution.
    ///
    /// An upright picture is read once. A turned one is read twice: all codes are read before anything is written. Where
    /// incomplete MCUs come to the front, samples move to new blocks, which is not possible with the stored steps; they
    /// then get those of quality 95.
    pub fn recode(
        &self,
        recoding: Recoding,
        workspace: &mut Workspace,
        output: &mut dyn Output,
    ) -> Result<(), Error> {
        self.recode_observed(recoding, workspace, output, &mut ())
    }

    pub(crate) fn recode_observed(
        &self,
        recoding: Recoding,
        workspace: &mut Workspace,
        output: &mut dyn Output,
        observer: &mut impl Observer,
    ) -> Result<(), Error> {
        let route = self.route(recoding)?;
        let plan = Plan::new(recoding, &self.frame, route);
        let mut headers = Headers::new(output);
        let mut scans = self.scans();
        while let Some((scan, from)) = scans.next(&self.frame)? {
            let conversions = plan.conversions(&scan);
            let decoder = || Decoder::new(self.bytes, from, &scan);
            let mut observer = observer.scan(&self.frame, &scan);
            let Workspace { chunk, codes, index, planes: memory, .. } = workspace;
            let indexed = match route {
                Route::InOrder => None,
                Route::Turned | Route::Regridded => {
                    Some(turn::index(decoder(), &scan, &mut observer, index)?)
                }
            };
            plan.write_headers(&scan, &conversions, &mut headers);
            let mut encoder = Encoder::new(codes, chunk, headers.output());
            let end = match indexed {
                None => convert(decoder(), &scan, &conversions, plan.added(), &mut observer, &mut encoder)?,
                Some(end) => {
                    let turned =
                        Turned { scan: &scan, orientation: plan.orientation, index, added: plan.added() };
                    if route == Route::Turned {
                        turned.write(decoder(), &conversions, &mut encoder)?;
                    } else {
                        Regrid::new(turned, &self.frame, &conversions).write(
                            decoder(),
                            memory,
                            &mut encoder,
                        )?;
                    }
                    end
                }
            };
            encoder.end();
            scans.go_on(end);
        }
        headers.end();
        Ok(())
    }
}

/// The way of the blocks through a recoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Block by block, as they are stored.
    InOrder,
    /// Block by block, in the order of the upright picture.
    Turned,
    /// Through samples, which move to new blocks.
    Regridded,
}

/// The parts of a recoding that hold for all scans.
#[derive(Debug)]
struct Plan {
    orientation: Orientation,
    quantisation: Quantisation,
    /// The frame that is written.
    frame: Frame,
    /// Number of the frame's components that are stored. Those behind were added.
    stored_components: usize,
}

impl Plan {
    fn new(recoding: Recoding, stored: &Frame, route: Route) -> Self {
        let Recoding { orientation, mut quantisation, grey } = recoding;
        if route == Route::Regridded {
            // The samples of new blocks are not multiples of the stored steps.
            quantisation = Quantisation::Quality95;
        }
        let (width, height) = orientation.turned((stored.width, stored.height));
        let number = |index: usize, stored: usize| match quantisation {
            Quantisation::Quality95 => index.min(1),
            Quantisation::Stored => stored,
            // Components that shared a table may not do so any more.
            Quantisation::NearQuality95 => index,
        };
        let component = |(index, stored): (usize, &Component)| {
            let (h, v) = orientation.turned((stored.h, stored.v));
            Component { h, v, quantiser: number(index, stored.quantiser), ..*stored }
        };
        let mut components: Vec<_> = stored.components.iter().enumerate().map(component).collect();
        if let ([only], Grey::ThreeComponents) = (components.as_slice(), grey) {
            // Nothing is quantised by the steps of the two that are added, so those of the first will do.
            components = vec![*only; 3];
        }
        let extended = stored.extended && quantisation != Quantisation::Quality95;
        Self {
            orientation,
            quantisation,
            frame: Frame { extended, width, height, components },
            stored_components: stored.components.len(),
        }
    }

    /// Returns the indices of the components that are added to those of a grey picture.
    fn added(&self) -> Range<usize> {
        self.stored_components..self.frame.components.len()
    }

    fn conversions(&self, scan: &Scan) -> Vec<Conversion> {
        let quality_95 = |index: usize| if index == 0 { Steps::LUMINANCE_95 } else { Steps::CHROMINANCE_95 };
        let conversion = |component: &ScanComponent| {
            let stored = component.steps.turned(self.orientation);
            let wanted = match self.quantisation {
                Quantisation::Stored => stored,
                Quantisation::Quality95 => quality_95(component.index),
                Quantisation::NearQuality95 => stored.where_near(&quality_95(component.index)),
            };
            Conversion::new(&component.steps, wanted, self.orientation)
        };
        scan.components.iter().map(conversion).collect()
    }

    fn write_headers(&self, scan: &Scan, conversions: &[Conversion], headers: &mut Headers<'_, '_>) {
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
    observer: &mut impl ScanObserver,
    encoder: &mut Encoder<'_>,
) -> Result<usize, Error> {
    for _ in 0..scan.mcu_count() {
        decoder.begin_mcu()?;
        encoder.begin_mcu();
        observer.begin_mcu();
        for (index, (component, conversion)) in scan.components.iter().zip(conversions).enumerate() {
            for _ in 0..component.block_count() {
                let dc = decoder.dc(index, component)?;
                let is_observed = observer.begin_block(dc);
                let mut block = encoder.begin_block(component.index, conversion.dc(dc));
                let mut put = |place, coefficient| {
                    let coefficient = conversion.ac(place, coefficient);
                    if coefficient != 0 {
                        block.put(place, coefficient);
                    }
                };
                if is_observed {
                    decoder.ac(component, |place, coefficient| {
                        observer.ac(place, coefficient);
                        put(place, coefficient);
                    })?;
                    observer.end_block();
                } else {
                    decoder.ac(component, put)?;
                }
                let end = block.end();
                encoder.end_block(end);
            }
        }
        for component in added.clone() {
            encoder.grey_block(component);
        }
    }
    decoder.end()
}
