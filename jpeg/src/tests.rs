//! Tests of whole files, most of them against libjpeg-turbo-rs, which reads and turns coefficients by code of its own.
#![expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "test pictures are small")]

mod damage;
mod encoded;
mod files;
mod golden;
mod kept;
mod previewed;
mod properties;
mod refusals;
mod requantised;
mod scaled;
mod several_scans;
mod turned;

use libjpeg_turbo_rs::{JpegCoefficients, read_coefficients};

use crate::{Error, Jpeg, Orientation, Quantisation, Recoding, Workspace};

fn kept(file: &[u8]) -> Result<Vec<u8>, Error> {
    let mut kept = Vec::new();
    Jpeg::read(file)?.keep(&mut kept).map(|()| kept)
}

fn recoded(file: &[u8], recoding: Recoding) -> Result<Vec<u8>, Error> {
    let mut recoded = Vec::new();
    Jpeg::read(file)?.recode(recoding, &mut Workspace::default(), &mut recoded).map(|()| recoded)
}

fn turned(file: &[u8], orientation: Orientation) -> Result<Vec<u8>, Error> {
    recoded(file, Recoding { orientation, ..Recoding::default() })
}

fn requantised(file: &[u8], quantisation: Quantisation) -> Result<Vec<u8>, Error> {
    recoded(file, Recoding { quantisation, ..Recoding::default() })
}

/// Reads a file's coefficients, in zigzag order, with another decoder.
fn coefficients(file: &[u8]) -> JpegCoefficients {
    read_coefficients(file).expect("a JPEG")
}

/// Fails unless the two files have the same coefficients, steps and shape.
fn assert_same_picture(file: &[u8], other: &[u8], what: &str) {
    let (file, other) = (coefficients(file), coefficients(other));
    assert_eq!((file.width, file.height), (other.width, other.height), "{what}");
    assert_eq!(file.components.len(), other.components.len(), "{what}");
    for (one, another) in file.components.iter().zip(&other.components) {
        assert_eq!((one.h_sampling, one.v_sampling), (another.h_sampling, another.v_sampling), "{what}");
        assert_eq!((one.blocks_x, one.blocks_y), (another.blocks_x, another.blocks_y), "{what}");
        let steps = |of: &JpegCoefficients, number: u8| of.quant_tables[usize::from(number)];
        assert_eq!(steps(&file, one.quant_table_index), steps(&other, another.quant_table_index), "{what}");
        assert!(one.blocks == another.blocks, "{what}: the coefficients differ");
    }
}
