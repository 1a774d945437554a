//! Pictures that are laid on a canvas (ISO/IEC 23008-12, 6.6.2.2).

use crate::{
    alpha::{Opacity, mixed},
    error::Error,
    pixels::Image,
    tree::Layer,
};

/// Draws layers on a canvas of one colour, which is over white itself. `decode` makes a layer's pixels when it is its turn.
pub(crate) fn draw(
    size: (u32, u32),
    fill: [u16; 4],
    layers: &[Layer],
    decode: impl Fn(&Layer) -> Result<(Image, Option<Opacity>), Error>,
) -> Result<Image, Error> {
    let [red, green, blue, opacity] = fill.map(|level| u8::try_from(level >> 8).unwrap_or(u8::MAX));
    let mut canvas = Image::filled(size, [red, green, blue].map(|level| mixed(level, u8::MAX, opacity)));
    for layer in layers {
        let (image, opacity) = decode(layer)?;
        lay(&mut canvas, &image, opacity.as_ref(), (layer.right, layer.down));
    }
    Ok(canvas)
}

fn lay(canvas: &mut Image, image: &Image, opacity: Option<&Opacity>, (right, down): (i64, i64)) {
    let Some((left, from_x, width)) = overlap(right, image.width, canvas.width) else { return };
    let Some((top, from_y, height)) = overlap(down, image.height, canvas.height) else { return };
    for y in 0..height {
        let begin = ((top + y) * canvas.width + left) * 3;
        let Some(to) = canvas.rgb.get_mut(begin..begin + width * 3) else { return };
        let from = image.line(from_y + y, from_x..from_x + width);
        let Some(opacity) = opacity else {
            if from.len() == to.len() {
                to.copy_from_slice(from);
            }
            continue;
        };
        for (x, (to, from)) in to.as_chunks_mut::<3>().0.iter_mut().zip(from.as_chunks::<3>().0).enumerate() {
            let opacity = opacity.at((from_x + x, from_y + y), (image.width, image.height));
            for (to, from) in to.iter_mut().zip(from) {
                *to = mixed(*from, *to, opacity);
            }
        }
    }
}

/// Returns where a span begins on a canvas, where in itself, and how much of it lies there.
fn overlap(shift: i64, length: usize, canvas: usize) -> Option<(usize, usize, usize)> {
    let (length, canvas) = (i64::try_from(length).ok()?, i64::try_from(canvas).ok()?);
    let (from, to) = (shift.max(0), shift.saturating_add(length).min(canvas));
    let count = usize::try_from(to.checked_sub(from)?).ok().filter(|count| *count > 0)?;
    Some((usize::try_from(from).ok()?, usize::try_from(from - shift).ok()?, count))
}
