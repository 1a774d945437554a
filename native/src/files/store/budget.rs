//! The budget, in rows: a question reads and writes only those that it needs.

use likeness_core::{
    api::{Inquiry, Recent},
    budget::{self, Budget, rows::Change},
    error::StorageError,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, first_text};

impl Store {
    /// Answers a question to the budget as it was saved last.
    pub(crate) fn ask<T>(
        &self,
        inquiry: Inquiry,
        entropy: [u8; 32],
        look: impl FnOnce(&Budget) -> T,
    ) -> Result<T, StorageError> {
        let seen = self.database.look(|connection| {
            Ok(match older_budget(connection)? {
                None => Some(looked_up(connection, inquiry.clone())?),
                Some(_) => None,
            })
        })?;
        let look = |budget: Budget, _: &mut Recent| {
            let told = look(&budget);
            (budget, told)
        };
        match seen {
            Some(inquiry) => Ok(self.answered(inquiry, entropy, look)?.0),
            None => self.spend(inquiry, entropy, look),
        }
    }

    /// Loads the rows of the budget that a question needs, lets the budget change, and saves it in one transaction. A
    /// budget that was kept as one text is taken over with the first question.
    pub(crate) fn spend<T>(
        &self,
        inquiry: Inquiry,
        entropy: [u8; 32],
        change: impl FnOnce(Budget, &mut Recent) -> (Budget, T),
    ) -> Result<T, StorageError> {
        self.database.change(|transaction| {
            let sqlite = |error: rusqlite::Error| self.database.error(&error);
            let older = older_budget(&transaction).map_err(sqlite)?;
            if let Some(text) = &older {
                let rows = budget::Stored::rows(text).map_err(|error| self.unreadable_budget(&error))?;
                apply(&transaction, rows.into_changes()).map_err(sqlite)?;
                transaction.execute("DELETE FROM budget", []).map_err(sqlite)?;
            }
            let inquiry = looked_up(&transaction, inquiry).map_err(sqlite)?;
            let (told, changes) = self.answered(inquiry, entropy, change)?;
            if older.is_some() || !changes.is_empty() {
                apply(&transaction, changes).and_then(|()| transaction.commit()).map_err(sqlite)?;
            }
            Ok(told)
        })
    }

    fn answered<T>(
        &self,
        inquiry: Inquiry,
        entropy: [u8; 32],
        work: impl FnOnce(Budget, &mut Recent) -> (Budget, T),
    ) -> Result<(T, Vec<Change>), StorageError> {
        inquiry.answer(entropy, work).map_err(|error| self.unreadable_budget(&error))
    }

    fn unreadable_budget(&self, error: &budget::StoredError) -> StorageError {
        log::error!("{error}");
        self.broken()
    }
}

/// Reads the budget as one text, where a version before rows left it.
fn older_budget(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    connection.prepare_cached("SELECT state FROM budget")?.query_row([], first_text).optional()
}

/// Reads the rows that a question to the budget needs.
fn looked_up(connection: &Connection, mut inquiry: Inquiry) -> Result<Inquiry, rusqlite::Error> {
    let mut query = connection.prepare_cached(
        "SELECT name, value FROM budget_rows WHERE name >= ?1 AND name < ?2 ORDER BY name LIMIT ?3",
    )?;
    while let Some(want) = inquiry.wanted() {
        let mut rows = query.query(params![want.from, want.below, want.most])?;
        while let Some(row) = rows.next()? {
            inquiry.found(row.get(0)?, row.get(1)?);
        }
    }
    Ok(inquiry)
}

/// Changes rows of the budget.
fn apply(connection: &Connection, changes: Vec<Change>) -> Result<(), rusqlite::Error> {
    let mut put =
        connection.prepare_cached("INSERT OR REPLACE INTO budget_rows (name, value) VALUES (?1, ?2)")?;
    let mut delete = connection.prepare_cached("DELETE FROM budget_rows WHERE name = ?1")?;
    for (name, value) in changes {
        match value {
            Some(value) => put.execute([name, value])?,
            None => delete.execute([name])?,
        };
    }
    Ok(())
}
