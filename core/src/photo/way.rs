//! Ways from a photo's file to the JPEG that is used.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The way in which a photo's JPEG was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Way {
    /// Every code was read and found good; the coded picture was copied bit for bit.
    Kept,
    /// The coefficients were turned as the orientation says, without a loss.
    Turned,
    /// The coefficients were written anew, and turned where necessary: with the steps of quality 95 where those are
    /// coarser by far, with their own otherwise.
    Requantised,
    /// The picture was decoded, scaled down as it was decoded or afterwards, and encoded.
    Scaled,
    /// The picture was decoded to pixels, then encoded.
    Pixels,
}

/// The choice of photos that are encoded anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reencode {
    /// All photos: whatever an encoder hid in its coefficients is rounded where that does not show.
    #[default]
    Always,
    /// Those that cannot be kept as they are, or turned without a loss.
    WhenNeeded,
}

/// The error of a text that is not a choice's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("always or when_needed is needed")]
pub struct ReencodeError;

impl FromStr for Reencode {
    type Err = ReencodeError;

    fn from_str(name: &str) -> Result<Self, ReencodeError> {
        match name {
            "always" => Ok(Self::Always),
            "when_needed" => Ok(Self::WhenNeeded),
            _ => Err(ReencodeError),
        }
    }
}

/// Writes the name as [`FromStr`] reads it.
impl fmt::Display for Reencode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "always",
            Self::WhenNeeded => "when_needed",
        })
    }
}
