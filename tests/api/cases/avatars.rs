//! Avatars come and go.

use serde_json::json;

use crate::world::{World, id_of};

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
    // Where fal.ai reports is no caller's affair.
    let elsewhere = json!({
        "user_id": "u", "name": "A", "training_config": { "webhook_url": "https://evil.example" },
    });
    world.put(&next, &elsewhere).refused(400, "api.body");
    let steps = json!({ "user_id": "u", "name": "A", "training_config": { "steps": 0 } });
    let refused = world.put(&next, &steps).is(422).json();
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("1 to 10000")), "{refused}");
    world.get(&next).refused(404, "avatar.not_found");
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
