//! Reading of updates.

mod wire;

use serde::Deserialize as _;
use serde_json::Value;

use self::wire::WireUpdate;
use super::message::Update;
use crate::json;

/// The error for a text that is not an update.
#[derive(Debug, thiserror::Error)]
#[error("it is not an update of Telegram's")]
pub struct UpdateError;

impl Update {
    /// Reads an update. `None` for one of a kind that the bot has no use for, such as a message in a channel.
    pub fn parse(body: &[u8]) -> Result<Option<Self>, UpdateError> {
        let update: WireUpdate = json::parse(body).map_err(|_| UpdateError)?;
        Ok(update.happened())
    }
}

/// Reads the result of `getUpdates`. An update that cannot be read is left out, or no other would ever come.
#[must_use]
pub fn updates(result: &Value) -> Vec<Update> {
    let all = result.as_array().map_or(&[][..], Vec::as_slice);
    let read = |update: &Value| WireUpdate::deserialize(update).ok()?.happened();
    all.iter().filter_map(read).collect()
}

/// Finds the largest number of a result of `getUpdates`, also among updates that cannot be read: the next question asks
/// for what follows.
#[must_use]
pub fn largest_of_a_batch(result: &Value) -> Option<i64> {
    let all = result.as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|update| update.get("update_id")?.as_i64()).max()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Update, largest_of_a_batch, updates};
    use crate::telegram::{ChatId, Content, Happening, MessageId, Unusable};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn read(update: &Value) -> Option<Update> {
        Update::parse(update.to_string().as_bytes()).expect("an update")
    }

    /// A message as Telegram sends it, with fields that nobody here knows.
    fn message(content: &Value) -> Value {
        let mut message = json!({
            "message_id": 12, "date": 1_800_000_000, "a_later_field": {"x": [1]},
            "from": {"id": 7, "is_bot": false, "first_name": "Anna", "username": "anna_k", "language_code": "ru"},
            "chat": {"id": 7, "type": "private", "first_name": "Anna"},
        });
        for (name, value) in content.as_object().into_iter().flatten() {
            message[name] = value.clone();
        }
        json!({"update_id": 100, "message": message})
    }

    fn content(of: &Value) -> Option<Content> {
        match read(&message(of))?.happening {
            Happening::Said(message) => Some(message.content),
            _ => None,
        }
    }

    #[test]
    fn a_message_is_read() {
        let update = read(&message(&json!({"text": "/start"}))).expect("a message");
        assert_eq!((update.id, update.chat, update.is_private), (100, ChatId(7), true));
        assert_eq!((update.sender.id, update.sender.language_code.as_deref()), (7, Some("ru")));
        let Happening::Said(said) = update.happening else { panic!("no message") };
        assert_eq!((said.id, said.content), (MessageId(12), Content::Text("/start".to_owned())));
    }

    #[test]
    fn of_a_photo_the_largest_size_is_taken_and_of_a_live_photo_the_photo() {
        let sizes = json!([
            {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 90, "file_size": 1000},
            {"file_id": "large", "file_unique_id": "l", "width": 960, "height": 1280, "file_size": 200_000},
            {"file_id": "middle", "file_unique_id": "m", "width": 320, "height": 320},
        ]);
        let video = json!({"file_id": "video", "file_unique_id": "v", "width": 1, "height": 1, "duration": 3, "photo": sizes});
        for of in [
            json!({"photo": sizes, "caption": "at the sea"}),
            json!({"photo": sizes, "live_photo": video, "caption": "at the sea"}),
            json!({"live_photo": video, "caption": "at the sea"}),
        ] {
            let Some(Content::Photo(photo)) = content(&of) else { panic!("no photo") };
            assert_eq!(
                (photo.file_id.as_str(), photo.unique_id.as_str(), photo.bytes),
                ("large", "l", Some(200_000))
            );
            assert_eq!(photo.caption.as_deref(), Some("at the sea"));
        }
        let of_album = read(&message(&json!({"photo": sizes, "media_group_id": "13"}))).expect("a message");
        let Happening::Said(said) = of_album.happening else { panic!("no message") };
        assert_eq!(said.album.as_deref(), Some("13"));
    }

    #[test]
    fn a_document_is_a_file_as_it_was() {
        let document = json!({"file_id": "f", "file_unique_id": "u", "file_name": "IMG_1.HEIC", "mime_type": "image/heic", "file_size": 5});
        let Some(Content::Document(file)) = content(&json!({"document": document})) else {
            panic!("no document")
        };
        assert_eq!(
            (file.name.as_deref(), file.mime_type.as_deref(), file.bytes),
            (Some("IMG_1.HEIC"), Some("image/heic"), Some(5))
        );
        // Telegram repeats a moving picture as a document.
        assert_eq!(
            content(&json!({"document": document, "animation": {}})),
            Some(Content::Unusable(Unusable::Animation))
        );
    }

    #[test]
    fn what_is_not_a_photo_is_told_apart() {
        for (field, kind) in [
            ("video", Unusable::Video),
            ("video_note", Unusable::Video),
            ("sticker", Unusable::Sticker),
            ("voice", Unusable::Sound),
            ("audio", Unusable::Sound),
            ("location", Unusable::Other),
            ("contact", Unusable::Other),
            ("poll", Unusable::Other),
            ("checklist", Unusable::Other),
        ] {
            assert_eq!(content(&json!({field: {"file_id": "x"}})), Some(Content::Unusable(kind)), "{field}");
        }
        assert_eq!(content(&json!({"pinned_message": {}})), None, "nobody said anything");
    }

    #[test]
    fn a_press_is_read_also_under_a_message_that_is_gone() {
        let press = |message: Value| {
            read(&json!({"update_id": 1, "callback_query": {
                "id": "q", "from": {"id": 7, "is_bot": false, "first_name": "A"}, "data": "t", "chat_instance": "c", "message": message,
            }}))
        };
        let chat = json!({"id": 7, "type": "private"});
        for (message, id) in
            [(json!({"message_id": 3, "date": 0, "chat": chat}), Some(MessageId(3))), (Value::Null, None)]
        {
            let update = press(message).expect("a press");
            let pressed = Happening::Pressed { id: "q".to_owned(), data: "t".to_owned(), message: id };
            assert_eq!((update.chat, update.is_private, update.happening), (ChatId(7), true, pressed));
        }
    }

    #[test]
    fn a_block_is_read() {
        let member = |status: &str| {
            read(&json!({"update_id": 1, "my_chat_member": {
                "chat": {"id": 7, "type": "private"}, "from": {"id": 7, "first_name": "A", "is_bot": false}, "date": 1,
                "old_chat_member": {"status": "member"}, "new_chat_member": {"status": status},
            }}))
        };
        assert_eq!(member("kicked").map(|update| update.happening), Some(Happening::Blocked));
        assert_eq!(member("member").map(|update| update.happening), Some(Happening::Unblocked));
    }

    #[test]
    fn other_updates_are_left_alone_and_other_texts_refused() {
        for other in [
            json!({"update_id": 1, "channel_post": {"message_id": 1}}),
            json!({"update_id": 1, "edited_message": {"message_id": 1, "text": "x"}}),
            json!({"update_id": 1, "a_later_kind": {}}),
            json!({"update_id": 1, "message": {"an": "odd message"}}),
            json!({"update_id": 1, "message": 7}),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
        for wrong in ["", "[]", "{}", "{\"update_id\":\"x\"}"] {
            assert!(Update::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let bot = json!({"text": "hi", "from": {"id": 9, "is_bot": true, "first_name": "B"}});
        assert_eq!(read(&message(&bot)), None);
    }

    #[test]
    fn one_odd_update_does_not_hold_up_the_others() {
        let batch = json!([message(&json!({"text": "a"})), {"update_id": 120, "message": 1}, 7]);
        assert_eq!(updates(&batch).len(), 1);
        assert_eq!(largest_of_a_batch(&batch), Some(120));
    }
}
