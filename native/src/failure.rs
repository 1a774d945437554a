//! Endings of the program: a class for scripts, sentences for people.

use std::{fmt, io, path::Path, process::ExitCode};

use crate::{
    disk::{folder_of, making_error, storage_error},
    printable::printable,
};
use likeness_core::{
    avatar::AvatarId,
    error::{Class, DataError, Error, StorageError},
    fal::{ApiError, CallError},
    words::Audience,
};
use serde_json::{Value, json};

/// The class of an ending. Its number is the process's exit code and stays the same between releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// A defect of Likeness itself.
    Internal = 1,
    /// A flag, a value or a key that is missing or wrong.
    Usage = 2,
    /// Photos or captions that cannot be used as they are.
    Data = 3,
    /// A missing or incomplete answer.
    Network = 4,
    /// A refusal of fal.
    Api = 5,
    /// A file or folder of this machine that could not be read or written.
    Storage = 6,
    /// A purchase that may or may not have been taken.
    Unclear = 7,
    /// A command that would spend money and has no yes.
    NotConfirmed = 8,
    /// An interrupt by the person at the keyboard.
    Interrupted = 130,
}

impl Exit {
    /// Returns the class as a word, for `--json`.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Usage => "usage",
            Self::Data => "data",
            Self::Network => "network",
            Self::Api => "api",
            Self::Storage => "storage",
            Self::Unclear => "unclear",
            Self::NotConfirmed => "not_confirmed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Returns the number that the process ends with.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// The reason why a command did not do what was asked. Printed as
///
/// ```text
/// error: the photos cannot be used
///   why: a.jpg is cut off
///   why: b.jpg is smaller than 512 pixels
///  next: take these photos out, or replace them
/// ```
///
/// Boxed inside, so that every `Result` stays small.
#[derive(Clone, PartialEq)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Clone, PartialEq)]
struct Parts {
    exit: Exit,
    code: &'static str,
    sentence: String,
    why: Vec<String>,
    next: Vec<String>,
    details: Option<Value>,
    /// Text that a person reads instead of all this.
    told_as: Option<String>,
    silent: bool,
}

impl Failure {
    /// Makes a failure with its stable code and one sentence without a full stop.
    pub(crate) fn new(exit: Exit, code: &'static str, sentence: impl Into<String>) -> Self {
        let (why, next) = (Vec::new(), Vec::new());
        Self(Box::new(Parts {
            exit,
            code,
            sentence: sentence.into(),
            why,
            next,
            details: None,
            told_as: None,
            silent: false,
        }))
    }

    /// Makes the ending when the reader of standard output went away. The reader has what it wanted, so this ends like
    /// a success and says nothing, as with `likeness jobs | head -1`.
    pub(crate) fn reader_gone() -> Self {
        let mut failure = Self::new(Exit::Storage, "output.closed", "the reader of the output went away");
        failure.0.silent = true;
        failure
    }

    /// Makes the failure of a file or folder that could not be read or written.
    pub(crate) fn io(code: &'static str, sentence: impl Into<String>, error: &std::io::Error) -> Self {
        let failure = Self::new(Exit::Storage, code, sentence).why(error.to_string());
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                failure.next("free some space, then run the same command again")
            }
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                failure.next("choose another place, or change who may write there")
            }
            _ => failure,
        }
    }

    /// Says of an interruption that the same command begins anew, where the command keeps nothing.
    pub(crate) fn beginning_anew(mut self) -> Self {
        if self.0.exit == Exit::Interrupted {
            self.0.next = vec!["the same command begins anew".to_owned()];
        }
        self
    }

    /// Adds a reason.
    pub(crate) fn why(mut self, reason: impl Into<String>) -> Self {
        self.0.why.push(reason.into());
        self
    }

    /// Adds a thing that the person can do.
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.0.next.push(step.into());
        self
    }

    /// Adds facts for programs, shown as `details` by `--json` only.
    pub(crate) fn details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// Sets the text that a person reads instead of the sentence, its reasons and the advice.
    pub(crate) fn told_as(mut self, text: impl Into<String>) -> Self {
        self.0.told_as = Some(text.into());
        self
    }

    /// Returns the text for standard error, made harmless to the terminal. `fit` breaks a line to the terminal's width;
    /// its number is the indentation of the following lines, in columns.
    pub(crate) fn seen(&self, fit: impl Fn(&str, usize) -> String) -> String {
        let text = self.to_string();
        if self.0.told_as.is_some() {
            return text;
        }
        // Further lines of a sentence are indented as far as `error: `.
        let fitted = |line: &str| {
            let indent = line.len() - line.trim_start_matches(' ').len();
            fit(line, 7_usize.saturating_sub(indent))
        };
        text.lines().map(fitted).collect::<Vec<_>>().join("\n")
    }

    /// Returns the class.
    pub(crate) fn exit(&self) -> Exit {
        self.0.exit
    }

    /// Returns the stable code, such as `settings.key_missing`.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// Returns the sentence and its reasons on one line.
    pub(crate) fn brief(&self) -> String {
        let why = self.0.why.join("; ");
        if why.is_empty() { self.0.sentence.clone() } else { format!("{}: {why}", self.0.sentence) }
    }

    /// Returns the advice on one line.
    pub(crate) fn advice(&self) -> String {
        self.0.next.join("; ")
    }

    /// Tells whether the process ends like a success, without a word.
    pub(crate) fn is_silent(&self) -> bool {
        self.0.silent
    }

    /// Makes the last line of `--json`.
    pub(crate) fn document(&self) -> Value {
        let Parts { exit, code, sentence, why, next, details, .. } = &*self.0;
        let mut error = json!({
            "code": code, "class": exit.class(), "exit_code": exit.number(),
            "message": sentence, "why": why, "advice": next.join("; "),
        });
        if let Some(details) = details {
            error["details"] = details.clone();
        }
        json!({ "error": error })
    }
}

