//! Cases about the Telegram bot. What is said in a chat is the core's, and its tests hold whole conversations; here the
//! shells move the bytes.

use serde_json::json;

use crate::{
    bot::{Person, SECRET, WEBHOOK},
    fixture::{
        Mode::{Bought, Test},
        is_order,
    },
    http,
    telegram::bot_api::PERSON,
    world::World,
};

/// Leads from the first word to the first portraits, and buys once.
pub(super) fn conversation(world: &World) {
    let Some(anna) = Person::new(world, Bought) else { return };
    anna.says("/start");
    anna.presses("I confirm");
    anna.says("Anna");
    anna.presses("she");
    anna.sends_albums(&[10, 2]);
    anna.telegram.wait_for("12 good, enough to train");
    anna.presses("Train");
    anna.presses_data("quality:fast");
    let confirmation = anna.telegram.wait_for("train_now:1:fast");
    for _ in 0..2 {
        anna.presses_under(&confirmation, "train_now:1:fast");
    }
    anna.telegram.wait_for("Anna’s model is ready. The first portraits");
    let album = anna.telegram.wait_for_calls("sendMediaGroup", 1).remove(0);
    assert!(album.files.len() == 4 && album.files.iter().all(|length| *length > 1000), "{album:?}");
    assert!(
        !anna.telegram.has_said("Your 1 training here is used up"),
        "a second press was taken for another purchase"
    );
    let fixture = &anna.world.fixture;
    assert_eq!((fixture.fal.seen(is_order).len(), fixture.purchases()), (1, 1));
    anna.log_holds_no_token();
}

/// Goes on through lost answers, power cuts, a message that is gone, another language, and a block.
pub(super) fn hardships(world: &World) {
    let Some(anna) = Person::new(world, Test) else { return };
    anna.telegram.lose(3);
    anna.says("/start");
    anna.power_cut();
    anna.presses("I confirm");
    anna.power_cut();
    anna.presses("Anna");
    anna.presses("she");
    anna.power_cut();
    anna.sends_albums(&[2]);
    anna.power_cut();
    anna.telegram.wait_for("2 good, 8 more needed");
    anna.telegram.erase_messages();
    anna.sends_albums(&[1]);
    anna.telegram.wait_for("3 good, 7 more needed");
    anna.says("/language");
    anna.presses("Русский");
    anna.telegram.wait_for("Фото: Anna");
    anna.telegram.refuse(403, "Forbidden: bot was blocked by the user", None);
    anna.says("/help");
    anna.world.eventually("the block", || anna.telegram.has_refused());
    let sent = anna.telegram.done("sendMessage").len();
    anna.power_cut();
    anna.says("/status");
    anna.telegram.wait_for_calls("sendMessage", sent + 1);
    anna.telegram.wait_for("3 хороших");
    anna.says("/delete");
    anna.presses("Стереть всё");
    anna.telegram.wait_for("Сам Telegram хранит этот чат");
    let avatars = format!("/v1/users/telegram-{PERSON}/avatars");
    let left = || anna.world.get(&avatars).is(200).json()["avatars"].clone();
    anna.world.eventually("the erase", || left() == json!([]));
    anna.log_holds_no_token();
    let budget = anna.world.admin("GET", "/v1/budget", &json!({})).is(200).json();
    assert_eq!(budget["today"]["trainings"], 0);
}

/// Believes a message by its secret alone, and answers what cannot be read as if it could.
pub(super) fn believed(world: &World) {
    let address = world.fixture.address();
    http::call(&address, "POST", WEBHOOK, &[], b"{}").expect("an answer").refused(404, "api.no_route");
    let Some(anna) = Person::new(world, Test) else { return };
    let address = anna.world.fixture.address();
    let update = json!({ "update_id": 1, "message": {} }).to_string();
    for headers in [vec![], vec![("x-telegram-bot-api-secret-token", "a-guess")]] {
        let answer = http::call(&address, "POST", WEBHOOK, &headers, update.as_bytes());
        answer.expect("an answer").refused(401, "api.unauthorized");
    }
    let secret = [("x-telegram-bot-api-secret-token", SECRET)];
    let answer = http::call(&address, "GET", WEBHOOK, &secret, b"");
    answer.expect("an answer").refused(405, "api.method");
    anna.post(&vec![b' '; (1 << 20) + 1]).refused(413, "api.body_too_large");
    for text in [&update, "no JSON"] {
        let answer = anna.post(text.as_bytes()).is(200);
        assert!(answer.body.is_empty());
    }
    assert!(anna.telegram.done("sendMessage").is_empty());
}
