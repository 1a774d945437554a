//! Coded pictures, and the decoder that makes samples of them: the one place that knows heifer's decoder of HEVC.

use heifer::heifer_hevc_dec::{
    self as hevc,
    nal::{NalHeader, NalUnit, NalUnitType},
    params::{ParameterSets, Sps},
    recon::Reconstructor,
    slice::SliceHeader,
    syntax::{Picture, decode_slice_segment},
};

use crate::{
    error::{Damage, Error, Excess, Unsupported},
    limits::{MAX_PADDING, MAX_PARAMETER_SET, MAX_PARAMETER_SETS},
    planes::{Matrix, Planes},
};

/// A coded picture: what HEVC calls a bitstream, in the pieces of ISO/IEC 14496-15.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bitstream<'b> {
    /// Parameter sets, as the configuration box has them.
    pub(crate) sets: &'b [Vec<u8>],
    /// NAL units, each behind its length.
    pub(crate) units: &'b [u8],
    /// Bytes of such a length: 1, 2 or 4.
    pub(crate) length: usize,
}

/// A decoder of still pictures.
pub(crate) trait Decode {
    /// Decodes the first picture. `size` is what the file says of its width and height: one that is larger than that and
    /// a coding block is refused before anything is allocated for it.
    fn decode(&self, bitstream: &Bitstream<'_>, size: (u32, u32)) -> Result<Planes, Error>;
}

/// The decoder of heifer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heifer;

/// Returns the size and the sampling that parameter sets tell, if there is a sequence parameter set among them.
pub(crate) fn parameters(sets: &[Vec<u8>]) -> Result<Option<Sps>, Error> {
    check_sets(sets)?;
    let mut parameters = ParameterSets::default();
    for set in sets {
        add(&mut parameters, set)?;
    }
    Ok(parameters.sps.into_iter().flatten().next())
}

fn check_sets(sets: &[Vec<u8>]) -> Result<(), Error> {
    if sets.len() > MAX_PARAMETER_SETS || sets.iter().any(|set| set.len() > MAX_PARAMETER_SET) {
        return Err(Excess::Metadata.into());
    }
    Ok(())
}

fn add(parameters: &mut ParameterSets, set: &[u8]) -> Result<(), Error> {
    let header = NalHeader::parse(set).map_err(|error| refused(&error))?;
    if matches!(header.unit_type, NalUnitType::Vps | NalUnitType::Sps | NalUnitType::Pps) {
        parameters
            .add(&NalUnit::parse(set).map_err(|error| refused(&error))?)
            .map_err(|error| refused(&error))?;
    }
    Ok(())
}

impl Decode for Heifer {
    fn decode(&self, bitstream: &Bitstream<'_>, size: (u32, u32)) -> Result<Planes, Error> {
        check_sets(bitstream.sets)?;
        let mut parameters = ParameterSets::default();
        for set in bitstream.sets {
            add(&mut parameters, set)?;
        }
        let slices = before_slices(bitstream, &mut parameters)?;
        decode_slices(slices, &parameters, size)
    }
}

/// Reads the parameter sets in front of the first slice, and returns the units from there on.
fn before_slices<'b>(bitstream: &Bitstream<'b>, parameters: &mut ParameterSets) -> Result<Units<'b>, Error> {
    let mut units = Units { bytes: bitstream.units, length: bitstream.length };
    let mut sets = 0;
    loop {
        let before = units.clone();
        let Some(unit) = units.next() else { return Ok(before) };
        let unit = unit?;
        let header = NalHeader::parse(unit).map_err(|error| refused(&error))?;
        match header.unit_type {
            slice if slice.is_slice() => return Ok(before),
            NalUnitType::Vps | NalUnitType::Sps | NalUnitType::Pps => {
                sets += 1;
                if sets > MAX_PARAMETER_SETS || unit.len() > MAX_PARAMETER_SET {
                    return Err(Excess::Metadata.into());
                }
                add(parameters, unit)?;
            }
            _ => {}
        }
    }
}

