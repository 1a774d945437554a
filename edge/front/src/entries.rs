//! The rows of the budget's object, each by its name. [`likeness_core`](likeness_core::budget::rows) decides which of
//! them a question needs.

use likeness_core::{
    api::Recent,
    budget::{
        Stored,
        rows::{Change, Want},
    },
};
use worker::{Error, Result, SqlStorage, SqlStorageValue, State};

use crate::rows::{RECENT, Rows};

/// The rows of the budget. Every method is synchronous: between two awaits all writes are one transaction.
pub(crate) struct Entries {
    sql: SqlStorage,
    there: bool,
}

/// The name under which a version without rows kept its budget.
const BUDGET: &str = "budget";

impl Entries {
    /// Opens the rows, and takes over a budget that was kept as one text before.
    pub(crate) fn open(state: &State) -> Result<Self> {
        let sql = state.storage().sql();
        let tables = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'", None)?;
        let mut entries = Self { there: tables.raw().next().is_some(), sql };
        if !entries.there {
            entries.take_over(&Rows::open(state))?;
        }
        Ok(entries)
    }

    /// Turns texts of an earlier version into rows, and deletes the texts.
    fn take_over(&mut self, texts: &Rows) -> Result<()> {
        let Some(budget) = texts.text(BUDGET)? else { return Ok(()) };
        let budget = Stored::rows(&budget).map_err(|error| Error::from(format!("the budget: {error}")))?;
        let recent: Recent = texts.value(RECENT).ok().flatten().unwrap_or_default();
        self.apply(budget.into_changes())?;
        self.apply(recent.rows()?.into_changes())?;
        texts.remove_text(BUDGET)?;
        texts.remove_text(RECENT)
    }

    /// Reads the rows of a wanted range.
    pub(crate) fn wanted(&self, want: Want) -> Result<Vec<(String, String)>> {
        if !self.there {
            return Ok(Vec::new());
        }
        let rows = self.sql.exec(
            "SELECT name, value FROM entries WHERE name >= ? AND name < ? ORDER BY name LIMIT ?",
            vec![want.from.into(), want.below.into(), i64::from(want.most).into()],
        )?;
        let mut found = Vec::new();
        for row in rows.raw() {
            let mut row = row?.into_iter();
            if let (Some(SqlStorageValue::String(name)), Some(SqlStorageValue::String(value))) =
                (row.next(), row.next())
            {
                found.push((name, value));
            }
        }
        Ok(found)
    }

    /// Changes rows.
    pub(crate) fn apply(&mut self, changes: Vec<Change>) -> Result<()> {
        for (name, value) in changes {
            if !self.there {
                let table = "CREATE TABLE entries (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";
                self.sql.exec(table, None)?;
                self.there = true;
            }
            let name: SqlStorageValue = name.into();
            match value {
                Some(value) => {
                    let row = vec![name, value.into()];
                    self.sql.exec("INSERT OR REPLACE INTO entries (name, value) VALUES (?, ?)", row)?
                }
                None => self.sql.exec("DELETE FROM entries WHERE name = ?", vec![name])?,
            };
        }
        Ok(())
    }
}
