//! The way from stored pixels to upright ones: crop (`clap`), turn (`irot`) and mirror (`imir`), in the order of the file.

use crate::error::{Damage, Error};

/// A rectangle of pixels: its upper left corner, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A crop of the stored picture, and one of the eight ways to lay it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upright {
    /// The part that is shown, in stored pixels.
    pub(crate) crop: Rect,
    /// True if upright rows are stored columns.
    pub(crate) swapped: bool,
    /// True if stored columns run from right to left.
    pub(crate) flip_x: bool,
    /// True if stored rows run from bottom to top.
    pub(crate) flip_y: bool,
}

/// A clean aperture: numerator and denominator of its width, its height, and the distances of its centre from the
/// picture's (ISO/IEC 14496-12, 12.1.4).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aperture {
    pub(crate) width: (u32, u32),
    pub(crate) height: (u32, u32),
    pub(crate) right: (i32, u32),
    pub(crate) down: (i32, u32),
}

impl Upright {
    /// Returns the way that changes nothing.
    pub(crate) fn whole((width, height): (u32, u32)) -> Self {
        Self { crop: Rect { x: 0, y: 0, width, height }, swapped: false, flip_x: false, flip_y: false }
    }

    /// Returns width and height in upright pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        let Rect { width, height, .. } = self.crop;
        if self.swapped { (height, width) } else { (width, height) }
    }

    /// Tells whether pixels are turned or mirrored.
    pub(crate) fn turns(&self) -> bool {
        self.swapped || self.flip_x || self.flip_y
    }

    /// Turns by a quarter, against the clock.
    pub(crate) fn turn(&mut self) {
        if self.swapped {
            self.flip_y = !self.flip_y;
        } else {
            self.flip_x = !self.flip_x;
        }
        self.swapped = !self.swapped;
    }

    /// Exchanges top and bottom, or left and right.
    pub(crate) fn mirror(&mut self, top_and_bottom: bool) {
        if top_and_bottom == self.swapped {
            self.flip_x = !self.flip_x;
        } else {
            self.flip_y = !self.flip_y;
        }
    }

    /// Crops to a clean aperture.
    pub(crate) fn cut(&mut self, aperture: &Aperture) -> Result<(), Error> {
        let (width, height) = self.size();
        let across = span(aperture.width, aperture.right, width).ok_or(Damage::Size)?;
        let down = span(aperture.height, aperture.down, height).ok_or(Damage::Size)?;
        let (stored_x, stored_y) = if self.swapped { (down, across) } else { (across, down) };
        let crop = &mut self.crop;
        (crop.x, crop.width) = part(crop.x, crop.width, stored_x, self.flip_x);
        (crop.y, crop.height) = part(crop.y, crop.height, stored_y, self.flip_y);
        Ok(())
    }

    /// Returns the same way for a picture at a fraction of its size.
    pub(crate) fn scaled(mut self, divisor: u32) -> Self {
        let Rect { x, y, width, height } = self.crop;
        self.crop = Rect {
            x: x / divisor,
            y: y / divisor,
            width: width.div_ceil(divisor),
            height: height.div_ceil(divisor),
        };
        self
    }
}

/// Computes the first pixel and the number of pixels of an aperture along a side.
fn span(length: (u32, u32), shift: (i32, u32), side: u32) -> Option<(u32, u32)> {
    let ((n, d), (shift_n, shift_d)) = (length, shift);
    if d == 0 || shift_d == 0 {
        return None;
    }
    let (n, d, side) = (i128::from(n), i128::from(d), i128::from(side));
    let (shift_n, shift_d) = (i128::from(shift_n), i128::from(shift_d));
    let first = (2 * shift_n * d + (side * d - n) * shift_d).div_euclid(2 * shift_d * d);
    let count = (2 * n + d).div_euclid(2 * d);
    let (from, to) = (first.clamp(0, side), (first + count).clamp(0, side));
    let span = (u32::try_from(from).ok()?, u32::try_from(to - from).ok()?);
    (span.1 > 0).then_some(span)
}

/// Returns the part of a span that begins `first` pixels from its beginning, or from its end if it is flipped.
fn part(at: u32, length: u32, (first, count): (u32, u32), flipped: bool) -> (u32, u32) {
    (at + if flipped { length - first - count } else { first }, count)
}

#[cfg(test)]
mod tests {
    use super::{Aperture, Rect, Upright};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    /// Lays six numbered pixels down, three in a row.
    fn laid(upright: Upright) -> Vec<u32> {
        let Rect { x, y, width, height } = upright.crop;
        let (across, down) = upright.size();
        let pixel = |ux: u32, uy: u32| {
            let (a, b) = if upright.swapped { (uy, ux) } else { (ux, uy) };
            let column = if upright.flip_x { width - 1 - a } else { a };
            let row = if upright.flip_y { height - 1 - b } else { b };
            (y + row) * 3 + x + column + 1
        };
        (0..down).flat_map(|uy| (0..across).map(move |ux| (ux, uy))).map(|(ux, uy)| pixel(ux, uy)).collect()
    }

    #[test]
    fn turns_and_mirrors_follow_each_other() {
        let mut upright = Upright::whole((3, 2));
        assert_eq!(laid(upright), [1, 2, 3, 4, 5, 6]);
        upright.turn();
        assert_eq!(laid(upright), [3, 6, 2, 5, 1, 4]);
        upright.mirror(true);
        assert_eq!(laid(upright), [1, 4, 2, 5, 3, 6]);
        upright.turn();
        assert_eq!(laid(upright), [4, 5, 6, 1, 2, 3]);
        upright.mirror(false);
        assert_eq!(laid(upright), [6, 5, 4, 3, 2, 1]);
        upright.turn();
        upright.turn();
        assert_eq!(upright, Upright::whole((3, 2)));
        assert!(!upright.turns());
    }

    #[test]
    fn a_crop_is_of_the_picture_as_it_lies() {
        // One pixel off the left side and none off the others.
        let aperture =
            |width, height| Aperture { width: (width, 1), height: (height, 1), right: (1, 2), down: (0, 1) };
        let mut upright = Upright::whole((3, 2));
        upright.cut(&aperture(2, 2)).expect("a crop");
        assert_eq!(laid(upright), [2, 3, 5, 6]);
        let mut upright = Upright::whole((3, 2));
        upright.turn();
        upright.cut(&aperture(1, 3)).expect("a crop");
        assert_eq!(laid(upright), [6, 5, 4]);
        let mut upright = Upright::whole((3, 2));
        upright.mirror(false);
        upright.cut(&aperture(2, 2)).expect("a crop");
        assert_eq!(laid(upright), [2, 1, 5, 4]);
        assert!(upright.cut(&aperture(0, 2)).is_err());
        assert!(upright.cut(&Aperture { right: (0, 0), ..aperture(1, 1) }).is_err());
        assert!(upright.cut(&Aperture { right: (i32::MIN, 1), ..aperture(1, 1) }).is_err());
    }
}
