//! Backup of the data folder, which is a data folder itself: the database at one moment, and the files of every avatar.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    thread,
    time::Duration,
};

use likeness_core::{
    avatar::{Avatar, AvatarId, Stored},
    error::{StorageError, StorageErrorKind},
    limits::POLL_INTERVAL,
};
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    ffi,
};

use super::{
    Store,
    names::{DATABASE, FOLDERS},
    record::{Record, is_record},
    save,
    sqlite::sqlite_error,
};
use crate::disk::{making_error, private_folder, storage_error, sync_folder};

/// The account of what was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) avatars: usize,
    pub(crate) files: u64,
    /// Length in bytes of files and database.
    pub(crate) bytes: u64,
}

/// The name of the database's copy until the backup is whole.
const UNFINISHED: &str = ".likeness.db.part";

/// The pause before another look at a database that another process has locked, and the number of looks.
const AGAIN: Duration = Duration::from_millis(50);
const TRIES: u32 = 200;

impl Store {
    /// Copies the database and every avatar's files to an empty folder, while other processes go on. The database gets
    /// its name at the very end: a folder without one is not a whole copy.
    pub(crate) fn back_up(&self, folder: &Path) -> Result<Saved, StorageError> {
        private_folder(folder)?;
        let unfinished = folder.join(UNFINISHED);
        let broken = |error: &io::Error| storage_error(&unfinished, error);
        // The database comes first: files that are made later belong to no avatar in it, and those that vanish later
        // are an erased person's.
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&unfinished);
        drop(file.map_err(|error| broken(&error))?);
        let mut copy = Connection::open(&unfinished).map_err(|error| sqlite_error(&unfinished, &error))?;
        self.database.look(|connection| copy_database(connection, &mut copy))?;
        let all = self.make_harmless(copy, &unfinished)?;
        let mut saved = Saved { avatars: all.len(), ..Saved::default() };
        copy_folders(&self.folders(), &folder.join(FOLDERS), &mut saved)?;
        for (id, text) in &all {
            write_record(&folder.join(FOLDERS).join(id), text)?;
        }
        saved.bytes += fs::metadata(&unfinished).map_err(|error| broken(&error))?.len();
        let done = fs::rename(&unfinished, folder.join(DATABASE)).and_then(|()| sync_folder(folder));
        done.map_err(|error| broken(&error))?;
        Ok(saved)
    }

    /// Calls off the orders in the copy that were not placed yet: they may be placed before the copy is used, and then
    /// they would be placed again. Checks that the copy is sound, and returns the ids and states in it.
    fn make_harmless(
        &self,
        mut copy: Connection,
        path: &Path,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let broken = |error: rusqlite::Error| sqlite_error(path, &error);
        let moment = crate::moment::moment(POLL_INTERVAL).map_err(|failure| {
            log::error!("{}", failure.brief());
            self.broken()
        })?;
        let mut all = all_avatars(&copy).map_err(broken)?;
        for (id, text) in &mut all {
            // A state that cannot be read is copied as it is.
            let Ok(avatar) = Stored::read(text) else { continue };
            let harmless = avatar.clone().without_unplaced_orders(&moment);
            if harmless != avatar {
                log::debug!("{id}: an order that is not placed yet is called off in the backup");
                let revision = Stored::revision(text).unwrap_or(0);
                *text = Stored::write_revision(&harmless, revision).map_err(|_| self.broken())?;
                let transaction = copy.transaction().map_err(broken)?;
                save(&transaction, &harmless, text, false, moment.now).map_err(broken)?;
            }
        }
        let found: String = copy.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(broken)?;
        if found != "ok" {
            log::error!("the copy of the database is not sound: {found}");
            return Err(StorageError::new(StorageErrorKind::Broken, path.display().to_string()));
        }
        Ok(all)
    }
}

/// Copies the database as it is at this moment.
fn copy_database(from: &Connection, to: &mut Connection) -> Result<(), rusqlite::Error> {
    let backup = Backup::new(from, to)?;
    let mut tries = 0;
    // All pages in one step: with several, each change of another process would restart the copy.
    while backup.step(-1)? != StepResult::Done {
        tries += 1;
        if tries > TRIES {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None));
        }
        thread::sleep(AGAIN);
    }
    drop(backup);
    // One file, without a log beside it.
    to.pragma_update(None, "journal_mode", "DELETE")?;
    to.pragma_update(None, "secure_delete", "ON")
}

fn all_avatars(copy: &Connection) -> Result<Vec<(String, String)>, rusqlite::Error> {
    // A state that is not text is left as it is.
    let mut all = copy.prepare("SELECT id, state FROM avatars WHERE typeof(state) = 'text'")?;
    all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Copies the folders of avatars; other files stay behind.
fn copy_folders(from: &Path, to: &Path, saved: &mut Saved) -> Result<(), StorageError> {
    let entries = match fs::read_dir(from) {
        // Nothing was ever made.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| storage_error(from, &error))?,
    };
    make_folder(to)?;
    for entry in entries {
        let entry = entry.map_err(|error| storage_error(from, &error))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name();
        if is_folder && name.to_str().is_some_and(|name| name.parse::<AvatarId>().is_ok()) {
            copy_folder(&entry.path(), &to.join(name), saved)?;
        }
    }
    sync_folder(to).map_err(|error| storage_error(to, &error))
}

/// Writes the record of an avatar to match its row in the copy. The record beside the original may be newer: orders
/// that are called off in the copy would be placed after all.
fn write_record(folder: &Path, text: &str) -> Result<(), StorageError> {
    let has_one = |avatar: &Avatar| avatar.person().is_some();
    if Stored::revision(text).is_ok_and(|revision| revision > 0)
        && Stored::read(text).as_ref().is_ok_and(has_one)
    {
        Record::in_folder(folder.to_owned()).write(text)?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path, saved: &mut Saved) -> Result<(), StorageError> {
    make_folder(to)?;
    let entries = match fs::read_dir(from) {
        // The person was forgotten meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| storage_error(from, &error))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| storage_error(from, &error))?;
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        let is_left_out = name.to_str().is_some_and(|name| {
            name.starts_with('.') && name.strip_suffix(".part").is_some() || is_record(name)
        });
        if kind.is_dir() {
            copy_folder(&path, &to.join(name), saved)?;
        } else if kind.is_file() && !is_left_out {
            match copy_file(&path, &to.join(name)) {
                Ok(bytes) => {
                    saved.files += 1;
                    saved.bytes += bytes;
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(storage_error(&path, &error)),
            }
        }
    }
    sync_folder(to).map_err(|error| storage_error(to, &error))
}

fn make_folder(path: &Path) -> Result<(), StorageError> {
    DirBuilder::new().mode(0o700).create(path).map_err(|error| making_error(path, &error))
}

fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let mut copy = OpenOptions::new().create_new(true).write(true).mode(0o600).open(to)?;
    let bytes = io::copy(&mut source, &mut copy)?;
    copy.sync_all()?;
    Ok(bytes)
}
