//! Tests on pictures that heifer's encoder makes, laid into files of every shape.

mod colours;
mod damage;
mod derived;
mod drawn;
mod limits;
mod muxer;
mod refusals;
mod scales;
mod turned;

use crate::{Colours, Error, Heic, Limits, Scale};

const LIMITS: Limits = Limits { max_pixels: 52_000_000 };

/// A decoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decoded {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    colours: Colours,
}

fn decode_at(file: &[u8], scale: Scale) -> Result<Decoded, Error> {
    let heic = Heic::read(file, &LIMITS)?;
    let [width, height] = [heic.info().width, heic.info().height].map(|side| scale.of(side) as usize);
    let mut rgb = Vec::new();
    let outcome = heic.decode(scale, |rows| {
        assert_eq!(rows.len() % (width * 3), 0, "whole rows");
        rgb.extend_from_slice(rows);
    })?;
    assert_eq!(rgb.len(), width * height * 3, "all rows");
    Ok(Decoded { width, height, rgb, colours: outcome.colours })
}

fn decode(file: &[u8]) -> Result<Decoded, Error> {
    decode_at(file, Scale::Full)
}

/// Computes the peak signal-to-noise ratio in dB.
fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let square = |(a, b): (&u8, &u8)| f64::from(i32::from(*a) - i32::from(*b)).powi(2);
    let error = a.iter().zip(b).map(square).sum::<f64>() / f64::from(u32::try_from(a.len()).expect("small"));
    10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()
}
