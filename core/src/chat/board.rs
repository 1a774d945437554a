//! The board: one message that shows where things stand, and is edited as that changes.

use serde::{Deserialize, Serialize};

use super::pause::Pause;
use crate::{
    sha256::Sha256Sum,
    telegram::{Button, Keyboard, MessageId},
};

/// The board.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Board {
    /// Message that shows the board, once it is sent.
    pub(super) message: Option<MessageId>,
    /// Content of that message.
    pub(super) shown: Option<Shown>,
    /// Trouble with the last edit.
    pub(super) pause: Option<Pause>,
    /// Earlier boards, of which the buttons are taken away, with the words that stay.
    pub(super) left: Vec<(MessageId, String)>,
}

/// The content of a message, as far as it must be known again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Shown {
    text: String,
    sum: Sha256Sum,
    has_buttons: bool,
}

/// A message as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawing {
    pub(super) text: String,
    pub(super) rows: Vec<Vec<Button>>,
}

/// The most characters of a message.
const MOST_CHARACTERS: usize = 4096;

/// Number of earlier boards whose buttons are still taken away.
const MOST_LEFT: usize = 5;

impl Drawing {
    pub(super) fn new(text: impl Into<String>) -> Self {
        let text: String = text.into();
        let text = if text.chars().count() > MOST_CHARACTERS {
            text.chars().take(MOST_CHARACTERS - 1).chain(['…']).collect()
        } else {
            text
        };
        Self { text, rows: Vec::new() }
    }

    pub(super) fn row(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        let row: Vec<_> = buttons.into_iter().collect();
        if !row.is_empty() {
            self.rows.push(row);
        }
        self
    }

    /// Adds buttons, two in a row.
    pub(super) fn pairs(mut self, buttons: &[Button]) -> Self {
        self.rows.extend(buttons.chunks(2).map(<[Button]>::to_vec));
        self
    }

    pub(super) fn keyboard(&self) -> Option<Keyboard> {
        (!self.rows.is_empty()).then(|| Keyboard { inline_keyboard: self.rows.clone() })
    }

    pub(super) fn shown(&self) -> Shown {
        let mut whole = self.text.clone();
        for button in self.rows.iter().flatten() {
            for part in [&button.text, &button.callback_data] {
                whole.push('\n');
                whole.push_str(part);
            }
        }
        Shown {
            text: self.text.clone(),
            sum: Sha256Sum::of(whole.as_bytes()),
            has_buttons: !self.rows.is_empty(),
        }
    }
}

impl Board {
    /// Leaves the present message as it is, without its buttons; `last` are other words that shall stay there.
    pub(super) fn leave(&mut self, last: Option<String>) {
        let (message, shown) = (self.message.take(), self.shown.take());
        self.pause = None;
        let Some((message, shown)) = message.zip(shown) else { return };
        if !shown.has_buttons && last.as_ref().is_none_or(|last| *last == shown.text) {
            return;
        }
        if self.left.len() >= MOST_LEFT {
            self.left.remove(0);
        }
        self.left.push((message, last.unwrap_or(shown.text)));
    }

    /// Forgets the message, which is gone.
    pub(super) fn forget_message(&mut self) {
        (self.message, self.shown, self.pause) = (None, None, None);
    }

    /// Forgets every message.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Tells whether the message shows something else than this.
    pub(super) fn differs_from(&self, drawing: &Drawing) -> bool {
        self.shown.as_ref() != Some(&drawing.shown())
    }
}
