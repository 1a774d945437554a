//! Metadata about a file's picture: the orientation, and whether there is a position.

mod exif;
pub(super) mod text;
mod xml;
mod xmp;

use self::{exif::Exif, xmp::Xmp};
use super::{Metadata, Orientation};

/// Facts from every place where a program may leave an orientation, gathered from the whole file.
///
/// EXIF comes first. Where it says nothing, the copy of EXIF counts that ImageMagick keeps in a PNG's text, and
/// last comes XMP: there the Finder of macOS writes that a PNG was turned. Of several blocks of one kind the first
/// that says anything is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    exif: Option<Orientation>,
    exif_as_text: Option<Orientation>,
    xmp: Option<Orientation>,
    metadata: Metadata,
}

impl Notes {
    /// Reads a block of EXIF.
    pub(super) fn exif(&mut self, block: &[u8]) {
        let exif = Exif::read(block);
        self.exif = self.exif.or(exif.orientation);
        self.metadata = self.metadata.max(exif.metadata);
    }

    /// Reads a block of EXIF that was kept as text.
    fn exif_as_text(&mut self, block: &[u8]) {
        let exif = Exif::read(block);
        self.exif_as_text = self.exif_as_text.or(exif.orientation);
        self.metadata = self.metadata.max(exif.metadata);
    }

    /// Reads a packet of XMP.
    pub(super) fn xmp(&mut self, packet: &[u8]) {
        let xmp = Xmp::read(packet);
        self.xmp = self.xmp.or(xmp.orientation);
        self.metadata = self.metadata.max(xmp.metadata);
    }

    /// Notes that there are other metadata.
    pub(super) fn other(&mut self) {
        self.metadata = self.metadata.max(Metadata::Present);
    }

    /// Returns the orientation that takes precedence; upright where there is none.
    pub(super) fn orientation(self) -> Orientation {
        self.exif.or(self.exif_as_text).or(self.xmp).unwrap_or_default()
    }

    /// Returns the kind of metadata that the file carries.
    pub(super) fn metadata(self) -> Metadata {
        self.metadata
    }
}
