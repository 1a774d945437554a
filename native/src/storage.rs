//! The disk's errors in the core's words.

use std::{
    io::{Error, ErrorKind},
    path::Path,
};

use likeness_core::error::{StorageError, StorageErrorKind};

/// What this error means, and where it happened.
pub(crate) fn storage_error(path: &Path, error: &Error) -> StorageError {
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StorageErrorKind::Full,
        ErrorKind::ReadOnlyFilesystem => StorageErrorKind::ReadOnly,
        ErrorKind::PermissionDenied => StorageErrorKind::Denied,
        ErrorKind::NotFound => StorageErrorKind::Missing,
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => StorageErrorKind::Changed,
        _ => StorageErrorKind::Broken,
    };
    log::debug!("{}: {error}", path.display());
    StorageError { kind, place: path.display().to_string() }
}
