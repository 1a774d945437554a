//! Text from outside (file names, captions, answers) as one harmless line of a terminal.

use std::borrow::Cow;

/// Writes out control characters, line breaks and marks that reorder text, so that a file name can neither fake a
/// second line nor move the cursor.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    Cow::Owned(line)
}

/// Makes a text fit to show.
pub(crate) fn shown(text: &str) -> String {
    printable(text).into_owned()
}

/// Counts the columns of a terminal that the text takes: wide letters take two, combining marks none.
pub(crate) fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_name_cannot_fake_a_line_or_move_the_cursor() {
        assert_eq!(printable("Анна 1.jpg"), "Анна 1.jpg");
        assert_eq!(printable("a\nerror: b\x1b[2J\u{202e}gpj"), "a\\nerror: b\\u{1b}[2J\\u{202e}gpj");
    }
}
