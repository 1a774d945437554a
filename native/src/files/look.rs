//! The folder in which photos are prepared before the person is asked: private, locked, and removed unless the answer
//! is yes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use likeness_core::error::StorageError;
use uuid::Uuid;

use crate::{
    disk::{private_folder, remove_folder, storage_error},
    failure::{self, Failure},
    moment::entropy,
};

/// A folder for photos that are only looked at. Removed when the value is dropped, unless the folder was taken over.
#[derive(Debug)]
pub(crate) struct LookFolder {
    path: PathBuf,
    /// Lock that tells other processes that this one is still at work here.
    _lock: File,
}

/// The folders of this process: a question that is broken off ends the process before their owners can remove them.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

impl LookFolder {
    /// Makes a folder inside the data folder.
    pub(crate) fn new(home: &Path) -> Result<Self, Failure> {
        let path = all(home).join(Uuid::from_bytes(entropy()?).to_string());
        Self::at(path).map_err(failure::storage)
    }

    fn at(path: PathBuf) -> Result<Self, StorageError> {
        let all = path.parent().unwrap_or(&path).to_owned();
        private_folder(&all)?;
        let lock = {
            // Between making a folder and locking it no other process may take it for one that was left behind.
            let error = |error| storage_error(&all, &error);
            let making = File::open(&all).map_err(error)?;
            making.lock_shared().map_err(error)?;
            private_folder(&path)?;
            let lock = File::open(&path).map_err(error)?;
            lock.lock().map_err(error)?;
            lock
        };
        open().push(path.clone());
        Ok(Self { path, _lock: lock })
    }

    /// Returns the folder's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder that of an avatar's prepared photos, in place of one that may exist.
    pub(crate) fn take_over(self, working: &Path) -> Result<(), StorageError> {
        if let Some(above) = working.parent() {
            private_folder(above)?;
        }
        remove_folder(working);
        fs::rename(&self.path, working).map_err(|error| storage_error(working, &error))
    }
}

impl Drop for LookFolder {
    fn drop(&mut self) {
        remove_folder(&self.path);
        open().retain(|path| *path != self.path);
    }
}

/// Removes the folders of this process, which is about to end.
pub(crate) fn abandon() {
    for path in open().drain(..) {
        remove_folder(&path);
    }
}

/// Removes the folders of processes that were killed.
pub(crate) fn sweep(home: &Path) {
    let all = all(home);
    let Ok(making) = File::open(&all) else { return };
    if making.try_lock().is_err() {
        return;
    }
    for folder in fs::read_dir(&all).into_iter().flatten().flatten() {
        let path = folder.path();
        if File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok()) {
            log::debug!("photos that nobody said yes to are removed: {}", path.display());
            remove_folder(&path);
        }
    }
}

fn all(home: &Path) -> PathBuf {
    home.join("looks")
}

fn open() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{LookFolder, all, sweep};

    fn folders(home: &std::path::Path) -> usize {
        fs::read_dir(all(home)).map_or(0, Iterator::count)
    }

    #[test]
    fn it_is_gone_unless_it_was_taken_over() {
        let home = tempfile::tempdir().expect("a folder");
        let look = LookFolder::new(home.path()).expect("made");
        fs::write(look.path().join("0001.jpg"), b"photo").expect("written");
        drop(look);
        assert_eq!(folders(home.path()), 0);
        let look = LookFolder::new(home.path()).expect("made");
        fs::write(look.path().join("0001.jpg"), b"photo").expect("written");
        let working = home.path().join("avatars/a/working");
        fs::create_dir_all(&working).expect("made");
        fs::write(working.join("old.jpg"), b"old").expect("written");
        look.take_over(&working).expect("moved");
        assert_eq!(fs::read(working.join("0001.jpg")).expect("there"), b"photo");
        assert!(!working.join("old.jpg").exists());
        assert_eq!(folders(home.path()), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let home = tempfile::tempdir().expect("a folder");
        let look = LookFolder::new(home.path()).expect("made");
        fs::create_dir(all(home.path()).join("left behind")).expect("made");
        sweep(home.path());
        assert_eq!(folders(home.path()), 1);
        assert!(look.path().is_dir());
    }
}
