//! Upright rows of a picture, in bands from top to bottom: of a grid, each band is what a row of tiles makes, or a column
//! of them in a picture that lies on its side.

use core::ops::Range;

use heifer::heifer_isobmff::{HeifFile, ItemId};

use crate::{
    alpha::{Opacity, stretched},
    colour::Conversion,
    error::{Damage, Error, Unsupported},
    hevc::Decode,
    overlay,
    pixels::{Image, Pixels},
    planes::Matrix,
    tree::{Content, Picture, matrix_of, with_bitstream},
    upright::{Rect, Upright},
};

/// Rows that are made at once of a tile that reaches across the picture.
pub(crate) const STRIP: usize = 64;

/// Stored rows that are turned at once, so that they are written in runs.
const RUN: usize = 16;

/// The way from a file's pictures to rows.
#[derive(Debug)]
pub(crate) struct Renderer<'r, 'f, D> {
    pub(crate) file: &'r HeifFile<'f>,
    pub(crate) decoder: &'r D,
}

/// Scale and colours of the rows that are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'c> {
    pub(crate) divisor: u32,
    pub(crate) conversion: &'c Conversion,
    /// Bits of the samples that the conversion takes.
    pub(crate) bits: u8,
}

impl Wanted<'static> {
    /// Full size, and colours as they are stored.
    pub(crate) const AS_STORED: Self = Self { divisor: 1, conversion: &Conversion::None, bits: 8 };
}

