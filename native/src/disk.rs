//! Private files and folders, and the disk's errors in the core's words.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, OpenOptions},
    io::{Error, ErrorKind, Write as _},
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{DirBuilderExt as _, OpenOptionsExt as _},
    },
    path::{Component, Path, PathBuf},
};

use clap::builder::{PathBufValueParser, TypedValueParser};
use likeness_core::error::{StorageError, StorageErrorKind};

/// What this error means, and where it happened.
pub(crate) fn storage_error(path: &Path, error: &Error) -> StorageError {
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StorageErrorKind::Full,
        ErrorKind::ReadOnlyFilesystem => StorageErrorKind::ReadOnly,
        ErrorKind::PermissionDenied => StorageErrorKind::Denied,
        ErrorKind::NotFound => StorageErrorKind::Missing,
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => {
            StorageErrorKind::Occupied
        }
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => StorageErrorKind::Changed,
        _ => StorageErrorKind::Broken,
    };
    log::debug!("{}: {error}", path.display());
    StorageError::new(kind, path.display().to_string())
}

/// What this error means where a folder is made. Nothing was there that could be put back.
pub(crate) fn making_error(path: &Path, error: &Error) -> StorageError {
    match error.kind() {
        ErrorKind::NotFound => StorageError::new(StorageErrorKind::NoPlace, path.display().to_string()),
        _ => storage_error(path, error),
    }
}

/// The longest file name, in bytes (ext4(5); other file systems take no less).
const LONGEST_NAME: usize = 255;

/// The path with every name that is too long for a file system shortened. The extension stays, and letters stay whole.
fn fitting(path: PathBuf) -> PathBuf {
    let fits = |part: Component<'_>| part.as_os_str().len() <= LONGEST_NAME;
    if path.components().all(fits) {
        return path;
    }
    path.components()
        .map(|part| if fits(part) { part.as_os_str().to_owned() } else { shortened(part.as_os_str()) })
        .collect()
}

/// The parser of an argument that names what is written.
pub(crate) fn written_path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(fitting)
}

fn shortened(name: &OsStr) -> OsString {
    /// A longer one is a part of the name.
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

/// Writes a file that only its owner can read, whole or not at all as far as the journal is concerned: it is
/// synced before anything says that it is there.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| {
        // Half a photo is of no use to anybody; if it stays, the sweep takes it.
        let _ = fs::remove_file(path);
        storage_error(path, &error)
    })
}

/// Makes a folder that only its owner may enter, and those above it that are missing.
pub(crate) fn private_folder(path: &Path) -> Result<(), StorageError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| making_error(path, &error))
}

/// The folder in which a file lies.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
