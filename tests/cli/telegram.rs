//! The Telegram bot as a program, with a Bot API server of ours in Telegram's place. What is said in a chat is the core's,
//! and its tests hold whole conversations; here the bytes move.

mod bot_api;
mod released;

use std::process::Command;

use serde_json::{Value, json};

use self::bot_api::{BotApi, PERSON, TOKEN};
use crate::{
    Place, photo,
    running::Running,
    serve::{ADMIN, SERVE, call, eventually, listening},
};

const SECRET: &str = "a-secret-of-telegrams";
const RUN: [&str; 2] = ["telegram", "run"];

/// The bot with a person who talks to it.
struct Bot {
    place: Place,
    telegram: BotApi,
    running: Option<Running>,
    /// Address of the webhook; updates are asked for without one.
    address: Option<String>,
    last_update: i64,
    photos: u8,
}

impl Bot {
    fn command(place: &Place, telegram: &BotApi, words: &[&str]) -> Command {
        let mut command = place.testing(words);
        command
            .env("TELEGRAM_BOT_TOKEN", TOKEN)
            .env("TELEGRAM_API_URL", &telegram.url)
            .env("TELEGRAM_WEBHOOK_SECRET", SECRET)
            .env("TELEGRAM_ALLOWED", PERSON.to_string())
            .env("LIKENESS_LOG", "debug")
            .env("FAL_MOCK_TRAINING_DURATION", "2")
            .env("ADMIN_TOKEN", ADMIN);
        command
    }

    fn polling() -> Self {
        Self::polling_at(Place::new(), BotApi::start())
    }

    fn polling_at(place: Place, telegram: BotApi) -> Self {
        let running = Running::start(&mut Self::command(&place, &telegram, &RUN));
        running.stdout.wait_for("@likeness_bot is listening");
        Self { place, telegram, running: Some(running), address: None, last_update: 100, photos: 0 }
    }

    fn with_webhook() -> Self {
        let (place, telegram) = (Place::new(), BotApi::start());
        let mut bot = Self { place, telegram, running: None, address: None, last_update: 100, photos: 0 };
        bot.restart();
        bot
    }

    /// Ends the server as a power cut would, and starts it again.
    fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
        let running = Running::start(&mut Self::command(&self.place, &self.telegram, &SERVE));
        self.address = Some(listening(&running));
        self.running = Some(running);
    }

    fn update(&mut self, mut update: Value) {
        self.last_update += 1;
        update["update_id"] = self.last_update.into();
        // Each update comes twice.
        for _ in 0..2 {
            match &self.address {
                None => self.telegram.put(update.clone()),
                Some(address) => {
                    let headers = [("x-telegram-bot-api-secret-token", SECRET.to_owned())];
                    call(address, "POST", "/telegram/webhook", &headers, update.to_string().as_bytes())
                        .is(200);
                }
            }
        }
    }

    fn message(&mut self, content: &Value) {
        let mut message = json!({
            "message_id": 1, "date": 1, "chat": { "id": PERSON, "type": "private", "first_name": "Anna" },
            "from": { "id": PERSON, "is_bot": false, "first_name": "Anna", "language_code": "en" },
        });
        for (name, value) in content.as_object().expect("an object") {
            message[name] = value.clone();
        }
        self.update(json!({ "message": message }));
    }

    fn says(&mut self, text: &str) {
        self.message(&json!({ "text": text }));
    }

    /// Waits for a button of these words, and presses it.
    #[track_caller]
    fn presses(&mut self, words: &str) {
        let message = self.telegram.wait_for(&format!("\"text\":{}", json!(words)));
        let rows = message["reply_markup"]["inline_keyboard"].as_array().expect("buttons").clone();
        let buttons: Vec<Value> =
            rows.into_iter().flat_map(|row| row.as_array().cloned().unwrap_or_default()).collect();
        let button = buttons.into_iter().find(|button| button["text"] == words).expect("the button");
        self.update(json!({ "callback_query": {
            "id": format!("press {}", self.last_update), "from": { "id": PERSON, "is_bot": false, "first_name": "Anna" },
            "message": { "message_id": message["message_id"], "date": 1, "chat": { "id": PERSON, "type": "private" } },
            "chat_instance": "1", "data": button["callback_data"],
        } }));
    }

    /// Sends an album, whose updates come in another order.
    fn album(&mut self, count: u8) {
        for _ in 0..count {
            self.photos += 1;
            let id = format!("file-{}", self.photos);
            self.telegram.keep(&id, photo(self.photos, 520));
            let size = |id: &str, side: u32| json!({ "file_id": id, "file_unique_id": format!("u-{id}"), "width": side, "height": side });
            let photo = json!([size("thumbnail", 90), size(&id, 520)]);
            self.message(&json!({ "photo": photo, "media_group_id": "1" }));
        }
    }
}

/// Shows the log of a bot whose test failed.
impl Drop for Bot {
    fn drop(&mut self) {
        if let Some(running) = self.running.as_ref().filter(|_| std::thread::panicking()) {
            eprintln!("{:#?}", running.stderr.all());
        }
    }
}

