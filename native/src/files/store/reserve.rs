//! Room that is kept for an erase: a full disk must not keep a person's data.

use std::{
    fs::{self, File, OpenOptions},
    io::{Error, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::fs::{OFlags, statvfs};

/// The name of the file in the data folder.
pub(super) const RESERVE: &str = "reserve";

/// Number of bytes that are kept: enough for the database's log of one erase and the memory that processes share.
const KEPT: u64 = 1 << 20;

/// The least room of a disk on which the reserve is made, in bytes.
const ENOUGH: u64 = 2 * KEPT;

/// The bytes that are written at a time when room is taken back: the last of them fail on a full disk.
const PIECE: u64 = 16 << 10;

/// A file whose blocks are lent to an erase that needs them, a little at a time, and taken back at once: others who write on
/// the disk would have what is left.
#[derive(Debug)]
pub(super) struct Reserve {
    home: PathBuf,
    /// Set once room was lent here.
    has_lent: AtomicBool,
}

impl Reserve {
    pub(super) fn of(home: &Path) -> Self {
        Self { home: home.to_owned(), has_lent: AtomicBool::new(false) }
    }

    /// Makes the file, or makes it whole again, where the disk has more room than that. After a failure the next
    /// process that opens the store tries again.
    pub(super) fn make(&self) {
        if self.room().is_some_and(|room| room >= ENOUGH) {
            self.fill();
        }
    }

    /// Takes back what was lent here, as far as there is room.
    pub(super) fn take_back(&self) {
        if self.has_lent.load(Ordering::Relaxed) {
            self.fill();
        }
    }

    fn fill(&self) {
        match self.try_to_fill() {
            Ok(()) => self.has_lent.store(false, Ordering::Relaxed),
            Err(error) => log::debug!("not all of the room is kept for an erase: {error}"),
        }
    }

    fn try_to_fill(&self) -> Result<(), Error> {
        let missing = KEPT.saturating_sub(self.kept());
        if missing == 0 {
            return Ok(());
        }
        let mut file = self.open()?;
        // Random bytes: zeros would reserve nothing on a disk that compresses.
        let mut bytes = vec![0; usize::try_from(missing).unwrap_or_default()];
        getrandom::fill(&mut bytes).map_err(Error::other)?;
        let piece = usize::try_from(PIECE).unwrap_or(usize::MAX);
        bytes.chunks(piece).try_for_each(|bytes| file.write_all(bytes))
    }

    /// Lends this much of the room. Says whether there was any.
    pub(super) fn lend(&self, bytes: u64) -> bool {
        let kept = self.kept();
        let rest = kept.saturating_sub(bytes);
        let lent = kept > 0
            && (self.open().and_then(|file| file.set_len(rest)).is_ok()
                // A disk that copies what it changes may lack the room to make a file shorter.
                || fs::remove_file(self.path()).is_ok());
        if lent {
            self.has_lent.store(true, Ordering::Relaxed);
            log::debug!("{} bytes of the room that is kept for an erase are lent", kept - rest);
        }
        lent
    }

    /// Lends half of the room, for opening the store. Says whether there was any.
    pub(super) fn lend_half(&self) -> bool {
        self.lend(self.kept().div_ceil(2))
    }

    fn path(&self) -> PathBuf {
        self.home.join(RESERVE)
    }

    /// Returns the number of bytes that are kept.
    fn kept(&self) -> u64 {
        fs::symlink_metadata(self.path()).map_or(0, |file| if file.is_file() { file.len() } else { 0 })
    }

    fn open(&self) -> Result<File, Error> {
        let no_link = OFlags::NOFOLLOW.bits().cast_signed();
        OpenOptions::new().create(true).append(true).mode(0o600).custom_flags(no_link).open(self.path())
    }

    /// Returns the number of bytes that this user may still write on the disk of the data folder.
    fn room(&self) -> Option<u64> {
        let disk = statvfs(&self.home).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Takes back what was lent, as the last thing that happens to a store: by then the database has given back its own room.
impl Drop for Reserve {
    fn drop(&mut self) {
        self.take_back();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::{KEPT, RESERVE, Reserve};

    #[test]
    fn what_was_lent_is_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (reserve, path) = (Reserve::of(folder.path()), folder.path().join(RESERVE));
        let kept = || fs::metadata(&path).expect("kept").len();
        assert!(!reserve.lend_half() && !reserve.lend(1), "there is nothing yet");
        reserve.make();
        assert_eq!(kept(), KEPT);
        assert!(reserve.lend_half());
        assert_eq!(kept(), KEPT / 2);
        reserve.take_back();
        assert_eq!(kept(), KEPT);
        assert!(reserve.lend(1000));
        assert_eq!(kept(), KEPT - 1000);
        assert!(reserve.lend(u64::MAX) && !reserve.lend(1));
        assert_eq!(kept(), 0);
        drop(reserve);
        assert_eq!(kept(), KEPT);
    }

    #[test]
    fn what_a_link_leads_to_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (reserve, theirs) = (Reserve::of(folder.path()), folder.path().join("theirs"));
        fs::write(&theirs, "theirs").expect("written");
        symlink(&theirs, folder.path().join(RESERVE)).expect("a link");
        reserve.make();
        assert!(!reserve.lend_half() && !reserve.lend(1));
        assert_eq!(fs::read(&theirs).expect("there"), b"theirs");
    }
}
