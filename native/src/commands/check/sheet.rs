//! The sheet: all photos in one picture, upright, each with its verdict and a frame for the face.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places on a sheet become pixels; its sides are far below 2^23"
)]

mod canvas;
mod file;
mod letters;
mod thumbnail;

use likeness_core::{language::sentence, photo::report::Verdict, simulator::drawing};

pub(super) use self::file::{format, write};
use self::thumbnail::Thumbnail;
use self::{
    canvas::{Canvas, Colour, Rect},
    letters::{Letters, Style},
};

/// A photo on the sheet.
#[derive(Debug)]
struct Cell {
    /// Small picture; `None` for a photo that cannot be shown.
    thumbnail: Option<Thumbnail>,
    /// Verdict; `None` for a photo that was not looked at.
    verdict: Option<Verdict>,
    /// Reason for the verdict in a line; empty for a good photo.
    why: String,
    /// Name of the photo.
    name: String,
}

/// The format of the sheet's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
}

// The colours of the page (`page/style.css`), in daylight.
const PAPER: Colour = [0xf7, 0xf4, 0xee];
const PANEL: Colour = [0xff, 0xfd, 0xf9];
const INK: Colour = [0x1d, 0x1b, 0x17];
const SOFT: Colour = [0x6b, 0x65, 0x5a];
const LINE: Colour = [0xe2, 0xdc, 0xcf];
const MARK: Colour = [0xc8, 0x32, 0x1f];
const USABLE: Colour = [0x8a, 0x5a, 0x00];

/// Space around everything.
const MARGIN: f32 = 48.0;
/// Space between the panel's edge and the photos.
const PADDING: f32 = 32.0;
/// Space between two photos.
const GAP: f32 = 26.0;
/// Radius of the panel's corners.
const ROUND: f32 = 22.0;

const HEADLINE: Style = Style { bold: true, size: 56.0, colour: INK };
const LEAD: Style = Style { bold: false, size: 28.0, colour: SOFT };
const WHY: Style = Style { bold: false, size: 22.0, colour: SOFT };
const NAME: Style = Style { bold: false, size: 19.0, colour: SOFT };

/// The most lines of a reason.
const MOST_LINES: usize = 3;

/// Draws the sheet.
fn draw(headline: &str, lead: &str, cells: &[Cell], letters: &Letters) -> Canvas {
    let columns = columns(cells.len());
    let (cell, shown) = (thumbnail::WIDTH as f32, thumbnail::HEIGHT as f32);
    let inner = columns as f32 * (cell + GAP) - GAP;
    let width = inner + 2.0 * (PADDING + MARGIN);
    let text = width - 2.0 * MARGIN;
    let (headline, lead) = (letters.lines(HEADLINE, headline, text, 3), letters.lines(LEAD, lead, text, 6));
    let panel = MARGIN + lines(&headline, HEADLINE) + 14.0 + lines(&lead, LEAD) + 34.0;
    let captions: Vec<Vec<String>> = cells
        .iter()
        .map(|one| letters.lines(WHY, &sentence_or_nothing(&one.why), cell, MOST_LINES))
        .collect();
    let rows: Vec<f32> = captions.chunks(columns).map(|row| row_height(row, shown)).collect();
    let height = rows.iter().map(|row| row + GAP).sum::<f32>() - GAP + 2.0 * PADDING;
    let mut canvas = Canvas::new(width as usize, (panel + height + MARGIN) as usize, PAPER);

    let mut y = MARGIN;
    for (style, all) in [(HEADLINE, &headline), (LEAD, &lead)] {
        for line in all {
            letters.write(&mut canvas, style, (MARGIN, y), line);
            y += leading(style);
        }
        y += 14.0;
    }
    let sheet = Rect::new(MARGIN, panel, inner + 2.0 * PADDING, height);
    canvas.fill(sheet, ROUND, LINE);
    canvas.fill(sheet.grown(-1.5), ROUND - 1.5, PANEL);
    let mut top = panel + PADDING;
    for ((cells, captions), row) in cells.chunks(columns).zip(captions.chunks(columns)).zip(&rows) {
        for (place, (one, caption)) in cells.iter().zip(captions).enumerate() {
            let left = MARGIN + PADDING + place as f32 * (cell + GAP);
            one.draw(&mut canvas, letters, (left, top), caption);
        }
        top += row + GAP;
    }
    canvas
}

/// Encodes the sheet; `None` where it is too large for its format.
fn encoded(canvas: &Canvas, format: Format) -> Option<Vec<u8>> {
    let (width, height) = (u32::try_from(canvas.width).ok()?, u32::try_from(canvas.height).ok()?);
    match format {
        Format::Jpeg => drawing::jpeg(&canvas.rgb, width, height),
        Format::Png => drawing::png(&canvas.rgb, width, height),
    }
}

/// Chooses the number of columns: the sheet is a little wider than high.
fn columns(photos: usize) -> usize {
    let cells = photos + photos / 4;
    let root = cells.isqrt();
    if root * root < cells { root + 1 } else { root }.max(3)
}

/// Returns the distance of two lines.
fn leading(style: Style) -> f32 {
    (style.size * 1.12).ceil()
}

fn lines(all: &[String], style: Style) -> f32 {
    all.len() as f32 * leading(style)
}

fn row_height(captions: &[Vec<String>], shown: f32) -> f32 {
    let most = captions.iter().map(Vec::len).max().unwrap_or(0);
    shown + 12.0 + leading(verdict_style(INK)) + most as f32 * leading(WHY) + leading(NAME)
}

fn sentence_or_nothing(text: &str) -> String {
    if text.is_empty() { String::new() } else { sentence(text) }
}

