//! The store of avatars: one `SQLite` file, written in full before anything that depends on a change leaves the
//! machine.

mod backup;
mod budget;
mod chats;
mod database;
mod erasures;
mod layout;
mod lock;
mod lost;
mod names;
mod network_disk;
mod newest;
mod overview;
mod record;
mod reserve;
mod rights;
mod sqlite;
mod standing;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use likeness_core::{
    avatar::{Avatar, AvatarId, Name, Newest, Stored, StoredError},
    error::{StorageError, StorageErrorKind},
    fal::RequestId,
    simulator::Simulator,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use self::{
    database::Database,
    names::{FOLDERS, LOCKS},
    record::Record,
    reserve::Reserve,
};
pub(crate) use self::{
    lock::Lock,
    lost::{FoundRecord, Unclaimed, UnreadableRow},
    names::{DATABASE, WORKING},
    standing::Standing,
};
use crate::{
    clock,
    disk::{private_folder, storage_error},
};

/// The avatars of this machine's user, and the simulator's state of those in test mode.
#[derive(Debug)]
pub(crate) struct Store {
    home: PathBuf,
    database: Database,
    // After the database, whose end gives room back.
    reserve: Reserve,
    now: fn() -> Timestamp,
}

/// The time that a command waits for another process's change.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time that a call of the API waits. Its caller is told to come again.
const PATIENCE_OF_A_CALLER: Duration = Duration::from_secs(5);

/// The user of a store, which decides how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenFor {
    /// A command, for which waiting is better than failing.
    ACommand,
    /// A command that erases. It opens the store on a full disk as well, as long as there is reserved room.
    AnErase,
    /// Callers of the API, for whom coming again is better than waiting. They may erase, too.
    Callers,
}

impl Store {
    /// Opens the store in this folder, which is made if it does not exist; other users may not look into it.
    pub(crate) fn open(home: &Path, whom: OpenFor) -> Result<Self, StorageError> {
        let patience = match whom {
            OpenFor::ACommand | OpenFor::AnErase => PATIENCE,
            OpenFor::Callers => PATIENCE_OF_A_CALLER,
        };
        let reserve = Reserve::of(home);
        match Self::open_with(home, patience, clock::now) {
            Err(error)
                if whom != OpenFor::ACommand && erasures::may_be_full(&error) && reserve.lend_half() =>
            {
                let opened = Self::open_with(home, patience, clock::now)?;
                // What was lent is taken back by the store, once it has erased or is closed.
                Ok(Self { reserve, ..opened })
            }
            opened => opened,
        }
    }

    fn open_with(home: &Path, patience: Duration, now: fn() -> Timestamp) -> Result<Self, StorageError> {
        private_folder(home)?;
        rights::keep_others_out(home)?;
        let database = Database::open(home.join(DATABASE), patience, now())?;
        let store = Self { home: home.to_owned(), database, reserve: Reserve::of(home), now };
        store.catch_up()?;
        store.reserve.make();
        Ok(store)
    }

    /// Tells whether there is a store in this folder.
    pub(crate) fn is_in(home: &Path) -> bool {
        home.join("likeness.db").is_file()
    }

    /// Says whether there is a store in this folder, or what is left of one.
    pub(crate) fn holds_anything(home: &Path) -> bool {
        Self::is_in(home) || home.join(FOLDERS).is_dir()
    }

    /// Checks that the database can be read.
    pub(crate) fn answers(&self) -> Result<(), StorageError> {
        self.database.look(|connection| layout::version(connection).map(drop))
    }

    /// Loads one avatar.
    pub(crate) fn load(&self, id: AvatarId) -> Result<Option<Avatar>, StorageError> {
        let Some(row) = self.database.look(|connection| state(connection, id))? else { return Ok(None) };
        let newest = self.newest(id, &row)?;
        self.cautious(newest).map(Some)
    }

    /// Loads all avatars that can be read, the newest first.
    pub(crate) fn load_all(&self) -> Result<Vec<Avatar>, StorageError> {
        let (avatars, unreadable) = self.load_readable()?;
        for row in unreadable {
            log::warn!("job {} is left out: {}", row.id, row.error);
        }
        Ok(avatars)
    }

    /// Tells which avatar holds this request.
    pub(crate) fn holder(&self, request_id: &RequestId) -> Result<Option<AvatarId>, StorageError> {
        self.database.look(|connection| holder(connection, request_id))
    }

    /// Loads the avatar, lets it change, and saves it in one transaction: no other change comes in between. `None` is
    /// given for an avatar that does not exist yet.
    pub(crate) fn update<T>(
        &self,
        id: AvatarId,
        change: impl FnOnce(Option<Avatar>) -> (Option<Avatar>, T),
    ) -> Result<T, StorageError> {
        self.update_among(id, |avatar, _| change(avatar))
    }

