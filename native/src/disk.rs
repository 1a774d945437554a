//! Private files and folders, and the disk's errors in the core's words.

use std::{
    fs::{self, File, OpenOptions},
    io::{Error, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use likeness_core::error::{StorageError, StorageErrorKind};
use tempfile::NamedTempFile;

/// Converts an error of the system into the core's, with the path where it happened.
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

/// Converts an error of making a folder or file. "Put it back" does not help here, since nothing was there.
pub(crate) fn making_error(path: &Path, error: &Error) -> StorageError {
    match error.kind() {
        ErrorKind::NotFound => StorageError::new(StorageErrorKind::NoPlace, path.display().to_string()),
        _ => storage_error(path, error),
    }
}

/// Writes a file that only its owner can read, whole or not at all as far as the journal is concerned: the file is
/// synced before the database refers to it.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| {
        // Half a photo is useless; if it cannot be removed, the sweep takes it.
        let _ = fs::remove_file(path);
        storage_error(path, &error)
    })
}

/// Makes a file that takes the place of `path` once it is whole: `.NAME.….part` in the same folder, readable by its owner
/// alone (mode 0600 is what `tempfile` gives), and removed when it is dropped.
pub(crate) fn part_of(path: &Path) -> Result<NamedTempFile, Error> {
    // A file name has 255 bytes at most (ext4(5)).
    const LONGEST: usize = 200;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{}.", &name[..name.floor_char_boundary(LONGEST)]);
    tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder_of(path))
}

/// Makes a file as [`part_of`] does, and locks it: a sweep takes it for one that was left behind only when its lock is
/// free.
pub(crate) fn locked_part_of(path: &Path) -> Result<NamedTempFile, StorageError> {
    let part = part_of(path).and_then(|part| part.as_file().lock().map(|()| part));
    part.map_err(|error| storage_error(path, &error))
}

/// Puts a whole file into its place, instead of any earlier one. It is on the disk then.
pub(crate) fn put(part: NamedTempFile, path: &Path) -> Result<(), Error> {
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    match sync_folder(folder_of(path)) {
        // Not every folder that may be written can be opened, and not every system syncs one.
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::InvalidInput) => Ok(()),
        synced => synced,
    }
}

/// Does what [`put`] does, on a thread that may block.
pub(crate) async fn put_off_thread(part: NamedTempFile, path: &Path) -> Result<(), StorageError> {
    let target = path.to_owned();
    let put = tokio::task::spawn_blocking(move || put(part, &target)).await;
    put.map_err(Error::other).flatten().map_err(|error| storage_error(path, &error))
}

/// Puts the names in a folder on the disk: a new one is there once its folder is (fsync(2)).
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)?.sync_all()
}

/// Removes a file, and tells whether there was one.
pub(crate) fn remove_file(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a folder that only its owner may enter, and those above it that are missing.
pub(crate) fn private_folder(path: &Path) -> Result<(), StorageError> {
    make_private(path).map_err(|error| making_error(path, &error))
}

/// Creates a folder that only its owner may open. One that exists already keeps its permissions.
pub(crate) fn make_private(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Returns the folder in which a file lies.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes a folder with all that is in it. What cannot be removed is only logged.
pub(crate) fn remove_folder(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            log::warn!("{} could not be removed: {error}", folder.display());
        }
        _ => {}
    }
}
