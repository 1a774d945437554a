//! Captions: why a text is not one, and what to do about it.

use super::Language;
use crate::{caption::CaptionProblem, limits::MAX_CAPTION_BYTES};

/// Says why a text cannot be a caption.
#[must_use]
pub fn problem(language: Language, problem: &CaptionProblem) -> String {
    match language {
        Language::English => match problem {
            CaptionProblem::TooLong => format!("the caption is longer than {MAX_CAPTION_BYTES} bytes"),
            CaptionProblem::NotUtf8 => "the caption is not UTF-8 text".to_owned(),
            CaptionProblem::ControlCharacter => "the caption holds a control character".to_owned(),
        },
    }
}

/// Says what the caption's author can do.
#[must_use]
pub fn advice(language: Language, problem: CaptionProblem) -> &'static str {
    match language {
        Language::English => match problem {
            CaptionProblem::TooLong => "Shorten it to a sentence or two.",
            CaptionProblem::NotUtf8 => "Save the text file as UTF-8.",
            CaptionProblem::ControlCharacter => "Write it again in a plain text editor.",
        },
    }
}
