//! The chat with the bot: what a person writes, and what the bot does and says next. No IO: a shell drives a chat as it
//! drives an avatar, with one question and two kinds of fact, and saves it after every step:
//!
//! ```text
//! on start: chat = chat.restarted(context); save
//! loop {
//!     for each update that came: chat = chat.updated(update, context); save; then tell Telegram that it is here
//!     (chat, step) = chat.advance(context); save
//!     match step {
//!         ChatStep::Begin(task) => { outcome = do task.work;
//!                                    chat = chat.after(task.id, outcome, context); save }
//!         ChatStep::Wait(until) => wait until then, or until an update or an outcome comes
//!         ChatStep::Idle => wait until an update or an outcome comes
//!     }
//! }
//! ```
//!
//! Up to three tasks are under way at a time, one in each [`Lane`]: a shell may do them side by side or one after the
//! other. All of a chat's messages go through one lane, so they stay in order.
//!
//! # No second copy of a rule
//!
//! The chat is a caller of the API like the page: photos, trainings, portraits, invites and the budget are reached by
//! [`ApiCall`]s alone, which a shell answers as it answers a call over HTTP. What the API said last is remembered only to
//! be shown (`known.rs`); whether something may be bought, the API decides.
//!
//! # What may happen twice
//!
//! An update is carried out once, whatever order updates come in (`seen.rs`). A call of the API is repeated until it is
//! answered: photos, trainings and orders have ids and numbers that are stored before the first try, so a repeat is the
//! same purchase. A message whose answer was lost is sent once more and then taken for sent (`outbox.rs`). Edits change
//! nothing when they are repeated (`board.rs`).

mod after;
mod album;
mod api_call;
mod aside;
mod board;
mod context;
mod door;
mod hear;
mod known;
mod next;
mod note;
mod outbox;
mod pace;
mod pause;
mod photos;
mod press;
mod replied;
mod scene;
mod seen;
mod session;
mod styles;
mod task;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

use self::{
    album::Album,
    board::Board,
    outbox::{Item, Outbox},
    pace::Pace,
    pause::Pause,
    photos::PhotoQueue,
    scene::{Aside, Former, Scene},
    seen::SeenUpdates,
    task::Running,
};
pub use self::{
    api_call::{ApiCall, attachment},
    context::ChatContext,
    door::start_link,
    task::{ChatOutcome, ChatStep, ChatTask, ChatWork, FileTrouble, Lane, NoReply},
    words::commands,
};
use crate::{
    ids::TaskId,
    language::UserLanguage,
    telegram::{ChatId, Sender},
};

/// The reader and writer of stored chats.
pub type Stored = crate::versioned::Versioned<Chat>;

/// A chat with one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    id: ChatId,
    /// Language of the person's program.
    #[serde(default)]
    told: UserLanguage,
    /// Language that the person chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chosen: Option<UserLanguage>,
    #[serde(default)]
    seen: SeenUpdates,
    /// True after Telegram said that the person blocked the bot, until the person writes again.
    #[serde(default)]
    blocked: bool,
    scene: Scene,
    /// Step that the person can still go back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aside: Option<Box<Aside>>,
    /// Avatars of this chat before the present one. An erase erases them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<Former>,
    /// Trainings that the person bought without an invite, for avatars that are not the present one. Kept after an erase,
    /// or an erase would give a new one.
    #[serde(default)]
    bought: u32,
    /// Last number of a wish of the avatars before the present one. Numbers go on, or a button of before would order what
    /// another says.
    #[serde(default)]
    last_wish: u32,
    #[serde(default)]
    photos: PhotoQueue,
    #[serde(default)]
    board: Board,
    #[serde(default)]
    outbox: Outbox,
    /// Presses that are not answered yet, with the words to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    presses: Vec<press::Pressed>,
    #[serde(default)]
    pace: Pace,
    /// Trouble with the last call of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api_pause: Option<Pause>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    running: Vec<Running>,
    #[serde(default)]
    next_task: u64,
    /// True once a group was told that the bot is not for groups.
    #[serde(default)]
    group_told: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    album: Option<Album>,
}

impl Chat {
    /// Begins the chat.
    #[must_use]
    pub fn new(id: ChatId) -> Self {
        Self {
            id,
            told: UserLanguage::default(),
            chosen: None,
            seen: SeenUpdates::default(),
            blocked: false,
            scene: Scene::Stranger,
            aside: None,
            former: Vec::new(),
            bought: 0,
            last_wish: 0,
            photos: PhotoQueue::default(),
            board: Board::default(),
            outbox: Outbox::default(),
            presses: Vec::new(),
            pace: Pace::default(),
            api_pause: None,
            running: Vec::new(),
            next_task: 1,
            group_told: false,
            album: None,
        }
    }

    /// Returns the chat's id.
    #[must_use]
    pub fn id(&self) -> ChatId {
        self.id
    }

    /// Notes that the process began anew: what was under way is lost, with its answers.
    #[must_use]
    pub fn restarted(mut self, context: &ChatContext<'_>) -> Self {
        for running in std::mem::take(&mut self.running) {
            self.lost(running.doing, context);
        }
        self
    }

    fn language(&self) -> UserLanguage {
        self.chosen.unwrap_or(self.told)
    }

    fn heard_from(&mut self, sender: &Sender) {
        if let Some(tag) = &sender.language_code {
            self.told = UserLanguage::of_tag(tag);
        }
    }

    fn say(&mut self, note: note::Note) {
        self.outbox.push(Item::Note(note));
    }

    /// Sends the board anew, below what was said since; buttons of the one before are taken away.
    fn post_board(&mut self) {
        self.board.leave(None);
        self.outbox.push(Item::Board);
    }

    fn new_task(&mut self) -> TaskId {
        let id = TaskId(self.next_task);
        self.next_task = self.next_task.wrapping_add(1);
        id
    }
}
