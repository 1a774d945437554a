//! The tables, their version, and the migration of an older database.

use likeness_core::{
    avatar::{Due, Name, Sha256Sum, Stored},
    error::StorageErrorKind,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::sqlite::kind;

/// The version of the tables below, in `PRAGMA user_version`. A database without one is older than versions.
pub(super) const LAYOUT: i64 = 2;

/// The bytes of a row that may lie on a page among other rows, at most: those of a page but 35 (`SQLite`'s file format,
/// "B-tree Cell Format").
const NOT_AMONG_OTHERS: i64 = 35;

/// The tables keep forgotten content out of the file. `SQLite` overwrites deleted rows (`secure_delete`), but leaves
/// copies of rows behind when it moves them from page to page. So nothing personal lies on a page that rows share:
/// `lead` fills the space that a row may have there, and the rest lies on pages of its own. Ids and numbers stay.
///
/// `due` and `notice`: the moments from which an avatar behind the API needs work ([`Due`]), in milliseconds since
/// 1970. `user`: the bucket of its user ([`bucket`]). `erasures`: avatars whose person was forgotten, until nothing of
/// theirs is left anywhere, and whether nothing is left here.
const TABLES: &str = "
CREATE TABLE avatars (
    id TEXT PRIMARY KEY,
    due INTEGER,
    notice INTEGER,
    user INTEGER,
    lead BLOB NOT NULL,
    state TEXT NOT NULL,
    simulator TEXT
) STRICT;
CREATE INDEX due_avatars ON avatars (due) WHERE due IS NOT NULL;
CREATE INDEX untold_avatars ON avatars (notice) WHERE notice IS NOT NULL;
CREATE INDEX avatars_of_users ON avatars (user) WHERE user IS NOT NULL;
CREATE TABLE requests (
    request_id TEXT PRIMARY KEY,
    avatar TEXT NOT NULL
) STRICT;
CREATE INDEX requests_of_avatar ON requests (avatar);
CREATE TABLE erasures (
    avatar TEXT PRIMARY KEY,
    gone INTEGER NOT NULL
) STRICT;
CREATE TABLE budget (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    state TEXT NOT NULL
) STRICT;
";

/// Tables that the second version added: the rows of the budget ([`likeness_core::budget::rows`]). The one text that
/// `budget` may hold is taken over with the first question to the budget.
const TABLES_OF_2: &str = "
CREATE TABLE budget_rows (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The tables of a database without a version. Its first releases had only some of them.
const TABLES_BEFORE_VERSIONS: &str = "
CREATE TABLE IF NOT EXISTS avatars (id TEXT PRIMARY KEY, state TEXT NOT NULL, simulator TEXT) STRICT;
CREATE TABLE IF NOT EXISTS requests (request_id TEXT PRIMARY KEY, avatar TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS users (avatar TEXT PRIMARY KEY, user TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS erasures (avatar TEXT PRIMARY KEY, gone INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS budget (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL) STRICT;
ALTER TABLE avatars RENAME TO older_avatars;
ALTER TABLE requests RENAME TO older_requests;
ALTER TABLE erasures RENAME TO older_erasures;
ALTER TABLE budget RENAME TO older_budget;
DROP INDEX IF EXISTS requests_of_avatar;
";

/// Statements that copy the tables whose content stays the same.
const COPIES: &str = "
INSERT INTO requests SELECT request_id, avatar FROM older_requests;
INSERT INTO erasures SELECT avatar, gone FROM older_erasures;
INSERT INTO budget SELECT one, state FROM older_budget;
DROP TABLE older_requests;
DROP TABLE older_erasures;
DROP TABLE older_budget;
DROP TABLE older_avatars;
DROP TABLE users;
";

/// The reason why a database cannot be used as it is.
#[derive(Debug)]
pub(super) enum LayoutError {
    /// A version that this program does not know.
    Newer,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for LayoutError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl LayoutError {
    pub(super) fn kind(&self) -> StorageErrorKind {
        match self {
            Self::Newer => StorageErrorKind::Newer,
            Self::Sqlite(error) => kind(error),
        }
    }
}

/// Brings the tables to the current version, in one transaction: all of them, or none.
pub(super) fn bring_up(connection: &mut Connection, now: Timestamp) -> Result<(), LayoutError> {
    let found = version(connection)?;
    if found > LAYOUT {
        return Err(LayoutError::Newer);
    }
    if found == LAYOUT {
        return Ok(());
    }
    // Set before the first table: afterwards it takes a rewrite of the whole file.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it by now.
    match version(&transaction)? {
        found if found > LAYOUT => return Err(LayoutError::Newer),
        LAYOUT => return Ok(()),
        1 => {}
        _ if is_empty(&transaction)? => transaction.execute_batch(TABLES)?,
        _ => from_before_versions(&transaction, now)?,
    }
    transaction.execute_batch(TABLES_OF_2)?;
    transaction.pragma_update(None, "user_version", LAYOUT)?;
    transaction.commit()?;
    Ok(())
}

/// Makes the file give back unneeded pages from now on. An older file is rewritten for that once.
pub(super) fn let_it_shrink(connection: &Connection) -> Result<(), rusqlite::Error> {
    const INCREMENTAL: i64 = 2;
    let now: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if now == INCREMENTAL {
        return Ok(());
    }
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.execute_batch("VACUUM")
}

/// Reads the version of the database.
pub(crate) fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Computes the length of the `lead` of a row.
pub(super) fn lead(connection: &Connection) -> Result<i64, rusqlite::Error> {
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(page - NOT_AMONG_OTHERS)
}

/// Returns one of 65,536 buckets of users: enough to find a user's avatars by, and too little to identify the user by.
/// An index entry may stay in the file when its row is gone.
pub(super) fn bucket(user: &Name) -> i64 {
    let sum = Sha256Sum::of(user.as_str().as_bytes());
    let [first, second, ..] = *sum.bytes();
    i64::from(u16::from_be_bytes([first, second]))
}

fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

fn from_before_versions(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), rusqlite::Error> {
    transaction.execute_batch(TABLES_BEFORE_VERSIONS)?;
    transaction.execute_batch(TABLES)?;
    let lead = lead(transaction)?;
    let mut older = transaction.prepare("SELECT id, state, simulator FROM older_avatars ORDER BY rowid")?;
    let mut user = transaction.prepare("SELECT user FROM users WHERE avatar = ?1")?;
    let mut insert = transaction.prepare(
        "INSERT INTO avatars (id, due, notice, user, lead, state, simulator)
         VALUES (?1, ?2, ?3, ?4, zeroblob(?5), ?6, ?7)",
    )?;
    let mut rows = older.query([])?;
    while let Some(row) = rows.next()? {
        let (id, state): (String, String) = (row.get(0)?, row.get(1)?);
        let simulator: Option<String> = row.get(2)?;
        let user: Option<String> = user.query_row([&id], |row| row.get(0)).optional()?;
        let user = user.and_then(|user| Name::new(&user).ok());
        // An avatar that cannot be read is due, so that a look reports it, as before.
        let unread = Due { work: user.is_some().then_some(Timestamp::START), notice: None };
        let due = Stored::read(&state).map_or(unread, |avatar| avatar.due(now));
        let [work, notice] = [due.work, due.notice].map(|due| due.map(Timestamp::millis));
        insert.execute(params![id, work, notice, user.as_ref().map(bucket), lead, state, simulator])?;
    }
    transaction.execute_batch(COPIES)
}
