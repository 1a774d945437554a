//! Storage of a Durable Object in its own SQLite: named texts, and the bytes of test mode.

use std::{cell::Cell, rc::Rc};

use likeness_core::{
    api::{MessageId, Recent},
    json,
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use worker::{Error, Result, SqlCursor, SqlStorage, SqlStorageValue, State};

/// The rows of one object. Every method is synchronous: between two awaits all writes are one transaction.
///
/// Tables are made with the first row. An object that was only ever asked stores nothing: any caller may ask about
/// anything.
#[derive(Clone)]
pub(crate) struct Rows {
    sql: SqlStorage,
    /// True if the tables exist.
    there: Rc<Cell<bool>>,
}

/// The name of the row with the memory of messages.
pub(crate) const RECENT: &str = "recent messages";

/// The length in bytes of the parts into which a longer text is cut: a row holds at most 2 MB.
const PART: usize = 900_000;

/// Statements that make the tables.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS texts (name TEXT, part INTEGER, value TEXT, PRIMARY KEY (name, part))",
    "CREATE TABLE IF NOT EXISTS blobs (name TEXT, part INTEGER, value BLOB, PRIMARY KEY (name, part))",
];

impl Rows {
    pub(crate) fn open(state: &State) -> Self {
        Self { sql: state.storage().sql(), there: Rc::new(Cell::new(false)) }
    }

    /// Tells whether anything was ever stored.
    pub(crate) fn are_there(&self) -> Result<bool> {
        if !self.there.get() {
            let tables = self.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'blobs'", None)?;
            self.there.set(tables.raw().next().is_some());
        }
        Ok(self.there.get())
    }

    /// Runs a query that reads, deletes or renames, if the object has stored something.
    fn run(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<Option<SqlCursor>> {
        if self.are_there()? { self.sql.exec(query, values).map(Some) } else { Ok(None) }
    }

    /// Runs a query that stores something, and makes the tables before the first.
    fn write(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        if !self.are_there()? {
            for table in TABLES {
                self.sql.exec(table, None)?;
            }
        }
        self.sql.exec(query, values).map(drop)
    }

    /// Reads the text of this name.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        let rows = self.run("SELECT value FROM texts WHERE name = ? ORDER BY part", vec![name.into()])?;
        let mut text = None;
        for row in rows.iter().flat_map(SqlCursor::raw) {
            if let Some(SqlStorageValue::String(part)) = row?.into_iter().next() {
                text.get_or_insert_with(String::new).push_str(&part);
            }
        }
        Ok(text)
    }

    /// Keeps a text under this name.
    pub(crate) fn set_text(&self, name: &str, text: &str) -> Result<()> {
        self.remove_text(name)?;
        let (mut rest, mut part) = (text, 0_i32);
        loop {
            let mut end = rest.len().min(PART);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (head, tail) = rest.split_at(end);
            let row = vec![name.into(), part.into(), head.into()];
            self.write("INSERT INTO texts (name, part, value) VALUES (?, ?, ?)", row)?;
            if tail.is_empty() {
                return Ok(());
            }
            (rest, part) = (tail, part + 1);
        }
    }

    pub(crate) fn remove_text(&self, name: &str) -> Result<()> {
        self.run("DELETE FROM texts WHERE name = ?", vec![name.into()]).map(drop)
    }

    /// Lists the texts whose names have this prefix, with their names.
    pub(crate) fn texts(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let rows = self.run(
            "SELECT name, value FROM texts WHERE substr(name, 1, length(?)) = ? AND part = 0 ORDER BY rowid",
            vec![prefix.into(), prefix.into()],
        )?;
        let mut all = Vec::new();
        for row in rows.iter().flat_map(SqlCursor::raw) {
            let mut row = row?.into_iter();
            if let (Some(SqlStorageValue::String(name)), Some(SqlStorageValue::String(value))) =
                (row.next(), row.next())
            {
                all.push((name, value));
            }
        }
        Ok(all)
    }

    /// Reads a value that was kept as JSON.
    pub(crate) fn value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let text = self.text(name)?;
        text.map(|text| json::parse(&text).map_err(|error| unreadable(&error))).transpose()
    }

    /// Keeps a value as JSON.
    pub(crate) fn set_value(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.set_text(name, &serde_json::to_string(value).map_err(|error| unreadable(&error))?)
    }

    /// Does work that messages came for, and saves their memory together with the effects of the work: nothing is
    /// awaited in between.
    pub(crate) fn remembering<T>(&self, work: impl FnOnce(&mut Recent) -> Result<T>) -> Result<T> {
        // An entry that another version of this program wrote and this one cannot read is ignored: it counts for ten
        // minutes only, and refusing every call would be worse.
        let before: Recent = self.value(RECENT).ok().flatten().unwrap_or_default();
        let mut recent = before.clone();
        let done = work(&mut recent)?;
        if recent != before {
            self.set_value(RECENT, &recent)?;
        }
        Ok(done)
    }

    /// Does the work of a message once.
    pub(crate) fn once<T: Serialize + DeserializeOwned>(
        &self,
        message: Option<MessageId>,
        now: Timestamp,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.remembering(|recent| recent.once(message, now, work))
    }

    /// Reads a part of some bytes.
    pub(crate) fn blob(&self, name: &str, part: u32) -> Result<Option<Vec<u8>>> {
        let rows = self.run(
            "SELECT value FROM blobs WHERE name = ? AND part = ?",
            vec![name.into(), i64::from(part).into()],
        )?;
        let row = rows.and_then(|rows| rows.raw().next()).transpose()?;
        match row.and_then(|row| row.into_iter().next()) {
            Some(SqlStorageValue::Blob(bytes)) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }

    /// Keeps a part of some bytes.
    pub(crate) fn set_blob(&self, name: &str, part: u32, bytes: Vec<u8>) -> Result<()> {
        let row = vec![name.into(), i64::from(part).into(), SqlStorageValue::Blob(bytes)];
        self.write("INSERT OR REPLACE INTO blobs (name, part, value) VALUES (?, ?, ?)", row)
    }

    pub(crate) fn remove_blob(&self, name: &str) -> Result<()> {
        self.run("DELETE FROM blobs WHERE name = ?", vec![name.into()]).map(drop)
    }

    /// Takes over all parts of some bytes under another name.
    pub(crate) fn rename_blob(&self, from: &str, to: &str) -> Result<()> {
        self.remove_blob(to)?;
        self.run("UPDATE blobs SET name = ? WHERE name = ?", vec![to.into(), from.into()]).map(drop)
    }
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::RustError(format!("what is stored cannot be read: {error}"))
}
