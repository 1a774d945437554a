//! The search for faces.

use crate::{Face, RgbPicture, canvas::Canvas, cells::distinct, face::LEAST_SCORE, network::Network};

/// The longer side in pixels of the shrunk picture in which faces are looked for.
pub const SIDE: u16 = 320;

/// The longer side in pixels for the second look, when the first found none: small faces are found, and more mistakes are
/// made.
pub const LARGER_SIDE: u16 = 640;

/// Finds faces. One detector serves any number of pictures; it holds 300 kB.
#[derive(Debug)]
pub struct Detector(Network);

impl Detector {
    /// Reads the weights.
    #[must_use]
    pub fn new() -> Self {
        Self(Network::read())
    }

    /// Returns the faces in a picture, the most certain first.
    #[must_use]
    pub fn look_for_faces(&self, picture: &RgbPicture) -> Vec<Face> {
        let found = self.look(picture, SIDE);
        let is_larger = picture.width().max(picture.height()) > u32::from(SIDE);
        if found.is_empty() && is_larger { self.look(picture, LARGER_SIDE) } else { found }
    }

    /// Returns the faces in a picture that was shrunk to `side` pixels.
    pub(crate) fn look(&self, picture: &RgbPicture, side: u16) -> Vec<Face> {
        let canvas = Canvas::new(picture, side);
        distinct(&self.0.look(&canvas), &canvas, LEAST_SCORE)
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the faces in a picture, the most certain first: [`Detector::look_for_faces`] of a new detector.
#[must_use]
pub fn look_for_faces(picture: &RgbPicture) -> Vec<Face> {
    Detector::new().look_for_faces(picture)
}
