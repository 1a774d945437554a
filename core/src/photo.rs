//! Photos: recognition of a file, limits, and the one form in which all photos are used.
//!
//! [`inspect`] reads a file's headers. [`PhotoInfo::check`] compares them with the limits, so that nothing large is
//! allocated for a file that will be refused anyway. [`Normaliser`] then makes an upright sRGB JPEG of three components
//! without any metadata, and tells the [`Way`] that the photo went and the changes that were made. Every refusal is a [`PhotoProblem`]: a
//! stable code, a sentence with the numbers, and an advice.
//!
//! The format is told from the bytes, never from a name: a PNG called `.jpg` just works.
//!
//! ```
//! use likeness_core::{
//!     limits::PhotoLimits,
//!     photo::{Format, Normalise, Normaliser, Way, inspect},
//!     simulator::drawing,
//! };
//!
//! let photo = drawing::jpeg(&vec![128; 600 * 800 * 3], 600, 800).expect("a drawn photo");
//! let clean = Normaliser::default().normalise(&photo, &PhotoLimits::default())?;
//! assert_eq!((clean.width(), clean.height(), clean.way()), (600, 800, Way::Requantised));
//! assert_eq!(inspect(clean.jpeg())?.format, Format::Jpeg);
//!
//! let page = b"<!DOCTYPE html><title>Not found</title>";
//! let problem = Normaliser::default().normalise(page, &PhotoLimits::default()).unwrap_err();
//! assert_eq!(problem.code(), "photo.unsupported_format");
//! assert_eq!(problem.to_string(), "this is a web page (HTML), not a JPEG, PNG, WebP or HEIC photo");
//! # Ok::<(), likeness_core::photo::PhotoProblem>(())
//! ```

mod averaging;
mod bytes;
mod change;
mod check;
mod faces;
mod foreign;
mod form;
mod format;
#[cfg(feature = "heic")]
mod heic;
#[cfg(not(feature = "heic"))]
#[path = "photo/heic/absent.rs"]
mod heic;
mod info;
mod inspect;
mod jpeg;
mod memory;
mod metadata;
mod normalise;
pub(crate) mod picture;
mod pixels;
mod png;
mod preview;
mod problem;
pub mod report;
mod route;
mod scale;
mod spliced;
mod thresholds;
mod treatment;
mod way;
mod webp;

pub use change::Change;
pub use faces::FaceFinder;
pub use foreign::Foreign;
pub use form::{MaxSide, MaxSideError, PhotoForm};
pub use format::Format;
pub use info::{Coding, Colours, Metadata, PhotoInfo};
pub use inspect::inspect;
pub use likeness_jpeg::Orientation;
pub use normalise::{Normalise, NormalisedPhoto, Normaliser, PixelNormaliser};
pub use preview::Preview;
pub use problem::{PhotoProblem, Unsupported, too_many_bytes};
pub use report::FaceCheck;
pub use treatment::Treatment;
pub use way::{Reencode, ReencodeError, Way};

#[cfg(test)]
mod tests;
