//! What preparing a photo changed about it.

use serde::{Deserialize, Serialize};

use crate::words::{self, displayed};

/// One thing that was changed, so that a report can say so. `Display` is a part of a sentence: "turned upright".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The picture was made at half its width and height, since there is not enough memory for the whole.
    ScaledToHalf,
    /// The same at a quarter.
    ScaledToQuarter,
    /// The same at an eighth.
    ScaledToEighth,
    /// The pixels were turned or mirrored as the EXIF orientation says.
    TurnedUpright,
    /// The embedded ICC profile was not sRGB: the colours were converted.
    ConvertedToSrgb,
    /// The embedded ICC profile is broken or fits other colours than these: they were taken as they are.
    ProfileIgnored,
    /// See-through pixels were laid on white.
    LaidOnWhite,
    /// 16 bits per sample became 8.
    ReducedTo8Bit,
    /// Shades of grey were written as three equal components.
    GreyToRgb,
    /// Printing inks were converted to RGB.
    CmykToRgb,
    /// Metadata was left out: EXIF, XMP, comments.
    RemovedMetadata,
    /// Metadata was left out, among it where the photo was taken.
    RemovedLocation,
}

displayed! {
    Change => words::photo::change;
}
