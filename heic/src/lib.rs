//! HEIC and HEIF still pictures (ISO/IEC 23008-12, coded as ITU-T H.265) as upright sRGB rows.
//!
//! [`Heic::read`] looks at the headers alone and checks all that they claim. [`Heic::decode`] then makes rows from top to
//! bottom, without ever holding the whole picture:
//!
//! | picture | decoded at once | memory beside the file, for each pixel of that | and |
//! |---|---|---|---|
//! | grid, as iPhones and most others write | a tile | 6 bytes (4:2:0) to 9 (4:4:4) | a row of tiles at the scale, 3 bytes a pixel; of a picture on its side a column |
//! | coded in one piece | the picture | the same | 64 rows |
//! | overlay, or a grid of pictures that are made of others | the canvas or the tile | 3 bytes | what its parts take |
//! | with opacity | the opacity first | the same | a byte for each pixel at the scale |
//!
//! ```
//! use likeness_heic::{Heic, Limits, Scale};
//!
//! # let file = heifer::encode_rgb8(600, 400, &vec![128; 600 * 400 * 3], &heifer::EncodeOptions::default())?;
//! let heic = Heic::read(&file, &Limits { max_pixels: 52_000_000 })?;
//! assert_eq!((heic.info().width, heic.info().height), (600, 400));
//! let mut rows = Vec::new();
//! heic.decode(Scale::Half, |some| rows.extend_from_slice(some))?;
//! assert_eq!(rows.len(), 300 * 200 * 3);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Crop, turn and mirror are those of HEIF (`clap`, `irot`, `imir`), in the order of the file. The orientation in EXIF
//! repeats them and is not looked at.
//!
//! Colours become sRGB: by an ICC profile, else by primaries and transfer characteristics, with light beyond white (PQ,
//! HLG) bent below it. Colour differences of half the resolution are repeated, not blended, which is what libheif does.
//!
//! Boxes, items, references, tiles and pixels are counted before they are read into lists or decoded, and no part of a
//! coded picture is decoded twice. So a file costs at most what a sound one of the size that it claims costs.

mod alpha;
mod bands;
mod boxes;
mod colour;
mod error;
mod file;
mod forecast;
mod hevc;
mod limits;
mod overlay;
mod pixels;
mod planes;
mod scale;
mod tree;
mod upright;

pub use colour::Colours;
pub use error::{Damage, Error, Excess, Unsupported};
pub use file::{Chroma, Heic, Info, Metadata, Outcome};
pub use limits::Limits;
pub use scale::Scale;

#[cfg(test)]
mod tests;

/// On wasm32 every `#[test]` of this crate is a `wasm_bindgen_test`: each test module imports this name.
#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) use wasm_bindgen_test::wasm_bindgen_test as test;