/// Decodes the slices of the first picture. Each must begin where the one before it ended, so that no part of the picture
/// is decoded twice, however many slices there are.
fn decode_slices(units: Units<'_>, parameters: &ParameterSets, size: (u32, u32)) -> Result<Planes, Error> {
    let mut state: Option<(Picture<'_>, Reconstructor<'_>)> = None;
    let mut independent: Option<SliceHeader> = None;
    for unit in units {
        let unit = unit?;
        let header = NalHeader::parse(unit).map_err(|error| refused(&error))?;
        // The first bit of a slice tells that it begins a picture.
        let begins = unit.get(2).is_some_and(|first| first & 0x80 != 0);
        if !header.unit_type.is_slice() || header.layer_id > 0 {
            continue;
        }
        if begins && state.is_some() {
            break;
        }
        let unit = NalUnit::parse(unit).map_err(|error| refused(&error))?;
        let slice = SliceHeader::parse(&unit.rbsp, &unit.header, parameters, independent.as_ref())
            .map_err(|error| refused(&error))?;
        if state.is_none() {
            let (pps, sps) = parameters
                .get(usize::from(slice.slice_pic_parameter_set_id))
                .map_err(|error| refused(&error))?;
            check(sps, size)?;
            state = Some((Picture::new(sps, pps), Reconstructor::new(sps, pps)));
        }
        let Some((picture, pixels)) = &mut state else { return Err(Damage::Codes.into()) };
        let at = usize::try_from(slice.slice_segment_address).unwrap_or(usize::MAX);
        if picture.layout.rs_to_ts.get(at) != Some(&picture.decoded_ctbs) {
            return Err(Damage::Codes.into());
        }
        pixels.start_slice(&slice);
        let quantiser = slice.slice_qp_y(parameters).map_err(|error| refused(&error))?;
        let codes = unit.rbsp.get(slice.header_size..).ok_or(Damage::Codes)?;
        decode_slice_segment(picture, &slice, quantiser, codes, pixels).map_err(|error| refused(&error))?;
        if let Some(error) = pixels.error.take() {
            return Err(refused(&error));
        }
        if !slice.dependent_slice_segment_flag {
            independent = Some(slice);
        }
    }
    let (picture, pixels) = state.filter(|(picture, _)| picture.is_complete()).ok_or(Damage::Codes)?;
    let sps = picture.sps;
    // What was needed for parsing goes before the filters take memory of their own.
    drop(picture);
    planes(pixels.finish(false), sps, size)
}

/// Compares a picture with what the file says of it.
fn check(sps: &Sps, (width, height): (u32, u32)) -> Result<(), Error> {
    let (coded_width, coded_height) = (sps.pic_width_in_luma_samples, sps.pic_height_in_luma_samples);
    let (shown_width, shown_height) = sps.output_size();
    let fits = |coded: u32, shown: u32, side: u32| coded <= side.saturating_add(MAX_PADDING) && shown >= side;
    if !fits(coded_width, shown_width, width) || !fits(coded_height, shown_height, height) {
        return Err(Damage::Size.into());
    }
    let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let padding = area(MAX_PADDING, MAX_PADDING);
    if area(coded_width, coded_height) > area(width, height).saturating_mul(2).saturating_add(padding) {
        return Err(Damage::Size.into());
    }
    if sps.separate_colour_plane_flag || sps.bit_depth_luma > 12 || sps.bit_depth_chroma > 12 {
        return Err(Unsupported::Other.into());
    }
    Ok(())
}

fn planes(frame: hevc::recon::Frame, sps: &Sps, size: (u32, u32)) -> Result<Planes, Error> {
    let (across, down) = sps.chroma_subsampling();
    let [left, _, top, _] = sps.conf_win_offsets;
    // `check` has seen that the window is inside the picture.
    let origin = (left.saturating_mul(across), top.saturating_mul(down));
    let matrix = Matrix { coefficients: u16::from(frame.matrix_coeffs), full_range: frame.full_range };
    Planes {
        strides: frame.widths.map(|width| usize::try_from(width).unwrap_or_default()),
        samples: frame.planes,
        origin,
        size,
        subsampling: (across, down),
        grey: frame.chroma_format == 0,
        bits: frame.bit_depth,
        matrix,
    }
    .checked()
    .ok_or(Damage::Size.into())
}

/// NAL units that lie one behind the other.
#[derive(Clone, Debug)]
struct Units<'b> {
    bytes: &'b [u8],
    length: usize,
}

impl<'b> Iterator for Units<'b> {
    type Item = Result<&'b [u8], Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let unit = self.bytes.split_at_checked(self.length.max(1)).and_then(|(length, rest)| {
            let length = length.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
            rest.split_at_checked(usize::try_from(length).ok()?)
        });
        let Some((unit, rest)) = unit else {
            self.bytes = &[];
            return Some(Err(Damage::Codes.into()));
        };
        self.bytes = rest;
        Some(Ok(unit))
    }
}

fn refused(error: &hevc::Error) -> Error {
    match error {
        hevc::Error::Unimplemented(kind) if kind.starts_with("P and B slices") => {
            Unsupported::InterSlices.into()
        }
        hevc::Error::Unimplemented(_) => Unsupported::Other.into(),
        hevc::Error::UnexpectedEof | hevc::Error::Invalid(_) | hevc::Error::HashMismatch(_) => {
            Damage::Codes.into()
        }
    }
}
