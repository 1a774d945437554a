//! Opacity, and what is left of it over white.

use crate::upright::Rect;

/// The opacity of an upright picture's pixels, 255 where nothing shines through.
#[derive(Debug)]
pub(crate) struct Opacity {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) levels: Vec<u8>,
}

impl Opacity {
    /// Returns the opacity of a pixel of a picture of that size.
    pub(crate) fn at(&self, (x, y): (usize, usize), (width, height): (usize, usize)) -> u8 {
        let place = |at: usize, side: usize, own: usize| {
            if side == own { at } else { (at * own).checked_div(side).unwrap_or_default() }
        };
        let at = place(y, height, self.height) * self.width + place(x, width, self.width);
        self.levels.get(at).copied().unwrap_or(u8::MAX)
    }

    /// Tells whether anything shines through a pixel.
    pub(crate) fn see_through(&self) -> bool {
        self.levels.iter().any(|level| *level < u8::MAX)
    }

    /// Lays rows of a picture of that size on white, the first of which is row `first`.
    pub(crate) fn lay_on_white(
        &self,
        rows: &mut [u8],
        first: usize,
        size: (usize, usize),
        premultiplied: bool,
    ) {
        for (y, row) in (first..).zip(rows.chunks_exact_mut(size.0.max(1) * 3)) {
            for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let opacity = self.at((x, y), size);
                if opacity == u8::MAX {
                    continue;
                }
                *pixel = pixel.map(|level| {
                    if premultiplied {
                        level.saturating_add(u8::MAX - opacity)
                    } else {
                        mixed(level, u8::MAX, opacity)
                    }
                });
            }
        }
    }
}

/// Returns the part of an opacity of another size that belongs to a part of the picture.
pub(crate) fn stretched(
    crop: Rect,
    (width, height): (u32, u32),
    (own_width, own_height): (u32, u32),
) -> Rect {
    let part = |at: u32, length: u32, side: u32, own: u32| {
        if side == own {
            return (at, length);
        }
        let scale = |value: u32| u64::from(value) * u64::from(own) / u64::from(side.max(1));
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).min(own);
        let from = narrow(scale(at)).min(own.saturating_sub(1));
        (from, narrow(scale(at.saturating_add(length))).saturating_sub(from).max(1))
    };
    let (x, width) = part(crop.x, crop.width, width, own_width);
    let (y, height) = part(crop.y, crop.height, height, own_height);
    Rect { x, y, width, height }
}

/// Mixes a level with the one under it.
pub(crate) fn mixed(level: u8, under: u8, opacity: u8) -> u8 {
    let (level, under, opacity) = (u32::from(level), u32::from(under), u32::from(opacity));
    u8::try_from((level * opacity + under * (255 - opacity) + 127) / 255).unwrap_or(u8::MAX)
}
