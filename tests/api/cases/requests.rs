//! Cases about orders by the request id that fal.ai gave them.

use serde_json::json;

use crate::{fixture::Mode, world::World};

/// Leaves no trace of a question about an avatar that never existed.
pub(super) fn unknown(world: &World) {
    // A shell of its own, where no other case stores anything.
    let Some(world) = world.elsewhere(Mode::Test, &[]) else { return };
    let nothing = world.fixture.stored();
    for unknown in ["00000000-0000-4000-8000-000000000000", "never-ordered", "A_1"] {
        world.get(&format!("/v1/requests/{unknown}")).refused(404, "request.unknown");
    }
    // The Workers' runtime makes an empty file for each object that is asked, which this cannot tell from a row.
    let at_the_edge = format!("{nothing:?}").contains("front-index.js");
    assert!(at_the_edge || world.fixture.stored() == nothing);
    let forged = format!("lkc_{}", "0".repeat(64));
    let avatar = world.of("");
    world.get(&avatar).refused(404, "avatar.not_found");
    world.delete(&world.of("/photos/p")).refused(404, "avatar.not_found");
    world.call_as(&forged, "GET", &avatar, &[], b"").refused(401, "api.unauthorized");
    assert_eq!(world.get("/v1/users/nobody/avatars").is(200).json(), json!({ "avatars": [] }));
}

pub(super) fn found(world: &World) {
    for wrong in ["", "a.b", "a%2Fb", "%FF", &"a".repeat(129)] {
        world.get(&format!("/v1/requests/{wrong}")).refused(400, "api.path");
    }

    let training = world.trained();
    let by_request = |status: &serde_json::Value| {
        format!("/v1/requests/{}", status["request_id"].as_str().expect("a request id"))
    };
    let target = by_request(&training);
    let shown = world.get(&target).is(200);
    let own = world.get(&world.of("/trainings/1")).is(200);
    assert_eq!((shown.json(), shown.header("etag")), (own.json(), own.header("etag")));
    let tag = shown.header("etag").expect("a tag").to_owned();
    world.call("GET", &target, &[("if-none-match", &tag), ("prefer", "wait=1")], b"").is(304);
    assert!(world.call("HEAD", &target, &[], b"").is(200).body.is_empty());

    world.put(&world.of("/pictures/1"), &json!({ "prompt": "at sea", "count": 1 })).is(202);
    let pictures = world.until_done("/pictures/1");
    assert_eq!(world.get(&by_request(&pictures)).is(200).json(), pictures);

    // A server token acts for any user, and no other credential does.
    let capability = world.post(&world.of("/capability"), &json!({})).is(200).json();
    let capability = capability["capability"].as_str().expect("a capability");
    // A capability is valid for its avatar alone.
    world.call_as(capability, "GET", &target, &[], b"").refused(401, "api.unauthorized");
    world.call_as("", "GET", &target, &[], b"").refused(401, "api.unauthorized");

    world.delete(&world.of("")).is(202);
    for status in [training, pictures] {
        world.get(&by_request(&status)).refused(410, "avatar.erased");
    }
}
