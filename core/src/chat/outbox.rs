//! Messages that wait to be sent, in their order.
//!
//! Sends are not idempotent. Where Telegram says that it carried nothing out, or where nothing reached it, the message is
//! sent again. Where an answer was lost, the message is sent once more and then taken for sent: a lost answer costs at most
//! one message twice.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{board::Shown, note::Note, pause::Pause};

/// The most messages that wait. A person who is answered more slowly than they write gets the latest answers.
const MOST: usize = 40;

/// Number of tries after which a message that cannot be sent is given up: about five hours.
pub(super) const MOST_TRIES: u32 = 60;

/// A message to send. What it says is decided when it is sent, in the language of then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Item {
    /// Some words.
    Note(Note),
    /// The message that shows where things stand, and is edited from then on.
    Board,
    /// The portraits of an order, shown in the chat.
    Album(u32),
    /// The portraits of an order, as files.
    Files(u32),
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outgoing {
    pub(super) item: Item,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pause: Option<Pause>,
    /// True if an answer was lost: it may have been sent already.
    #[serde(default)]
    pub(super) may_be_there: bool,
    /// Content of a board as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shown: Option<Shown>,
}

/// The messages that wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Outbox {
    waiting: VecDeque<Outgoing>,
}

impl Outbox {
    /// Adds a message, unless the same waits already.
    pub(super) fn push(&mut self, item: Item) {
        if self.waiting.iter().any(|waiting| waiting.item == item) {
            return;
        }
        if self.waiting.len() >= MOST {
            // Portraits are paid for: words give way.
            let words = self.waiting.iter().position(|waiting| matches!(waiting.item, Item::Note(_)));
            self.waiting.remove(words.unwrap_or(0));
        }
        self.waiting.push_back(Outgoing { item, pause: None, may_be_there: false, shown: None });
    }

    /// Returns the message that is next.
    pub(super) fn first(&self) -> Option<&Outgoing> {
        self.waiting.front()
    }

    /// Takes the message that is next.
    pub(super) fn take(&mut self) -> Option<Outgoing> {
        self.waiting.pop_front()
    }

    /// Puts a message back that was not sent.
    pub(super) fn put_back(&mut self, outgoing: Outgoing) {
        self.waiting.push_front(outgoing);
    }

    /// Tells whether a board waits to be sent.
    pub(super) fn holds_board(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.item == Item::Board)
    }

    /// Tells whether these files wait to be sent.
    pub(super) fn holds_files(&self, number: u32) -> bool {
        self.waiting.iter().any(|waiting| waiting.item == Item::Files(number))
    }

    /// Forgets what waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Forgets the words that wait. Portraits stay: they are paid for.
    pub(super) fn keep_portraits(&mut self) {
        self.waiting.retain(|waiting| matches!(waiting.item, Item::Album(_) | Item::Files(_)));
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, MOST, Note, Outbox};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_same_message_waits_once() {
        let mut outbox = Outbox::default();
        for item in [Item::Note(Note::Help), Item::Board, Item::Note(Note::Help), Item::Board] {
            outbox.push(item);
        }
        assert_eq!(outbox.waiting.len(), 2);
    }

    #[test]
    fn portraits_are_kept_when_too_much_waits() {
        let mut outbox = Outbox::default();
        outbox.push(Item::Album(0));
        for number in 0..100 {
            outbox.push(Item::Note(Note::Blanked(number)));
        }
        outbox.push(Item::Album(1));
        let albums = outbox.waiting.iter().filter(|waiting| matches!(waiting.item, Item::Album(_)));
        assert_eq!((outbox.waiting.len(), albums.count()), (MOST, 2));
    }
}
