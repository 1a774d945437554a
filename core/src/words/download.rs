//! Files that are fetched, and the problems with them.

use super::{Language, grouped, photo};
use crate::download::{FileKind, FileProblem, RedirectProblem};

displayed! {
    FileKind => kind;
    FileProblem => file;
    RedirectProblem => redirect;
}

/// Names a file by what it is.
#[must_use]
pub fn kind(language: Language, kind: &FileKind) -> &'static str {
    match language {
        Language::English => match kind {
            FileKind::Model => "a model",
            FileKind::Picture => "a picture",
            FileKind::Any => "a file",
        },
    }
}

/// Says why a file that arrived is not the one that was promised, with the numbers.
#[must_use]
pub fn file(language: Language, problem: &FileProblem) -> String {
    match language {
        Language::English => match problem {
            FileProblem::Empty => "the file is empty".to_owned(),
            FileProblem::Foreign { kind: wanted, found } => {
                format!("{} came instead of {}", photo::foreign(language, found), kind(language, wanted))
            }
            FileProblem::Length { promised, arrived } => {
                format!("the file should have {} bytes, and {} came", grouped(*promised), grouped(*arrived))
            }
            FileProblem::TooLarge { bytes, max } => {
                format!(
                    "the file has {} bytes or more, and at most {} are taken",
                    grouped(*bytes),
                    grouped(*max)
                )
            }
            FileProblem::Described { described, arrived } => format!(
                "the model's own header speaks of {} bytes, and {} came",
                grouped(*described),
                grouped(*arrived)
            ),
            FileProblem::Header => "the model's header is damaged".to_owned(),
            FileProblem::Picture { problem } => photo::problem(language, problem),
            FileProblem::Sum => {
                "the file's SHA-256 is not the one that was noted when it was kept".to_owned()
            }
        },
    }
}

/// Says why a file's address is not followed.
#[must_use]
pub fn redirect(language: Language, problem: &RedirectProblem) -> String {
    match language {
        Language::English => match problem {
            RedirectProblem::Nowhere => "it does not say where the file is".to_owned(),
            RedirectProblem::TooMany => "it leads on more than three times".to_owned(),
            RedirectProblem::Unprotected(to) => format!("it leads from https to {to}"),
            RedirectProblem::Elsewhere(to) => format!("it leads to {to}, from where nothing is fetched"),
        },
    }
}
