//! The state of a database, for a look that does not use it.

use std::path::Path;

use likeness_core::error::StorageError;
use rusqlite::{Connection, OpenFlags};

use super::{layout, names::DATABASE, sqlite::sqlite_error};

/// The state of a database as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A log of changes: reading goes on beside writing.
    Logged,
    /// No log: reading and writing wait for each other.
    Unlogged,
    /// An older layout, which the next command migrates.
    Older,
    /// A newer layout, which only a newer version of Likeness can use.
    Newer,
}

impl Standing {
    /// Looks at the database in this folder. `None` where there is none yet.
    pub(crate) fn of(home: &Path) -> Option<Result<Self, StorageError>> {
        let path = home.join(DATABASE);
        path.exists().then(|| look(&path).map_err(|error| sqlite_error(&path, &error)))
    }
}

fn look(path: &Path) -> Result<Standing, rusqlite::Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    Ok(match layout::version(&connection)?.cmp(&layout::LAYOUT) {
        std::cmp::Ordering::Less => Standing::Older,
        std::cmp::Ordering::Greater => Standing::Newer,
        std::cmp::Ordering::Equal if mode == "wal" => Standing::Logged,
        std::cmp::Ordering::Equal => Standing::Unlogged,
    })
}