    /// Changes the avatar in one transaction, with a look at the requests that other avatars hold at that moment.
    pub(crate) fn update_among<T>(
        &self,
        id: AvatarId,
        change: impl FnOnce(Option<Avatar>, &Holders<'_>) -> (Option<Avatar>, T),
    ) -> Result<T, StorageError> {
        self.database.change(|transaction| {
            let row = state(&transaction, id).map_err(|error| self.database.error(&error))?;
            let newest = row.as_deref().map(|row| self.newest(id, row)).transpose()?;
            if newest.is_none() {
                self.is_free(id)?;
            }
            let revision = newest.as_ref().map_or(Newest::first_revision(), Newest::next_revision);
            let is_to_be_written = newest.as_ref().is_none_or(Newest::is_to_be_written);
            let before = newest.map(|newest| self.cautious(newest)).transpose()?;
            let (after, told) = change(before.clone(), &Holders(&transaction));
            let Some(after) = after else { return Ok(told) };
            if is_to_be_written || before.as_ref() != Some(&after) {
                let had_person = before.is_some_and(|avatar| avatar.person().is_some());
                self.write(&transaction, &after, revision, had_person)?;
            }
            Ok(told)
        })
    }

    /// Lists the avatars behind the API whose work is due from a moment after `after` until `now`; with `notices` also
    /// those with a notice to the backend. Only the indexed moments are read.
    pub(crate) fn due(
        &self,
        after: Option<Timestamp>,
        now: Timestamp,
        notices: bool,
    ) -> Result<Vec<AvatarId>, StorageError> {
        let after = after.map_or(-1, Timestamp::millis);
        let texts = self.database.look(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id FROM avatars WHERE due > ?1 AND due <= ?2
                 UNION SELECT id FROM avatars WHERE ?3 AND notice > ?1 AND notice <= ?2",
            )?;
            texts(query.query_map(params![after, now.millis(), notices], first_text)?)
        })?;
        self.ids(&texts)
    }

    /// Loads a user's avatars behind the API, the newest first.
    pub(crate) fn avatars_of(&self, user: &Name) -> Result<Vec<Avatar>, StorageError> {
        let texts = self.database.look(|connection| {
            let mut query =
                connection.prepare_cached("SELECT state FROM avatars WHERE user = ?1 ORDER BY rowid DESC")?;
            Ok(query
                .query_map([layout::bucket(user)], first_text)?
                .filter_map(Result::ok)
                .collect::<Vec<_>>())
        })?;
        // An avatar that cannot be read does not hide the others.
        let readable = |text: &String| self.read(text).map_err(|error| log::error!("{error}")).ok();
        let is_theirs = |avatar: &Avatar| avatar.person().is_some_and(|person| person.user == *user);
        Ok(texts.iter().filter_map(readable).filter(is_theirs).collect())
    }

    /// Loads the simulator's state that belongs to this avatar.
    pub(crate) fn simulator(&self, id: AvatarId) -> Result<Option<Simulator>, StorageError> {
        let text: Option<Option<String>> = self.database.look(|connection| {
            let mut query = connection.prepare_cached("SELECT simulator FROM avatars WHERE id = ?1")?;
            query.query_row([id.to_string()], |row| row.get(0)).optional()
        })?;
        let read = |text: String| serde_json::from_str(&text).map_err(|_| self.broken());
        text.flatten().map(read).transpose()
    }

    /// Saves the simulator's state beside the avatar.
    pub(crate) fn save_simulator(&self, id: AvatarId, simulator: &Simulator) -> Result<(), StorageError> {
        let text = serde_json::to_string(simulator).map_err(|_| self.broken())?;
        self.database.change(|transaction| {
            let saved = transaction
                .prepare_cached("UPDATE avatars SET simulator = ?2 WHERE id = ?1")
                .and_then(|mut query| query.execute(params![id.to_string(), text]))
                .and_then(|_| transaction.commit());
            saved.map_err(|error| self.database.error(&error))
        })
    }

    /// Takes the right to drive this avatar. `None` while another process has it.
    pub(crate) fn lock(&self, id: AvatarId) -> Result<Option<Lock>, StorageError> {
        self.follow_no_link(id)?;
        let folder = self.home.join(LOCKS);
        private_folder(&folder)?;
        let path = folder.join(format!("{id}.lock"));
        Lock::take(&path).map_err(|error| storage_error(&path, &error))
    }

    /// Tells whether a process is at work on this avatar now.
    pub(crate) fn is_attended(&self, id: AvatarId) -> bool {
        // An avatar whose lock cannot be looked at is not called abandoned.
        self.lock(id).map_or(true, |lock| lock.is_none())
    }

    /// Makes sure that no symbolic link is in the place of this avatar's folder: through one another person's files
    /// would be read, written or deleted. Of a forgotten person the link itself is deleted.
    pub(crate) fn follow_no_link(&self, id: AvatarId) -> Result<(), StorageError> {
        let folder = self.folder(id);
        for path in [folder.join(WORKING), folder.clone()] {
            if !path.is_symlink() {
                continue;
            }
            if self.load(id)?.is_none_or(|avatar| avatar.person().is_some()) {
                return Err(StorageError::new(StorageErrorKind::Link, path.display().to_string()));
            }
            fs::remove_file(&path).map_err(|error| storage_error(&path, &error))?;
        }
        Ok(())
    }

    /// Returns the data folder.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Returns the folder of this avatar's files.
    pub(crate) fn folder(&self, id: AvatarId) -> PathBuf {
        self.folders().join(id.to_string())
    }

    /// Returns the folder of an avatar's prepared photos, which is swept when nothing needs them any more.
    pub(crate) fn working_folder(&self, id: AvatarId) -> PathBuf {
        self.folder(id).join(WORKING)
    }

    /// Returns the folder that holds the folders of all avatars.
    pub(crate) fn folders(&self) -> PathBuf {
        self.home.join(FOLDERS)
    }

    fn record(&self, id: AvatarId) -> Record {
        Record::in_folder(self.folder(id))
    }

    fn read(&self, text: &str) -> Result<Avatar, StorageError> {
        Stored::read(text).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &StoredError) -> StorageError {
        log::debug!("{error}");
        match error {
            StoredError::Newer => {
                StorageError::new(StorageErrorKind::Newer, self.database.path().display().to_string())
            }
            StoredError::Unreadable(_) => self.broken(),
        }
    }

    fn ids(&self, texts: &[String]) -> Result<Vec<AvatarId>, StorageError> {
        texts.iter().map(|text| text.parse().map_err(|_| self.broken())).collect()
    }

    fn broken(&self) -> StorageError {
        StorageError::new(StorageErrorKind::Broken, self.database.path().display().to_string())
    }
}

