//! Files that people sent.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::stored_as_text;

/// The path of a file at the server of the Bot API, such as `photos/file_7.jpg`. It is valid for an hour. A server that runs
/// with `--local` gives absolute paths of its own disk instead, and hands files to programs on the same machine only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

/// The error for a text that is not a path of a file. A path must not lead out of the bot's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not the path of a file at a Bot API server")]
pub struct FilePathError;

impl FilePath {
    /// Checks the path.
    pub fn parse(text: &str) -> Result<Self, FilePathError> {
        let plain = |part: &str| !part.is_empty() && !matches!(part, "." | "..");
        let legal = |letter: char| !letter.is_control() && !matches!(letter, '\\' | '?' | '#' | '%');
        let below = text.strip_prefix('/').unwrap_or(text);
        let right = text.len() <= 1024 && text.chars().all(legal) && below.split('/').all(plain);
        if right { Ok(Self(text.to_owned())) } else { Err(FilePathError) }
    }

    /// Returns the path if it is one of the server's own disk.
    #[must_use]
    pub fn on_disk(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|path| path.starts_with('/'))
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FilePath {
    type Err = FilePathError;

    fn from_str(text: &str) -> Result<Self, FilePathError> {
        Self::parse(text)
    }
}

stored_as_text!(FilePath: parse, FilePathError);

/// Reads the path in the result of `getFile`; `None` where there is none to fetch from.
#[must_use]
pub fn located(result: &Value) -> Option<FilePath> {
    FilePath::parse(result.get("file_path")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FilePath, located};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_path_stays_in_the_bots_folder() {
        assert_eq!(
            located(&json!({"file_path": "photos/file_7.jpg"})),
            FilePath::parse("photos/file_7.jpg").ok()
        );
        for path in [
            "",
            "/",
            "//etc/passwd",
            "/a/../b",
            "a//b",
            "../x",
            "a/../b",
            "a/./b",
            "a?b",
            "a#b",
            "a%2e",
            "a\\b",
            "a\nb",
        ] {
            assert!(FilePath::parse(path).is_err(), "{path}");
        }
        assert_eq!(located(&json!({"file_id": "x"})), None);
    }

    #[test]
    fn an_absolute_path_is_one_of_the_disk() {
        let path = |text| FilePath::parse(text).expect("a path");
        assert_eq!(path("/var/lib/bot/photos/file_7.jpg").on_disk(), Some("/var/lib/bot/photos/file_7.jpg"));
        assert_eq!(path("photos/file_7.jpg").on_disk(), None);
    }
}
