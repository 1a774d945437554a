//! Chats with the bot, beside the avatars.

use likeness_core::{
    chat::{Chat, Stored},
    error::{StorageError, StorageErrorKind},
    telegram::ChatId,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, first_text, layout};

/// The table of chats. It is made with the first chat and does not count in the version of the layout: a release
/// without the bot leaves it alone. What is personal lies apart from other rows, as avatars do ([`layout`]). `due` is
/// the moment from which a chat has something to do, in milliseconds since 1970.
const TABLE: &str = "
CREATE TABLE IF NOT EXISTS chats (
    id INTEGER PRIMARY KEY,
    due INTEGER,
    lead BLOB NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS due_chats ON chats (due) WHERE due IS NOT NULL;
";

impl Store {
    /// Loads the chat, lets it change, and saves it in one transaction, with the moment from which it has something to
    /// do.
    pub(crate) fn update_chat<T>(
        &self,
        id: ChatId,
        change: impl FnOnce(Chat) -> (Chat, Option<Timestamp>, T),
    ) -> Result<T, StorageError> {
        self.database.change(|transaction| {
            let sqlite = |error: rusqlite::Error| self.database.error(&error);
            transaction.execute_batch(TABLE).map_err(sqlite)?;
            let text: Option<String> = transaction
                .prepare_cached("SELECT state FROM chats WHERE id = ?1")
                .and_then(|mut query| query.query_row([id.0], first_text).optional())
                .map_err(sqlite)?;
            let before = text.as_deref().map(Stored::read).transpose().map_err(|error| {
                log::error!("chat {id} cannot be read: {error}");
                StorageError::new(StorageErrorKind::Broken, format!("chat {id}"))
            })?;
            let (after, due, told) = change(before.unwrap_or_else(|| Chat::new(id)));
            let text = Stored::write(&after).map_err(|_| self.broken())?;
            let lead = layout::lead(&transaction).map_err(sqlite)?;
            transaction
                .prepare_cached(
                    "INSERT INTO chats (id, due, lead, state) VALUES (?1, ?2, zeroblob(?3), ?4)
                     ON CONFLICT (id) DO UPDATE SET due = excluded.due, state = excluded.state",
                )
                .and_then(|mut insert| insert.execute(params![id.0, due.map(Timestamp::millis), lead, text]))
                .and_then(|_| transaction.commit())
                .map_err(sqlite)?;
            Ok(told)
        })
    }

    /// Lists the chats that have something to do, now or later.
    pub(crate) fn chats_to_drive(&self) -> Result<Vec<ChatId>, StorageError> {
        self.database.look(|connection| {
            if !has_table(connection)? {
                return Ok(Vec::new());
            }
            let mut query = connection.prepare("SELECT id FROM chats WHERE due IS NOT NULL")?;
            query.query_map([], |row| row.get(0).map(ChatId))?.collect()
        })
    }
}

fn has_table(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = 'chats'")?.exists([])
}