/// A refusal of fal, or an answer that did not come.
impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let exit = if matches!(error, CallError::NoAnswer(_)) { Exit::Network } else { Exit::Api };
        Self::new(exit, error.code(), plain(&error.to_string())).next(plain(error.advice(Audience::Terminal)))
    }
}

/// A refusal of fal.
impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new(Exit::Api, error.code(), plain(&error.to_string()))
            .next(plain(error.advice(Audience::Terminal)))
    }
}

/// Makes the ending that an error means.
pub(crate) fn of(error: &Error) -> Failure {
    let exit = match error.class() {
        Class::Network => Exit::Network,
        Class::Api => Exit::Api,
        Class::Data => Exit::Data,
        Class::Storage => Exit::Storage,
    };
    let failure = match error {
        Error::Data(DataError::Dataset(problems)) => {
            let failure = Failure::new(exit, error.code(), "the photos do not make a set");
            problems.iter().fold(failure, |failure, problem| failure.why(printable(&problem.to_string())))
        }
        _ => Failure::new(exit, error.code(), error.to_string()),
    };
    failure.next(error.advice(Audience::Terminal))
}

/// Makes the ending that a storage error means.
pub(crate) fn storage(error: StorageError) -> Failure {
    of(&Error::Storage(error))
}

/// Makes the ending of a command that cannot write to the named place. A missing folder is made, so the advice is not
/// to put it back.
pub(crate) fn target(path: &Path, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return storage(storage_error(path, error));
    }
    if folder_of(path).is_dir() {
        return storage(making_error(path, error));
    }
    let folder = folder_of(path).display().to_string();
    Failure::new(Exit::Storage, "storage.missing", format!("there is no folder {}", printable(&folder)))
        .next("make it, or name another place")
}

/// Makes the failure for an id that no avatar has.
pub(crate) fn no_avatar(id: AvatarId) -> Failure {
    Failure::new(Exit::Data, "job.unknown", format!("there is no job {id}"))
        .next("`likeness jobs` lists those of this machine")
}

/// The largest number of reasons, which fit on one screen.
const REASONS_SHOWN: usize = 30;

/// Turns a sentence into the form that stands after `error:`.
fn plain(text: &str) -> String {
    text.trim_end_matches('.').to_owned()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.0.told_as {
            return f.write_str(text);
        }
        let indented = |text: &str| {
            text.lines().map(|line| printable(line.trim())).collect::<Vec<_>>().join("\n       ")
        };
        write!(f, "error: {}", indented(&self.0.sentence))?;
        for reason in self.0.why.iter().take(REASONS_SHOWN) {
            write!(f, "\n  why: {}", indented(reason))?;
        }
        if let Some(more @ 1..) = self.0.why.len().checked_sub(REASONS_SHOWN) {
            write!(f, "\n  why: and {more} more (--json names them all)")?;
        }
        for step in &self.0.next {
            write!(f, "\n next: {}", indented(step))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.0.code)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Exit, Failure};

    fn failure() -> Failure {
        Failure::new(Exit::Data, "data.photos", "the photos cannot be used")
            .why("a.jpg is cut off")
            .next("replace it")
            .next("or leave it out")
    }

    #[test]
    fn a_person_reads_what_why_and_what_next() {
        let text = "error: the photos cannot be used\n  why: a.jpg is cut off\n next: replace it\n next: or leave it out";
        assert_eq!(failure().to_string(), text);
    }

    #[test]
    fn a_program_reads_one_document() {
        let expected = json!({"error": {
            "code": "data.photos", "class": "data", "exit_code": 3, "message": "the photos cannot be used",
            "why": ["a.jpg is cut off"], "advice": "replace it; or leave it out", "details": {"rejected": 1},
        }});
        assert_eq!(failure().details(json!({"rejected": 1})).document(), expected);
    }

    #[test]
    fn the_numbers_are_the_documented_ones() {
        let page = include_str!("../../docs/cli.md");
        let numbers = [
            (Exit::Internal, 1),
            (Exit::Usage, 2),
            (Exit::Data, 3),
            (Exit::Network, 4),
            (Exit::Api, 5),
            (Exit::Storage, 6),
            (Exit::Unclear, 7),
            (Exit::NotConfirmed, 8),
            (Exit::Interrupted, 130),
        ];
        for (exit, number) in numbers {
            assert_eq!(exit.number(), number, "{exit:?}");
            let row = format!("| {number} | `{}` | ", exit.class());
            assert!(page.lines().any(|line| line.starts_with(&row)), "docs/cli.md has no row {row}");
        }
    }
}
