//! Pictures of a screen, told by bands of one colour.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a preview's sides are far below 2^23"
)]

use crate::photo::{
    Preview,
    thresholds::{
        BAND_EDGE, BAND_ROWS, BAND_SAMPLES, FLAT_PIXELS, FLAT_SAMPLES, FLAT_SHARE, SCREEN_SHAPE,
        SHARP_PIXELS, SHARP_SAMPLES, TEXT_LINES,
    },
};

/// Tells whether the picture shows a screen, such as a chat or a page, or a picture between bars. Rows of one colour go
/// from side to side there, again and again between rows of text, or up to a line. Skies are never so even, and white
/// backdrops end at a person.
pub(super) fn is_screenshot(preview: &Preview) -> bool {
    let (width, height) = (preview.width() as usize, preview.height() as usize);
    let pixels = preview.rgb().as_chunks().0;
    let rows: Vec<Row> = pixels.chunks_exact(width).map(Row::of).collect();
    let flat = rows.iter().filter(|row| row.kind == Kind::Flat).count() as f32 / height as f32;
    let is_long = width.max(height) as f32 >= SCREEN_SHAPE * width.min(height) as f32;
    let kinds: Vec<Kind> = rows.iter().map(|row| row.kind).filter(|kind| *kind != Kind::Other).collect();
    let begins = |pair: &&[Kind]| matches!(pair, [Kind::Flat, Kind::Busy]);
    let lines = kinds.windows(2).filter(begins).count();
    let bands = bands(&rows, pixels, width);
    let is_text = is_long && lines >= TEXT_LINES && flat >= FLAT_SHARE;
    is_text || bands >= if is_long { BAND_ROWS } else { 2.0 * BAND_ROWS }
}

/// A row of pixels, summed up.
struct Row {
    kind: Kind,
    /// Colour of the middle.
    colour: [u8; 3],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// All pixels have one colour.
    Flat,
    /// Colours change sharply, as they do at letters.
    Busy,
    /// Neither.
    Other,
}

impl Row {
    fn of(row: &[[u8; 3]]) -> Self {
        let colour = row.get(row.len() / 2).copied().unwrap_or_default();
        let sharp = || {
            let pairs = row.iter().zip(row.iter().skip(1));
            pairs.filter(|(one, next)| differ(**one, **next, SHARP_SAMPLES)).count()
        };
        // A few pixels of a photograph are enough to know.
        let most = row.len().saturating_sub((FLAT_PIXELS * row.len() as f32).ceil() as usize);
        let others = row.iter().filter(|pixel| differ(**pixel, colour, FLAT_SAMPLES)).take(most + 1).count();
        let kind = if others <= most {
            Kind::Flat
        } else if sharp() as f32 >= SHARP_PIXELS * row.len() as f32 {
            Kind::Busy
        } else {
            Kind::Other
        };
        Self { kind, colour }
    }
}

/// Tells whether two colours differ by more than this in one of their samples.
fn differ(one: [u8; 3], other: [u8; 3], by: u8) -> bool {
    // All three at once: which of them differs is chance, and a processor guesses it badly.
    let [red, green, blue] = [0, 1, 2].map(|sample| one[sample].abs_diff(other[sample]));
    red.max(green).max(blue) > by
}

/// Returns the share of rows in bands at the top and the bottom that end in a line across the picture.
fn bands(rows: &[Row], pixels: &[[u8; 3]], width: usize) -> f32 {
    let row = |y: usize| pixels.get(y * width..(y + 1) * width).unwrap_or_default();
    let ends = |from: usize, to: usize| {
        let pairs = row(from).iter().zip(row(to));
        let changed = pairs.filter(|(one, other)| differ(**one, **other, BAND_SAMPLES));
        changed.count() as f32 >= BAND_EDGE * width as f32
    };
    let height = rows.len();
    let (top, bottom) = (band(rows.iter()), band(rows.iter().rev()));
    // Scaling leaves a row between two colours, and two rows where colour differences have half of the resolution.
    let top_ends = top > 0 && [1, 2].iter().any(|next| ends(top - 1, top + next));
    let bottom_begins = height - bottom;
    let bottom_ends = bottom > 0
        && [2, 3]
            .iter()
            .any(|before| bottom_begins >= *before && ends(bottom_begins, bottom_begins - before));
    let rows = if top_ends { top } else { 0 } + if bottom_ends { bottom } else { 0 };
    rows as f32 / height as f32
}

/// Counts the first rows that are of one colour.
fn band<'a>(rows: impl Iterator<Item = &'a Row>) -> usize {
    let mut colour = None;
    rows.take_while(|row| {
        let same = colour.is_none_or(|colour| !differ(colour, row.colour, FLAT_SAMPLES));
        colour = Some(row.colour);
        same && row.kind == Kind::Flat
    })
    .count()
}
