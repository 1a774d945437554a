//! Telegram as a value: it keeps the messages of a chat, and answers as the Bot API is documented to.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::{
    http::{Answer, NoAnswer, Response, StatusCode},
    telegram::{BotCall, Button, EditMessageText, FilePath, Keyboard},
};

/// The chat as the person sees it.
#[derive(Debug, Default)]
pub(super) struct Telegram {
    /// Messages of the bot, by id; those that the person erased are gone.
    pub(super) messages: BTreeMap<i64, Message>,
    /// Events since the person looked last, as lines of a script.
    pub(super) news: Vec<String>,
    last_message: i64,
    /// True while the person blocks the bot.
    pub(super) blocked: bool,
    /// Files of the person, by their ids at Telegram.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Fates of the next calls that send or edit.
    pub(super) fates: VecDeque<Fate>,
    /// True if the answer to every new text is lost the first time.
    pub(super) loses_first_answers: bool,
    seen_texts: Vec<String>,
}

/// The fate of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Well,
    /// Telegram asks to wait so many seconds.
    TooMany(u64),
    NotConnected,
    /// Carried out, and the answer is lost.
    Lost,
    /// Not carried out, and no answer comes.
    Swallowed,
}

/// A message of the bot.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) text: String,
    pub(super) buttons: Vec<Button>,
}

impl Telegram {
    pub(super) fn answer(&mut self, call: &BotCall, files: usize) -> Answer {
        let sends = !matches!(call, BotCall::GetFile(_) | BotCall::AnswerCallbackQuery(_));
        let mut fate = if sends { self.fates.pop_front().unwrap_or(Fate::Well) } else { Fate::Well };
        if sends && self.loses_first_answers {
            let text = call.fields().to_string();
            if !self.seen_texts.contains(&text) {
                self.seen_texts.push(text);
                fate = Fate::Lost;
            }
        }
        match fate {
            Fate::Well => Ok(self.carry_out(call, files)),
            Fate::TooMany(seconds) => {
                let parameters = json!({"retry_after": seconds});
                let description = format!("Too Many Requests: retry after {seconds}");
                let body = json!({"ok": false, "error_code": 429, "description": description, "parameters": parameters});
                Ok(Response::json(StatusCode::TOO_MANY_REQUESTS, &body))
            }
            Fate::NotConnected => Err(NoAnswer::NotConnected),
            Fate::Lost => {
                drop(self.carry_out(call, files));
                Err(NoAnswer::Interrupted)
            }
            Fate::Swallowed => Err(NoAnswer::TimedOut),
        }
    }

    /// Hands out a file.
    pub(super) fn file(&self, path: &FilePath) -> Option<Vec<u8>> {
        let path = path.to_string();
        self.files.get(path.strip_prefix("photos/")?).cloned()
    }

    fn carry_out(&mut self, call: &BotCall, files: usize) -> Response {
        if let BotCall::GetFile(file) = call {
            return match self.files.get(&file.file_id) {
                Some(bytes) if bytes.len() > 20_000_000 => refused(400, "Bad Request: file is too big"),
                Some(bytes) => {
                    let path = format!("photos/{}", file.file_id);
                    ok(
                        &json!({"file_id": file.file_id, "file_unique_id": "u", "file_size": bytes.len(), "file_path": path}),
                    )
                }
                None => refused(400, "Bad Request: invalid file_id"),
            };
        }
        if self.blocked {
            return refused(403, "Forbidden: bot was blocked by the user");
        }
        match call {
            BotCall::SendMessage(message) => {
                let id = self.post(message.text.clone(), message.reply_markup.as_ref(), "<");
                ok(&json!({"message_id": id, "date": 1, "chat": {"id": message.chat_id}}))
            }
            BotCall::EditMessageText(edit) => self.edit(edit),
            BotCall::SendPhoto(_) => self.post_files("a photo", 1, files),
            BotCall::SendDocument(_) => self.post_files("a file", 1, files),
            BotCall::SendMediaGroup(album) => {
                let kind = album_kind(album.media.len(), &call.fields());
                self.post_files(&kind, album.media.len(), files)
            }
            BotCall::AnswerCallbackQuery(answer) => {
                if let Some(text) = &answer.text {
                    self.news.push(format!("* {text}"));
                }
                ok(&json!(true))
            }
            _ => ok(&json!(true)),
        }
    }

    fn post(&mut self, text: String, keyboard: Option<&Keyboard>, sign: &str) -> i64 {
        self.last_message += 1;
        let message = Message { text, buttons: buttons(keyboard) };
        self.news.push(format!("{sign} {}", line(&message)));
        self.messages.insert(self.last_message, message);
        self.last_message
    }

    fn post_files(&mut self, what: &str, count: usize, files: usize) -> Response {
        assert_eq!(count, files, "as many attachments as the call names");
        assert!(count == 1 || (2..=10).contains(&count), "an album has 2 to 10 items");
        let first = self.post(format!("({what})"), None, "<");
        self.last_message += i64::try_from(count).expect("few") - 1;
        let ids: Vec<_> = (first..=self.last_message).map(|id| json!({"message_id": id})).collect();
        if count == 1 { ok(&ids[0]) } else { ok(&json!(ids)) }
    }

    fn edit(&mut self, edit: &EditMessageText) -> Response {
        let Some(message) = self.messages.get_mut(&edit.message_id.0) else {
            return refused(400, "Bad Request: message to edit not found");
        };
        let after = Message { text: edit.text.clone(), buttons: buttons(edit.reply_markup.as_ref()) };
        if message.text == after.text && message.buttons == after.buttons {
            let words = "Bad Request: message is not modified: specified new message content and reply markup are \
                         exactly the same as a current content and reply markup of the message";
            return refused(400, words);
        }
        self.news.push(format!("~ {}", line(&after)));
        *message = after;
        ok(&json!({"message_id": edit.message_id, "date": 1}))
    }

    /// Finds the latest button of these words.
    pub(super) fn button(&self, words: &str) -> Option<(i64, Button)> {
        self.messages.iter().rev().find_map(|(id, message)| {
            message.buttons.iter().find(|button| button.text == words).map(|button| (*id, button.clone()))
        })
    }
}

fn album_kind(count: usize, fields: &Value) -> String {
    let kind = if fields["media"][0]["type"] == "photo" { "photos" } else { "files" };
    format!("{count} {kind}")
}

fn buttons(keyboard: Option<&Keyboard>) -> Vec<Button> {
    let buttons: Vec<_> = keyboard.iter().flat_map(|keyboard| keyboard.inline_keyboard.concat()).collect();
    for button in &buttons {
        assert!((1..=64).contains(&button.callback_data.len()), "{button:?}");
        assert!(!button.text.is_empty());
    }
    buttons
}

/// Writes a message as one line of a script.
fn line(message: &Message) -> String {
    assert!(!message.text.is_empty() && message.text.chars().count() <= 4096);
    let mut line = message.text.replace("\n\n", " // ").replace('\n', " / ");
    for button in &message.buttons {
        line.extend([" [", &button.text, "]"]);
    }
    line
}

fn ok(result: &Value) -> Response {
    Response::json(StatusCode::OK, &json!({"ok": true, "result": result}))
}

fn refused(code: u16, description: &str) -> Response {
    let body = json!({"ok": false, "error_code": code, "description": description});
    Response::json(StatusCode::from_u16(code).expect("a status"), &body)
}
