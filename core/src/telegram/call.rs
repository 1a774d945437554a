//! Calls of the Bot API, with the fields that the bot uses.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use url::Url;

use super::{ChatId, MessageId, WebhookSecret, multipart::part_name};

/// A call of the Bot API.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is named as Telegram names its method")]
pub enum BotCall {
    SendMessage(SendMessage),
    EditMessageText(EditMessageText),
    SendPhoto(SendPhoto),
    SendDocument(SendDocument),
    SendMediaGroup(SendMediaGroup),
    AnswerCallbackQuery(AnswerCallbackQuery),
    GetFile(GetFile),
    SetWebhook(SetWebhook),
    DeleteWebhook(DeleteWebhook),
    GetUpdates(GetUpdates),
    SetMyCommands(SetMyCommands),
    GetMe,
}

/// A text message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendMessage {
    /// Chat to send to.
    pub chat_id: ChatId,
    /// Text, at most 4096 characters.
    pub text: String,
    /// Buttons under the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<Keyboard>,
    /// False shows no preview of an address in the text.
    pub link_preview_options: NoPreview,
}

/// The wish that no preview of an address is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NoPreview {
    is_disabled: bool,
}

impl NoPreview {
    const fn new() -> Self {
        Self { is_disabled: true }
    }
}

/// Another text for a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditMessageText {
    /// Chat of the message.
    pub chat_id: ChatId,
    /// Id of the message.
    pub message_id: MessageId,
    /// Text, at most 4096 characters.
    pub text: String,
    /// Buttons under the message; none are left if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<Keyboard>,
    /// False shows no preview of an address in the text.
    pub link_preview_options: NoPreview,
}

/// A picture, shown in the chat. The file is the call's first attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendPhoto {
    /// Chat to send to.
    pub chat_id: ChatId,
    photo: Attached,
    /// Words under the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A file, as it is. The file is the call's first attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendDocument {
    /// Chat to send to.
    pub chat_id: ChatId,
    document: Attached,
    /// Words under the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// An album of 2 to 10 pictures or files: the call's attachments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SendMediaGroup {
    /// Chat to send to.
    pub chat_id: ChatId,
    /// Pictures or files of the album.
    pub media: Vec<InputMedia>,
}

/// A picture or file of an album.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputMedia {
    #[serde(rename = "type")]
    kind: MediaKind,
    media: Attached,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
}

/// The form in which a picture is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Shown in the chat, made smaller by Telegram.
    Photo,
    /// A file, as it is.
    Document,
}

/// The attachment of this index, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attached(usize);

impl Serialize for Attached {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("attach://{}", part_name(self.0)))
    }
}

/// The answer to the press of a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerCallbackQuery {
    /// Id of the press.
    pub callback_query_id: String,
    /// Words shown for a moment, at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The question where a file can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GetFile {
    /// Id of the file.
    pub file_id: String,
}

/// The address to which Telegram sends updates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetWebhook {
    /// Address.
    pub url: Url,
    #[serde(serialize_with = "expose")]
    secret_token: WebhookSecret,
    allowed_updates: [AllowedUpdate; 3],
}

fn expose<S: Serializer>(secret: &WebhookSecret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// The end of the webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeleteWebhook {
    /// True to forget the updates that wait.
    pub drop_pending_updates: bool,
}

/// The question for updates, for a bot without a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GetUpdates {
    /// Number of the first update that is wanted: those before are forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Time in seconds that the server waits for an update.
    pub timeout: u64,
    allowed_updates: [AllowedUpdate; 3],
}

/// A kind of update that the bot asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedUpdate {
    /// Messages.
    Message,
    /// Presses of buttons.
    CallbackQuery,
    /// Blocks, and their end.
    MyChatMember,
}

const WANTED: [AllowedUpdate; 3] =
    [AllowedUpdate::Message, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember];

/// The commands that a person's program offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetMyCommands {
    /// Commands, in their order.
    pub commands: Vec<BotCommand>,
    /// Language, as ISO 639-1 names it, of the people who see them; all others if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<&'static str>,
}

/// A command with its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BotCommand {
    /// Name, without the slash.
    pub command: &'static str,
    /// Purpose.
    pub description: &'static str,
}

/// Buttons under a message, in rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Keyboard {
    /// Rows of buttons.
    pub inline_keyboard: Vec<Vec<Button>>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    /// Words on the button.
    pub text: String,
    /// Data that a press brings back, 1 to 64 bytes.
    pub callback_data: String,
}

impl SendMessage {
    /// Makes a message without buttons.
    #[must_use]
    pub fn new(chat_id: ChatId, text: impl Into<String>) -> Self {
        Self { chat_id, text: text.into(), reply_markup: None, link_preview_options: NoPreview::new() }
    }

    /// Adds the buttons.
    #[must_use]
    pub fn with(mut self, keyboard: Option<Keyboard>) -> Self {
        self.reply_markup = keyboard;
        self
    }
}

impl EditMessageText {
    /// Makes an edit.
    #[must_use]
    pub fn new(
        chat_id: ChatId,
        message_id: MessageId,
        text: impl Into<String>,
        keyboard: Option<Keyboard>,
    ) -> Self {
        let (text, link_preview_options) = (text.into(), NoPreview::new());
        Self { chat_id, message_id, text, reply_markup: keyboard, link_preview_options }
    }
}

