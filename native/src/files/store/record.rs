//! The record of an avatar: its state, beside its files. It is on the disk before the row in the database is, so that a
//! database that was lost, broken or replaced by an older one is noticed. See [`likeness_core::avatar::Newest`].

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use likeness_core::{
    avatar::Stored,
    error::{StorageError, StorageErrorKind},
};
use rustix::fs::OFlags;

use crate::disk::{private_folder, remove_file, storage_error, sync_folder};

/// The name of a record in its avatar's folder.
pub(super) const RECORD: &str = "record.json";

/// The name of the file until it is whole.
const UNFINISHED: &str = "record.json.new";

/// Number of bytes at the beginning of a text that hold its number.
const BEGINNING: u64 = 64;

/// The record in an avatar's folder.
#[derive(Debug)]
pub(super) struct Record {
    folder: PathBuf,
}

impl Record {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(RECORD)
    }

    /// Reads the record. `None` where there is none; a link counts as none.
    pub(super) fn read(&self) -> Result<Option<String>, StorageError> {
        self.beginning(u64::MAX)
    }

    /// Reads the number of the record's state.
    pub(super) fn revision(&self) -> Option<u64> {
        Stored::revision_at_start(&self.beginning(BEGINNING).ok()??)
    }

    fn beginning(&self, bytes: u64) -> Result<Option<String>, StorageError> {
        let path = self.path();
        if self.folder.is_symlink() {
            return Ok(None);
        }
        let mut beginning = Vec::new();
        let read = open(&path).and_then(|file| file.take(bytes).read_to_end(&mut beginning));
        match read {
            Ok(_) => Ok(Some(String::from_utf8_lossy(&beginning).into_owned())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(storage_error(&path, &error)),
        }
    }

    /// Writes the record, whole or not at all. It is on the disk then.
    pub(super) fn write(&self, text: &str) -> Result<(), StorageError> {
        if self.folder.is_symlink() {
            return Err(StorageError::new(StorageErrorKind::Link, self.folder.display().to_string()));
        }
        let is_new = !self.folder.exists();
        private_folder(&self.folder)?;
        let written = self.write_whole(text).and_then(|()| {
            sync_folder(&self.folder)?;
            // The folder's own name has to last as well.
            self.folder.parent().filter(|_| is_new).map_or(Ok(()), sync_folder)
        });
        written.map_err(|error| storage_error(&self.path(), &error))
    }

    /// Writes the text to a new file and renames it. Only one process at a time writes to the database, and so to this
    /// file.
    fn write_whole(&self, text: &str) -> io::Result<()> {
        let unfinished = self.folder.join(UNFINISHED);
        remove_file(&unfinished)?;
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, self.path())
    }

    /// Removes the record. A missing one is not an error.
    pub(super) fn remove(&self) -> Result<(), StorageError> {
        if self.folder.is_symlink() || !self.folder.exists() {
            return Ok(());
        }
        let removed = remove_file(&self.folder.join(UNFINISHED)).and_then(|_| remove_file(&self.path()));
        let removed = removed.and_then(|_| sync_folder(&self.folder));
        removed.map_err(|error| storage_error(&self.path(), &error))
    }
}

/// Tells whether this is the name of a record, or of half of one.
pub(super) fn is_record(name: &str) -> bool {
    matches!(name, RECORD | UNFINISHED)
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn is_absent(error: &io::Error) -> bool {
    let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    is_link || matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
