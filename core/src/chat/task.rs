//! Tasks: what a shell does for a chat, and what comes of it.

use serde::{Deserialize, Serialize};

use super::{api_call::ApiCall, board::Shown, outbox::Outgoing};
use crate::{
    api::Reply,
    http::Answer,
    ids::{AvatarId, PhotoId, TaskId},
    telegram::{BotCall, FilePath, MessageId},
    time::Timestamp,
};

/// The next action for a chat.
#[derive(Debug)]
pub enum ChatStep {
    /// A task to do. The chat is saved before the task is begun.
    Begin(ChatTask),
    /// Nothing to do until this time, unless an update or an outcome comes first.
    Wait(Timestamp),
    /// Nothing to do until an update or an outcome comes.
    Idle,
}

/// A task.
#[derive(Debug)]
pub struct ChatTask {
    /// Id, with which the outcome is told.
    pub id: TaskId,
    /// Lane of the task.
    pub lane: Lane,
    /// The work itself.
    pub work: ChatWork,
}

/// A kind of tasks of which one is under way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Messages to the person, in their order.
    Messages,
    /// Calls of the API.
    Api,
    /// Photos on their way from Telegram.
    Photos,
}

/// The work of a task.
#[derive(Debug)]
pub enum ChatWork {
    /// A call of the Bot API: [`ChatOutcome::Answered`].
    Bot(BotCall),
    /// A call of our API: [`ChatOutcome::Replied`].
    Api(ApiCall),
    /// A file of Telegram's, streamed to our API as the body of a call: [`ChatOutcome::Brought`].
    Bring {
        /// File at Telegram.
        file: FilePath,
        /// Call that takes the file.
        call: ApiCall,
        /// Largest number of bytes that is worth fetching.
        max_bytes: u64,
    },
    /// Files of ours, which a call of the Bot API carries: [`ChatOutcome::Answered`], or [`ChatOutcome::NoFiles`] when
    /// one cannot be had.
    Deliver {
        /// Calls that give the files, in the order of the attachments.
        files: Vec<ApiCall>,
        /// Call that carries them.
        call: BotCall,
    },
}

/// The outcome of a task.
#[derive(Debug)]
pub enum ChatOutcome {
    /// The answer of the Bot API.
    Answered(Answer),
    /// The reply of our API.
    Replied(Result<Reply, NoReply>),
    /// The reply of our API to a file, or the reason why the file did not get there.
    Brought(Result<Reply, FileTrouble>),
    /// Files of ours that could not be had; nothing was sent.
    NoFiles,
}

/// The fact that our API gave no reply: the object that answers could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API could not be reached")]
pub struct NoReply;

/// The reason why a file of Telegram's did not get to our API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTrouble {
    /// Telegram does not have the file at this path (any more): it is asked for the path again.
    Moved,
    /// The file is larger than it may be.
    TooBig,
    /// A connection broke: it is tried again.
    Broken,
}

/// A task that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Running {
    pub(super) id: TaskId,
    pub(super) doing: Doing,
}

/// The part of a task that is needed to understand its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Doing {
    /// The answer to a press.
    Press,
    /// A message.
    Send(Outgoing),
    /// An edit of the board.
    Edit(Shown),
    /// The end of an earlier board.
    Strip(MessageId),
    /// A call of the API.
    Call(Asked),
    /// The question where a file is.
    Locate(PhotoId),
    /// A file on its way.
    Bring(PhotoId),
}

/// The question of a call of the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    Invite,
    Admit,
    Show,
    Remove(PhotoId),
    Train,
    Stop,
    Order,
    Erase(AvatarId),
}

impl Doing {
    pub(super) fn lane(&self) -> Lane {
        match self {
            Self::Press | Self::Send(_) | Self::Edit(_) | Self::Strip(_) => Lane::Messages,
            Self::Call(_) => Lane::Api,
            Self::Locate(_) | Self::Bring(_) => Lane::Photos,
        }
    }
}
