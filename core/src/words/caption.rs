//! Captions: refusals of texts, and advice about them.

use super::{Language, settings::DIRECTION};
use crate::{
    caption::{CaptionConflict, CaptionProblem},
    limits::MAX_CAPTION_BYTES,
};

displayed! {
    CaptionProblem => problem;
    CaptionConflict => conflict;
}

impl CaptionConflict {
    /// Returns what the photo's owner can do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        advice_on_conflict(Language::English)
    }
}

impl CaptionProblem {
    /// Returns what the caption's author can do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        advice(Language::English, self)
    }
}

/// Says why a text cannot be a caption.
#[must_use]
pub fn problem(language: Language, problem: &CaptionProblem) -> String {
    match language {
        Language::English => match problem {
            CaptionProblem::TooLong => format!("the caption is longer than {MAX_CAPTION_BYTES} bytes"),
            CaptionProblem::NotUtf8 => "the caption is not UTF-8 text".to_owned(),
            CaptionProblem::ControlCharacter => "the caption holds a control character".to_owned(),
            CaptionProblem::Direction => {
                format!("the caption holds a character that turns the direction of text ({DIRECTION})")
            }
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
            CaptionProblem::Direction => "Leave that character out.",
        },
    }
}

/// Says that two text files contradict each other.
#[must_use]
pub fn conflict(language: Language, conflict: &CaptionConflict) -> String {
    let CaptionConflict { first, second } = conflict;
    match language {
        Language::English => format!("{first} and {second} are both its caption, and say different things"),
    }
}

/// Says what to do about two text files that contradict each other.
#[must_use]
pub fn advice_on_conflict(language: Language) -> &'static str {
    match language {
        Language::English => "Keep the right one of the two text files, and move the other away.",
    }
}
