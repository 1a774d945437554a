//! Room that is kept for an erase: a full disk must not keep a person's data.

use std::{
    fs::{self, File, OpenOptions},
    io::{Error, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::{OFlags, statvfs};

/// The name of the file in the data folder.
pub(super) const RESERVE: &str = "reserve";

/// Number of bytes that are kept: enough for the database's log of one erase and the memory that processes share.
const KEPT: u64 = 1 << 20;

/// The least room of a disk on which the reserve is made, in bytes.
const ENOUGH: u64 = 2 * KEPT;

/// A file whose blocks are given back when an erase needs them.
#[derive(Debug)]
pub(super) struct Reserve {
    home: PathBuf,
}

impl Reserve {
    pub(super) fn of(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    /// Makes the file, or makes it whole again, where the disk has room for that. After a failure the next process that
    /// opens the store tries again.
    pub(super) fn make(&self) {
        if let Err(error) = self.fill() {
            log::debug!("no room is kept for an erase: {error}");
        }
    }

    fn fill(&self) -> Result<(), Error> {
        let kept = self.length();
        let missing = KEPT.saturating_sub(kept);
        if missing == 0 || self.room().is_none_or(|room| room < ENOUGH) {
            return Ok(());
        }
        let mut file = self.open()?;
        // Random bytes: zeros would reserve nothing on a disk that compresses.
        let mut bytes = vec![0; usize::try_from(missing).unwrap_or_default()];
        getrandom::fill(&mut bytes).map_err(Error::other)?;
        file.write_all(&bytes).inspect_err(|_| drop(file.set_len(kept)))
    }

    /// Gives back the whole room. Tells whether there was any.
    pub(super) fn give(&self) -> bool {
        let given = self.length() > 0 && fs::remove_file(self.path()).is_ok();
        if given {
            log::debug!("the room that is kept for an erase is given back");
        }
        given
    }

    /// Gives the room back if the disk has less than that.
    pub(super) fn give_if_short(&self) {
        if self.room().is_none_or(|room| room < KEPT) {
            self.give();
        }
    }

    /// Gives back half of the room, for opening the store. Tells whether there was any.
    pub(super) fn give_half(&self) -> bool {
        let half = self.length() / 2;
        half > 0 && self.open().and_then(|file| file.set_len(half)).is_ok()
    }

    fn path(&self) -> PathBuf {
        self.home.join(RESERVE)
    }

    fn length(&self) -> u64 {
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

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::{KEPT, RESERVE, Reserve};

    #[test]
    fn what_was_given_back_is_kept_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (reserve, path) = (Reserve::of(folder.path()), folder.path().join(RESERVE));
        assert!(!reserve.give_half() && !reserve.give(), "there is nothing yet");
        reserve.make();
        assert_eq!(fs::metadata(&path).expect("kept").len(), KEPT);
        assert!(reserve.give_half());
        assert_eq!(fs::metadata(&path).expect("half").len(), KEPT / 2);
        reserve.make();
        assert_eq!(fs::metadata(&path).expect("kept").len(), KEPT);
        assert!(reserve.give());
        assert!(!path.exists());
    }

    #[test]
    fn what_a_link_leads_to_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (reserve, theirs) = (Reserve::of(folder.path()), folder.path().join("theirs"));
        fs::write(&theirs, "theirs").expect("written");
        symlink(&theirs, folder.path().join(RESERVE)).expect("a link");
        reserve.make();
        assert!(!reserve.give_half() && !reserve.give());
        assert_eq!(fs::read(&theirs).expect("there"), b"theirs");
    }
}
