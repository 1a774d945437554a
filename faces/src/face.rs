//! The place of a face in a picture.

/// The least score of what counts as a face: none of 271 ordinary photos of people was without one, and 104 of 108 without
/// people were.
pub const LEAST_SCORE: f32 = 0.5;

/// A face: the box around it from the forehead to the chin, as fractions of the picture's width and height.
///
/// The box of a face that is cut off reaches beyond the picture: its left side may be below 0, its right side above 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// The left side, in widths of the picture.
    pub x: f32,
    /// The upper side, in heights of the picture.
    pub y: f32,
    /// The width, in widths of the picture.
    pub width: f32,
    /// The height, in heights of the picture.
    pub height: f32,
    /// The detector's certainty: at least [`LEAST_SCORE`], at most 1.
    pub score: f32,
}

impl Face {
    /// Returns the area that two boxes have in common, as a share of the area that they cover together.
    pub(crate) fn overlap(&self, other: &Self) -> f32 {
        let common = |start: f32, length: f32, other_start: f32, other_length: f32| {
            ((start + length).min(other_start + other_length) - start.max(other_start)).max(0.0)
        };
        let common = common(self.x, self.width, other.x, other.width)
            * common(self.y, self.height, other.y, other.height);
        common / (self.width * self.height + other.width * other.height - common)
    }
}

#[cfg(test)]
mod tests {
    use super::Face;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn overlap_is_a_share_of_both() {
        let face = |x, y, width, height| Face { x, y, width, height, score: 1.0 };
        let one = face(0.0, 0.0, 0.5, 0.5);
        for (other, share) in [
            (one, 1.0),
            (face(0.25, 0.0, 0.5, 0.5), 1.0 / 3.0),
            (face(0.5, 0.0, 0.5, 0.5), 0.0),
            (face(0.125, 0.125, 0.25, 0.25), 0.25),
            (face(0.75, 0.75, 0.5, 0.5), 0.0),
        ] {
            assert!((one.overlap(&other) - share).abs() < 1e-6, "{other:?}");
            assert!((other.overlap(&one) - share).abs() < 1e-6, "{other:?}");
        }
    }
}
