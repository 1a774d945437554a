//! Where avatars live: one `SQLite` file, written in full before anything that depends on it leaves the machine.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use likeness_core::{
    avatar::{Avatar, AvatarId, Name, Stored},
    budget::{self, Budget},
    error::{StorageError, StorageErrorKind},
    fal::RequestId,
    simulator::Simulator,
    time::Timestamp,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use crate::storage::storage_error;

/// The avatars of this machine's user, and the simulator's state of those in test mode.
#[derive(Debug)]
pub(crate) struct Store {
    home: PathBuf,
    database: PathBuf,
    connection: Mutex<Connection>,
}

/// The right to drive one avatar: one process at a time holds it, and the system takes it back when that
/// process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS avatars (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        simulator TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS requests (
        request_id TEXT PRIMARY KEY,
        avatar TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS requests_of_avatar ON requests (avatar);
    -- Whose avatars live behind the API.
    CREATE TABLE IF NOT EXISTS users (
        avatar TEXT PRIMARY KEY,
        user TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS avatars_of_user ON users (user);
    -- Those of them whose person was forgotten, until nothing of theirs is left anywhere; and whether that is so here.
    CREATE TABLE IF NOT EXISTS erasures (
        avatar TEXT PRIMARY KEY,
        gone INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS budget (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        state TEXT NOT NULL
    ) STRICT;
";

/// How long one process waits for another's write.
const PATIENCE: Duration = Duration::from_secs(20);

impl Store {
    /// Opens the store in this folder, which is made if it is not there; nobody else may look into it.
    pub(crate) fn open(home: &Path) -> Result<Self, StorageError> {
        private_folder(home)?;
        let database = home.join("likeness.db");
        let private = OpenOptions::new().create(true).append(true).mode(0o600).open(&database);
        private.map_err(|error| storage_error(&database, &error))?;
        let connection = Connection::open(&database).and_then(|connection| {
            connection.busy_timeout(PATIENCE)?;
            // FULL syncs before a commit returns: what was saved survives a power cut.
            connection.pragma_update(None, "synchronous", "FULL")?;
            // What is deleted is overwritten, and nothing of it passes through a file of another folder.
            connection.pragma_update(None, "secure_delete", "ON")?;
            connection.pragma_update(None, "temp_store", "MEMORY")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        });
        let connection = Mutex::new(connection.map_err(|error| sqlite_error(&database, &error))?);
        Ok(Self { home: home.to_owned(), database, connection })
    }

    /// Says whether there is a store in this folder.
    pub(crate) fn is_in(home: &Path) -> bool {
        home.join("likeness.db").is_file()
    }

    /// Loads one avatar.
    pub(crate) fn load(&self, id: AvatarId) -> Result<Option<Avatar>, StorageError> {
        let text = self.with(|connection| {
            let mut query = connection.prepare_cached("SELECT state FROM avatars WHERE id = ?1")?;
            query.query_row([id.to_string()], |row| row.get::<_, String>(0)).optional()
        })?;
        text.map(|text| self.read(&text)).transpose()
    }

    /// Loads all avatars, the newest first.
    pub(crate) fn load_all(&self) -> Result<Vec<Avatar>, StorageError> {
        let texts = self.with(|connection| {
            let mut query = connection.prepare_cached("SELECT state FROM avatars ORDER BY rowid DESC")?;
            query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
        })?;
        texts.iter().map(|text| self.read(text)).collect()
    }

    /// Which avatar holds this request.
    pub(crate) fn holder(&self, request_id: &RequestId) -> Result<Option<AvatarId>, StorageError> {
        self.with(|connection| holder(connection, request_id))
    }

    /// Loads the avatar, lets it change, and saves it before anything else can: nothing that was read before
    /// is written after. `None` is given for an avatar that is not there yet.
    pub(crate) fn settle<T>(
        &self,
        id: AvatarId,
        change: impl FnOnce(Option<Avatar>) -> (Option<Avatar>, T),
    ) -> Result<T, StorageError> {
        self.settle_among(id, |avatar, _| change(avatar))
    }

    /// The same, with a look at which requests others hold at that moment.
    pub(crate) fn settle_among<T>(
        &self,
        id: AvatarId,
        change: impl FnOnce(Option<Avatar>, &Holders<'_>) -> (Option<Avatar>, T),
    ) -> Result<T, StorageError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = |error: rusqlite::Error| sqlite_error(&self.database, &error);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let before: Option<String> = transaction
            .prepare_cached("SELECT state FROM avatars WHERE id = ?1")
            .and_then(|mut query| query.query_row([id.to_string()], |row| row.get(0)).optional())
            .map_err(broken)?;
        let avatar = before.as_deref().map(|text| self.read(text)).transpose()?;
        let had_person = avatar.as_ref().is_some_and(|avatar| avatar.person().is_some());
        let (avatar, told) = change(avatar, &Holders(&transaction));
        let Some(avatar) = avatar else { return Ok(told) };
        let after = Stored::write(&avatar).map_err(|_| self.broken())?;
        if before.as_deref() == Some(after.as_str()) {
            return Ok(told);
        }
        transaction
            .prepare_cached(
                "INSERT INTO avatars (id, state) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET state = excluded.state",
            )
            .and_then(|mut query| query.execute(params![id.to_string(), after]))
            .map_err(broken)?;
        for request_id in avatar.request_ids() {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO requests (request_id, avatar) VALUES (?1, ?2)")
                .and_then(|mut query| query.execute(params![request_id.to_string(), id.to_string()]))
                .map_err(broken)?;
        }
        if avatar.is_hosted() {
            index(&transaction, &avatar, had_person).map_err(broken)?;
        }
        transaction.commit().map_err(broken)?;
        Ok(told)
    }

    /// All avatars that live behind the API, and those that did while there is something left to delete.
    pub(crate) fn hosted(&self) -> Result<Vec<AvatarId>, StorageError> {
        let texts = self.with(|connection| {
            let mut query =
                connection.prepare_cached("SELECT avatar FROM users UNION SELECT avatar FROM erasures")?;
            query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
        })?;
        texts.iter().map(|text| text.parse().map_err(|_| self.broken())).collect()
    }

    /// Whether the person of this avatar was forgotten, and files of theirs may still be here.
    pub(crate) fn is_half_erased(&self, id: AvatarId) -> Result<bool, StorageError> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM erasures WHERE avatar = ?1 AND gone = 0")?
                .exists([id.to_string()])
        })
    }

    /// No file of this avatar's person is here any more.
    pub(crate) fn gone(&self, id: AvatarId) -> Result<(), StorageError> {
        let query = "UPDATE erasures SET gone = 1 WHERE avatar = ?1";
        self.with(|connection| connection.execute(query, [id.to_string()])).map(drop)
    }

    /// Nothing is left to delete of this avatar's person, neither here nor elsewhere.
    pub(crate) fn erased(&self, id: AvatarId) -> Result<(), StorageError> {
        let query = "DELETE FROM erasures WHERE avatar = ?1 AND gone = 1";
        self.with(|connection| connection.execute(query, [id.to_string()])).map(drop)
    }

    /// A user's avatars behind the API, the newest first.
    pub(crate) fn avatars_of(&self, user: &Name) -> Result<Vec<Avatar>, StorageError> {
        let texts = self.with(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT state FROM avatars JOIN users ON users.avatar = avatars.id
                 WHERE user = ?1 ORDER BY users.rowid DESC",
            )?;
            query.query_map([user.as_str()], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
        })?;
        texts.iter().map(|text| self.read(text)).collect()
    }

    /// Loads the budget, lets it change, and saves it before anything else can.
    pub(crate) fn spend<T>(
        &self,
        entropy: [u8; 32],
        now: Timestamp,
        change: impl FnOnce(Budget) -> (Budget, T),
    ) -> Result<T, StorageError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = |error: rusqlite::Error| sqlite_error(&self.database, &error);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let text: Option<String> = transaction
            .prepare_cached("SELECT state FROM budget")
            .and_then(|mut query| query.query_row([], |row| row.get(0)).optional())
            .map_err(broken)?;
        let before = match text {
            Some(text) => budget::Stored::read(&text).map_err(|error| {
                log::error!("{error}");
                self.broken()
            })?,
            None => Budget::new(entropy, now),
        };
        let (after, told) = change(before.clone());
        if after != before {
            let text = budget::Stored::write(&after).map_err(|_| self.broken())?;
            transaction
                .prepare_cached(
                    "INSERT INTO budget (one, state) VALUES (1, ?1)
                     ON CONFLICT (one) DO UPDATE SET state = excluded.state",
                )
                .and_then(|mut query| query.execute([text]))
                .map_err(broken)?;
            transaction.commit().map_err(broken)?;
        }
        Ok(told)
    }

    /// The simulator's state that belongs to this avatar.
    pub(crate) fn simulator(&self, id: AvatarId) -> Result<Option<Simulator>, StorageError> {
        let text: Option<Option<String>> = self.with(|connection| {
            let mut query = connection.prepare_cached("SELECT simulator FROM avatars WHERE id = ?1")?;
            query.query_row([id.to_string()], |row| row.get(0)).optional()
        })?;
        let read = |text: String| serde_json::from_str(&text).map_err(|_| self.broken());
        text.flatten().map(read).transpose()
    }

    /// Saves the simulator's state beside the avatar.
    pub(crate) fn save_simulator(&self, id: AvatarId, simulator: &Simulator) -> Result<(), StorageError> {
        let text = serde_json::to_string(simulator).map_err(|_| self.broken())?;
        self.with(|connection| {
            let mut query = connection.prepare_cached("UPDATE avatars SET simulator = ?2 WHERE id = ?1")?;
            query.execute(params![id.to_string(), text])
        })?;
        Ok(())
    }

    /// Forgets the simulator's state of this avatar, and rewrites the file: what was deleted or replaced before
    /// may still stand between its rows.
    pub(crate) fn forget(&self, id: AvatarId) -> Result<(), StorageError> {
        self.with(|connection| {
            connection.execute("UPDATE avatars SET simulator = NULL WHERE id = ?1", [id.to_string()])?;
            connection.execute_batch("VACUUM")
        })
    }

    /// Takes the right to drive this avatar. `None` while another process has it.
    pub(crate) fn lock(&self, id: AvatarId) -> Result<Option<Lock>, StorageError> {
        let folder = self.home.join("locks");
        private_folder(&folder)?;
        let path = folder.join(format!("{id}.lock"));
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(|error| storage_error(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(storage_error(&path, &error)),
        }
    }

    /// The folder of everything.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// The folder of this avatar's files.
    pub(crate) fn folder(&self, id: AvatarId) -> PathBuf {
        self.folders().join(id.to_string())
    }

    /// Where the folders of all avatars are.
    pub(crate) fn folders(&self) -> PathBuf {
        self.home.join("avatars")
    }

    fn with<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StorageError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        query(&connection).map_err(|error| sqlite_error(&self.database, &error))
    }

    fn read(&self, text: &str) -> Result<Avatar, StorageError> {
        Stored::read(text).map_err(|error| {
            log::error!("{error}");
            self.broken()
        })
    }

    fn broken(&self) -> StorageError {
        StorageError::new(StorageErrorKind::Broken, self.database.display().to_string())
    }
}

