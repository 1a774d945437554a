//! Updates: what a person did in a chat.

use serde::{Deserialize, Serialize};

use super::{ChatId, MessageId};

/// The fact that a person did something in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Number of the update: an update that comes again has the same.
    pub id: i64,
    /// The chat.
    pub chat: ChatId,
    /// True in a chat between one person and the bot.
    pub is_private: bool,
    /// The person.
    pub sender: Sender,
    /// The fact itself.
    pub happening: Happening,
}

/// The person who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// Id of the person.
    pub id: i64,
    /// Public name, without the `@`.
    pub username: Option<String>,
    /// First name, as the person gave it to Telegram.
    pub first_name: String,
    /// Language of the person's program, such as `ru` or `en-GB`.
    pub language_code: Option<String>,
}

/// A fact about a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A message came.
    Said(Message),
    /// A button was pressed.
    Pressed {
        /// Id of the press, by which it is answered.
        id: String,
        /// The button's data.
        data: String,
        /// Message under which the button stands.
        message: Option<MessageId>,
    },
    /// The person blocked the bot or removed it from a group.
    Blocked,
    /// The person took the block back, or put the bot into a group.
    Unblocked,
}

/// A message of a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Id of the message.
    pub id: MessageId,
    /// Id of the album that the message is an item of.
    pub album: Option<String>,
    /// Content of the message.
    pub content: Content,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, of a command too.
    Text(String),
    /// A photo as Telegram made it: a smaller JPEG. Of a live photo this is the photo.
    Photo(FileRef),
    /// A file as it was.
    Document(FileRef),
    /// Something that is not a photo.
    Unusable(Unusable),
}

/// A file at Telegram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// Id by which the file is fetched; another for each bot.
    pub file_id: String,
    /// Id by which the file is known again when it is sent once more.
    pub unique_id: String,
    /// Name of the file, of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Media type, of a document, as the sender's program gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Words beside the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A message that holds no photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// A video, also a round one.
    Video,
    /// A moving picture.
    Animation,
    /// A sticker.
    Sticker,
    /// A voice message or music.
    Sound,
    /// Anything else: a place, a contact, a poll.
    Other,
}
