//! The case about what an operator sees.

use serde_json::{Value, json};

use crate::world::World;

/// Shows a training from its order to its end, by ids and codes alone, and forgets whose it was with an erase.
pub(super) fn shown(world: &World) {
    let overview = || {
        let answer = world.admin("GET", "/v1/overview", &json!({})).is(200);
        let text = answer.text();
        assert!(!text.contains("Zebulon") && !text.contains(&world.user) && !text.contains("lki_"), "{text}");
        answer.json()
    };
    let job = |overview: &Value, kind: &str| {
        let all = overview["jobs"].as_array().expect("a list").iter();
        all.into_iter().find(|job| job["avatar_id"] == world.avatar && job["kind"] == kind).cloned()
    };
    let count = |overview: &Value, list: &str, code: &str| {
        let all = overview[list].as_array().expect("a list").iter();
        all.filter(|one| one["code"] == code).filter_map(|one| one["count"].as_u64()).sum::<u64>()
    };
    world.get("/v1/overview").refused(403, "api.forbidden");
    world.call_as("", "GET", "/v1/overview", &[], b"").refused(401, "api.unauthorized");
    let invite = format!("/v1/invites/seen-{}", &world.avatar[..8]);
    let token = world.admin("PUT", &invite, &json!({ "trainings": 1, "pictures": 2 })).is(201).json();
    world.create().is(201);
    assert_eq!(job(&overview(), "training"), None, "nothing was ordered");
    // What is left out is told before a training asks for it.
    world.call("PUT", &world.of("/photos/bad"), &[], b"no photo at all").is(201);
    world.eventually("the reason", || count(&overview(), "rejected_photos", "photo.unsupported_format") > 0);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.eventually("the order", || job(&overview(), "training").is_some());
    world.until_done("/trainings/1");
    world.put(&world.of("/pictures/1"), &json!({ "prompt": "at the sea" })).is(202);
    world.until_done("/pictures/1");
    let done = |kind| job(&overview(), kind).is_some_and(|job| job["status"] == "completed");
    world.eventually("both ends", || done("training") && done("pictures"));
    let seen = overview();
    let ours = job(&seen, "training").expect("a job");
    assert_eq!((&ours["number"], &ours["stage"], &ours["code"]), (&json!(1), &json!("done"), &Value::Null));
    assert!(ours["ended_at"].is_string() && ours["test_mode"] == true, "{ours}");
    assert!(!seen["training_times"].as_array().expect("a list").is_empty(), "{seen}");
    assert!(seen["counts"]["completed"].as_u64() >= Some(2), "{seen}");
    // What was spent today, and what is left of each invite.
    assert!(seen["budget"]["today"]["trainings"].as_u64() >= Some(1), "{seen}");
    let all = seen["invites"].as_array().expect("a list");
    let ours = all.iter().find(|one| one["id"] == token["id"]).expect("the invite");
    assert_eq!((&ours["left"], &ours["live"]), (&json!({ "trainings": 1, "pictures": 2 }), &json!(true)));
    // The terms that are shown give the very same invite: so its link can be made again.
    let terms = json!({
        "label": ours["label"], "expires_at": ours["expires_at"], "uses": ours["uses"], "steps": ours["steps"],
        "trainings": ours["allowance"]["trainings"], "pictures": ours["allowance"]["pictures"],
    });
    assert_eq!(world.admin("PUT", &invite, &terms).is(200).json()["token"], token["token"]);
    world.delete(&world.of("")).is(202);
    world.eventually("the erase", || {
        let seen = overview();
        !seen.to_string().contains(&world.avatar) && seen["counts"]["erased_avatars"].as_u64() >= Some(1)
    });
}
