//! Words about the items of an album. Telegram sends each item as a message of its own; the same words are said once.

use serde::{Deserialize, Serialize};

use super::{Chat, note::Note};

/// The album of which an item came last, with what was said about its items.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Album {
    id: String,
    said: Vec<Note>,
}

impl Chat {
    /// Says something about an item, unless it was said about another item of the same album. `album` is the album's id.
    pub(super) fn say_once(&mut self, album: Option<&str>, note: Note) {
        if self.is_new_of(album, &note) {
            self.say(note);
        }
    }

    /// Notes that this is said; tells whether it is new for the album.
    pub(super) fn is_new_of(&mut self, album: Option<&str>, note: &Note) -> bool {
        let Some(id) = album else { return true };
        let present = self.album.take().filter(|present| present.id == id);
        let mut present = present.unwrap_or_else(|| Album { id: id.to_owned(), said: Vec::new() });
        let is_new = !present.said.contains(note);
        if is_new {
            present.said.push(note.clone());
        }
        self.album = Some(present);
        is_new
    }
}
