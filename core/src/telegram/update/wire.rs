//! Updates as Telegram writes them. Only fields that the bot uses are read, and all but the number of an update may be
//! missing or odd: such an update is left alone instead of refused, since Telegram would send it again for a day.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::telegram::{
    ChatId, MessageId,
    message::{Content, FileRef, Happening, Message, Sender, Unusable, Update},
};

/// An update.
#[derive(Deserialize)]
pub(super) struct WireUpdate {
    update_id: i64,
    #[serde(default, deserialize_with = "if_readable")]
    message: Option<WireMessage>,
    #[serde(default, deserialize_with = "if_readable")]
    callback_query: Option<WirePress>,
    #[serde(default, deserialize_with = "if_readable")]
    my_chat_member: Option<WireMembership>,
}

/// Reads a value of this form, and takes one of another form for none.
fn if_readable<'de, D: Deserializer<'de>, T: for<'v> Deserialize<'v>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(&value).ok())
}

#[derive(Deserialize)]
struct WireChat {
    id: i64,
    #[serde(default, rename = "type")]
    kind: String,
}

impl WireChat {
    fn is_private(&self) -> bool {
        self.kind == "private"
    }
}

#[derive(Deserialize)]
struct WireUser {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    language_code: Option<String>,
}

impl From<WireUser> for Sender {
    fn from(user: WireUser) -> Self {
        let WireUser { id, username, first_name, language_code, .. } = user;
        Self { id, username, first_name, language_code }
    }
}

#[derive(Deserialize)]
struct WireMessage {
    message_id: i64,
    chat: WireChat,
    from: WireUser,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    media_group_id: Option<String>,
    #[serde(default)]
    caption: Option<String>,
    #[serde(default)]
    photo: Option<Vec<WireSize>>,
    #[serde(default)]
    live_photo: Option<WireLivePhoto>,
    #[serde(default)]
    document: Option<WireDocument>,
    #[serde(flatten)]
    others: Others,
}

/// The kinds of content of which only the presence counts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Others {
    animation: Option<Value>,
    checklist: Option<Value>,
    video: Option<Value>,
    video_note: Option<Value>,
    sticker: Option<Value>,
    voice: Option<Value>,
    audio: Option<Value>,
    contact: Option<Value>,
    dice: Option<Value>,
    game: Option<Value>,
    location: Option<Value>,
    paid_media: Option<Value>,
    poll: Option<Value>,
    story: Option<Value>,
    venue: Option<Value>,
}

#[derive(Clone, Deserialize)]
struct WireSize {
    file_id: String,
    file_unique_id: String,
    #[serde(default)]
    width: u64,
    #[serde(default)]
    height: u64,
    #[serde(default)]
    file_size: Option<u64>,
}

#[derive(Deserialize)]
struct WireLivePhoto {
    #[serde(default)]
    photo: Option<Vec<WireSize>>,
}

#[derive(Deserialize)]
struct WireDocument {
    file_id: String,
    file_unique_id: String,
    #[serde(default)]
    file_name: Option<String>,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    file_size: Option<u64>,
}

#[derive(Deserialize)]
struct WirePress {
    id: String,
    from: WireUser,
    #[serde(default)]
    data: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    message: Option<WirePressed>,
}

/// The message under which a button stands; of one that is gone only these fields are there.
#[derive(Deserialize)]
struct WirePressed {
    message_id: i64,
    chat: WireChat,
}

#[derive(Deserialize)]
struct WireMembership {
    chat: WireChat,
    from: WireUser,
    new_chat_member: WireMember,
}

#[derive(Deserialize)]
struct WireMember {
    #[serde(default)]
    status: String,
}

impl WireUpdate {
    /// Says what happened; `None` for an update that the bot has no use for.
    pub(super) fn happened(self) -> Option<Update> {
        let id = self.update_id;
        if let Some(message) = self.message {
            // A bot that talks to bots talks for ever.
            if message.from.is_bot {
                return None;
            }
            let (chat, is_private) = (ChatId(message.chat.id), message.chat.is_private());
            let (id_there, content) = (MessageId(message.message_id), message.content()?);
            let said = Message { id: id_there, album: message.media_group_id, content };
            let sender = message.from.into();
            return Some(Update { id, chat, is_private, sender, happening: Happening::Said(said) });
        }
        if let Some(WirePress { id: press, from, data, message }) = self.callback_query {
            let (chat, is_private) = match &message {
                Some(WirePressed { chat, .. }) => (ChatId(chat.id), chat.is_private()),
                None => (ChatId(from.id), true),
            };
            let message = message.map(|message| MessageId(message.message_id));
            let happening = Happening::Pressed { id: press, data: data?, message };
            return Some(Update { id, chat, is_private, sender: from.into(), happening });
        }
        let WireMembership { chat, from, new_chat_member } = self.my_chat_member?;
        let happening = match new_chat_member.status.as_str() {
            "kicked" | "left" => Happening::Blocked,
            _ => Happening::Unblocked,
        };
        let is_private = chat.is_private();
        Some(Update { id, chat: ChatId(chat.id), is_private, sender: from.into(), happening })
    }
}

impl WireMessage {
    /// Finds the content; `None` in a message of the service, such as one about a pinned message.
    fn content(&self) -> Option<Content> {
        let caption = || self.caption.clone().filter(|text| !text.trim().is_empty());
        if let Some(text) = &self.text {
            return Some(Content::Text(text.clone()));
        }
        let live = self.live_photo.as_ref().and_then(|live| live.photo.as_ref());
        if let Some(sizes) = self.photo.as_ref().or(live) {
            let largest = sizes.iter().max_by_key(|size| size.width.saturating_mul(size.height))?.clone();
            return Some(Content::Photo(FileRef {
                file_id: largest.file_id,
                unique_id: largest.file_unique_id,
                name: None,
                mime_type: None,
                bytes: largest.file_size,
                caption: caption(),
            }));
        }
        // Before documents, since Telegram repeats a moving picture as a document.
        if let Some(unusable) = self.others.unusable() {
            return Some(Content::Unusable(unusable));
        }
        if self.live_photo.is_some() {
            return Some(Content::Unusable(Unusable::Video));
        }
        let document = self.document.as_ref()?;
        Some(Content::Document(FileRef {
            file_id: document.file_id.clone(),
            unique_id: document.file_unique_id.clone(),
            name: document.file_name.clone(),
            mime_type: document.mime_type.clone(),
            bytes: document.file_size,
            caption: caption(),
        }))
    }
}

impl Others {
    fn unusable(&self) -> Option<Unusable> {
        let Self { animation, video, video_note, sticker, voice, audio, .. } = self;
        let rest = [
            &self.checklist,
            &self.contact,
            &self.dice,
            &self.game,
            &self.location,
            &self.paid_media,
            &self.poll,
            &self.story,
            &self.venue,
        ];
        let any = |fields: &[&Option<Value>]| fields.iter().any(|field| field.is_some());
        if any(&[animation]) {
            Some(Unusable::Animation)
        } else if any(&[video, video_note]) {
            Some(Unusable::Video)
        } else if any(&[sticker]) {
            Some(Unusable::Sticker)
        } else if any(&[voice, audio]) {
            Some(Unusable::Sound)
        } else {
            any(&rest).then_some(Unusable::Other)
        }
    }
}
