//! The database file and its connections.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use likeness_core::{
    error::{StorageError, StorageErrorKind},
    time::Timestamp,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    layout, network_disk,
    sqlite::{kind, sqlite_error},
};
use crate::disk::storage_error;

/// Number of idle connections for reading that are kept.
const IDLE_READERS: usize = 8;

/// The time that emptying the log of changes may take. While it waits for readers, no other connection can write.
const EMPTIED_WITHIN: Duration = Duration::from_millis(250);

/// The pause before the next try to empty the log.
const EMPTIED_AGAIN: Duration = Duration::from_millis(50);

/// Number of pages that are given back at a time. Other writers wait meanwhile.
const GIVEN_BACK: u32 = 1000;

/// An `SQLite` file. Changes go through one connection, and are on the disk before they return; reading goes through
/// others, and does not wait for changes.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    /// Longest wait for another process's change.
    patience: Duration,
    turn: Turn,
    writer: Mutex<Connection>,
    idle_readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens the file, which is made if it does not exist, and brings it to the current layout.
    pub(super) fn open(path: PathBuf, patience: Duration, now: Timestamp) -> Result<Self, StorageError> {
        let is_shared = network_disk::holds(&path);
        Self::open_as(path, patience, now, is_shared)
    }

    /// Opens the file on a disk that is shared by several machines, or is not.
    pub(super) fn open_as(
        path: PathBuf,
        patience: Duration,
        now: Timestamp,
        is_shared: bool,
    ) -> Result<Self, StorageError> {
        let private = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        private.map_err(|error| storage_error(&path, &error))?;
        let broken = |error: rusqlite::Error| sqlite_error(&path, &error);
        if is_shared {
            leave_the_log(&path).map_err(broken)?;
        }
        let mut writer = connect(&path, patience).map_err(broken)?;
        layout::bring_up(&mut writer, now).map_err(|error| {
            log::debug!("{}: {error:?}", path.display());
            StorageError::new(error.kind(), path.display().to_string())
        })?;
        if let Err(error) = layout::let_it_shrink(&writer) {
            log::warn!("{} was not rewritten yet; the next start tries again: {error}", path.display());
        }
        if !is_shared && !keeps_a_log(&writer, &path).map_err(broken)? {
            drop(writer);
            leave_the_log(&path).map_err(broken)?;
            writer = connect(&path, patience).map_err(broken)?;
        }
        Ok(Self {
            path,
            patience,
            turn: Turn::default(),
            writer: Mutex::new(writer),
            idle_readers: Mutex::default(),
        })
    }

    /// Returns the file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the saved state, while changes go on.
    pub(super) fn look<T>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StorageError> {
        apart(|| {
            let idle = locked(&self.idle_readers).pop();
            let reader = idle.map_or_else(|| self.reader(), Ok)?;
            let seen = look(&reader);
            let mut idle = locked(&self.idle_readers);
            if idle.len() < IDLE_READERS {
                idle.push(reader);
            }
            seen
        })
        .map_err(|error| self.error(&error))
    }

    /// Reads and changes in one transaction. The change is kept only if `change` commits it, and is on the disk then.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(Transaction<'_>) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        apart(|| {
            let _turn = self.turn.take(self.patience).ok_or_else(|| self.busy())?;
            let mut writer = locked(&self.writer);
            let begun = writer.transaction_with_behavior(TransactionBehavior::Immediate);
            change(begun.map_err(|error| self.error(&error))?)
        })
    }

    fn busy(&self) -> StorageError {
        StorageError::new(StorageErrorKind::Busy, self.path.display().to_string())
    }

    /// Clears deleted content out of all files: gives pages back that nothing needs, and empties the log of changes,
    /// which holds older states. On a connection of its own, a little at a time: neither readers nor writers wait for
    /// it. While a reader uses an older state that cannot be done, and the result is the error "busy".
    pub(super) fn empty(&self) -> Result<(), StorageError> {
        apart(|| {
            let until = Instant::now() + self.patience;
            let connection = connect(&self.path, EMPTIED_WITHIN).map_err(|error| self.error(&error))?;
            loop {
                match give_back(&connection).and_then(|()| is_log_emptied(&connection)) {
                    Ok(true) => return Ok(()),
                    Err(error) if kind(&error) != StorageErrorKind::Busy => return Err(self.error(&error)),
                    Ok(false) | Err(_) if Instant::now() > until => {
                        return Err(self.busy());
                    }
                    Ok(false) | Err(_) => std::thread::sleep(EMPTIED_AGAIN),
                }
            }
        })
    }

    pub(super) fn error(&self, error: &rusqlite::Error) -> StorageError {
        sqlite_error(&self.path, error)
    }

    fn reader(&self) -> Result<Connection, rusqlite::Error> {
        let reader = connect(&self.path, self.patience)?;
        reader.pragma_update(None, "query_only", "ON")?;
        Ok(reader)
    }
}

