//! Changes that preparing a photo made to its picture or file.

use serde::{Deserialize, Serialize};

/// A change that the report names. `Display` is a part of a sentence: "turned upright".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The picture was decoded at half its width and height, since there is not enough memory for the whole.
    ScaledToHalf,
    /// The picture was decoded at a quarter of its width and height, for the same reason.
    ScaledToQuarter,
    /// The picture was decoded at an eighth of its width and height, for the same reason.
    ScaledToEighth,
    /// The picture was scaled down to the longest side that was asked for.
    ScaledDown,
    /// The pixels were turned or mirrored as the EXIF orientation says.
    TurnedUpright,
    /// The embedded ICC profile was not sRGB: the colours were converted.
    ConvertedToSrgb,
    /// The embedded ICC profile is broken or describes another colour space than the pixels': they were left as
    /// they are.
    ProfileIgnored,
    /// Transparent pixels were laid on white.
    LaidOnWhite,
    /// 16 bits per sample became 8.
    ReducedTo8Bit,
    /// Greyscale samples were written as three equal components.
    GreyToRgb,
    /// Printing inks (CMYK) were converted to RGB.
    CmykToRgb,
    /// Metadata was left out: EXIF, XMP, comments.
    RemovedMetadata,
    /// Metadata was left out, the place where the photo was taken among it.
    RemovedLocation,
}
