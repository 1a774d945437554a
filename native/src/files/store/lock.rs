//! The right to drive one avatar.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Error, ErrorKind},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// The right to drive one avatar: one process at a time holds it, and the system releases it when that process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock whose file is at this path. `None` while another process has it.
    pub(super) fn take(path: &Path) -> Result<Option<Self>, Error> {
        Self::take_after(path, || ())
    }

    /// Takes the lock; `opened` is called between opening the file and locking it, for tests.
    fn take_after(path: &Path, mut opened: impl FnMut()) -> Result<Option<Self>, Error> {
        loop {
            let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
            opened();
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The holder may have removed the file between the two: then this lock guards nothing, and another process
            // may hold the one at the path.
            if is_at(&file, path)? {
                return Ok(Some(Self { file, path: path.to_owned() }));
            }
        }
    }
}

impl Drop for Lock {
    /// Removes the file while the lock is still held: only its holder removes it.
    fn drop(&mut self) {
        if is_at(&self.file, &self.path).unwrap_or(false) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Tells whether this file is the one at the path.
fn is_at(file: &File, path: &Path) -> Result<bool, Error> {
    let own = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File, OpenOptions},
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::Lock;

    /// Lets B open the file that A holds; A lets go of it; C takes the new one. Then B locks the file that it has
    /// opened.
    #[test]
    fn a_lock_whose_file_was_removed_meanwhile_is_not_taken_for_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.lock");
        let mut a = Lock::take(&path).expect("a lock");
        assert!(a.is_some());
        let mut c = None;
        let b = Lock::take_after(&path, || {
            if let Some(a) = a.take() {
                // Without another look at the path B would hold this lock beside C's.
                let opened = File::open(&path).expect("a file");
                drop(a);
                c = Lock::take(&path).expect("a lock");
                opened.try_lock().expect("nobody holds what is at no path");
            }
        });
        assert!(c.is_some());
        assert!(b.expect("an answer").is_none(), "two hold one lock");
        drop(c);
        assert!(!path.exists(), "its holder removes it");
        assert!(Lock::take(&path).expect("an answer").is_some());
    }

    #[test]
    fn threads_that_race_for_it_never_hold_it_together() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.lock");
        let (holders, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while taken.load(Ordering::SeqCst) < 2000 {
                        let Some(lock) = Lock::take(&path).expect("an answer") else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_another_put_there_is_not_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.lock");
        let lock = Lock::take(&path).expect("a lock").expect("free");
        fs::remove_file(&path).expect("removed");
        let other = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
        other.try_lock().expect("locked");
        drop(lock);
        assert!(path.exists());
    }
}