/// The turn of a thread to change something. A mutex alone would be waited for without end, behind threads that each
/// wait for another process.
#[derive(Debug, Default)]
struct Turn {
    taken: Mutex<bool>,
    over: Condvar,
}

struct Taken<'a>(&'a Turn);

impl Turn {
    fn take(&self, patience: Duration) -> Option<Taken<'_>> {
        let waited = self.over.wait_timeout_while(locked(&self.taken), patience, |taken| *taken);
        let (mut taken, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return None;
        }
        *taken = true;
        Some(Taken(self))
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *locked(&self.0.taken) = false;
        self.0.over.notify_one();
    }
}

/// Locks a mutex, also a poisoned one: its content is right after every step, so a panic elsewhere does not spoil it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path, patience: Duration) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(patience)?;
    // FULL syncs before a commit returns, also where changes go to a log: a saved intent survives a power cut. If one
    // were lost, its order would be placed again.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Deleted content is overwritten, and none of it passes through a file in another folder.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Sends changes to a log beside the file (`SQLite`'s WAL), where the disk allows it: readers and writers then do not
/// wait for each other. `false` where it does not; on a full disk the answer is an error.
fn keeps_a_log(connection: &Connection, path: &Path) -> Result<bool, rusqlite::Error> {
    let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
    match mode.and_then(|mode| layout::version(connection).map(|_| mode)) {
        Ok(mode) if mode == "wal" => Ok(true),
        // Another process reads the database just now. The next start tries again.
        Err(error) if kind(&error) == StorageErrorKind::Busy => Ok(true),
        Err(error) if kind(&error) == StorageErrorKind::Full => Err(error),
        other => {
            log::debug!("{}: changes are written as before ({other:?})", path.display());
            Ok(false)
        }
    }
}

/// Sends changes to the file itself, as before; changes in a log are brought there.
fn leave_the_log(path: &Path) -> Result<(), rusqlite::Error> {
    let alone = Connection::open(path)?;
    // In this mode the log is read without the memory that processes share, if the mode is set before anything else.
    alone.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    alone.pragma_update(None, "secure_delete", "ON")?;
    alone.pragma_update(None, "journal_mode", "DELETE")
}

fn give_back(connection: &Connection) -> Result<(), rusqlite::Error> {
    loop {
        let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free == 0 {
            return Ok(());
        }
        let mut pages = connection.prepare(&format!("PRAGMA incremental_vacuum({GIVEN_BACK})"))?;
        let mut given = pages.query([])?;
        while given.next()?.is_some() {}
        drop(given);
        let left: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if left >= free {
            // The file was made without that, and could not be rewritten yet. Free pages are overwritten all the same.
            return Ok(());
        }
    }
}

/// Brings all changes from the log to the file, and empties the log. `false` while a reader uses an older state.
fn is_log_emptied(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

/// Runs work that may wait for a disk or another process, without holding up other tasks of this thread.
fn apart<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};

    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
