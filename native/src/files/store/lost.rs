//! Jobs whose row was lost, and rows that cannot be read: finding them, and taking up jobs from the data folder.

use std::{collections::BTreeSet, fs, path::Path};

use likeness_core::{
    avatar::{Avatar, AvatarId, Newest},
    error::{StorageError, StorageErrorKind},
};
use rusqlite::Connection;

use super::{
    Store,
    names::{DATABASE, FOLDERS},
    state,
};
use crate::disk::storage_error;

/// A folder of an avatar that the database does not know.
#[derive(Debug)]
pub(crate) struct Unclaimed {
    pub(crate) id: AvatarId,
    pub(crate) record: FoundRecord,
}

/// The record in such a folder.
#[derive(Debug)]
pub(crate) enum FoundRecord {
    /// A record with the avatar as it would be taken up.
    Readable(Box<Avatar>),
    Unreadable(StorageError),
    /// No record: files alone, such as those of a version without records.
    None,
}

/// A row that cannot be read, and has no record that could take its place.
#[derive(Debug)]
pub(crate) struct UnreadableRow {
    /// Id as it stands in the database.
    pub(crate) id: String,
    pub(crate) error: StorageError,
}

impl Store {
    /// Loads all avatars, the newest first. One row that cannot be read does not hide the others.
    pub(crate) fn load_readable(&self) -> Result<(Vec<Avatar>, Vec<UnreadableRow>), StorageError> {
        let (mut avatars, mut unreadable) = (Vec::new(), Vec::new());
        for (id, row) in self.database.look(rows)? {
            let read = match (id.parse(), row) {
                (Ok(id), Some(row)) => self.newest(id, &row).and_then(|newest| self.cautious(newest)),
                _ => Err(self.broken()),
            };
            match read {
                Ok(avatar) => avatars.push(avatar),
                Err(error) => unreadable.push(UnreadableRow { id, error }),
            }
        }
        Ok((avatars, unreadable))
    }

    /// Finds the folders of avatars that the database does not know.
    pub(crate) fn unclaimed(&self) -> Result<Vec<Unclaimed>, StorageError> {
        let known = self.database.look(ids)?;
        let folders = self.folders_of_avatars().filter(|id| !known.contains(&id.to_string()));
        let mut unclaimed = Vec::new();
        for id in folders.collect::<Vec<_>>() {
            // In a transaction: of an avatar that is being made the record is there first.
            let found = self.database.change(|transaction| {
                let row = state(&transaction, id).map_err(|error| self.database.error(&error))?;
                if row.is_some() { Ok(None) } else { Ok(Some(self.record_alone(id)?)) }
            })?;
            unclaimed.extend(found.flatten().map(|record| Unclaimed { id, record }));
        }
        Ok(unclaimed)
    }

    /// Reads the record of an avatar without a row; `None` where there is nothing to be taken up.
    fn record_alone(&self, id: AvatarId) -> Result<Option<FoundRecord>, StorageError> {
        let Some(record) = self.record(id).read()? else {
            let holds_files = fs::read_dir(self.folder(id)).is_ok_and(|mut files| files.next().is_some());
            return Ok(holds_files.then_some(FoundRecord::None));
        };
        Ok(match Newest::of_record_alone(&record) {
            Ok(newest) => newest.map(|newest| FoundRecord::Readable(Box::new(newest.avatar().clone()))),
            Err(error) => Some(FoundRecord::Unreadable(self.unreadable(&error))),
        })
    }

    /// Takes up an avatar from its record. An order that was not placed in it is called off, one that was being placed
    /// is unclear. `None` while another process is at work on the avatar, or where there is nothing to be taken up.
    pub(crate) fn take_up(&self, id: AvatarId) -> Result<Option<Avatar>, StorageError> {
        let Some(_lock) = self.lock(id)? else { return Ok(None) };
        self.database.change(|transaction| {
            let row = state(&transaction, id).map_err(|error| self.database.error(&error))?;
            let record = self.record(id).read()?;
            let (None, Some(record)) = (row, record) else { return Ok(None) };
            let newest = Newest::of_record_alone(&record).map_err(|error| self.unreadable(&error))?;
            let Some(newest) = newest else { return Ok(None) };
            let revision = newest.next_revision();
            let avatar = self.cautious(newest)?;
            self.write(&transaction, &avatar, revision, false)?;
            Ok(Some(avatar))
        })
    }

    /// Tells whether avatars may have folders in this data folder.
    pub(crate) fn holds_folders(home: &Path) -> bool {
        home.join(FOLDERS).is_dir()
    }

    /// Checks the whole database, and returns the first fault.
    pub(crate) fn flaw(&self) -> Result<Option<String>, StorageError> {
        let found: String = self
            .database
            .look(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        Ok((found != "ok").then_some(found))
    }

    /// Renames a database that cannot be used, and returns the new name. The next process that opens the store makes a
    /// new database.
    pub(crate) fn set_aside(home: &Path) -> Result<String, StorageError> {
        let path = home.join(DATABASE);
        let is_free = |name: &String| !home.join(name).exists();
        let aside = (1..1000).map(|number: u32| format!("{DATABASE}.broken-{number}")).find(is_free);
        let aside =
            aside.ok_or_else(|| StorageError::new(StorageErrorKind::Full, path.display().to_string()))?;
        // The log belongs to the old database: beside a new one it would be taken for that one's.
        for end in ["-wal", "-shm", ""] {
            let (from, to) = (home.join(format!("{DATABASE}{end}")), home.join(format!("{aside}{end}")));
            if from.exists() {
                fs::rename(&from, &to).map_err(|error| storage_error(&from, &error))?;
            }
        }
        Ok(aside)
    }
}

/// Reads the ids and states, the newest first. `None` for a state that is not a text.
fn rows(connection: &Connection) -> Result<Vec<(String, Option<String>)>, rusqlite::Error> {
    let mut query = connection.prepare_cached("SELECT id, state FROM avatars ORDER BY rowid DESC")?;
    query.query_map([], |row| Ok((row.get(0)?, row.get(1).ok())))?.collect()
}

fn ids(connection: &Connection) -> Result<BTreeSet<String>, rusqlite::Error> {
    connection.prepare_cached("SELECT id FROM avatars")?.query_map([], |row| row.get(0))?.collect()
}
