//! Cases about messages: fal.ai's to us, and ours to the backend.

use std::{collections::BTreeMap, sync::Arc};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    fixture::{Mode::Bought, NOTIFY_SECRET, is_order},
    gate::{Fate, Flag, Seen},
    http,
    world::{World, id_of},
};

/// Takes fal.ai's report of the end before fal.ai has answered the order.
pub(super) fn early(world: &World) {
    let (avatar, webhooks) = (world.avatar.clone(), world.fixture.webhooks.clone());
    world.fixture.fal.rule(move |seen| {
        let (avatar, webhooks) = (avatar.clone(), webhooks.clone());
        (is_order(seen) && seen.line.contains(&avatar))
            .then(|| Fate::Late(Arc::new(move || webhooks.wait_until_done(&avatar))))
    });
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.until_done("/trainings/1");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
    assert!(!world.fixture.webhooks.seen(|seen| seen.line.contains(&world.avatar)).is_empty());
}

/// Refuses messages that fal.ai signed for another avatar, or did not sign.
pub(super) fn foreign(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    world.fixture.webhooks.rule(|_| Some(Fate::Refuse));
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let hook = world.fixture.webhooks.wait_for(1, |_| true).remove(0);
    world.until_done("/trainings/1");
    let shown = world.get(&world.of("")).is(200).json();

    let other = format!("/v1/avatars/{}", id_of("whom nobody reports about"));
    world.put(&other, &json!({ "user_id": "u", "name": "A" })).is(201);
    let untouched = world.get(&other).is(200).json();
    let (own, headers) = (hook.line.trim_start_matches("POST ").to_owned(), headers_of(&hook));
    let forged = own.replace(&world.avatar, other.trim_start_matches("/v1/avatars/"));
    assert_ne!(own, forged);
    let send = |target: &str, headers: &[(&str, &str)], body: &[u8]| {
        let answer = http::call(&world.fixture.address(), "POST", target, headers, body);
        world.note("POST", target, answer.expect("an answer"))
    };
    let changed = [&*hook.body, b" "].concat();
    send(&own, &headers, &changed).is(401);
    send(&own, &[], &hook.body).is(400);
    send(&own, &headers, &vec![b' '; (1 << 20) + 1]).is(413);
    send(&forged, &headers, &hook.body).is(200);
    send("/webhooks/fal", &headers, &hook.body).is(200);
    assert_eq!(world.get(&other).is(200).json(), untouched);
    send(&own, &headers, &hook.body).is(200);
    assert_eq!(world.get(&world.of("")).is(200).json(), shown);
}

fn headers_of(seen: &Seen) -> Vec<(&str, &str)> {
    let ours = ["connection", "host", "content-length"];
    let all = seen.headers.iter().map(|(name, value)| (&**name, &**value));
    all.filter(|(name, _)| !ours.contains(name)).collect()
}

/// Tells the backend of every change, signed, and again until the backend has confirmed.
pub(super) fn told(world: &World) {
    let (avatar, failed) = (world.avatar.clone(), Flag::default());
    let refused = failed.clone();
    let first = move |seen: &Seen| {
        let last = document(seen)["avatar_id"] == avatar && document(seen)["status"]["status"] == "completed";
        (last && !failed.is_set()).then(|| {
            failed.set();
            Fate::Answer(500)
        })
    };
    world.fixture.backend.rule(first);
    world.trained();
    let ours = |seen: &Seen| String::from_utf8_lossy(&seen.body).contains(&world.avatar);
    let over = |seen: &Seen| ours(seen) && document(seen)["status"]["status"] == "completed";
    let last = world.fixture.backend.wait_for(2, over);
    assert!(refused.is_set());
    assert_eq!(last[0].header("webhook-id"), last[1].header("webhook-id"));
    let seen = world.fixture.backend.seen(ours);
    for message in &seen {
        assert_eq!(message.line, "POST /told");
        let header = |name| message.header(name).expect("a header");
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(NOTIFY_SECRET.as_bytes()).expect("a key");
        mac.update(format!("{id}.{time}.").as_bytes());
        mac.update(&message.body);
        let signature = base64(&mac.finalize().into_bytes());
        assert_eq!(header("webhook-signature"), format!("v1,{signature}"));
        let document = document(message);
        assert_eq!((&document["type"], &document["user_id"]), (&json!("training"), &json!(world.user)));
        let status = &crate::described::document()["components"]["schemas"]["Status"];
        crate::described::fits(&document["status"], status, "status").expect("a status");
    }
    // An id of a message is never used twice, but for the same message: a repetition may say what is known by then,
    // and is about the same order.
    let mut told: BTreeMap<&str, Value> = BTreeMap::new();
    for message in &seen {
        let document = document(message);
        let about = json!([document["type"], document["avatar_id"]]);
        let first =
            told.entry(message.header("webhook-id").expect("a name")).or_insert_with(|| about.clone());
        assert_eq!(*first, about);
    }
    assert!(told.len() >= 2, "{told:?}");
}

fn document(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).expect("JSON")
}

/// Encodes by RFC 4648 section 4, bit by bit, so that the check shares no code with the shell.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let letter = |six: &[u8]| {
        let value = (0..6).fold(0, |value, at| value << 1 | usize::from(six.get(at).copied().unwrap_or(0)));
        char::from(LETTERS[value])
    };
    let mut text: String = bits.chunks(6).map(letter).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}
