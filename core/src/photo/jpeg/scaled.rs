//! Baseline JPEGs as pixels at a fraction of their size, from their coefficients.

use likeness_jpeg::{Error, Jpeg, Scale, Workspace};

use super::{of_whole_picture, problem::DAMAGED};
use crate::photo::{
    PhotoProblem,
    pixels::raster::{Raster, Samples},
};

/// Tells from the headers whether the picture can be decoded at a fraction of its size a row of blocks at a time.
pub(super) fn is_possible(bytes: &[u8]) -> bool {
    Jpeg::read_headers(bytes).is_ok_and(|jpeg| jpeg.can_be_scaled().is_ok())
}

/// Decodes the picture as stored.
pub(in crate::photo) fn scaled(
    bytes: &[u8],
    scale: Scale,
    workspace: &mut Workspace,
) -> Result<Raster, PhotoProblem> {
    of_whole_picture(bytes, |picture| raster(picture, scale, workspace))?.ok_or(DAMAGED)
}

fn raster(bytes: &[u8], scale: Scale, workspace: &mut Workspace) -> Result<Raster, Error> {
    let jpeg = Jpeg::read(bytes)?;
    let samples = if jpeg.is_grey() { Samples::Grey } else { Samples::Rgb };
    let [width, height] = [jpeg.width(), jpeg.height()].map(|side| scale.of(side) as usize);
    let mut bytes = Vec::with_capacity(width * height * samples.count());
    jpeg.scale(scale, workspace, |band| {
        for row in 0..band.rows() {
            match samples {
                Samples::Grey => bytes.extend_from_slice(band.row(0, row)),
                _ => band.rgb(row, &mut bytes),
            }
        }
    })?;
    Ok(Raster { width, height, samples, deep: false, bytes })
}
