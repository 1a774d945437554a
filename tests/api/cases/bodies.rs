//! Cases about bodies that a call does not take: each is refused, and nothing is done.

use likeness_core::api::{Entry, Operation, Place, ROUTES, Role};
use serde_json::{Value, json};

use crate::{
    fixture::ADMIN,
    world::{World, id_of},
};

/// Lists bodies that no call takes.
fn wrong() -> Vec<Vec<u8>> {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
    let deep_object = [b"{\"training_config\":".repeat(200), b"{}".to_vec(), b"}".repeat(200)].concat();
    let texts = [
        "[]",
        "[{}]",
        "[\"x\"]",
        "[\"user-1\",\"Anna\"]",
        "[null,{\"min_photos\":4}]",
        "null",
        "true",
        "\"\"",
        "\"{}\"",
        "0",
        "-1",
        "1e999",
        "4294967296",
        " ",
        "{",
        "{}{}",
        "{'a':1}",
        "{\"surprise\":1}",
        "{\"prompt\":\"a\",\"prompt\":\"b\"}",
        "{\"\\u0000\":1}",
        "{\"prompt\":\"\\u0000\",\"name\":\"\\u0000\",\"caption\":\"\\u0000\"}",
        "\0",
        "\u{feff}{}",
        "prompt=a",
        "<a/>",
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([deep(33), deep(128), deep(20_000), deep_object, b"\xff\xfe{\0}\0".to_vec()]);
    bodies
}

/// Lists bodies that are valid but for a part of them, by call.
fn wrong_within(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::CreateAvatar => &[
            r#"{"user_id":"u","name":"A","training_config":[]}"#,
            r#"{"user_id":"u","name":"A","training_config":["fast"]}"#,
            r#"{"user_id":"u","name":"A","training_config":null}"#,
            r#"{"user_id":"u","name":"A","training_config":{"min_photos":4,"min_photos":4}}"#,
            r#"{"user_id":["u"],"name":"A"}"#,
            r#"{"user_id":"u","name":"A","gender":{"female":null}}"#,
            r#"{"user_id":"u","name":"A\u202eB"}"#,
            r#"{"user_id":"u\u2066","name":"A"}"#,
            r#"{"user_id":"u","name":"A\u0000B"}"#,
        ],
        Operation::StartTraining => &[
            r#"{"training_config":["fast"]}"#,
            r#"{"training_config":[]}"#,
            r#"{"training_config":"fast"}"#,
            r#"{"training_config":{"quality":["fast"]}}"#,
            r#"{"training_config":{"steps":"1000"}}"#,
            r#"{"photo_urls":{"0":"a"}}"#,
            r#"{"photo_urls":"a"}"#,
            r#"{"photo_urls":[]}"#,
            r#"{"photo_urls":[["a"]]}"#,
        ],
        Operation::OrderPictures => &[
            r#"{"prompt":["a"]}"#,
            r#"{"prompt":"a","count":[1]}"#,
            r#"{"prompt":"a","count":1.5}"#,
            r#"{"prompt":"a","seed":-1}"#,
            r#"{"prompt":"a\u0000"}"#,
            r#"{"prompt":"a","image_size":{"square_hd":null}}"#,
        ],
        Operation::ResolveTraining | Operation::ResolvePictures => &[
            "{}",
            r#"{"not_accepted":[true]}"#,
            r#"{"not_accepted":false}"#,
            r#"{"request_id":["a"]}"#,
            r#"{"request_id":"a","not_accepted":true}"#,
        ],
        Operation::MintInvite => &[
            "{}",
            r#"{"trainings":[1],"pictures":1}"#,
            r#"{"trainings":-1,"pictures":1}"#,
            r#"{"trainings":1,"pictures":1,"label":"a\u202db"}"#,
        ],
        Operation::MintToken => &[r#"{"label":["a"]}"#, r#"{"expires_at":0}"#, r#"{"label":"\u2067"}"#],
        Operation::AddressPhoto => &[r#"{"name":["a"]}"#, r#"{"caption":3}"#, r#"{"name":"a\u202agpj.exe"}"#],
        Operation::Redeem => &[r#"{"invite":["a"],"avatar_id":"b","name":"c"}"#, r#"{"invite":"a"}"#],
        _ => &[],
    }
}

fn takes_json(entry: &Entry) -> bool {
    let operation = entry.operation;
    entry.method != "GET" && !operation.takes_a_file() && operation.place() != Place::Webhook
}

/// Tells whether a call needs a body.
fn needs_one(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::CreateAvatar
            | Operation::StartTraining
            | Operation::OrderPictures
            | Operation::ResolveTraining
            | Operation::ResolvePictures
            | Operation::MintToken
            | Operation::MintInvite
            | Operation::Redeem
            | Operation::AddressPhoto
    )
}

pub(super) fn refused(world: &World) {
    world.create().is(201);
    world.upload(4);
    let ready = |photo: &Value| photo["state"] == "ready";
    let all_ready =
        |avatar: &Value| avatar["photos"].as_array().is_some_and(|photos| photos.iter().all(ready));
    let before = world.until(&world.of(""), all_ready);
    let (bought, bodies) = (world.fixture.purchases(), wrong());
    for entry in ROUTES.iter().filter(|entry| takes_json(entry)) {
        let admin = entry.roles == [Role::Admin];
        let credential = if admin { ADMIN } else { &world.server };
        let creates = entry.operation == Operation::CreateAvatar;
        let avatar = if creates { id_of("one that is never created") } else { world.avatar.clone() };
        let path = entry.path.replace("{avatar}", &avatar).replace("{photo}", "p9");
        let path = path.replace("{number}", "1").replace("{id}", "bodies");
        let none = needs_one(entry.operation).then(Vec::new);
        let within = wrong_within(entry.operation).iter().map(|body| body.as_bytes().to_vec());
        for body in bodies.iter().cloned().chain(none).chain(within) {
            let answer = world.call_as(credential, entry.method, &path, &[], &body);
            let shown = String::from_utf8_lossy(body.get(..200).unwrap_or(&body)).into_owned();
            assert_eq!(answer.status, 400, "{:?} with {shown}: {}", entry.operation, answer.text());
            let refused = answer.refused(400, "api.body");
            let detail = refused["detail"].as_str().unwrap_or_default();
            for word in
                ["struct", "enum", "u32", "usize", "f64", "Vec", "invalid type", "expected", "sequence"]
            {
                assert!(!detail.contains(word), "{:?} with {shown}: {detail}", entry.operation);
            }
        }
    }
    assert_eq!(world.get(&world.of("")).is(200).json(), before);
    assert_eq!(world.fixture.purchases(), bought);
    let never = format!("/v1/avatars/{}", id_of("one that is never created"));
    world.get(&never).refused(404, "avatar.not_found");
    for body in [&b"[]"[..], b"null", b"", b"{}", b"[\"x\"]"] {
        let answer = world.call_as("", "POST", &format!("/webhooks/fal?avatar={}", world.avatar), &[], body);
        assert!((400..500).contains(&answer.status), "{}", answer.text());
    }
    // A call that takes no body takes an empty object as well, which some clients always send.
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.post(&world.of("/trainings/1/cancel"), &json!({})).is(202);
}
