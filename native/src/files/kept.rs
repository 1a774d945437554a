//! Kept files, such as a model: checked before they are used, and fetched again when ours is gone or was changed.

use std::{
    collections::HashMap,
    fmt,
    fs::File,
    io::{self, Read as _, Seek as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use likeness_core::{
    download::{Expected, FileCheck, FileProblem},
    error::StorageError,
};

use super::download::DownloadError;
use crate::disk::storage_error;

/// Size of the pieces in which files are read, in bytes.
const PIECE: usize = 64 << 10;

/// The kept files of this process: those found whole, and the one that is being fetched again. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptFiles {
    whole: Arc<Mutex<HashMap<PathBuf, Stamp>>>,
    /// Turn to fetch a file again, one at a time: a second caller that waits for the same file finds it then.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

/// The marks of a file by which the system shows that its bytes are those of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    length: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

/// A copy that is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("{0}")]
    Unreadable(StorageError),
    #[error("{place}: {problem}")]
    Spoilt { place: String, problem: FileProblem },
    #[error("fal.ai: {0}")]
    NotFetched(DownloadError),
}

/// The reasons why no whole copy of a file is left: the fault of ours, and those of the copies elsewhere.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) here: Unusable,
    pub(crate) elsewhere: Vec<Unusable>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.here.fmt(f)?;
        self.elsewhere.iter().try_for_each(|one| write!(f, "; {one}"))
    }
}

impl KeptFiles {
    /// Opens the file at this path, if its bytes are the expected ones. They are all read, unless they were before and
    /// the file's size and times are as they were then. Blocks.
    pub(crate) fn open(&self, path: &Path, expected: &Expected) -> Result<File, Unusable> {
        let unreadable = |error: io::Error| Unusable::Unreadable(storage_error(path, &error));
        let mut file = File::open(path).map_err(unreadable)?;
        let stamp = Stamp::of(&file).map_err(unreadable)?;
        if self.whole().get(path) == Some(&stamp) {
            return Ok(file);
        }
        self.whole().remove(path);
        let mut check = FileCheck::new(expected, 0);
        read(&mut file, |piece| check.add(piece).is_ok()).map_err(unreadable)?;
        check.finish().map_err(|problem| spoilt(path, problem))?;
        file.rewind().map_err(unreadable)?;
        if Stamp::of(&file).map_err(unreadable)? == stamp {
            self.whole().insert(path.to_owned(), stamp);
        }
        Ok(file)
    }

    /// Waits until no other file is fetched again.
    pub(crate) async fn turn_to_fetch(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.fetching.lock().await
    }

    fn whole(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Stamp>> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            file: (found.dev(), found.ino()),
            length: found.len(),
            written: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

/// Reads a file to its end, or until `wanted` returns false.
pub(crate) fn read(file: &mut File, mut wanted: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read if wanted(buffer.get(..read).unwrap_or_default()) => {}
            _ => return Ok(()),
        }
    }
}

pub(crate) fn spoilt(path: &Path, problem: FileProblem) -> Unusable {
    Unusable::Spoilt { place: path.display().to_string(), problem }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use likeness_core::{
        avatar::{Kept, Sha256Sum},
        download::Expected,
    };

    use super::KeptFiles;

    #[test]
    fn a_file_that_was_whole_is_looked_at_again_once_its_size_or_times_differ() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.safetensors");
        let file = Kept {
            name: "model.safetensors".to_owned(),
            length: 4,
            sha256: Sha256Sum::of(b"good"),
            copy: None,
        };
        let (kept, expected) = (KeptFiles::default(), Expected::copy_of(&file));
        kept.open(&path, &expected).expect_err("it is not there");
        fs::write(&path, b"good").expect("written");
        kept.open(&path, &expected).expect("whole");
        assert!(kept.whole().contains_key(&path));
        kept.open(&path, &expected).expect("whole");
        // Another file of the same length in its place.
        fs::write(folder.path().join("other"), b"evil").expect("written");
        fs::rename(folder.path().join("other"), &path).expect("renamed");
        kept.open(&path, &expected).expect_err("changed");
        assert!(!kept.whole().contains_key(&path));
    }
}