fn verdict_style(colour: Colour) -> Style {
    Style { bold: true, size: 25.0, colour }
}

impl Cell {
    fn draw(&self, canvas: &mut Canvas, letters: &Letters, (x, y): (f32, f32), caption: &[String]) {
        let place = Rect::new(x, y, thumbnail::WIDTH as f32, thumbnail::HEIGHT as f32);
        let left_out = matches!(self.verdict, Some(Verdict::Rejected | Verdict::Duplicate));
        canvas.fill(place, thumbnail::ROUND, LINE);
        if let Some(thumbnail) = &self.thumbnail {
            thumbnail.draw(canvas, place, left_out);
        } else {
            let kind = self.name.rsplit_once('.').map_or("?", |(_, kind)| kind).to_uppercase();
            let style = Style { bold: true, size: 34.0, colour: SOFT };
            let kind = letters.lines(style, &kind, place.width - 30.0, 1).concat();
            let middle = (place.width - letters.width(style, &kind)) / 2.0;
            letters.write(canvas, style, (x + middle, y + 0.16 * place.height), &kind);
        }
        if left_out {
            cross(canvas, place);
        }
        let (word, colour) = match self.verdict {
            Some(Verdict::Good) => ("Good", INK),
            Some(Verdict::Usable) => ("Usable", USABLE),
            Some(Verdict::Duplicate) => ("Duplicate", MARK),
            Some(Verdict::Rejected) => ("Left out", MARK),
            None => ("Not looked at", SOFT),
        };
        let style = verdict_style(colour);
        let mut y = y + place.height + 12.0;
        letters.write(canvas, style, (x, y), word);
        y += leading(style);
        for line in caption {
            letters.write(canvas, WHY, (x, y), line);
            y += leading(WHY);
        }
        for line in letters.lines(NAME, &self.name, place.width, 1) {
            letters.write(canvas, NAME, (x, y), &line);
        }
    }
}

/// Crosses a photo out, as with a grease pencil.
fn cross(canvas: &mut Canvas, place: Rect) {
    let at = |x: f32, y: f32| (place.x + x * place.width, place.y + y * place.height);
    for [from, first, second, to] in [
        [(0.12, 0.11), (0.40, 0.35), (0.66, 0.66), (0.90, 0.90)],
        [(0.90, 0.10), (0.64, 0.37), (0.38, 0.64), (0.10, 0.91)],
    ] {
        let curve = (0..=24).map(|step| {
            let (t, rest) = (step as f32 / 24.0, 1.0 - step as f32 / 24.0);
            let weights = [rest * rest * rest, 3.0 * rest * rest * t, 3.0 * rest * t * t, t * t * t];
            let points = [from, first, second, to];
            let sum = |of: fn(&(f32, f32)) -> f32| {
                weights.iter().zip(&points).map(|(weight, point)| weight * of(point)).sum::<f32>()
            };
            at(sum(|point| point.0), sum(|point| point.1))
        });
        canvas.stroke(&curve.collect::<Vec<_>>(), 7.0, MARK, 0.92);
    }
}

#[cfg(test)]
mod tests {
    use likeness_core::photo::{
        Preview,
        report::{Face, Verdict},
    };

    use super::{Cell, Format, INK, MARK, Thumbnail, columns, draw, encoded, letters::Letters};

    fn cell(verdict: Option<Verdict>, colour: u8) -> Cell {
        let preview = Preview::new(40, 30, vec![colour; 40 * 30 * 3]).expect("a preview");
        let face = Face { x: 0.4, y: 0.4, width: 0.2, height: 0.2 };
        Cell {
            thumbnail: Some(Thumbnail::of(&preview, &[face])),
            verdict,
            why: "the face is small".to_owned(),
            name: "photos/лето.jpg".to_owned(),
        }
    }

    fn has(rgb: &[u8], colour: [u8; 3]) -> bool {
        rgb.chunks_exact(3).any(|pixel| pixel == colour)
    }

    #[test]
    fn only_what_is_left_out_is_marked_in_red() {
        let letters = Letters::new().expect("fonts");
        let sheet = |cell| draw("1 photo", "", &[cell], &letters);
        assert!(!has(&sheet(cell(Some(Verdict::Good), 90)).rgb, MARK));
        for verdict in [Verdict::Rejected, Verdict::Duplicate] {
            let mut rejected = cell(Some(verdict), 90);
            assert!(has(&sheet(cell(Some(verdict), 90)).rgb, MARK));
            rejected.thumbnail = None;
            assert!(has(&sheet(rejected).rgb, MARK));
        }
    }

    #[test]
    fn every_photo_is_on_the_sheet() {
        let letters = Letters::new().expect("fonts");
        let colours: Vec<u8> = (0..23).map(|at| 20 + at * 9).collect();
        let cells: Vec<_> = colours.iter().map(|colour| cell(Some(Verdict::Good), *colour)).collect();
        let sheet = draw("Of 23 photos 23 will be used.", "Add more.", &cells, &letters);
        for colour in colours {
            assert!(has(&sheet.rgb, [colour; 3]), "{colour}");
        }
        assert!(has(&sheet.rgb, INK));
        for format in [Format::Jpeg, Format::Png] {
            assert!(encoded(&sheet, format).is_some_and(|file| file.len() > 1000), "{format:?}");
        }
    }

    #[test]
    fn any_number_of_photos_fits() {
        for photos in 0..1200 {
            let columns = columns(photos);
            let rows = photos.div_ceil(columns);
            assert!(columns >= 3 && rows <= columns, "{photos}: {columns} x {rows}");
        }
    }
}
