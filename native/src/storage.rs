//! Private files, and the disk's errors in the core's words.

use std::{
    fs::{self, OpenOptions},
    io::{Error, ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
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
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => {
            StorageErrorKind::Occupied
        }
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => StorageErrorKind::Changed,
        _ => StorageErrorKind::Broken,
    };
    log::debug!("{}: {error}", path.display());
    StorageError::new(kind, path.display().to_string())
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
