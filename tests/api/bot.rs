//! A person who talks to a shell's bot, with a Bot API server of ours in Telegram's place.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::{
    fixture::Mode,
    http::{self, Answer},
    telegram::bot_api::{BotApi, PERSON, TOKEN},
    world::{World, photo},
};

pub(crate) const SECRET: &str = "a-secret-of-telegrams";

/// The path at which Telegram delivers updates.
pub(crate) const WEBHOOK: &str = "/telegram/webhook";

/// A person, and the bot's server with all that was said.
pub(crate) struct Person {
    pub(crate) world: World,
    pub(crate) telegram: BotApi,
    last_update: Cell<i64>,
    photos: Cell<usize>,
}

impl Person {
    /// Starts a shell of this mode with a bot, which lets the person in. `None` where a server is missing.
    pub(crate) fn new(world: &World, mode: Mode) -> Option<Self> {
        let telegram = BotApi::start();
        let settings = vec![
            ("TELEGRAM_BOT_TOKEN", TOKEN.to_owned()),
            ("TELEGRAM_API_URL", telegram.url.clone()),
            ("TELEGRAM_WEBHOOK_SECRET", SECRET.to_owned()),
            ("TELEGRAM_ALLOWED", PERSON.to_string()),
        ];
        let world = world.elsewhere_with(mode, &[], settings)?;
        Some(Self { world, telegram, last_update: Cell::new(100), photos: Cell::new(0) })
    }

    /// Posts these bytes as Telegram does.
    pub(crate) fn post(&self, body: &[u8]) -> Answer {
        let headers = [("x-telegram-bot-api-secret-token", SECRET)];
        http::call(&self.world.fixture.address(), "POST", WEBHOOK, &headers, body).expect("an answer")
    }

    /// Writes an update with the next number.
    fn numbered(&self, mut update: Value) -> Value {
        self.last_update.set(self.last_update.get() + 1);
        update["update_id"] = self.last_update.get().into();
        update
    }

    /// Delivers an update twice, as Telegram may.
    #[track_caller]
    fn deliver(&self, update: &Value) {
        for _ in 0..2 {
            self.post(update.to_string().as_bytes()).is(200);
        }
    }

    fn message(&self, content: &Value) -> Value {
        let mut message = json!({
            "message_id": 1, "date": 1, "chat": { "id": PERSON, "type": "private", "first_name": "Anna" },
            "from": { "id": PERSON, "is_bot": false, "first_name": "Anna", "language_code": "en" },
        });
        for (name, value) in content.as_object().expect("an object") {
            message[name] = value.clone();
        }
        self.numbered(json!({ "message": message }))
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        self.deliver(&self.message(&json!({ "text": text })));
    }

    /// Waits for a button of these words, and presses it.
    #[track_caller]
    pub(crate) fn presses(&self, words: &str) {
        let message = self.telegram.wait_for(&format!("\"text\":{}", json!(words)));
        let rows = message["reply_markup"]["inline_keyboard"].as_array().expect("buttons").clone();
        let mut buttons = rows.iter().flat_map(|row| row.as_array().into_iter().flatten());
        let button = buttons.find(|button| button["text"] == words).expect("the button");
        self.presses_data(button["callback_data"].as_str().expect("data"));
    }

    /// Waits for a button with this data, and presses it.
    #[track_caller]
    pub(crate) fn presses_data(&self, data: &str) {
        self.presses_under(&self.telegram.wait_for(&json!(data).to_string()), data);
    }

    /// Presses the button with this data under a message, whether or not the message still has that button.
    #[track_caller]
    pub(crate) fn presses_under(&self, message: &Value, data: &str) {
        self.deliver(&self.numbered(json!({ "callback_query": {
            "id": format!("press {}", self.last_update.get()), "data": data, "chat_instance": "1",
            "from": { "id": PERSON, "is_bot": false, "first_name": "Anna" },
            "message": { "message_id": message["message_id"], "date": 1, "chat": { "id": PERSON, "type": "private" } },
        } })));
    }

    /// Makes the updates of an album.
    fn album(&self, name: &str, count: usize) -> Vec<Value> {
        let size = |id: &str, side: u32| json!({ "file_id": id, "file_unique_id": format!("u-{id}"), "width": side, "height": side });
        let updates = (0..count).map(|_| {
            let number = self.photos.get();
            self.photos.set(number + 1);
            let id = format!("file-{number}");
            self.telegram.keep(&id, photo(number));
            let photo = json!([size("thumbnail", 90), size(&id, 520)]);
            self.message(&json!({ "photo": photo, "media_group_id": name }))
        });
        updates.collect()
    }

    /// Sends albums of these sizes, whose updates come in another order and mixed with each other.
    #[track_caller]
    pub(crate) fn sends_albums(&self, sizes: &[usize]) {
        let albums =
            sizes.iter().enumerate().flat_map(|(at, size)| self.album(&format!("album {at}"), *size));
        let updates: Vec<Value> = albums.collect();
        // Every fifth one, and so on: no update comes at its place.
        for start in (0..5).rev() {
            updates.iter().skip(start).step_by(5).for_each(|update| self.deliver(update));
        }
    }

    /// Ends the shell as a power cut would, and starts it again with its stored state.
    pub(crate) fn power_cut(&self) {
        let mut shell = self.world.fixture.shell.write().expect("a shell");
        let settings = shell.settings.clone();
        shell.restart(settings);
    }

    /// Checks that the shell has not logged the bot's token.
    #[track_caller]
    pub(crate) fn log_holds_no_token(&self) {
        let log = self.world.fixture.shell.read().expect("a shell").log();
        assert!(!log.contains("AAFake"), "{log}");
    }
}