impl<D: Decode> Renderer<'_, '_, D> {
    /// Makes the rows of a picture. `each` gets some of them at a time, with three bytes a pixel.
    pub(crate) fn bands(
        &self,
        picture: &Picture,
        wanted: Wanted<'_>,
        each: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(), Error> {
        let ((tile_width, tile_height), columns) = picture.tiles();
        let divisor = wanted.divisor;
        let tile = if whole(picture, divisor) { picture.size } else { (tile_width, tile_height) };
        let columns = if whole(picture, divisor) { 1 } else { columns };
        let tile = (to_usize(tile.0.div_ceil(divisor)), to_usize(tile.1.div_ceil(divisor)));
        let upright = picture.upright.scaled(divisor);
        let (x, y) = sides(upright.crop);
        // The stored axis along which upright rows lie, and the one across them.
        let (along, across) = if upright.swapped { (y, x) } else { (x, y) };
        let (tile_along, tile_across) = if upright.swapped { (tile.1, tile.0) } else { tile };
        let backwards = if upright.swapped { upright.flip_x } else { upright.flip_y };
        let mut band =
            Band { upright, width: to_usize(upright.size().0), rgb: Vec::new(), lines: Vec::new() };
        let lines = across.start / tile_across..across.end.div_ceil(tile_across);
        let in_line = along.start / tile_along..along.end.div_ceil(tile_along);
        for line in in_order(lines, backwards) {
            let rows = (line * tile_across).max(across.start)..((line + 1) * tile_across).min(across.end);
            // One tile is read in strips; of several, each is read at once, so that it can go before the next comes.
            let strips = if in_line.len() > 1 { rows.len() } else { STRIP };
            let mut tiles = in_line.clone();
            let mut single = if in_line.len() > 1 { None } else { tiles.next() };
            let (mut pixels, mut done) = (None, 0);
            while done < rows.len() {
                let count = strips.min(rows.len() - done);
                let strip = if backwards {
                    rows.end - done - count..rows.end - done
                } else {
                    rows.start + done..rows.start + done + count
                };
                band.begin(&strip);
                if let Some(at) = single.take() {
                    pixels = Some((at, self.tile(picture, place(upright, columns, line, at), wanted)?));
                }
                if let Some((at, pixels)) = &mut pixels {
                    let part = (*at * tile_along).max(along.start)..((*at + 1) * tile_along).min(along.end);
                    band.paint(
                        pixels,
                        (part, *at * tile_along),
                        (&strip, line * tile_across),
                        wanted.conversion,
                    );
                } else {
                    for at in tiles.by_ref() {
                        let mut pixels = self.tile(picture, place(upright, columns, line, at), wanted)?;
                        let part = (at * tile_along).max(along.start)..((at + 1) * tile_along).min(along.end);
                        band.paint(
                            &mut pixels,
                            (part, at * tile_along),
                            (&strip, line * tile_across),
                            wanted.conversion,
                        );
                    }
                }
                each(&mut band.rgb);
                done += count;
            }
        }
        Ok(())
    }

    /// Makes the whole picture, upright.
    pub(crate) fn image(&self, picture: &Picture) -> Result<Image, Error> {
        let (width, height) = picture.upright.size();
        let (width, height) = (to_usize(width), to_usize(height));
        let mut rgb = Vec::with_capacity(width.saturating_mul(height).saturating_mul(3));
        self.bands(picture, Wanted::AS_STORED, &mut |rows| rgb.extend_from_slice(rows))?;
        Ok(Image { width, height, rgb })
    }

    /// Decodes the opacity of a picture. It is turned as the picture is, whatever the file says of it; one of another size is
    /// stretched.
    pub(crate) fn opacity(&self, picture: &Picture, alpha: &Picture, divisor: u32) -> Result<Opacity, Error> {
        let mut upright = picture.upright;
        upright.crop = stretched(upright.crop, picture.size, alpha.size);
        let alpha = Picture { upright, ..alpha.clone() };
        let (width, height) = upright.scaled(divisor).size();
        let (width, height) = (to_usize(width), to_usize(height));
        let mut levels = Vec::with_capacity(width.saturating_mul(height));
        self.bands(&alpha, Wanted { divisor, ..Wanted::AS_STORED }, &mut |rows| {
            levels.extend(rows.as_chunks::<3>().0.iter().map(|[level, ..]| *level));
        })?;
        Ok(Opacity { width, height, levels })
    }

    /// Decodes a tile of a picture, or the picture if there are none.
    fn tile(&self, picture: &Picture, at: usize, wanted: Wanted<'_>) -> Result<Pixels, Error> {
        let inherited = matrix_of(self.file, picture.item);
        match &picture.content {
            Content::Coded(_) => self.planes(picture.item, picture.size, inherited, wanted),
            Content::Grid { .. } if whole(picture, wanted.divisor) => {
                let stored = Picture { upright: Upright::whole(picture.size), ..picture.clone() };
                Ok(Pixels::of_image(self.image(&stored)?, wanted.divisor))
            }
            Content::Grid { tiles, .. } => {
                let tile = tiles.get(at).ok_or(Damage::Grid)?;
                if tile.is_plain() {
                    return self.planes(tile.item, tile.size, inherited, wanted);
                }
                Ok(Pixels::of_image(self.image(tile)?, wanted.divisor))
            }
            Content::Overlay { fill, layers } => {
                let image = overlay::draw(picture.size, *fill, layers, |layer| {
                    let alpha = layer.alpha.as_deref().map(|alpha| self.opacity(&layer.picture, alpha, 1));
                    Ok((self.image(&layer.picture)?, alpha.transpose()?))
                })?;
                Ok(Pixels::of_image(image, wanted.divisor))
            }
        }
    }

    fn planes(
        &self,
        item: ItemId,
        size: (u32, u32),
        inherited: Option<Matrix>,
        wanted: Wanted<'_>,
    ) -> Result<Pixels, Error> {
        let planes = with_bitstream(self.file, item, |bitstream| self.decoder.decode(bitstream, size))?;
        // The file's word goes before the coded picture's, and a tile's before the grid's (ISO/IEC 23008-12, 6.5.5).
        let coded = Some(planes.matrix).filter(|matrix| matrix.coefficients != 2 || matrix.full_range);
        let matrix = matrix_of(self.file, item).or(coded).or(inherited).unwrap_or(planes.matrix);
        if !matches!(matrix.coefficients, 0..=7 | 9 | 10) {
            return Err(Unsupported::Other.into());
        }
        Ok(Pixels::of_planes(planes, matrix, wanted.bits, wanted.divisor))
    }
}

/// Tells whether a grid is made at its full size before it is scaled, since its tiles do not scale to whole pixels.
pub(crate) fn whole(picture: &Picture, divisor: u32) -> bool {
    match &picture.content {
        Content::Grid { tile: (width, height), tiles, .. } => {
            tiles.len() > 1 && !(width.is_multiple_of(divisor) && height.is_multiple_of(divisor))
        }
        Content::Coded(_) | Content::Overlay { .. } => false,
    }
}

/// Some rows of the upright picture.
#[derive(Debug)]
struct Band {
    upright: Upright,
    width: usize,
    rgb: Vec<u8>,
    /// Stored rows that wait to be turned.
    lines: Vec<u8>,
}

impl Band {
    fn begin(&mut self, strip: &Range<usize>) {
        self.rgb.resize(self.width * strip.len() * 3, 0);
    }

