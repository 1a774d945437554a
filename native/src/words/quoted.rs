use std::borrow::Cow;

/// Quotes the text as one word of a shell's command line (POSIX.1-2024, Shell Command Language, 2.2.2).
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    let plain = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | ',' | '/' | ':' | '@' | '+' | '%')
    };
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_reads_it_as_one_word() {
        for (text, word) in [
            ("Anna", "Anna"),
            ("Анна", "Анна"),
            ("Anna Maria", "'Anna Maria'"),
            ("O'Neill", r"'O'\''Neill'"),
            ("$HOME", "'$HOME'"),
            ("~", "'~'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
