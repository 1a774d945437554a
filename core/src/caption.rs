//! Captions: a description of a photo in its user's words, which stands beside the photo in the archive.

mod files;

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

pub use self::files::{CaptionConflict, CaptionFiles, caption_files, is_caption_file};
use crate::{limits::MAX_CAPTION_BYTES, text::changes_direction};

/// A caption: one line of text in Unicode's NFC, at most [`MAX_CAPTION_BYTES`] long, never empty.
///
/// Line breaks and tabs became spaces, since trainers read one line; NFC, so that the same words typed on two
/// systems are the same caption and the same training.
///
/// ```
/// use likeness_core::caption::Caption;
///
/// let caption = Caption::parse("\u{feff}[trigger] in a garden\r\n".as_bytes())?;
/// assert_eq!(caption.as_ref().map(Caption::as_str), Some("[trigger] in a garden"));
/// assert_eq!(Caption::parse(b" \n")?, None);
/// # Ok::<(), likeness_core::caption::CaptionProblem>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Caption(String);

/// The reason why a text is not a caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum CaptionProblem {
    /// The text has more than [`MAX_CAPTION_BYTES`].
    TooLong,
    /// The text is in another encoding, such as Windows-1251 or UTF-16.
    NotUtf8,
    /// The text holds a character that no text has, such as a zero byte.
    ControlCharacter,
    /// The text holds a character that turns the direction of text.
    Direction,
}

impl Caption {
    /// Reads the caption in these bytes of a text file, without the mark that some editors put in front of it.
    /// `None` when there is nothing but white space.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, CaptionProblem> {
        if bytes.len() > MAX_CAPTION_BYTES {
            return Err(CaptionProblem::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CaptionProblem::NotUtf8)?;
        let caption = Self::from_text(text.strip_prefix('\u{feff}').unwrap_or(text))?;
        match caption {
            Some(caption) if caption.0.chars().any(changes_direction) => Err(CaptionProblem::Direction),
            caption => Ok(caption),
        }
    }

    /// Returns the text, one line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a caption of a text, which may be stored: what is refused in new ones stays readable.
    fn from_text(text: &str) -> Result<Option<Self>, CaptionProblem> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = ComposingNormalizerBorrowed::new_nfc().normalize(&words.join(" ")).into_owned();
        if line.chars().any(char::is_control) {
            Err(CaptionProblem::ControlCharacter)
        } else if line.len() > MAX_CAPTION_BYTES {
            Err(CaptionProblem::TooLong)
        } else {
            Ok((!line.is_empty()).then_some(Self(line)))
        }
    }
}

impl CaptionProblem {
    /// Returns the stable name of the problem.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "caption.too_long",
            Self::NotUtf8 => "caption.not_utf8",
            Self::ControlCharacter => "caption.control_character",
            Self::Direction => "caption.direction",
        }
    }
}

impl fmt::Display for Caption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of a stored text that is not a caption: only a changed file can hold one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored text is not a caption")]
pub struct NoCaption;

impl TryFrom<String> for Caption {
    type Error = NoCaption;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_text(&text).ok().flatten().filter(|caption| caption.0 == text).ok_or(NoCaption)
    }
}

impl From<Caption> for String {
    fn from(caption: Caption) -> Self {
        caption.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Caption, CaptionProblem, MAX_CAPTION_BYTES};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn text(bytes: &[u8]) -> Result<Option<String>, CaptionProblem> {
        Caption::parse(bytes).map(|caption| caption.map(String::from))
    }

    #[test]
    fn the_same_words_are_the_same_caption() {
        let expected = Ok(Some("Андрей у моря".to_owned()));
        // й as one character, as и with a breve; with a mark in front; over two lines.
        assert_eq!(text("Андрей у моря".as_bytes()), expected);
        assert_eq!(text("Андреи\u{306} у моря".as_bytes()), expected);
        assert_eq!(text("\u{feff}Андрей\r\n\tу  моря\n".as_bytes()), expected);
    }

    #[test]
    fn nothing_is_no_caption() {
        assert_eq!(text(b""), Ok(None));
        assert_eq!(text("\u{feff} \n".as_bytes()), Ok(None));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(text(b"\xcf\xf0\xe8\xe2\xe5\xf2"), Err(CaptionProblem::NotUtf8));
        assert_eq!(text(b"a\0b"), Err(CaptionProblem::ControlCharacter));
        assert_eq!(text(b"\x1b[2J"), Err(CaptionProblem::ControlCharacter));
        assert_eq!(text(&[b'a'; MAX_CAPTION_BYTES + 1]), Err(CaptionProblem::TooLong));
        assert!(text(&[b'a'; MAX_CAPTION_BYTES]).is_ok());
    }

    #[test]
    fn what_turns_the_direction_is_refused_and_stays_readable() {
        for control in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let words = format!("by the {control}aes");
            assert_eq!(text(words.as_bytes()), Err(CaptionProblem::Direction));
            assert_eq!(Caption::try_from(words.clone()).map(String::from), Ok(words));
        }
        assert!(text("\u{200f}שלום".as_bytes()).is_ok());
    }

    /// Refuses text within the limit that leaves it in NFC, where U+0958 is four bytes longer.
    #[test]
    fn the_limit_holds_for_what_is_kept() {
        let long = "\u{958}".repeat(MAX_CAPTION_BYTES / 3);
        assert_eq!(text(long.as_bytes()), Err(CaptionProblem::TooLong));
    }

    #[test]
    fn a_caption_survives_being_stored_and_nothing_else_does() {
        let caption = Caption::parse("у моря".as_bytes()).expect("valid").expect("some");
        let stored = serde_json::to_string(&caption).expect("stored");
        assert_eq!(serde_json::from_str::<Caption>(&stored).expect("read"), caption);
        for wrong in [r#""""#, r#"" a""#, r#""a\nb""#, r#""a\u0000b""#] {
            assert!(serde_json::from_str::<Caption>(wrong).is_err(), "{wrong}");
        }
    }
}
