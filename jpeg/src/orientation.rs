//! Orientations, and the effect of each on the coefficients of a block.

use crate::zigzag::{NATURAL, ZIGZAG};

/// An orientation as EXIF numbers them (EXIF 2.32, 4.6.5.1.6): the operation on the stored picture that shows it
/// upright. Rotations are clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: nothing.
    #[default]
    Upright,
    /// 2: mirror left and right.
    MirrorHorizontal,
    /// 3: rotate by 180 degrees.
    Rotate180,
    /// 4: mirror top and bottom.
    MirrorVertical,
    /// 5: mirror at the diagonal from the top left to the bottom right.
    Transpose,
    /// 6: rotate by 90 degrees.
    Rotate90,
    /// 7: mirror at the diagonal from the top right to the bottom left.
    Transverse,
    /// 8: rotate by 270 degrees.
    Rotate270,
}

impl Orientation {
    /// All orientations, in EXIF's order.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::MirrorHorizontal,
        Self::Rotate180,
        Self::MirrorVertical,
        Self::Transpose,
        Self::Rotate90,
        Self::Transverse,
        Self::Rotate270,
    ];

    /// Returns the orientation of this number; `None` for a number that EXIF does not know.
    #[must_use]
    pub fn from_exif(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// Tells whether width and height change places.
    #[must_use]
    pub const fn swaps_sides(self) -> bool {
        matches!(self, Self::Transpose | Self::Rotate90 | Self::Transverse | Self::Rotate270)
    }

    /// Tells whether the stored rows run backwards in the upright picture, from right to left or from bottom to top.
    pub(crate) const fn reverses_rows(self) -> bool {
        matches!(self, Self::MirrorHorizontal | Self::Rotate180 | Self::Transverse | Self::Rotate270)
    }

    /// Tells whether the stored columns run backwards.
    pub(crate) const fn reverses_columns(self) -> bool {
        matches!(self, Self::Rotate180 | Self::MirrorVertical | Self::Rotate90 | Self::Transverse)
    }

    /// Tells whether the upright picture's rows and its columns run from the stored picture's end to its beginning.
    pub(crate) const fn runs_backwards(self) -> (bool, bool) {
        let (rows, columns) = (self.reverses_rows(), self.reverses_columns());
        if self.swaps_sides() { (columns, rows) } else { (rows, columns) }
    }

    /// Returns the upright picture's size, given the stored one's.
    #[must_use]
    pub fn turned<T>(self, (across, down): (T, T)) -> (T, T) {
        if self.swaps_sides() { (down, across) } else { (across, down) }
    }

    /// Returns the stored place of what is at `(x, y)` in the upright picture, whose stored size is given. Holds for
    /// pixels, for blocks and for MCUs.
    #[inline]
    pub(crate) const fn stored_place(self, (x, y): (u32, u32), (across, down): (u32, u32)) -> (u32, u32) {
        let (x, y) = if self.swaps_sides() { (y, x) } else { (x, y) };
        let x = if self.reverses_rows() { across - 1 - x } else { x };
        let y = if self.reverses_columns() { down - 1 - y } else { y };
        (x, y)
    }

    /// Returns the place in the zigzag sequence that a stored coefficient gets in the upright block, and tells whether
    /// its sign changes.
    ///
    /// To mirror a block changes the sign of the basis functions that are odd in that direction; to transpose it swaps
    /// the two frequencies (A.3.3).
    pub(crate) fn of_coefficient(self, place: usize) -> (usize, bool) {
        let natural = NATURAL[place & 63];
        let (vertical, horizontal) = (natural / 8, natural % 8);
        let negated =
            (self.reverses_rows() && horizontal % 2 == 1) != (self.reverses_columns() && vertical % 2 == 1);
        let natural = if self.swaps_sides() { horizontal * 8 + vertical } else { natural };
        (ZIGZAG[usize::from(natural)].into(), negated)
    }
}

#[cfg(test)]
mod tests {
    use super::Orientation;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    /// Stored as `abc` over `def`.
    fn upright(orientation: Orientation) -> String {
        let stored = [["a", "b", "c"], ["d", "e", "f"]];
        let (across, down) = orientation.turned((3, 2));
        let row = |y| {
            let at = |x| {
                let (x, y) = orientation.stored_place((x, y), (3, 2));
                stored[y as usize][x as usize]
            };
            (0..across).map(at).collect::<String>()
        };
        (0..down).map(row).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn orientations_are_those_of_exif() {
        let shown = Orientation::ALL.map(upright);
        assert_eq!(
            shown,
            ["abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"]
        );
    }

    #[test]
    fn numbers_are_those_of_exif() {
        assert_eq!(
            [1, 6, 8].map(Orientation::from_exif),
            [Some(Orientation::Upright), Some(Orientation::Rotate90), Some(Orientation::Rotate270)]
        );
        assert_eq!([0, 9, u32::MAX].map(Orientation::from_exif), [None; 3]);
    }

    #[test]
    fn a_transposed_coefficient_swaps_its_frequencies() {
        assert_eq!(Orientation::Transpose.of_coefficient(1), (2, false));
        assert_eq!(Orientation::Transpose.of_coefficient(4), (4, false));
        assert_eq!(Orientation::MirrorHorizontal.of_coefficient(1), (1, true));
        assert_eq!(Orientation::MirrorHorizontal.of_coefficient(2), (2, false));
        assert_eq!(Orientation::MirrorVertical.of_coefficient(2), (2, true));
        assert_eq!(Orientation::Rotate180.of_coefficient(4), (4, false));
        assert_eq!(Orientation::Rotate90.of_coefficient(2), (1, true));
    }
}
