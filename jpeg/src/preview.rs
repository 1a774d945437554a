//! A small picture of the photo, drawn from the codes that are read anyway.
//!
//! At an eighth of each side a block of brightness is one pixel, and its DC coefficient is all that is needed; a block of
//! colour differences is as many pixels as the block covers. Smaller photos are shown at a quarter, a half or the whole of their
//! size, from as many of the lowest coefficients.

mod canvas;
mod drawing;
mod lowest;

use std::fmt;

pub(crate) use self::drawing::Drawing;
use crate::{
    error::Error, frame::Frame, orientation::Orientation, output::Output, picture::Jpeg, recode::Recoding,
    scale::Scale, workspace::Workspace,
};

/// A small picture of a photo, upright, in red, green and blue.
///
/// Of 1/8, 1/4, 1/2 and the whole, each side has the smallest part that leaves the longer one 320 pixels or more.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// Least length of the longer side in pixels, if the photo has as many.
const LONGER_SIDE: u32 = 320;

impl Preview {
    /// Returns the width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the pixels row by row: a byte each of red, green and blue.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Returns the pixels, and nothing else.
    #[must_use]
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// Chooses the scale at which the picture is shown.
    fn scale(frame: &Frame) -> Scale {
        let longer = frame.width.max(frame.height);
        let is_enough = |scale: &Scale| scale.of(longer) >= LONGER_SIDE;
        [Scale::Eighth, Scale::Quarter, Scale::Half].into_iter().find(is_enough).unwrap_or(Scale::Full)
    }
}

/// Leaves the picture out: faces do not belong in logs.
impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Preview");
        shown.field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

impl Jpeg<'_> {
    /// Writes what [`Jpeg::keep`] writes, and draws the picture as stored.
    pub fn keep_with_preview(&self, output: &mut dyn Output) -> Result<Preview, Error> {
        match Preview::scale(&self.frame) {
            Scale::Eighth => self.keep_drawn::<true>(output),
            _ => self.keep_drawn::<false>(output),
        }
    }

    fn keep_drawn<const COARSE: bool>(&self, output: &mut dyn Output) -> Result<Preview, Error> {
        let mut drawing = Drawing::<COARSE>::new(&self.frame, Orientation::Upright);
        self.keep_observed(output, &mut drawing)?;
        Ok(drawing.finish())
    }

    /// Writes what [`Jpeg::recode`] writes, and draws the upright picture from the coefficients as stored.
    pub fn recode_with_preview(
        &self,
        recoding: Recoding,
        workspace: &mut Workspace,
        output: &mut dyn Output,
    ) -> Result<Preview, Error> {
        match Preview::scale(&self.frame) {
            Scale::Eighth => self.recode_drawn::<true>(recoding, workspace, output),
            _ => self.recode_drawn::<false>(recoding, workspace, output),
        }
    }

    fn recode_drawn<const COARSE: bool>(
        &self,
        recoding: Recoding,
        workspace: &mut Workspace,
        output: &mut dyn Output,
    ) -> Result<Preview, Error> {
        let mut drawing = Drawing::<COARSE>::new(&self.frame, recoding.orientation);
        self.recode_observed(recoding, workspace, output, &mut drawing)?;
        Ok(drawing.finish())
    }

    /// Predicts the memory in bytes that a preview takes.
    #[must_use]
    pub fn preview_memory(&self) -> u64 {
        const TABLES: u64 = 1 << 14;
        let scale = Preview::scale(&self.frame);
        u64::from(scale.of(self.frame.width)) * u64::from(scale.of(self.frame.height)) * 3 + TABLES
    }
}
