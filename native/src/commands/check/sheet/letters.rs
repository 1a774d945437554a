//! Lines of text on a sheet.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places of letters become pixels; a sheet's sides are far below 2^23"
)]

use ab_glyph::{Font as _, FontRef, GlyphId, InvalidFont, ScaleFont as _, point};

use super::canvas::{Canvas, Colour};

/// The letters of a sheet.
#[derive(Debug)]
pub(super) struct Letters {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

/// The style of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) bold: bool,
    /// Height in pixels, from the ascenders' top to the descenders' bottom.
    pub(super) size: f32,
    pub(super) colour: Colour,
}

impl Letters {
    /// Reads the fonts, which are a part of the program.
    pub(super) fn new() -> Result<Self, InvalidFont> {
        Ok(Self {
            regular: FontRef::try_from_slice(include_bytes!("../../../../fonts/Inter-Regular.otf"))?,
            bold: FontRef::try_from_slice(include_bytes!("../../../../fonts/Inter-SemiBold.otf"))?,
        })
    }

    fn font(&self, style: Style) -> &FontRef<'static> {
        if style.bold { &self.bold } else { &self.regular }
    }

    /// Finds a letter's shape; that of a question mark for scripts that the fonts do not have.
    fn glyph(&self, style: Style, letter: char) -> GlyphId {
        let font = self.font(style);
        match font.glyph_id(letter) {
            GlyphId(0) => font.glyph_id('?'),
            id => id,
        }
    }

    /// Returns the width of a line in pixels.
    pub(super) fn width(&self, style: Style, text: &str) -> f32 {
        let font = self.font(style).as_scaled(style.size);
        text.chars().map(|letter| font.h_advance(self.glyph(style, letter))).sum()
    }

    /// Writes a line; `y` is its upper edge.
    pub(super) fn write(&self, canvas: &mut Canvas, style: Style, (x, y): (f32, f32), text: &str) {
        let font = self.font(style).as_scaled(style.size);
        let (mut pen, baseline) = (x, y + font.ascent());
        for letter in text.chars() {
            let id = self.glyph(style, letter);
            let glyph = id.with_scale_and_position(style.size, point(pen, baseline));
            pen += font.h_advance(id);
            let Some(shape) = self.font(style).outline_glyph(glyph) else { continue };
            let bounds = shape.px_bounds();
            shape.draw(|column, row, share| {
                let (x, y) = (bounds.min.x + column as f32, bounds.min.y + row as f32);
                if x >= 0.0 && y >= 0.0 {
                    canvas.blend(x as usize, y as usize, style.colour, share);
                }
            });
        }
    }

    /// Breaks a text into lines of at most this width, at most so many; an ellipsis shows that more was there.
    pub(super) fn lines(&self, style: Style, text: &str, width: f32, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let longer = lines.last().map(|line| format!("{line} {word}"));
            match (longer.filter(|longer| self.width(style, longer) <= width), lines.last_mut()) {
                (Some(longer), Some(line)) => *line = longer,
                _ => lines.push(word.to_owned()),
            }
        }
        let cut = lines.len() > most;
        lines.truncate(most);
        let last = lines.len().saturating_sub(1);
        let fit = |(place, line): (usize, String)| self.fitted(style, line, width, cut && place == last);
        lines.into_iter().enumerate().map(fit).collect()
    }

    /// Cuts a line that is too wide, or goes on.
    fn fitted(&self, style: Style, mut line: String, width: f32, goes_on: bool) -> String {
        if !goes_on && self.width(style, &line) <= width {
            return line;
        }
        while !line.is_empty() && self.width(style, &format!("{line}…")) > width {
            line.pop();
        }
        format!("{}…", line.trim_end_matches([' ', ',', '.', ';', ':']))
    }
}

#[cfg(test)]
mod tests {
    use super::{Canvas, Letters, Style};

    const STYLE: Style = Style { bold: false, size: 20.0, colour: [0, 0, 0] };

    #[test]
    fn lines_are_as_wide_as_there_is_room() {
        let letters = Letters::new().expect("fonts");
        let text = "the face is blurred; лицо не в фокусе, и ещё несколько слов, которым тесно";
        for width in [60.0, 100.0, 240.0] {
            for most in 1..9 {
                let lines = letters.lines(STYLE, text, width, most);
                assert!(lines.len() <= most);
                assert!(lines.iter().all(|line| letters.width(STYLE, line) <= width), "{width}: {lines:?}");
                let whole = lines.join(" ") == text;
                assert_eq!(whole, !lines.iter().any(|line| line.contains('…')), "{width}: {lines:?}");
            }
        }
    }

    #[test]
    fn letters_of_both_languages_leave_ink_and_stay_within_the_canvas() {
        let letters = Letters::new().expect("fonts");
        for text in ["Good", "Щука", "写", ""] {
            let mut canvas = Canvas::new(30, 24, [255; 3]);
            letters.write(&mut canvas, STYLE, (2.0, 0.0), text);
            assert_eq!(canvas.rgb.iter().any(|sample| *sample < 100), !text.is_empty(), "{text}");
            assert_eq!(canvas.rgb.len(), 30 * 24 * 3);
        }
    }
}
