//! The spool: the folder of uploaded bytes while the simulator is served.
//!
//! It is private, and removed when the command ends, however it is asked to end. A folder that a killed process left
//! behind is swept by the next: its lock is free.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, TempDir};

/// A folder of this process alone.
#[derive(Debug)]
pub(super) struct Spool {
    folder: TempDir,
    /// Lock that is held for as long as the folder is used.
    _lock: File,
}

const PREFIX: &str = "likeness-simulate-";
const LOCK: &str = "lock";

impl Spool {
    /// Makes a new folder in this one, and sweeps those that were left behind.
    pub(super) fn new(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        // Another process may take a folder that is not locked yet for one that was left behind.
        let mut tries = 0;
        loop {
            match Self::made(parent) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 3 => tries += 1,
                made => return made,
            }
        }
    }

    fn made(parent: &Path) -> io::Result<Self> {
        let private = fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(parent)?;
        let path = folder.path().join(LOCK);
        let lock = File::create(&path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::NotFound.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if path.try_exists()? {
            Ok(Self { folder, _lock: lock })
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a file for arriving bytes: for its owner alone, and removed unless it is kept.
    pub(super) fn part(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.path())
    }

    /// Keeps a file under this name, in place of one that may be there.
    pub(super) fn keep(&self, part: NamedTempFile, name: &str) -> io::Result<()> {
        part.persist(self.file(name)?).map(drop).map_err(|error| error.error)
    }

    pub(super) fn forget(&self, name: &str) {
        match self.file(name).and_then(fs::remove_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                log::warn!("{name} could not be removed: {error}");
            }
            _ => {}
        }
    }

    /// Returns the path of the file of this name. The simulator's names are ids and numbers.
    pub(super) fn file(&self, name: &str) -> io::Result<PathBuf> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let legal = !name.is_empty() && name != LOCK && name.chars().all(plain);
        if legal { Ok(self.path().join(name)) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }
}

/// Removes folders of ours that no process uses any more.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let path = entry.path();
        // The lock is held until the folder is gone: a folder that is just being made would be taken by its owner
        // meanwhile.
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX))
            && let Some(_lock) = left_behind(&path)
        {
            match fs::remove_dir_all(&path) {
                Ok(()) => log::debug!("{} was left behind and is removed", path.display()),
                Err(error) => log::warn!("{} was left behind: {error}", path.display()),
            }
        }
    }
}

/// Takes the lock of a folder that was left behind: a private one of the same user, whose lock exists and is free.
fn left_behind(path: &Path) -> Option<File> {
    let folder = fs::symlink_metadata(path).ok()?;
    let private = folder.is_dir()
        && folder.permissions().mode() & 0o777 == 0o700
        && folder.uid() == rustix::process::getuid().as_raw();
    let lock = path.join(LOCK);
    let there = || fs::symlink_metadata(&lock).is_ok_and(|lock| lock.is_file());
    if !private || !there() {
        return None;
    }
    File::open(&lock).ok().filter(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::Write as _,
        os::unix::fs::{PermissionsExt as _, symlink},
        path::Path,
    };

    use super::{PREFIX, Spool};

    fn folders(parent: &Path) -> usize {
        fs::read_dir(parent).expect("a folder").count()
    }

    fn kept(spool: &Spool, name: &str) {
        let mut part = spool.part().expect("a file");
        part.write_all(b"bytes").expect("written");
        spool.keep(part, name).expect("kept");
    }

    #[test]
    fn it_is_private_and_gone_in_the_end() {
        let parent = tempfile::tempdir().expect("a folder");
        let spool = Spool::new(parent.path()).expect("a spool");
        kept(&spool, "a-1");
        kept(&spool, "a-1");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o7777;
        let file = spool.file("a-1").expect("a name");
        assert_eq!((mode(spool.path()), mode(&file)), (0o700, 0o600));
        assert_eq!(fs::read(&file).expect("there"), b"bytes");
        drop(spool.part().expect("a file"));
        spool.forget("a-1");
        spool.forget("a-1");
        assert_eq!(folders(spool.path()), 1, "only the lock");
        kept(&spool, "a-2");
        drop(spool);
        assert_eq!(folders(parent.path()), 0);
    }

    #[test]
    fn no_name_leads_elsewhere() {
        let parent = tempfile::tempdir().expect("a folder");
        let spool = Spool::new(parent.path()).expect("a spool");
        for name in ["", "..", "a/b", "/etc/passwd", "lock", ".tmp"] {
            assert!(spool.file(name).is_err(), "{name}");
        }
    }

    #[test]
    fn only_what_was_left_behind_is_swept() {
        let parent = tempfile::tempdir().expect("a folder");
        let in_use = Spool::new(parent.path()).expect("a spool");
        kept(&in_use, "a-1");
        let folder = |name: &str, mode: u32| {
            let path = parent.path().join(format!("{PREFIX}{name}"));
            fs::create_dir(&path).expect("a folder");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
            path
        };
        let left = folder("left", 0o700);
        File::create(left.join("lock")).expect("a lock");
        File::create(left.join("a-1")).expect("a file");
        let unlocked = folder("just-made", 0o700);
        let open = folder("open", 0o755);
        File::create(open.join("lock")).expect("a lock");
        let other = parent.path().join("other");
        fs::create_dir(&other).expect("a folder");
        File::create(other.join("lock")).expect("a lock");
        symlink(&other, parent.path().join(format!("{PREFIX}link"))).expect("a link");
        drop(Spool::new(parent.path()).expect("a spool"));
        assert!(!left.exists());
        assert!(unlocked.exists() && open.exists() && other.join("lock").exists());
        assert!(in_use.file("a-1").expect("a name").exists());
    }
}
