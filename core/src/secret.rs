//! Text that must never be shown.

use std::fmt;

/// A key, a token or a password. `Debug` prints `[secret]`; there is no `Display` and no `Serialize`, so a secret
/// reaches neither a log nor a stored state by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text, without the white space that copying from a web page leaves around it. `None` when
    /// nothing is left, or when it holds a control character, which no header could carry.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// Returns the text itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new(" kid:hush\n").expect("text");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.expose(), "kid:hush");
    }

    #[test]
    fn nothing_is_no_secret() {
        assert_eq!(Secret::new("  \n"), None);
        assert_eq!(Secret::new("a\nb"), None);
    }
}
