//! Reasons why a file is not read.

use core::fmt;

/// The reason why a file is not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// The file does not begin with a file type box.
    NotHeif,
    /// The file ends before the picture does.
    Truncated,
    /// The contents contradict ISO/IEC 14496-12, ISO/IEC 23008-12 or ITU-T H.265.
    Damaged(Damage),
    /// The file is sound as far as it was read, but of a kind that is not decoded.
    Unsupported(Unsupported),
    /// The file claims more than the limits allow.
    TooMuch(Excess),
}

/// A contradiction between a file and its standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// A box is too short for its contents, missing, or there twice.
    Boxes,
    /// An item refers to one that is not there, or in a circle.
    References,
    /// A grid has another number of tiles than it says, or tiles of several sizes.
    Grid,
    /// A coded picture has another size than the file says, or a crop leaves nothing.
    Size,
    /// The coded picture's parameters or codes are contradictory, or do not fill the picture.
    Codes,
}

/// A kind of file that is not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsupported {
    /// AVIF: the picture is coded as AV1.
    Avif,
    /// A sequence of pictures without a still one.
    Sequence,
    /// A picture of a film, coded as a difference to others (P and B slices).
    InterSlices,
    /// A picture coded as AVC (H.264).
    Avc,
    /// A picture coded as JPEG 2000.
    Jpeg2000,
    /// Another coding, or a rare feature of a known one.
    Other,
}

/// A count or size beyond the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Excess {
    /// More pixels than [`Limits::max_pixels`](crate::Limits::max_pixels), or many more to decode than the picture has.
    Pixels,
    /// More boxes, items, tiles, references or extents than a photo has.
    Boxes,
    /// A colour profile or other metadata larger than a photo's.
    Metadata,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHeif => f.write_str("not a HEIF file"),
            Self::Truncated => f.write_str("the file ends before the picture does"),
            Self::Damaged(damage) => write!(f, "damaged: {damage}"),
            Self::Unsupported(kind) => write!(f, "unsupported: {kind}"),
            Self::TooMuch(excess) => write!(f, "beyond the limits: {excess}"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boxes => "a box is too short, missing or there twice",
            Self::References => "a reference to an item that is not there, or in a circle",
            Self::Grid => "a grid whose tiles do not fit",
            Self::Size => "a picture of another size than the file says",
            Self::Codes => "a coded picture that is contradictory or incomplete",
        })
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avif => "AVIF",
            Self::Sequence => "a sequence of pictures",
            Self::InterSlices => "a picture of a film",
            Self::Avc => "AVC",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Other => "a rare coding",
        })
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pixels => "pixels",
            Self::Boxes => "boxes, items or references",
            Self::Metadata => "metadata",
        })
    }
}

impl core::error::Error for Error {}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl From<Unsupported> for Error {
    fn from(kind: Unsupported) -> Self {
        Self::Unsupported(kind)
    }
}

impl From<Excess> for Error {
    fn from(excess: Excess) -> Self {
        Self::TooMuch(excess)
    }
}