impl SendPhoto {
    /// Sends the call's first attachment.
    #[must_use]
    pub fn attached(chat_id: ChatId, caption: Option<String>) -> Self {
        Self { chat_id, photo: Attached(0), caption }
    }
}

impl SendDocument {
    /// Sends the call's first attachment.
    #[must_use]
    pub fn attached(chat_id: ChatId, caption: Option<String>) -> Self {
        Self { chat_id, document: Attached(0), caption }
    }
}

impl SendMediaGroup {
    /// Sends so many attachments, with words under the first.
    #[must_use]
    pub fn attached(chat_id: ChatId, kind: MediaKind, count: usize, caption: Option<&str>) -> Self {
        let media = (0..count).map(|index| InputMedia {
            kind,
            media: Attached(index),
            caption: caption.filter(|_| index == 0).map(str::to_owned),
        });
        Self { chat_id, media: media.collect() }
    }
}

impl SetWebhook {
    /// Makes the call.
    #[must_use]
    pub fn new(url: Url, secret: WebhookSecret) -> Self {
        Self { url, secret_token: secret, allowed_updates: WANTED }
    }
}

impl GetUpdates {
    /// Asks for the updates from this number on, and waits this long for one.
    #[must_use]
    pub fn new(offset: Option<i64>, timeout: Duration) -> Self {
        Self { offset, timeout: timeout.as_secs(), allowed_updates: WANTED }
    }
}

impl BotCall {
    /// Names the method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::SendMessage(_) => "sendMessage",
            Self::EditMessageText(_) => "editMessageText",
            Self::SendPhoto(_) => "sendPhoto",
            Self::SendDocument(_) => "sendDocument",
            Self::SendMediaGroup(_) => "sendMediaGroup",
            Self::AnswerCallbackQuery(_) => "answerCallbackQuery",
            Self::GetFile(_) => "getFile",
            Self::SetWebhook(_) => "setWebhook",
            Self::DeleteWebhook(_) => "deleteWebhook",
            Self::GetUpdates(_) => "getUpdates",
            Self::SetMyCommands(_) => "setMyCommands",
            Self::GetMe => "getMe",
        }
    }

    /// Writes the fields.
    #[must_use]
    pub fn fields(&self) -> Value {
        match self {
            Self::SendMessage(call) => json!(call),
            Self::EditMessageText(call) => json!(call),
            Self::SendPhoto(call) => json!(call),
            Self::SendDocument(call) => json!(call),
            Self::SendMediaGroup(call) => json!(call),
            Self::AnswerCallbackQuery(call) => json!(call),
            Self::GetFile(call) => json!(call),
            Self::SetWebhook(call) => json!(call),
            Self::DeleteWebhook(call) => json!(call),
            Self::GetUpdates(call) => json!(call),
            Self::SetMyCommands(call) => json!(call),
            Self::GetMe => json!({}),
        }
    }

    /// Returns the time that the server may keep the call waiting on purpose.
    pub(super) fn waits_for(&self) -> Duration {
        match self {
            Self::GetUpdates(call) => Duration::from_secs(call.timeout),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{BotCall, DeleteWebhook, EditMessageText, GetUpdates, MediaKind, SendMediaGroup, SetWebhook};
    use crate::telegram::{ChatId, MessageId, WebhookSecret};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn calls_have_the_documented_fields() {
        let chat = ChatId(-7);
        let secret = WebhookSecret::new("a_secret-of_Telegrams").expect("a secret");
        let kinds = json!(["message", "callback_query", "my_chat_member"]);
        for (call, method, fields) in [
            (
                BotCall::EditMessageText(EditMessageText::new(chat, MessageId(3), "x", None)),
                "editMessageText",
                json!({"chat_id": -7, "message_id": 3, "text": "x", "link_preview_options": {"is_disabled": true}}),
            ),
            (
                BotCall::SendMediaGroup(SendMediaGroup::attached(chat, MediaKind::Photo, 2, Some("c"))),
                "sendMediaGroup",
                json!({"chat_id": -7, "media": [
                    {"type": "photo", "media": "attach://file0", "caption": "c"},
                    {"type": "photo", "media": "attach://file1"},
                ]}),
            ),
            (
                BotCall::SetWebhook(SetWebhook::new(
                    "https://a.example/telegram/webhook".parse().expect("a URL"),
                    secret,
                )),
                "setWebhook",
                json!({"url": "https://a.example/telegram/webhook", "secret_token": "a_secret-of_Telegrams", "allowed_updates": kinds}),
            ),
            (
                BotCall::GetUpdates(GetUpdates::new(Some(8), Duration::from_secs(25))),
                "getUpdates",
                json!({"offset": 8, "timeout": 25, "allowed_updates": kinds}),
            ),
            (
                BotCall::DeleteWebhook(DeleteWebhook::default()),
                "deleteWebhook",
                json!({"drop_pending_updates": false}),
            ),
        ] {
            assert_eq!((call.method(), call.fields()), (method, fields));
            assert!(!format!("{call:?}").contains("a_secret"));
        }
    }
}
