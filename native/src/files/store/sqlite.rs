//! `SQLite`'s errors in the core's words.

use std::path::Path;

use likeness_core::error::{StorageError, StorageErrorKind};
use rusqlite::{ErrorCode, ffi};

pub(super) fn sqlite_error(path: &Path, error: &rusqlite::Error) -> StorageError {
    log::debug!("{}: {error}", path.display());
    StorageError::new(kind(error), path.display().to_string())
}

/// Classifies an error.
pub(super) fn kind(error: &rusqlite::Error) -> StorageErrorKind {
    // The shared memory of the processes lies in a file, for which there is no room.
    if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE) {
        return StorageErrorKind::Full;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageErrorKind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageErrorKind::Busy,
        Some(ErrorCode::ReadOnly) => StorageErrorKind::ReadOnly,
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => StorageErrorKind::Denied,
        _ => StorageErrorKind::Broken,
    }
}
