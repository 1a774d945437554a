//! Previews of baseline JPEGs whose pixels nobody makes.

use likeness_jpeg::{Jpeg, Scale as Fraction, Workspace};

use crate::photo::{
    PhotoInfo, Preview,
    pixels::{colour, decode::decode, raster::Picture},
    scale::Scale,
};

/// Makes the upright preview of a photo that was recoded; `None` if that takes more memory than was planned.
pub(in crate::photo) fn preview(
    bytes: &[u8],
    info: &PhotoInfo,
    workspace: &mut Workspace,
) -> Option<Preview> {
    let scale = Scale::of_preview(info.width.max(info.height));
    let picture = match fraction(scale) {
        None => decoded(bytes, info, scale),
        Some(fraction) => scaled(bytes, fraction, workspace).or_else(|| {
            let planned = info.memory_at(scale) <= info.memory();
            planned.then(|| decoded(bytes, info, scale)).flatten()
        }),
    };
    Preview::upright(picture?, info.orientation)
}

/// Decodes the picture from the coefficients at a fraction of its size.
fn scaled(bytes: &[u8], fraction: Fraction, workspace: &mut Workspace) -> Option<Picture> {
    let jpeg = Jpeg::read(bytes).ok()?;
    let [width, height] = [jpeg.width(), jpeg.height()].map(|side| fraction.of(side) as usize);
    let mut rgb = Vec::with_capacity(width * height * 3);
    let whole = jpeg.scale(fraction, workspace, |band| {
        (0..band.rows()).for_each(|row| band.rgb(row, &mut rgb));
    });
    whole.ok()?;
    Some(Picture { width, height, rgb })
}

/// Decodes the picture as other photos are decoded.
fn decoded(bytes: &[u8], info: &PhotoInfo, scale: Scale) -> Option<Picture> {
    let (raster, _) = decode(bytes, info, scale, info.memory()).ok()?;
    Some(colour::to_rgb(raster, None).0)
}

fn fraction(scale: Scale) -> Option<Fraction> {
    match scale {
        Scale::Full => None,
        Scale::Half => Some(Fraction::Half),
        Scale::Quarter => Some(Fraction::Quarter),
        Scale::Eighth => Some(Fraction::Eighth),
    }
}