/// What is known of an avatar behind the API beside its state.
fn index(connection: &Connection, avatar: &Avatar, had_person: bool) -> Result<(), rusqlite::Error> {
    let id = avatar.id().to_string();
    if let Some(person) = avatar.person() {
        connection
            .prepare_cached("INSERT OR IGNORE INTO users (avatar, user) VALUES (?1, ?2)")?
            .execute(params![id, person.user.as_str()])?;
    } else {
        connection.prepare_cached("DELETE FROM users WHERE avatar = ?1")?.execute([&id])?;
        if had_person {
            connection
                .prepare_cached("INSERT OR IGNORE INTO erasures (avatar, gone) VALUES (?1, 0)")?
                .execute([&id])?;
        }
    }
    Ok(())
}

/// Which avatars hold which requests, at the moment of a change.
pub(crate) struct Holders<'a>(&'a Connection);

impl Holders<'_> {
    /// Which avatar holds this request. What cannot be read counts as held by nobody: then the change that
    /// follows cannot be saved either.
    pub(crate) fn holder(&self, request_id: &RequestId) -> Option<AvatarId> {
        holder(self.0, request_id).ok().flatten()
    }
}

fn holder(connection: &Connection, request_id: &RequestId) -> Result<Option<AvatarId>, rusqlite::Error> {
    let mut query = connection.prepare_cached("SELECT avatar FROM requests WHERE request_id = ?1")?;
    let holder = query.query_row([request_id.to_string()], |row| row.get::<_, String>(0)).optional()?;
    Ok(holder.and_then(|id| id.parse().ok()))
}

/// Makes a folder that only its owner may enter, and those above it that are missing.
pub(crate) fn private_folder(path: &Path) -> Result<(), StorageError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| storage_error(path, &error))
}

fn sqlite_error(path: &Path, error: &rusqlite::Error) -> StorageError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageErrorKind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageErrorKind::Busy,
        Some(ErrorCode::ReadOnly) => StorageErrorKind::ReadOnly,
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => StorageErrorKind::Denied,
        _ => StorageErrorKind::Broken,
    };
    log::debug!("{}: {error}", path.display());
    StorageError::new(kind, path.display().to_string())
}
