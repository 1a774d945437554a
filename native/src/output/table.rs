//! Tables of a terminal: rows as columns where they fit, else one cell below the other.

use super::{
    lines::{clipped, wrapped},
    tone::Tone,
};
use crate::printable::columns;

/// The fewest columns in which the last cell of a row is broken into lines beside the others.
const BESIDE: usize = 24;

/// The widest first cell, in columns, that counts as a word about the others.
const SHORT: usize = 6;

/// The space between two cells.
const GAP: &str = "  ";

/// One row of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row<const N: usize> {
    cells: [String; N],
    tones: [Option<Tone>; N],
    /// Lines of their own under the row.
    below: Vec<(Option<Tone>, String)>,
    is_head: bool,
}

impl<const N: usize> Row<N> {
    pub(crate) fn new(cells: [String; N]) -> Self {
        Self { cells, tones: [None; N], below: Vec::new(), is_head: false }
    }

    /// Makes the row with the names of the columns. Where rows are broken up it is left out.
    pub(crate) fn head(cells: [&str; N]) -> Self {
        let tones = [Some(Tone::Faint); N];
        Self { cells: cells.map(str::to_owned), tones, below: Vec::new(), is_head: true }
    }

    /// Colours one cell.
    pub(crate) fn tone(mut self, place: usize, tone: Tone) -> Self {
        if let Some(one) = self.tones.get_mut(place) {
            *one = Some(tone);
        }
        self
    }

    /// Adds a line under the row, unless the text is empty.
    pub(crate) fn below(mut self, text: impl Into<String>) -> Self {
        self.below.push((None, text.into()));
        self
    }

    /// Adds a line of advice under the row, unless the text is empty.
    pub(crate) fn advice(mut self, text: impl Into<String>) -> Self {
        self.below.push((Some(Tone::Faint), text.into()));
        self
    }
}

/// Lays the rows out as lines. Each column is as wide as its widest cell. Where that does not fit into `width` the last
/// cells are broken into lines; where that is of no use either, each row's cells stand below its first.
pub(super) fn laid_out<const N: usize>(
    rows: &[Row<N>],
    width: Option<usize>,
    paint: impl Fn(Tone, &str) -> String,
) -> Vec<String> {
    let widths: [usize; N] = std::array::from_fn(|place| {
        rows.iter().map(|row| row.cells.get(place).map_or(0, |cell| columns(cell))).max().unwrap_or(0)
    });
    let before_last: usize = widths.iter().take(N.saturating_sub(1)).map(|width| width + GAP.len()).sum();
    let last = widths.last().copied().unwrap_or(0);
    let painted = |row: &Row<N>, place: usize, text: &str| match row.tones.get(place).copied().flatten() {
        Some(tone) if !text.is_empty() => paint(tone, text),
        _ => text.to_owned(),
    };
    let begins_with_a_word = widths.first().is_some_and(|width| *width <= SHORT);
    let mut lines = Vec::new();
    for row in rows {
        match width {
            Some(width) if before_last + last > width && before_last + BESIDE.min(last) > width => {
                if !row.is_head {
                    lines.extend(stacked(row, width, begins_with_a_word, &painted));
                }
            }
            _ => lines.extend(beside(row, &widths, before_last, width, &painted)),
        }
        for (tone, below) in row.below.iter().filter(|(_, text)| !text.is_empty()) {
            let below = format!("    {below}");
            let below = width.map_or_else(|| below.clone(), |width| wrapped(&below, width, 0));
            let coloured = |line: &str| tone.map_or_else(|| line.to_owned(), |tone| paint(tone, line));
            lines.extend(below.lines().map(coloured));
        }
    }
    lines
}

