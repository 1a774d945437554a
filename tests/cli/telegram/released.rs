//! A released client of the Bot API, unmodified, at the server that stands in Telegram's place here. What that client
//! understands, Telegram could have said.

use std::{
    env,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::bot_api::{BotApi, PERSON, TOKEN};
use crate::{photo, running::Running};

/// Finds Python with python-telegram-bot, as `scripts/setup clients` installs it.
fn python() -> Option<PathBuf> {
    let cache = env::var_os("LIKENESS_CACHE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache"), PathBuf::from);
    let python = cache.join("clients/python/bin/python");
    let imports = Command::new(&python).args(["-c", "import telegram.ext"]).output();
    imports.is_ok_and(|ended| ended.status.success()).then_some(python)
}

fn update(id: i64, content: &Value) -> Value {
    let mut update = json!({ "update_id": id });
    let person = json!({ "id": PERSON, "is_bot": false, "first_name": "Anna", "language_code": "ru" });
    let chat = json!({ "id": PERSON, "type": "private", "first_name": "Anna" });
    for (name, value) in content.as_object().expect("an object") {
        update[name] = value.clone();
        update[name]["from"] = person.clone();
        if name == "message" {
            update[name]["message_id"] = id.into();
            update[name]["date"] = 1.into();
            update[name]["chat"] = chat.clone();
        }
    }
    update
}

fn command(id: i64, word: &str) -> Value {
    let entity = json!([{ "type": "bot_command", "offset": 0, "length": word.len() }]);
    update(id, &json!({ "message": { "text": word, "entities": entity } }))
}

#[test]
fn a_released_client_holds_a_conversation_through_the_server_of_the_tests() {
    let Some(python) = python() else {
        let why = "a released client of the Bot API: python-telegram-bot is not there; `scripts/setup clients` brings it";
        assert!(env::var_os("LIKENESS_REAL_SERVERS").is_none(), "{why}");
        // Past what the test runner captures.
        writeln!(io::stderr(), "SKIPPED: {why}").expect("standard error");
        return;
    };
    let telegram = BotApi::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bot-client/bot.py");
    let mut program = Command::new(python);
    program.arg(script).args([&telegram.url, TOKEN]).env("PYTHONDONTWRITEBYTECODE", "1");
    let running = Running::start(&mut program);
    let said = |event: &str| -> Value {
        let found = running.stdout.find(&format!("\"event\": \"{event}\""));
        let line = found.unwrap_or_else(|| panic!("{event} does not come: {:#?}", running.stderr.all()));
        serde_json::from_str(&line).expect("JSON")
    };

    assert_eq!(said("ready")["name"], "likeness_bot");
    telegram.put(command(1, "/start"));
    let start = said("start");
    assert_eq!(
        (&start["name"], &start["language"], &start["buttons"]),
        (&json!("Anna"), &json!("ru"), &json!(1))
    );
    let board = telegram.wait_for("\"text\":\"Press\"");
    assert_eq!((&board["message_id"], &start["chat"]), (&start["message"], &json!(PERSON)));

    let picture = photo(1, 520);
    telegram.keep("original", picture.clone());
    let size = |id: &str, side: u32| json!({ "file_id": id, "file_unique_id": format!("u-{id}"), "width": side, "height": side });
    let sizes = json!([size("thumbnail", 90), size("original", 520)]);
    telegram.put(update(2, &json!({ "message": { "photo": sizes, "media_group_id": "album" } })));
    let photo = said("photo");
    assert_eq!((&photo["album"], &photo["bytes"]), (&json!("album"), &json!(picture.len())));
    assert_eq!(photo["messages"].as_array().map(Vec::len), Some(4));
    assert_eq!(telegram.done("sendMediaGroup")[0].files, [picture.len(), picture.len()]);

    let message = json!({
        "message_id": start["message"], "date": 1, "chat": { "id": PERSON, "type": "private" }, "text": "Hello",
    });
    let press = json!({ "id": "1", "message": message, "chat_instance": "1", "data": "pressed" });
    telegram.put(update(3, &json!({ "callback_query": press })));
    let pressed = said("pressed");
    assert_eq!((&pressed["data"], &pressed["text"]), (&json!("pressed"), &json!("Pressed")));
    for (what, holds) in [("again", "not modified"), ("gone", "to edit not found"), ("lost", "wrong file_id")]
    {
        let why = pressed[what].as_str().unwrap_or_default().to_lowercase();
        assert!(why.contains(holds), "{pressed}");
    }

    telegram.refuse(429, "Too Many Requests: retry after 7", Some(7));
    telegram.put(command(4, "/slower"));
    assert_eq!(said("slower")["seconds"].as_f64(), Some(7.0));
    telegram.refuse(403, "Forbidden: bot was blocked by the user", None);
    telegram.put(command(5, "/blocked"));
    assert!(said("blocked")["why"].as_str().is_some_and(|why| why.contains("blocked by the user")));
    assert!(telegram.has_refused());
    telegram.put(command(6, "/enough"));
    said("stranger");
    assert_eq!((telegram.done("setMyCommands").len(), telegram.webhook()), (2, None));
    running.ended().ended(0);
}
