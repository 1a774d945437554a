//! Memory that is used again from picture to picture.

use crate::{
    bits::{reader::Place, writer::Chunk},
    decode::Predictions,
    encode::ComponentCodes,
};

/// The memory in which pictures are recoded and scaled. One workspace serves any number of them, one after the other, and
/// keeps what the largest took.
#[derive(Debug)]
pub struct Workspace {
    pub(crate) chunk: Box<Chunk>,
    /// The codes that are written, of luminance and of chrominance.
    pub(crate) codes: Box<[ComponentCodes; 2]>,
    /// The places of a scan's MCUs.
    pub(crate) index: Vec<(Place, Predictions)>,
    /// The rows of a picture that is turned on another grid.
    pub(crate) planes: Vec<f32>,
    /// The rows of a scaled picture, or of one that is encoded.
    pub(crate) samples: Vec<u8>,
}

impl Workspace {
    /// Returns the memory in bytes that the workspace holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Chunk>()
            + size_of::<[ComponentCodes; 2]>()
            + self.index.capacity() * size_of::<(Place, Predictions)>()
            + self.planes.capacity() * size_of::<f32>()
            + self.samples.capacity()
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            chunk: Box::new([0; _]),
            codes: Box::new(ComponentCodes::typical()),
            index: Vec::new(),
            planes: Vec::new(),
            samples: Vec::new(),
        }
    }
}
