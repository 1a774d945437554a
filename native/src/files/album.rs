//! Photos that came through the API and lie in the avatar's own folder. Their names are the core's, and never a path.

use std::{
    fs,
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
};

use likeness_core::{
    avatar::FolderPart,
    error::{StorageError, StorageErrorKind},
};

use super::store::WORKING;
use crate::disk::storage_error;

/// The prefix of the names of these photos.
const PREFIX: &str = "upload-";

/// Returns the file of this name, which leads nowhere else.
pub(crate) fn file(folder: &Path, name: &str) -> Result<PathBuf, StorageError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if name.starts_with(PREFIX) && name.chars().all(plain) {
        Ok(folder.join(name))
    } else {
        Err(StorageError::new(StorageErrorKind::Denied, name))
    }
}

/// Deletes a photo, or a file that was prepared from one. A missing file is not an error.
pub(crate) fn discard(folder: &Path, name: &str) -> Result<(), StorageError> {
    let path = match name.strip_prefix("photo-").and_then(|rest| rest.strip_suffix(".jpg")) {
        Some(task) if task.bytes().all(|digit| digit.is_ascii_digit()) => folder.join(WORKING).join(name),
        _ => file(folder, name)?,
    };
    gone(&path, fs::remove_file(&path))
}

/// Deletes the prepared files, and with `Everything` the photos themselves. Models and pictures stay.
pub(crate) fn clear(folder: &Path, what: FolderPart) -> Result<(), StorageError> {
    let working = folder.join(WORKING);
    gone(&working, fs::remove_dir_all(&working))?;
    if what == FolderPart::WorkingFiles {
        return Ok(());
    }
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| storage_error(folder, &error))?,
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|name| file(folder, name).is_ok()) {
            gone(&entry.path(), fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

/// Deletes all files of an avatar.
pub(crate) fn remove(folder: &Path) -> Result<(), StorageError> {
    gone(folder, fs::remove_dir_all(folder))
}

fn gone(path: &Path, removed: Result<(), Error>) -> Result<(), StorageError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(storage_error(path, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use likeness_core::avatar::FolderPart;

    use super::{clear, discard, file};

    #[test]
    fn a_name_never_leads_elsewhere() {
        let folder = Path::new("/avatar");
        assert_eq!(file(folder, "upload-1-a_B-2").expect("a file"), folder.join("upload-1-a_B-2"));
        for name in ["", "model.safetensors", "upload-1-../x", "upload-1/x", "/upload-1", "..", "upload-1-\0"]
        {
            assert!(file(folder, name).is_err(), "{name}");
        }
    }

    #[test]
    fn what_was_made_stays_when_the_photos_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        fs::create_dir(folder.join("working")).expect("a folder");
        for name in ["upload-1-a", "upload-2-b", "model.safetensors", "working/photo-1.jpg", "working/x"] {
            fs::write(folder.join(name), "x").expect("written");
        }
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        discard(folder, "upload-2-b").expect("deleted");
        discard(folder, "upload-2-b").expect("gone already");
        discard(folder, "photo-1.jpg").expect("deleted");
        assert!(!folder.join("working/photo-1.jpg").exists() && folder.join("working/x").exists());
        for name in ["photo-../../x.jpg", "photo-1", "model.safetensors"] {
            discard(folder, name).expect_err(name);
        }
        clear(folder, FolderPart::WorkingFiles).expect("cleared");
        assert_eq!(names(), ["model.safetensors", "upload-1-a"]);
        clear(folder, FolderPart::Everything).expect("cleared");
        clear(folder, FolderPart::Everything).expect("cleared before");
        assert_eq!(names(), ["model.safetensors"]);
        clear(&folder.join("none"), FolderPart::Everything).expect("nothing there");
    }
}
