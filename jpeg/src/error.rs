//! Reasons why a file is not read, or not in this way.

use core::fmt;

/// The reason why a way through a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// The file does not begin with SOI.
    NotJpeg,
    /// The file ends before the picture does.
    Truncated,
    /// The contents contradict ITU T.81.
    Damaged(Damage),
    /// The file is of a kind of JPEG that cameras, phones and browsers do not write.
    Unsupported(Unsupported),
    /// The file is sound as far as it was read, but only a decoder to pixels can do what was asked for.
    NeedsPixels(NeedsPixels),
}

/// A contradiction between a file and ITU T.81.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// A marker segment is shorter than its contents, or out of place.
    Segment,
    /// The frame header is contradictory, or there are two of them (B.2.2).
    Frame,
    /// A scan header is contradictory, or names a component that the frame lacks (B.2.3).
    Scan,
    /// A table is contradictory, or was never defined (B.2.4).
    Table,
    /// The bits are not a code of the table, or a block has more than 64 coefficients (F.2.2).
    Code,
    /// A block is darker than black or brighter than white.
    Range,
    /// Data remain behind the last block of a restart interval or of a scan.
    ExtraData,
    /// A restart marker is missing, or is not the one whose turn it is (F.2.1.3.2).
    Restart,
}

/// A kind of JPEG that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsupported {
    /// Arithmetic coding (SOF9 and SOF10).
    Arithmetic,
    /// Lossless coding (annex H).
    Lossless,
    /// Hierarchical coding (annex J).
    Hierarchical,
    /// More than 8 bits per sample.
    Deep,
    /// Neither one, three nor four components.
    Components,
    /// A height that stands behind the first scan, in a DNL segment (B.2.5).
    LateHeight,
}

/// A property of a sound file that only a decoder to pixels can deal with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NeedsPixels {
    /// Progressive coding (SOF2): each block is spread over several scans.
    Progressive,
    /// Three components that are red, green and blue instead of brightness and colour differences.
    Rgb,
    /// Four components (CMYK or YCCK).
    FourComponents,
    /// A side that is not a multiple of the MCU would have its incomplete MCUs in front after the turn.
    IncompleteEdge,
    /// Several scans, of which each brings some components alone; only scaling needs them all at once.
    SeveralScans,
    /// Components whose resolutions are not 1, 1/2 or 1/4 of the finest; only scaling needs to bring them together.
    Sampling,
    /// A file of more than 512 MiB, beyond which the places of MCUs are not counted.
    Enormous,
}

/// The reason why rows of pixels are not a picture of the size that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrongRows {
    /// The last row is not whole.
    NotWhole,
    /// There are more than the picture has.
    TooMany,
    /// There are fewer than the picture has.
    Missing,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJpeg => f.write_str("not a JPEG"),
            Self::Truncated => f.write_str("the file ends before the picture does"),
            Self::Damaged(damage) => write!(f, "damaged: {damage}"),
            Self::Unsupported(kind) => write!(f, "unsupported: {kind}"),
            Self::NeedsPixels(why) => write!(f, "needs a decoder to pixels: {why}"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Segment => "a marker segment is too short or out of place",
            Self::Frame => "the frame header is contradictory",
            Self::Scan => "a scan header is contradictory",
            Self::Table => "a table is contradictory or missing",
            Self::Code => "bits that are not a code",
            Self::Range => "a block beyond black or white",
            Self::ExtraData => "data behind the last block",
            Self::Restart => "a restart marker is missing or out of turn",
        })
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arithmetic => "arithmetic coding",
            Self::Lossless => "lossless coding",
            Self::Hierarchical => "hierarchical coding",
            Self::Deep => "more than 8 bits per sample",
            Self::Components => "neither one, three nor four components",
            Self::LateHeight => "a height behind the first scan",
        })
    }
}

impl fmt::Display for NeedsPixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Progressive => "progressive coding",
            Self::Rgb => "components that are red, green and blue",
            Self::FourComponents => "four components",
            Self::IncompleteEdge => "an edge of incomplete MCUs that would come to the front",
            Self::SeveralScans => "several scans",
            Self::Sampling => "components of unusual resolutions",
            Self::Enormous => "more than 512 MiB",
        })
    }
}

impl fmt::Display for WrongRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotWhole => "a part of a row of pixels",
            Self::TooMany => "more rows of pixels than the picture has",
            Self::Missing => "fewer rows of pixels than the picture has",
        })
    }
}

impl core::error::Error for Error {}

impl core::error::Error for WrongRows {}

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

impl From<NeedsPixels> for Error {
    fn from(why: NeedsPixels) -> Self {
        Self::NeedsPixels(why)
    }
}
