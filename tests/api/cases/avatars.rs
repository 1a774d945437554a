//! Cases about making, showing and erasing avatars.

use serde_json::json;

use crate::{
    fixture::ADMIN,
    world::{World, id_of, photo},
};

pub(super) fn created(world: &World) {
    world.get(&world.of("")).refused(404, "avatar.not_found");
    let created = world.create().is(201);
    assert_eq!(created.header("location"), Some(&*world.of("")));
    let again = world.create().is(200);
    assert_eq!(created.json(), again.json());
    let shown = world.get(&world.of("")).is(200).json();
    assert_eq!(shown, created.json());
    assert_eq!((&shown["user_id"], &shown["name"]), (&json!(world.user), &json!("Zebulon")));
    assert_eq!(shown["test_mode"], true);

    let other = json!({ "user_id": world.user, "name": "Anna", "training_config": { "min_photos": 4 } });
    world.put(&world.of(""), &other).refused(409, "avatar.taken");
    let listed = world.get(&format!("/v1/users/{}/avatars", world.user)).is(200).json();
    assert_eq!(listed["avatars"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["avatars"][0]["avatar_id"], json!(world.avatar));
    assert_eq!(world.get("/v1/users/nobody%20here/avatars").is(200).json(), json!({ "avatars": [] }));

    world.get("/v1/avatars/no-id").refused(400, "api.path");
    let next = format!("/v1/avatars/{}", id_of("one that is never created"));
    for body in [
        "{",
        "{}",
        "[]",
        "{\"user_id\":\"u\",\"name\":\"A\",\"more\":1}",
        "{\"user_id\":\"\",\"name\":\"A\"}",
    ] {
        world.call("PUT", &next, &[], body.as_bytes()).refused(400, "api.body");
    }
    // The address to which fal.ai reports is not the caller's to choose.
    let elsewhere = json!({
        "user_id": "u", "name": "A", "training_config": { "webhook_url": "https://evil.example" },
    });
    world.put(&next, &elsewhere).refused(400, "api.body");
    let steps = json!({ "user_id": "u", "name": "A", "training_config": { "steps": 0 } });
    // Each number is valid alone; together they allow no set of photos.
    let counts =
        json!({ "user_id": "u", "name": "A", "training_config": { "min_photos": 12, "max_photos": 11 } });
    world.put(&next, &counts).refused(409, "settings.photo_counts");
    let none = json!({ "user_id": "u", "name": "A", "training_config": { "min_photos": 0 } });
    world.put(&next, &none).refused(422, "settings.photo_counts");
    let refused = world.put(&next, &steps).is(422).json();
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("1 to 10000")), "{refused}");
    world.get(&next).refused(404, "avatar.not_found");
}

/// Makes an avatar with `If-None-Match: *` only where there is none, and shows nothing of one that exists.
pub(super) fn only_once(world: &World) {
    let star = [("if-none-match", "*")];
    let person = world.person().to_string();
    let put = |target: &str, body: &[u8]| world.call("PUT", target, &star, body);
    put(&world.of(""), person.as_bytes()).is(201);
    put(&world.of(""), person.as_bytes()).refused(412, "api.exists");
    put(&world.of(""), b"{}").refused(412, "api.exists");
    let target = world.of("/photos/p0");
    put(&target, &photo(0)).is(201);
    put(&target, &photo(0)).refused(412, "api.exists");
    for number in 1..4 {
        put(&world.of(&format!("/photos/p{number}")), &photo(number)).is(201);
    }
    let training = world.of("/trainings/1");
    put(&training, b"{}").is(202);
    put(&training, b"{}").refused(412, "api.exists");
    put(&training, b"{\"again\":true}").refused(412, "api.exists");
    world.until_done("/trainings/1");
    let pictures = world.of("/pictures/1");
    put(&pictures, b"{\"prompt\":\"at the sea\"}").is(202);
    put(&pictures, b"{\"prompt\":\"at the sea\"}").refused(412, "api.exists");
    for (target, body) in [("tokens", "{}"), ("invites", "{\"trainings\":1,\"pictures\":1}")] {
        let target = format!("/v1/{target}/once-{}", &world.avatar[..8]);
        let mint = || world.call_as(ADMIN, "PUT", &target, &star, body.as_bytes());
        assert_eq!(mint().is(201).json()["new"], true);
        mint().refused(412, "api.exists");
    }
    let get = |target: &str, more: &[(&str, &str)]| {
        let headers: Vec<_> = star.iter().chain(more).copied().collect();
        world.call("GET", target, &headers, b"")
    };
    world.until_done("/pictures/1");
    for target in
        [&world.of(""), &training, &pictures, &target, &world.of("/photos"), "/health", "/openapi.json"]
    {
        assert!(get(target, &[("prefer", "wait = 20")]).is(304).body.is_empty(), "{target}");
    }
    get(&world.of("/pictures/2"), &[]).refused(404, "pictures.not_found");
    // A version that the caller knows is waited upon, whatever the spelling of the header.
    let tag = world.get(&training).is(200).header("etag").expect("a tag").to_owned();
    let headers = [("if-none-match", &*tag), ("prefer", "respond-async;x=\"a, wait=20\", Wait = \"1\"")];
    world.call("GET", &training, &headers, b"").is(304);
}

pub(super) fn erased(world: &World) {
    world.create().is(201);
    world.upload(2);
    let gone = world.delete(&world.of("")).is(202).json();
    assert_eq!(gone["erased"], json!(world.avatar));
    assert_eq!(world.delete(&world.of("")).is(202).json(), gone);
    for rest in ["", "/photos", "/photos/p0", "/pictures"] {
        world.get(&world.of(rest)).refused(410, "avatar.erased");
    }
    world.create().refused(410, "avatar.erased");
    world.put(&world.of("/trainings/1"), &json!({})).refused(410, "avatar.erased");
    let listed = world.get(&format!("/v1/users/{}/avatars", world.user)).is(200).json();
    assert_eq!(listed, json!({ "avatars": [] }));
    let never = format!("/v1/avatars/{}", id_of("one that was never there"));
    world.delete(&never).refused(404, "avatar.not_found");
}
