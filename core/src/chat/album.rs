//! Words about the items of an album. Telegram sends each item as a message of its own; the same words are said once.

use serde::{Deserialize, Serialize};

use super::note::Note;

/// The album of which an item came last, with what was said about its items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Album {
    id: String,
    said: Vec<Note>,
}

impl Album {
    /// Begins the album of this id.
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), said: Vec::new() }
    }

    /// Tells whether the album has this id.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }

    /// Notes that this is said about an item; tells whether it is the first time.
    pub(super) fn says(&mut self, note: &Note) -> bool {
        let is_new = !self.said.contains(note);
        if is_new {
            self.said.push(note.clone());
        }
        is_new
    }
}
