//! Telegram's Bot API (version 10.3), as far as the bot uses it: one file per subject.
//!
//! A shell hands an update to [`Update::parse`], sends what [`BotApi::request`] describes, and gives the answer to
//! [`BotError::of`]. Fields that are not used here are not read, so a later version of the API changes nothing.
//!
//! The bot's token stands in the path of every address. [`crate::http::without_query`], by which addresses are logged,
//! leaves it out; [`BotToken`] and [`BotApi`] do not print it either.

mod answer;
mod call;
mod file;
mod message;
mod multipart;
mod server;
mod settings;
mod token;
mod update;
mod webhook;

pub use self::{
    answer::{BotError, sent_message},
    call::{
        AllowedUpdate, AnswerCallbackQuery, BotCall, BotCommand, Button, DeleteWebhook, EditMessageText,
        GetFile, GetUpdates, InputMedia, Keyboard, MediaKind, SendDocument, SendMediaGroup, SendMessage,
        SendPhoto, SetMyCommands, SetWebhook,
    },
    file::{FilePath, located},
    message::{Content, FileRef, Happening, Message, Sender, Unusable, Update},
    multipart::Attachment,
    server::BotApi,
    settings::{SettingProblem, TelegramSettings},
    token::{BotToken, BotTokenError},
    update::{UpdateError, largest_of_a_batch, updates},
    webhook::{SECRET_HEADER, WEBHOOK_PATH, WebhookSecret},
};

use serde::{Deserialize, Serialize};

/// The id of a chat; a private chat has the id of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatId(pub i64);

impl std::fmt::Display for ChatId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a message in its chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub i64);
