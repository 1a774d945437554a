//! The newest state of an avatar, from its row and its record, and the writing of both.

use std::{collections::HashMap, fs, io::ErrorKind};

use likeness_core::{
    avatar::{Avatar, AvatarId, Newest, Stored},
    error::{StorageError, StorageErrorKind},
    limits::POLL_INTERVAL,
};
use rusqlite::{Connection, Transaction, ffi};

use super::{Store, save, state};

impl Store {
    /// Writes the record, and then the row. A forgotten person's record is deleted, and deleted first; all other files
    /// follow, so that a full disk has room for the row.
    pub(super) fn write(
        &self,
        transaction: &Transaction<'_>,
        avatar: &Avatar,
        revision: u64,
        had_person: bool,
    ) -> Result<(), StorageError> {
        let text = Stored::write_revision(avatar, revision).map_err(|_| self.broken())?;
        let record = self.record(avatar.id());
        let save = || save(transaction, avatar, &text, had_person, (self.now)());
        let sqlite = |error: rusqlite::Error| self.database.error(&error);
        if avatar.person().is_none() {
            record.remove()?;
            if had_person {
                self.clear(avatar.id());
            }
            let row = state(transaction, avatar.id()).map_err(sqlite)?;
            return self.with_room(|| {
                if transaction.is_autocommit() {
                    begin_again(transaction, avatar.id(), row.as_deref()).map_err(sqlite)?;
                }
                save().map_err(sqlite)
            });
        }
        let before = record.read().ok().flatten();
        record.write(&text)?;
        save().map_err(|error| {
            // The row was not saved, and nothing that follows from it is done: the record is put back. Where that fails
            // too, the newer record counts, in which a task is under way that no process does.
            if let Some(before) = before {
                drop(record.write(&before));
            }
            sqlite(error)
        })
    }

    /// Deletes the files of a forgotten person, which makes room for the row. What cannot be deleted yet is left to the steps
    /// that follow.
    fn clear(&self, id: AvatarId) {
        let folder = self.folder(id);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound && !folder.is_symlink() => {
                log::warn!("not all files of {id} could be deleted yet: {error}");
            }
            _ => {}
        }
    }

    /// Finds the newest state of an avatar with this row.
    pub(super) fn newest(&self, id: AvatarId, row: &str) -> Result<Newest, StorageError> {
        let record = self.record(id).read()?;
        Newest::of(row, record.as_deref()).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn cautious(&self, newest: Newest) -> Result<Avatar, StorageError> {
        if !newest.is_doubtful() {
            return Ok(newest.avatar().clone());
        }
        let moment = crate::moment::moment(POLL_INTERVAL).map_err(|failure| {
            log::error!("{}", failure.brief());
            self.broken()
        })?;
        log::warn!(
            "{}: its record and the database do not agree; what is not ordered yet is called off",
            newest.avatar().id()
        );
        Ok(newest.cautious(&moment))
    }

    /// Makes sure that an avatar without a row is a new one, and not one whose row was lost.
    pub(super) fn is_free(&self, id: AvatarId) -> Result<(), StorageError> {
        let record = self.record(id).read()?;
        match record.as_deref().map(Newest::of_record_alone).transpose() {
            Ok(None | Some(None)) => Ok(()),
            Ok(Some(Some(_))) | Err(_) => Err(self.unclaimed_error(id)),
        }
    }

    fn unclaimed_error(&self, id: AvatarId) -> StorageError {
        StorageError::new(StorageErrorKind::Unclaimed, self.folder(id).display().to_string())
    }

    /// Writes the rows that are older than their records: of a database that was put back, or whose last change was cut
    /// off.
    pub(super) fn catch_up(&self) -> Result<(), StorageError> {
        let recorded: Vec<_> =
            self.folders_of_avatars().filter_map(|id| Some((id, self.record(id).revision()?))).collect();
        if recorded.is_empty() {
            return Ok(());
        }
        let rows = self.database.look(revisions)?;
        for (id, recorded) in recorded {
            let row = rows.get(&id.to_string());
            if row.is_none() && recorded == Newest::first_revision() {
                self.discard_first(id)?;
            }
            if row.is_none_or(|row| *row >= recorded) {
                continue;
            }
            match self.catch_up_with_record(id) {
                Ok(true) => {
                    log::warn!("{id}: the database was older than the job's own record, which counts");
                }
                Ok(false) => {}
                // The next command that needs this avatar reports the error.
                Err(error) => log::debug!("{id}: {error}"),
            }
        }
        Ok(())
    }

    /// Writes the row anew if it is still older, and tells whether it was: another process may have written both since
    /// they were compared.
    fn catch_up_with_record(&self, id: AvatarId) -> Result<bool, StorageError> {
        self.database.change(|transaction| {
            let row = state(&transaction, id).map_err(|error| self.database.error(&error))?;
            let Some(newest) = row.map(|row| self.newest(id, &row)).transpose()? else { return Ok(false) };
            if !newest.is_to_be_written() {
                return Ok(false);
            }
            let revision = newest.next_revision();
            let avatar = self.cautious(newest)?;
            self.write(&transaction, &avatar, revision, avatar.person().is_some())?;
            Ok(true)
        })
    }

    /// Removes the record of a first state whose row never came.
    fn discard_first(&self, id: AvatarId) -> Result<(), StorageError> {
        // In a transaction: no other process is between the two steps.
        self.database.change(|transaction| {
            let row = state(&transaction, id).map_err(|error| self.database.error(&error))?;
            if row.is_none() {
                self.record(id).remove()?;
                // The folder stays while any other file is in it.
                drop(fs::remove_dir(self.folder(id)));
            }
            Ok(())
        })
    }

    /// Lists the avatars that have a folder.
    pub(super) fn folders_of_avatars(&self) -> impl Iterator<Item = AvatarId> {
        // Nothing was ever made.
        let folders = fs::read_dir(self.folders()).into_iter().flatten().flatten();
        let folders = folders.filter(|folder| folder.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok())
    }
}

/// Begins a change anew that was taken back. Another process may have come between, whose change must not be lost.
fn begin_again(
    transaction: &Transaction<'_>,
    id: AvatarId,
    row: Option<&str>,
) -> Result<(), rusqlite::Error> {
    transaction.execute_batch("BEGIN IMMEDIATE")?;
    if state(transaction, id)?.as_deref() == row {
        return Ok(());
    }
    transaction.execute_batch("ROLLBACK")?;
    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None))
}

/// Reads the number of the state in each row that has one.
fn revisions(connection: &Connection) -> Result<HashMap<String, u64>, rusqlite::Error> {
    let mut query = connection.prepare("SELECT id, substr(state, 1, 64) FROM avatars")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1).unwrap_or_default())))?;
    rows.map(|row| row.map(|(id, text)| (id, Stored::revision_at_start(&text).unwrap_or(0)))).collect()
}