    /// Paints a part of a tile. Along and across upright rows, each range is in stored pixels at the scale, beside the
    /// place where the tile begins.
    fn paint(
        &mut self,
        pixels: &mut Pixels,
        (along, tile_along): (Range<usize>, usize),
        (across, tile_across): (&Range<usize>, usize),
        conversion: &Conversion,
    ) {
        let crop = sides(self.upright.crop);
        let (crop_along, swapped) = if self.upright.swapped { (crop.1, true) } else { (crop.0, false) };
        let (flip_along, flip_across) = if swapped {
            (self.upright.flip_y, self.upright.flip_x)
        } else {
            (self.upright.flip_x, self.upright.flip_y)
        };
        // Upright column of a stored place along the rows, and upright row of one across them.
        let column =
            |place: usize| if flip_along { crop_along.end - 1 - place } else { place - crop_along.start };
        let row = |place: usize| if flip_across { across.end - 1 - place } else { place - across.start };
        if !swapped {
            let left = if flip_along { column(along.end - 1) } else { column(along.start) };
            for place in across.clone() {
                let from = (row(place) * self.width + left) * 3;
                let Some(out) = self.rgb.get_mut(from..from + along.len() * 3) else { return };
                let columns = along.start - tile_along..along.end - tile_along;
                pixels.row(place - tile_across, columns, conversion, out);
                if flip_along {
                    out.as_chunks_mut::<3>().0.reverse();
                }
            }
            return;
        }
        let columns = across.start - tile_across..across.end - tile_across;
        let length = columns.len() * 3;
        for first in along.clone().step_by(RUN) {
            let run = first..(first + RUN).min(along.end);
            self.lines.resize(length * RUN, 0);
            for (place, line) in run.clone().zip(self.lines.chunks_exact_mut(length)) {
                pixels.row(place - tile_along, columns.clone(), conversion, line);
            }
            let left = if flip_along { column(run.end - 1) } else { column(run.start) };
            for (at, place) in across.clone().enumerate() {
                let from = (row(place) * self.width + left) * 3;
                let Some(out) = self.rgb.get_mut(from..from + run.len() * 3) else { return };
                let out = out.as_chunks_mut::<3>().0;
                let stored = self.lines.chunks_exact(length).map(|line| line.get(at * 3..at * 3 + 3));
                for (to, from) in out.iter_mut().zip(stored) {
                    to.copy_from_slice(from.unwrap_or(&[0; 3]));
                }
                if flip_along {
                    out.reverse();
                }
            }
        }
    }
}

/// Returns the number of a tile in the grid's order.
fn place(upright: Upright, columns: u32, line: usize, at: usize) -> usize {
    let (column, row) = if upright.swapped { (line, at) } else { (at, line) };
    row * to_usize(columns) + column
}

fn in_order(range: Range<usize>, backwards: bool) -> impl Iterator<Item = usize> {
    let (start, end) = (range.start, range.end);
    range.map(move |at| if backwards { start + end - 1 - at } else { at })
}

fn sides(rect: Rect) -> (Range<usize>, Range<usize>) {
    let range = |from: u32, length: u32| to_usize(from)..to_usize(from) + to_usize(length);
    (range(rect.x, rect.width), range(rect.y, rect.height))
}

fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
