//! The form in which clean photos are wanted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Reencode;
use crate::{
    json::is_default,
    limits::{LONGEST_SIDE, MIN_SIDE},
};

/// The form in which clean photos are wanted, within the one form that all of them have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoForm {
    /// Photos that are encoded anew.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reencode: Reencode,
    /// Longest side; `None` leaves photos as large as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_side: Option<MaxSide>,
}

/// The length in pixels to which a clean photo's longer side is scaled down, from 512 to 65,500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct MaxSide(u32);

/// The error of a length that is no photo's longest side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number of pixels from {MIN_SIDE} to {LONGEST_SIDE} is needed")]
pub struct MaxSideError;

impl MaxSide {
    /// Returns the size to which a picture of this size is scaled down; `None` if the picture stays as it is. The shorter
    /// side keeps at least `min_side` pixels, whatever becomes of the longer one: photos below that are of no use.
    pub(super) fn applied(self, (width, height): (u32, u32), min_side: u32) -> Option<(u32, u32)> {
        let (shorter, longer) = (width.min(height), width.max(height));
        // As a fraction of the picture's size.
        let (to, of) = if u64::from(shorter) * u64::from(self.0) < u64::from(min_side) * u64::from(longer) {
            (min_side, shorter)
        } else {
            (self.0, longer)
        };
        if to >= of {
            return None;
        }
        let scaled = |side: u32| {
            let (side, to, of) = (u64::from(side), u64::from(to), u64::from(of));
            u32::try_from((side * to + of / 2) / of).unwrap_or(u32::MAX).max(1)
        };
        Some((scaled(width), scaled(height)))
    }
}

impl TryFrom<u32> for MaxSide {
    type Error = MaxSideError;

    fn try_from(side: u32) -> Result<Self, MaxSideError> {
        (MIN_SIDE..=LONGEST_SIDE).contains(&side).then_some(Self(side)).ok_or(MaxSideError)
    }
}

impl From<MaxSide> for u32 {
    fn from(MaxSide(side): MaxSide) -> Self {
        side
    }
}

impl FromStr for MaxSide {
    type Err = MaxSideError;

    fn from_str(text: &str) -> Result<Self, MaxSideError> {
        text.parse::<u32>().map_err(|_| MaxSideError)?.try_into()
    }
}

/// Writes the number of pixels.
impl fmt::Display for MaxSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{MaxSide, MaxSideError, PhotoForm};
    use crate::photo::Reencode;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_longest_side_is_a_side_that_a_photo_may_have() {
        for (text, side) in [("512", Some(512)), ("1024", Some(1024)), ("65500", Some(65_500))] {
            assert_eq!(text.parse::<MaxSide>().ok().map(u32::from), side);
        }
        for text in ["511", "0", "65501", "-1", "", "1024px", "4294967296"] {
            assert_eq!(text.parse::<MaxSide>(), Err(MaxSideError), "{text}");
        }
    }

    #[test]
    fn the_longer_side_is_scaled_down_and_the_shorter_one_with_it() {
        let max = MaxSide(1024);
        for (size, scaled) in [
            ((4032, 3024), Some((1024, 768))),
            ((3024, 4032), Some((768, 1024))),
            ((1025, 1025), Some((1024, 1024))),
            ((1024, 700), None),
            ((1023, 1023), None),
            // Of a panorama the shorter side decides, and where that is the smallest already, nothing changes.
            ((4000, 1000), Some((2048, 512))),
            ((4000, 512), None),
            ((65_500, 600), Some((55_893, 512))),
        ] {
            assert_eq!(max.applied(size, 512), scaled, "{size:?}");
        }
    }

    #[test]
    fn a_form_is_written_as_far_as_it_says_something() {
        let form = PhotoForm { reencode: Reencode::WhenNeeded, max_side: Some(MaxSide(2048)) };
        for (form, json) in
            [(PhotoForm::default(), "{}"), (form, r#"{"reencode":"when_needed","max_side":2048}"#)]
        {
            assert_eq!(serde_json::to_string(&form).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<PhotoForm>(json).expect("a form"), form);
        }
        assert!(serde_json::from_str::<PhotoForm>(r#"{"max_side":511}"#).is_err());
    }
}
