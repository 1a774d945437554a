//! The light of a picture, or of a part of it.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a preview's sides are far below 2^23, and samples lie between 0 and 255"
)]

use super::{face::Face, finding::Finding, plane::Plane};
use crate::photo::thresholds::{
    BRIGHT_MEAN, BRIGHT_SHADOW, BRIGHT_VEILED_MEAN, CONTRAST, DARK, FACE_BRIGHT, FACE_DARK,
};

/// The distribution of brightness over a picture, from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Light {
    /// Mean.
    pub(super) mean: u8,
    /// The brightness that a twentieth of the picture does not reach.
    pub(super) shadow: u8,
    /// The brightness that nine tenths of the picture do not exceed.
    pub(super) nine_tenths: u8,
    /// The brightness that a twentieth of the picture exceeds.
    pub(super) highlight: u8,
}

impl Light {
    pub(super) fn of(plane: &Plane) -> Self {
        Self::over(plane.values.iter().copied())
    }

    /// Measures the light on the middle of a face, without hair and background.
    pub(super) fn on(plane: &Plane, face: &Face) -> Self {
        let middle = |start: f32, length: f32, side: usize| {
            let pixel = |part: f32| ((part * side as f32).max(0.0) as usize).min(side.saturating_sub(1));
            pixel(start + 0.2 * length)..pixel(start + 0.8 * length) + 1
        };
        let columns = middle(face.x, face.width, plane.width);
        let rows = middle(face.y, face.height, plane.height);
        Self::over(rows.flat_map(|y| plane.row(y).get(columns.clone()).unwrap_or_default().iter().copied()))
    }

    fn over(values: impl Iterator<Item = f32>) -> Self {
        let mut counts = [0_u32; 256];
        let (mut sum, mut number) = (0.0_f64, 0_u32);
        for value in values {
            if let Some(count) = counts.get_mut(value.clamp(0.0, 255.0) as usize) {
                *count += 1;
            }
            sum += f64::from(value);
            number += 1;
        }
        let below = |share: f64| {
            let wanted = (f64::from(number) * share) as u32;
            let mut seen = 0;
            let level = (0..=u8::MAX).zip(counts).find(|(_, count)| {
                seen += count;
                seen > wanted
            });
            level.map_or(u8::MAX, |(level, _)| level)
        };
        let mean = (sum / f64::from(number.max(1))).clamp(0.0, 255.0) as u8;
        Self { mean, shadow: below(0.05), nine_tenths: below(0.90), highlight: below(0.95) }
    }

    /// Returns the distance between the darkest and the brightest parts.
    pub(super) fn contrast(self) -> u8 {
        self.highlight.saturating_sub(self.shadow)
    }

    /// Finds the fault in the light of a picture; on its face, where there is one.
    pub(super) fn fault(self, face: Option<Light>) -> Option<Finding> {
        let veiled = self.mean > BRIGHT_VEILED_MEAN && self.shadow > BRIGHT_SHADOW;
        let (dark, bright) = match face {
            Some(face) => (face.nine_tenths < FACE_DARK, face.shadow > FACE_BRIGHT || veiled),
            None => (self.nine_tenths < DARK, self.mean > BRIGHT_MEAN || veiled),
        };
        if dark {
            Some(Finding::TooDark { face: face.is_some() })
        } else if bright {
            Some(Finding::TooBright { face: face.is_some() })
        } else if self.contrast() < CONTRAST {
            Some(Finding::LowContrast)
        } else {
            None
        }
    }
}
