//! Paths of files to write: every name in them fits into a file system.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Component, PathBuf},
};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// The longest file name, in bytes (ext4(5); other file systems take no less).
const LONGEST_NAME: usize = 255;

/// Shortens every name of the path that is too long for a file system. The extension stays, and letters stay whole.
fn fitting(path: PathBuf) -> PathBuf {
    let fits = |part: Component<'_>| part.as_os_str().len() <= LONGEST_NAME;
    if path.components().all(fits) {
        return path;
    }
    path.components()
        .map(|part| if fits(part) { part.as_os_str().to_owned() } else { shortened(part.as_os_str()) })
        .collect()
}

/// Makes the parser of an argument that names a file to write.
pub(super) fn written_path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(fitting)
}

fn shortened(name: &OsStr) -> OsString {
    /// The longest extension, in bytes. A longer ending is a part of the name.
    const LONGEST_EXTENSION: usize = 32;
    let bytes = name.as_bytes();
    let dot = bytes.iter().rposition(|byte| *byte == b'.');
    let extension = dot.and_then(|dot| bytes.get(dot..)).filter(|end| end.len() <= LONGEST_EXTENSION);
    let extension = extension.unwrap_or_default();
    let mut end = LONGEST_NAME - extension.len();
    // Not inside a letter: its further bytes begin with the bits 10.
    while end > 0 && bytes.get(end).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
        end -= 1;
    }
    OsString::from_vec([bytes.get(..end).unwrap_or_default(), extension].concat())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::fitting;

    #[test]
    fn names_that_are_too_long_are_shortened() {
        for letter in ["a", "ж", "写", "\u{1f469}"] {
            let long = letter.repeat(300);
            let path = fitting(PathBuf::from(format!("/tmp/{long}/{long}.zip")));
            let parts: Vec<&str> = path.iter().map(|part| part.to_str().expect("whole letters")).collect();
            let [_, "tmp", folder, file] = parts[..] else { panic!("{path:?}") };
            assert!((252..=255).contains(&folder.len()) && long.starts_with(folder), "{folder}");
            assert!((252..=255).contains(&file.len()) && file.ends_with(&format!("{letter}.zip")), "{file}");
        }
        for path in ["/tmp/a.zip", "./a", "-", "a//b/", ""] {
            assert_eq!(fitting(PathBuf::from(path)).as_os_str(), path);
        }
    }
}
