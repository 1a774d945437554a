//! Faces in a photo: how many, where and how large. Nothing else is known of a face.
//!
//! The detector is YuNet-n of libfacedetection.train, 74,000 parameters: a network that gives every cell of three grids
//! (8, 16 and 32 pixels to a cell) a score and a box. Its forward pass is written out here, and its weights lie in
//! `weights/`, one byte each, beside their licence and the script that made them.
//!
//! A picture is first shrunk so that its longer side has [`SIDE`] pixels, which is where faces of a tenth of a photo and
//! more are found. Where no face is found, a larger picture is looked at once more with [`LARGER_SIDE`].
//!
//! ```
//! use likeness_faces::{RgbPicture, look_for_faces};
//!
//! let grey = vec![128; 64 * 48 * 3];
//! let picture = RgbPicture::new(64, 48, &grey).ok_or("three bytes for each pixel")?;
//! assert!(look_for_faces(&picture).is_empty());
//! # Ok::<(), &str>(())
//! ```
//!
//! Pixels must be upright: of faces that lie on their side, more than half are missed.

mod canvas;
mod cells;
mod detector;
mod face;
mod first;
mod layer;
mod map;
mod network;
mod picture;
mod separable;
mod span;
mod weights;

pub use detector::{Detector, LARGER_SIDE, SIDE, look_for_faces};
pub use face::{Face, LEAST_SCORE};
pub use picture::RgbPicture;

#[cfg(test)]
mod tests;

/// On wasm32 every `#[test]` of this crate is a `wasm_bindgen_test`: each test module imports this name.
#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) use wasm_bindgen_test::wasm_bindgen_test as test;
