//! Text as lines of a terminal: broken between words, never inside one, so that a copied word stays whole.

use std::{
    io::{self, IsTerminal},
    os::fd::AsFd,
};

use rustix::termios::tcgetwinsize;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use crate::printable::columns;

/// The narrowest terminal that text is laid out for, in columns.
const NARROWEST: usize = 16;

/// Breaks the lines of the text at this width. Further lines are indented by `hang` columns.
pub(crate) fn wrapped(text: &str, width: usize, hang: usize) -> String {
    let width = width.max(NARROWEST);
    text.split('\n').map(|line| wrapped_line(line, width, hang)).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize, hang: usize) -> String {
    if textwrap::core::display_width(line) <= width {
        return line.to_owned();
    }
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let first = " ".repeat(indent);
    let further = " ".repeat((indent + hang).min(width / 2));
    let options = Options::new(width)
        .initial_indent(&first)
        .subsequent_indent(&further)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(text, options)
}

/// Breaks a command to type into lines, with a backslash at each break, so that a shell takes all of it as one.
pub(crate) fn command(line: &str, width: usize) -> String {
    let width = width.max(NARROWEST);
    if columns(line) <= width {
        return line.to_owned();
    }
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let mut lines = vec![" ".repeat(indent)];
    for word in with_their_values(&words(text), width.saturating_sub(indent + 4)) {
        let word = word.as_str();
        let last = lines.last().map_or(0, |last| columns(last));
        let begun = lines.last().is_some_and(|last| !last.trim().is_empty());
        // Behind the word there must be room for a space and the backslash.
        if begun && last + 1 + columns(word) + 2 > width {
            if let Some(last) = lines.last_mut() {
                last.push_str(" \\");
            }
            lines.push(" ".repeat(indent + 2));
        } else if begun && let Some(last) = lines.last_mut() {
            last.push(' ');
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
    }
    lines.join("\n")
}

/// Splits a command into words, each flag in one piece with its value as far as that is not too wide.
fn with_their_values(words: &[&str], width: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in words {
        let is_value = |flag: &&mut String| {
            flag.starts_with('-')
                && !flag.contains(' ')
                && !word.starts_with('-')
                && columns(flag) + 1 + columns(word) <= width
        };
        match pieces.last_mut().filter(is_value) {
            Some(flag) => {
                flag.push(' ');
                flag.push_str(word);
            }
            None => pieces.push((*word).to_owned()),
        }
    }
    pieces
}

/// Splits a command into words; text in quotes is one.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut in_quotes) = (Vec::new(), 0, false);
    for (place, letter) in text.char_indices() {
        match letter {
            '\'' => in_quotes = !in_quotes,
            ' ' if !in_quotes => {
                words.push(text.get(start..place).unwrap_or_default());
                start = place + 1;
            }
            _ => {}
        }
    }
    words.push(text.get(start..).unwrap_or_default());
    words
}

/// Cuts the text to this many columns; an ellipsis shows that it goes on.
pub(crate) fn clipped(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for letter in text.chars() {
        cut.push(letter);
        if columns(&cut) >= width {
            cut.pop();
            break;
        }
    }
    cut.push('…');
    cut
}

/// Returns the columns of the terminal; `None` where there is none.
pub(crate) fn width_of(stream: &(impl AsFd + IsTerminal)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    // A terminal that does not tell its width is as wide as terminals were.
    let columns = tcgetwinsize(stream).map_or(0, |size| size.ws_col);
    Some(if columns == 0 { 80 } else { columns.into() })
}

/// Lays the text out for standard error.
pub(crate) fn seen(text: &str, hang: usize) -> String {
    width_of(&io::stderr()).map_or_else(|| text.to_owned(), |width| wrapped(text, width, hang))
}

/// Lays out a command to type for standard error.
pub(crate) fn typed(line: &str) -> String {
    width_of(&io::stderr()).map_or_else(|| line.to_owned(), |width| command(line, width))
}

#[cfg(test)]
mod tests {
    use super::{clipped, columns, command, wrapped};

    #[test]
    fn lines_are_broken_between_words_and_hang() {
        let text = "  why: the connection broke before the answer was whole";
        assert_eq!(
            wrapped(text, 30, 5),
            "  why: the connection broke\n       before the answer was\n       whole"
        );
        assert_eq!(wrapped(text, 80, 5), text);
        assert_eq!(wrapped("a\n\nb", 30, 0), "a\n\nb");
        // An id can be copied whole.
        let id = "job 97e59940-acdc-58e2-8989-a285a112e3c3 ends";
        assert_eq!(wrapped(id, 20, 0), "job\n97e59940-acdc-58e2-8989-a285a112e3c3\nends");
    }

    #[test]
    fn at_any_width_nothing_is_lost_and_only_long_words_stand_out() {
        let text = "  fal.ai may have taken the order, and may not: 写真 no answer came in time.";
        for width in 0..100 {
            let lines = wrapped(text, width, 3);
            assert_eq!(
                lines.split_whitespace().collect::<Vec<_>>(),
                text.split_whitespace().collect::<Vec<_>>()
            );
            assert!(lines.lines().all(|line| columns(line) <= width.max(16)), "{width}: {lines}");
        }
    }

    #[test]
    fn a_broken_command_is_still_one() {
        let line = "  likeness generate Anna --prompt 'portrait in a garden' -n 4 -o pictures/";
        assert_eq!(command(line, 80), line);
        let broken = command(line, 40);
        assert_eq!(
            broken,
            "  likeness generate Anna \\\n    --prompt 'portrait in a garden' \\\n    -n 4 -o pictures/"
        );
        assert!(broken.lines().all(|line| columns(line) <= 40));
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(clipped("Anna", 8), "Anna");
        assert_eq!(clipped("Anna Maria Magdalena", 8), "Anna Ma…");
        assert_eq!(columns(&clipped(&"写".repeat(50), 9)), 9);
        assert_eq!(columns(&clipped(&"写".repeat(50), 8)), 7);
    }
}
