//! Our own types of the Bot API against those of a released crate: what we send it reads without losing a field, and what
//! Telegram sends, as the crate writes it, we understand.

use frankenstein::{methods, updates};
use likeness_core::{
    chat::commands,
    telegram::{
        AnswerCallbackQuery, BotCall, Button, ChatId, Content, DeleteWebhook, EditMessageText, GetFile,
        GetUpdates, Happening, Keyboard, MediaKind, MessageId, SendDocument, SendMediaGroup, SendMessage,
        SendPhoto, SetWebhook, Unusable, Update, WebhookSecret,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const CHAT: ChatId = ChatId(7);

/// Reads the fields of a call as the crate does, and compares what it writes then.
fn is_theirs<T: Serialize + DeserializeOwned>(call: &BotCall) {
    let ours = call.fields();
    let theirs: T = serde_json::from_value(ours.clone())
        .unwrap_or_else(|error| panic!("{}: {error}: {ours}", call.method()));
    assert_eq!(serde_json::to_value(theirs).expect("JSON"), ours, "{}", call.method());
}

#[test]
fn every_call_has_the_fields_of_the_bot_api() {
    let button = Button { text: "Train".to_owned(), callback_data: "train".to_owned() };
    let keyboard = Keyboard { inline_keyboard: vec![vec![button]] };
    let message = SendMessage::new(CHAT, "Hello").with(Some(keyboard.clone()));
    is_theirs::<methods::SendMessageParams>(&BotCall::SendMessage(message));
    let edit = EditMessageText::new(CHAT, MessageId(3), "Hello", Some(keyboard));
    is_theirs::<methods::EditMessageTextParams>(&BotCall::EditMessageText(edit));
    is_theirs::<methods::SendPhotoParams>(&BotCall::SendPhoto(SendPhoto::attached(CHAT, None)));
    is_theirs::<methods::SendDocumentParams>(&BotCall::SendDocument(SendDocument::attached(CHAT, None)));
    for kind in [MediaKind::Photo, MediaKind::Document] {
        let album = SendMediaGroup::attached(CHAT, kind, 4, Some("words"));
        is_theirs::<methods::SendMediaGroupParams>(&BotCall::SendMediaGroup(album));
    }
    let answer = AnswerCallbackQuery { callback_query_id: "q".to_owned(), text: Some("Done".to_owned()) };
    is_theirs::<methods::AnswerCallbackQueryParams>(&BotCall::AnswerCallbackQuery(answer));
    is_theirs::<methods::GetFileParams>(&BotCall::GetFile(GetFile { file_id: "f".to_owned() }));
    let secret = WebhookSecret::new("a_secret-of_Telegrams").expect("a secret");
    let url = "https://likeness.example.com/telegram/webhook".parse().expect("a URL");
    is_theirs::<methods::SetWebhookParams>(&BotCall::SetWebhook(SetWebhook::new(url, secret)));
    is_theirs::<methods::DeleteWebhookParams>(&BotCall::DeleteWebhook(DeleteWebhook::default()));
    let updates = GetUpdates::new(Some(8), std::time::Duration::from_secs(25));
    is_theirs::<methods::GetUpdatesParams>(&BotCall::GetUpdates(updates));
    for commands in commands() {
        is_theirs::<methods::SetMyCommandsParams>(&BotCall::SetMyCommands(commands));
    }
}

/// Has the crate read and write an update, which we read then.
fn understood(update: &Value) -> Update {
    let theirs: updates::Update = serde_json::from_value(update.clone()).expect("an update of the Bot API");
    let written = serde_json::to_vec(&theirs).expect("JSON");
    Update::parse(&written).expect("an update").expect("one that the bot has use for")
}

fn message(content: Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": 1_800_000_000,
        "chat": { "id": 7, "type": "private", "first_name": "Anna" },
        "from": { "id": 7, "is_bot": false, "first_name": "Anna", "language_code": "ru" },
    });
    if let (Some(message), Value::Object(content)) = (message.as_object_mut(), content) {
        message.extend(content);
    }
    json!({ "update_id": 100, "message": message })
}

#[test]
fn what_telegram_sends_is_understood() {
    let size = |id: &str, side: u32| json!({ "file_id": id, "file_unique_id": id, "width": side, "height": side, "file_size": 1000 });
    let sizes = json!([size("small", 90), size("large", 1280)]);
    let content = |of: Value| match understood(&message(of)).happening {
        Happening::Said(message) => message.content,
        other => panic!("no message: {other:?}"),
    };
    assert_eq!(content(json!({ "text": "/start" })), Content::Text("/start".to_owned()));
    let video = json!({ "file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 2, "photo": sizes });
    for of in
        [json!({ "photo": sizes, "media_group_id": "1" }), json!({ "photo": sizes, "live_photo": video })]
    {
        let Content::Photo(photo) = content(of) else { panic!("no photo") };
        assert_eq!((photo.file_id.as_str(), photo.bytes), ("large", Some(1000)));
    }
    let document =
        json!({ "file_id": "d", "file_unique_id": "d", "file_name": "a.png", "mime_type": "image/png" });
    let Content::Document(file) = content(json!({ "document": document, "caption": "me" })) else {
        panic!("no file")
    };
    assert_eq!((file.name.as_deref(), file.caption.as_deref()), (Some("a.png"), Some("me")));
    let video = json!({ "file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 2 });
    assert_eq!(content(json!({ "video": video })), Content::Unusable(Unusable::Video));
    let voice = json!({ "file_id": "v", "file_unique_id": "v", "duration": 2 });
    assert_eq!(content(json!({ "voice": voice })), Content::Unusable(Unusable::Sound));
}

#[test]
fn presses_and_blocks_are_understood() {
    let (chat, from) = (
        json!({ "id": 7, "type": "private", "first_name": "Anna" }),
        json!({ "id": 7, "is_bot": false, "first_name": "Anna" }),
    );
    let press = understood(&json!({ "update_id": 1, "callback_query": {
        "id": "q", "from": from, "chat_instance": "c", "data": "train",
        "message": { "message_id": 3, "date": 1, "chat": chat, "text": "Photos" },
    } }));
    let pressed =
        Happening::Pressed { id: "q".to_owned(), data: "train".to_owned(), message: Some(MessageId(3)) };
    assert_eq!((press.chat, press.happening), (CHAT, pressed));
    let blocked = understood(&json!({ "update_id": 2, "my_chat_member": {
        "chat": chat, "from": from, "date": 1,
        "old_chat_member": { "status": "member", "user": from },
        "new_chat_member": { "status": "kicked", "user": from, "until_date": 0 },
    } }));
    assert_eq!(blocked.happening, Happening::Blocked);
}
