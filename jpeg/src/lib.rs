//! Baseline JPEG (ITU T.81) without its pixels: verified, copied, turned, requantised and scaled from its coefficients.
//!
//! A decoder spends most of its time and nearly all of its memory on pixels. What normalises a photo seldom needs them.
//! Five ways lead from [`Jpeg::read`], which looks at the headers alone:
//!
//! | way | what is read | what is written | memory beside the two files |
//! |---|---|---|---|
//! | [`Jpeg::keep`] | every code | the same entropy-coded data | fixed |
//! | [`Jpeg::recode`], upright | every code, once | requantised coefficients | fixed |
//! | [`Jpeg::recode`], turned | every code, twice | transposed coefficients, requantised if wanted | 12 bytes per MCU |
//! | the same, of odd size | every code, twice | coefficients of blocks on a new grid | 12 bytes per MCU, two rows of MCUs |
//! | [`Jpeg::scale`] | every code, once | samples at 1/1, 1/2, 1/4 or 1/8 of each side | a row of MCUs |
//!
//! On the first ones a small picture of the photo can be drawn from the codes that pass by: [`Preview`]. Pictures that
//! are not JPEGs become one by [`RgbEncoder`], a band of rows at a time.
//!
//! ```
//! use likeness_jpeg::{Jpeg, Orientation, Quantisation, Recoding, Workspace};
//!
//! # let file = include_bytes!("../../core/src/photo/fixtures/texture.jpg");
//! let jpeg = Jpeg::read(file)?;
//! let quantisation = Quantisation::NearQuality95;
//! let recoding = Recoding { orientation: Orientation::Rotate90, quantisation, ..Recoding::default() };
//! let mut upright = Vec::new();
//! jpeg.recode(recoding, &mut Workspace::default(), &mut upright)?;
//! assert_eq!(Jpeg::read(&upright)?.width(), jpeg.height());
//! # Ok::<(), likeness_jpeg::Error>(())
//! ```
//!
//! Files that need another way are told by [`Error::NeedsPixels`], bad ones by the other errors. A file that is cut, or
//! whose codes do not end where their data end, never comes through; metadata and the bytes behind the picture never
//! come along. A flipped bit that leaves the codes in step gives another picture, and no decoder can tell.
//!
//! Clauses in parentheses are those of ITU T.81, as are the terms: a *block* is 8 x 8 coefficients of one component, an
//! *MCU* the blocks that belong together in a scan, an *entropy-coded segment* the data between two markers.

mod bits;
mod block;
mod conversion;
mod dct;
mod decode;
mod encode;
mod error;
mod forecast;
mod forward;
mod frame;
mod header;
mod huffman;
mod keep;
pub mod marker;
mod observer;
mod orientation;
mod output;
mod picture;
mod preview;
mod quantiser;
mod recode;
mod regrid;
mod rgb_encoder;
mod scale;
mod scan;
mod tables;
mod turn;
mod workspace;
mod zigzag;

pub use error::{Damage, Error, NeedsPixels, Unsupported, WrongRows};
pub use orientation::Orientation;
pub use output::Output;
pub use picture::Jpeg;
pub use preview::Preview;
pub use quantiser::Steps;
pub use recode::{Grey, Quantisation, Recoding};
pub use rgb_encoder::{ChromaSampling, RgbEncoder};
pub use scale::{Band, Scale};
pub use workspace::Workspace;

#[cfg(test)]
mod tests;

/// On wasm32 every `#[test]` of this crate is a `wasm_bindgen_test`: each test module imports this name.
#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) use wasm_bindgen_test::wasm_bindgen_test as test;