fn first_text(row: &Row<'_>) -> Result<String, rusqlite::Error> {
    row.get(0)
}

fn texts(
    rows: impl Iterator<Item = Result<String, rusqlite::Error>>,
) -> Result<Vec<String>, rusqlite::Error> {
    rows.collect()
}

/// Reads the states of all avatars, the newest first.
fn all_texts(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let mut query = connection.prepare_cached("SELECT state FROM avatars ORDER BY rowid DESC")?;
    // A row that is not text cannot be read by any version, and does not hide the others.
    Ok(query.query_map([], first_text)?.filter_map(Result::ok).collect())
}

fn state(connection: &Connection, id: AvatarId) -> Result<Option<String>, rusqlite::Error> {
    let mut query = connection.prepare_cached("SELECT state FROM avatars WHERE id = ?1")?;
    query.query_row([id.to_string()], first_text).optional()
}

/// Saves the avatar, together with the columns by which it is found, and commits. `SQLite` takes everything back where that
/// fails for want of room.
fn save(
    transaction: &Transaction<'_>,
    avatar: &Avatar,
    text: &str,
    had_person: bool,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    let id = avatar.id().to_string();
    let due = avatar.due(now);
    let [work, notice] = [due.work, due.notice].map(|due| due.map(Timestamp::millis));
    let person = avatar.person().filter(|_| avatar.is_hosted());
    let user = person.map(|person| layout::bucket(&person.user));
    transaction
        .prepare_cached(
            "INSERT INTO avatars (id, due, notice, user, lead, state) VALUES (?1, ?2, ?3, ?4, zeroblob(?5), ?6)
             ON CONFLICT (id) DO UPDATE
             SET due = excluded.due, notice = excluded.notice, user = excluded.user, state = excluded.state",
        )?
        .execute(params![id, work, notice, user, layout::lead(transaction)?, text])?;
    for request_id in avatar.request_ids() {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO requests (request_id, avatar) VALUES (?1, ?2)")?
            .execute(params![request_id.to_string(), id])?;
    }
    if had_person && avatar.is_hosted() && avatar.person().is_none() {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO erasures (avatar, gone) VALUES (?1, 0)")?
            .execute([&id])?;
    }
    transaction.execute_batch("COMMIT")
}

/// The avatars that hold requests, at the moment of a change.
pub(crate) struct Holders<'a>(&'a Connection);

impl Holders<'_> {
    /// Tells which avatar holds this request. An unreadable answer counts as "none": then the change that follows
    /// cannot be saved either.
    pub(crate) fn holder(&self, request_id: &RequestId) -> Option<AvatarId> {
        holder(self.0, request_id).ok().flatten()
    }

    /// Loads all avatars, as far as they can be read; `None` where the database cannot be asked.
    pub(crate) fn avatars(&self) -> Option<Vec<Avatar>> {
        let texts = all_texts(self.0).ok()?;
        let read = |text: &String| Stored::read(text).map_err(|error| log::warn!("{error}")).ok();
        Some(texts.iter().filter_map(read).collect())
    }
}

fn holder(connection: &Connection, request_id: &RequestId) -> Result<Option<AvatarId>, rusqlite::Error> {
    let mut query = connection.prepare_cached("SELECT avatar FROM requests WHERE request_id = ?1")?;
    let holder = query.query_row([request_id.to_string()], first_text).optional()?;
    Ok(holder.and_then(|id| id.parse().ok()))
}