/// Leads from the first word to portraits, and `between` is called between any two steps.
fn from_start_to_portraits(bot: &mut Bot, between: impl Fn(&mut Bot)) {
    bot.says("/start");
    between(bot);
    bot.presses("I confirm");
    between(bot);
    bot.presses("Anna");
    between(bot);
    bot.presses("she");
    between(bot);
    bot.album(10);
    bot.album(2);
    between(bot);
    bot.telegram.wait_for("12 good, enough to train");
    between(bot);
    bot.presses("Train");
    bot.telegram.wait_for("How close shall the likeness be?");
    between(bot);
    bot.presses("Fast");
    bot.telegram.wait_for("They are fixed when you press");
    between(bot);
    let confirmation = bot.telegram.wait_for("train_now:1:fast");
    let press = json!({ "callback_query": {
        "id": "the purchase", "from": { "id": PERSON, "is_bot": false, "first_name": "Anna" },
        "message": { "message_id": confirmation["message_id"], "date": 1, "chat": { "id": PERSON, "type": "private" } },
        "chat_instance": "1", "data": "train_now:1:fast",
    } });
    bot.update(press.clone());
    bot.update(press);
    // fal.ai has it then. A power cut before that leaves an order unclear, which takes its time to be found again.
    bot.telegram.wait_for("Anna’s model is");
    between(bot);
    bot.telegram.wait_for("Anna’s model is ready. The first portraits");
    let albums = bot.telegram.wait_for_calls("sendMediaGroup", 1);
    assert!(
        !bot.telegram.has_said("Your 1 training here is used up"),
        "the second press was taken for another purchase"
    );
    between(bot);
    assert_eq!(albums[0].files.len(), 4, "{albums:?}");
    assert!(albums[0].files.iter().all(|length| *length > 1000));
    // What comes behind them waits: 20 messages a minute are the most, and these were sent by now.
}

#[test]
fn a_whole_conversation_by_long_polling_with_lost_answers() {
    let mut bot = Bot::polling();
    bot.telegram.lose(5);
    from_start_to_portraits(&mut bot, |_| ());
    bot.says("/delete");
    bot.presses("Erase everything");
    bot.telegram.wait_for("Telegram itself keeps this chat");
    let running = bot.running.take().expect("a bot");
    running.signal("TERM");
    let ended = running.ended().ended(0);
    let log = format!("{}{}", ended.stderr, String::from_utf8_lossy(&ended.stdout));
    assert!(log.contains("getUpdates") && !log.contains("AAFake"), "the bot's token is in the log");
    assert_eq!(bot.telegram.done("setMyCommands").len(), 2);
}

#[test]
fn a_whole_conversation_by_webhook_with_the_power_cut_between_any_two_steps() {
    let mut bot = Bot::with_webhook();
    from_start_to_portraits(&mut bot, Bot::restart);
    let home = bot.place.home();
    assert!(home.join("likeness.db").is_file());
}

#[test]
fn without_a_token_there_is_no_bot() {
    let place = Place::new();
    let running = Running::start(place.testing(&SERVE).env("ADMIN_TOKEN", ADMIN));
    let address = listening(&running);
    call(&address, "POST", "/telegram/webhook", &[], b"{}").refused(404, "api.no_route");
    let ended = place.run(&["telegram", "run"]).ended(2);
    assert!(ended.stderr.contains("TELEGRAM_BOT_TOKEN is not set"), "{}", ended.stderr);
}

#[test]
fn the_webhook_is_set_and_taken_back() {
    let (place, telegram) = (Place::new(), BotApi::start());
    let run = |words: &[&str]| crate::Ending::of(&mut Bot::command(&place, &telegram, words));
    let set = run(&["telegram", "set-webhook", "https://likeness.example.com"]).ended(0);
    assert!(
        set.text()
            .contains("@likeness_bot sends its messages to https://likeness.example.com/telegram/webhook")
    );
    let webhook = telegram.webhook().expect("a webhook");
    assert_eq!(
        (&webhook["secret_token"], &webhook["allowed_updates"][0]),
        (&json!(SECRET), &json!("message"))
    );
    eventually("the commands", || telegram.done("setMyCommands").len() == 2);
    run(&["telegram", "delete-webhook"]).ended(0);
    assert_eq!(telegram.webhook(), None);
    let doctor = run(&["doctor"]);
    assert!(doctor.text().contains("@likeness_bot"), "{}", doctor.text());
    let wrong = crate::Ending::of(
        Bot::command(&place, &telegram, &["telegram", "delete-webhook"])
            .env("TELEGRAM_BOT_TOKEN", "123456789:AAWrongWrongWrongWrong"),
    );
    let wrong = wrong.ended(2);
    assert!(wrong.stderr.contains("does not know the bot's token") && !wrong.stderr.contains("AAWrong"));
}

#[test]
fn the_link_of_an_invite_opens_the_bot() {
    let mut bot = Bot::with_webhook();
    let url = format!("http://{}", bot.address.as_ref().expect("an address"));
    let words = ["token", "invite", "anna", "--json", "--url", &url];
    let made = crate::Ending::of(&mut Bot::command(&bot.place, &bot.telegram, &words)).ended(0);
    let link = made.documents()[0]["bot_link"].as_str().expect("a link").to_owned();
    let start = link.strip_prefix("https://t.me/likeness_bot?start=").expect("the bot's link");
    bot.says(&format!("/start {start}"));
    bot.telegram.wait_for("Your invitation gives 1 training and 20 portraits");
}

#[test]
fn files_of_a_server_on_this_disk_are_read_there() {
    let place = Place::new();
    let telegram = BotApi::start();
    telegram.keep_on_disk(place.folder.path());
    let mut bot = Bot::polling_at(place, telegram);
    bot.says("/start");
    bot.presses("I confirm");
    bot.presses("Anna");
    bot.presses("she");
    bot.album(2);
    bot.telegram.wait_for("2 good, 8 more needed");
}

#[test]
fn a_board_that_the_person_erased_is_sent_anew() {
    let mut bot = Bot::polling();
    bot.says("/start");
    bot.presses("I confirm");
    bot.presses("Anna");
    bot.presses("she");
    bot.album(1);
    bot.telegram.wait_for("1 good, 9 more needed");
    bot.telegram.erase_messages();
    bot.album(1);
    bot.telegram.wait_for("2 good, 8 more needed");
}