fn beside<const N: usize>(
    row: &Row<N>,
    widths: &[usize; N],
    before_last: usize,
    width: Option<usize>,
    painted: &impl Fn(&Row<N>, usize, &str) -> String,
) -> Vec<String> {
    let mut line = String::new();
    for (place, (cell, width)) in row.cells.iter().zip(widths).enumerate().take(N.saturating_sub(1)) {
        line.push_str(&painted(row, place, cell));
        line.push_str(&" ".repeat(width.saturating_sub(columns(cell)) + GAP.len()));
    }
    let last = row.cells.last().map_or("", String::as_str);
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(before_last));
    let pieces = if columns(last) <= room { last.to_owned() } else { wrapped(last, room, 0) };
    let mut lines = Vec::new();
    for (number, piece) in pieces.lines().enumerate() {
        let begin = if number == 0 { line.clone() } else { " ".repeat(before_last) };
        lines.push(begin + &painted(row, N.saturating_sub(1), piece));
    }
    if lines.is_empty() {
        lines.push(line);
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn stacked<const N: usize>(
    row: &Row<N>,
    width: usize,
    begins_with_a_word: bool,
    painted: &impl Fn(&Row<N>, usize, &str) -> String,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for (place, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let begun = textwrap::core::display_width(&line);
        // Cells share a line as long as they fit there, but the first stands alone, unless it is a short word.
        if (place > 1 || begins_with_a_word) && begun > 0 && begun + GAP.len() + columns(cell) <= width {
            line = format!("{line}{GAP}{}", painted(row, place, cell));
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let indent = if place == 0 { "" } else { GAP };
        let cell = if place == 0 { clipped(cell, width) } else { cell.clone() };
        let pieces = wrapped(&format!("{indent}{cell}"), width, 0);
        let mut pieces: Vec<&str> = pieces.lines().collect();
        let end = pieces.pop().unwrap_or_default();
        let coloured = |piece: &str| format!("{indent}{}", painted(row, place, piece.trim_start()));
        lines.extend(pieces.into_iter().map(coloured));
        line = coloured(end);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::{Row, laid_out};
    use crate::printable::columns;

    fn plain<const N: usize>(rows: &[Row<N>], width: Option<usize>) -> Vec<String> {
        laid_out(rows, width, |_, text| text.to_owned())
    }

    #[test]
    fn columns_stand_under_each_other_in_any_script() {
        let rows = [["имя", "a"], ["x", "b"], ["写真", "c"]].map(|row| Row::new(row.map(str::to_owned)));
        assert_eq!(plain(&rows, None), ["имя   a", "x     b", "写真  c"]);
    }

    fn jobs() -> [Row<4>; 3] {
        [
            Row::head(["NAME", "STAGE", "BEGAN", "JOB"]),
            Row::new(["Anna", "training, 57 %", "2 min ago", "764cabcf"].map(str::to_owned)),
            Row::new(
                ["Anna Maria Magdalena", "stopped: nobody works on it", "yesterday", "97e59940"]
                    .map(str::to_owned),
            ),
        ]
    }

    #[test]
    fn where_they_do_not_fit_cells_stand_below_the_first() {
        assert_eq!(
            plain(&jobs(), Some(80)),
            [
                "NAME                  STAGE                        BEGAN      JOB",
                "Anna                  training, 57 %               2 min ago  764cabcf",
                "Anna Maria Magdalena  stopped: nobody works on it  yesterday  97e59940",
            ]
        );
        assert_eq!(
            plain(&jobs(), Some(40)),
            [
                "Anna",
                "  training, 57 %  2 min ago  764cabcf",
                "Anna Maria Magdalena",
                "  stopped: nobody works on it  yesterday",
                "  97e59940",
            ]
        );
    }

    #[test]
    fn the_last_cell_is_broken_beside_the_others_where_there_is_room() {
        let why = "this JPEG file is cut off: it ends before the picture does";
        let rows =
            [Row::new(["a.jpg", "rejected", why].map(str::to_owned))
                .advice("Copy the original photo again.")];
        assert_eq!(
            plain(&rows, Some(50)),
            [
                "a.jpg  rejected  this JPEG file is cut off: it",
                "                 ends before the picture does",
                "    Copy the original photo again.",
            ]
        );
    }

    #[test]
    fn at_any_width_no_line_is_wider_than_the_terminal() {
        for width in 30..120 {
            for line in plain(&jobs(), Some(width)) {
                assert!(columns(&line) <= width, "{width}: {line}");
            }
        }
    }
}
