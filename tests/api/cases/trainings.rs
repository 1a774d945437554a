//! Trainings are bought once.

use std::thread;

use serde_json::json;

use crate::world::{World, photo};

pub(super) fn from_uploads(world: &World) {
    world.create().is(201);
    let training = world.of("/trainings/1");
    world.get(&training).refused(404, "training.not_found");
    world.post(&format!("{training}/cancel"), &json!({})).refused(404, "training.not_found");
    world.call("PUT", &world.of("/photos/text"), &[], b"this is no photo").is(201);
    world.upload(2);
    world.until(&world.of("/photos/text"), |photo| photo["state"] == "rejected");
    world.put(&world.of("/trainings/2"), &json!({})).refused(409, "order.wrong_number");
    let refused = world.put(&training, &json!({})).refused(422, "data.too_few_photos");
    let why = refused["detail"].as_str().unwrap_or_default();
    assert!(why.contains("text") && why.contains('4'), "all problems at once: {why}");
    world.get(&training).refused(404, "training.not_found");

    for number in 2..4 {
        world.call("PUT", &world.of(&format!("/photos/p{number}")), &[], &photo(number)).is(201);
    }
    let started = world.put(&training, &json!({})).is(202);
    assert_eq!(started.header("location"), Some(&*training));
    world.get(&format!("{training}/model")).refused(404, "order.no_file");
    world.put(&training, &json!({})).is(202);
    let other = json!({ "training_config": { "min_photos": 4, "steps": 7 } });
    world.put(&training, &other).refused(409, "order.different");
    world.put(&world.of("/trainings/2"), &other).refused(409, "order.busy");
    let resolve = json!({ "not_accepted": true });
    world.post(&format!("{training}/resolve"), &resolve).refused(409, "order.not_unclear");
    world.put(&training, &json!({ "photo_urls": [], "more": 1 })).refused(400, "api.body");

    // Who has this version is kept waiting until there is another.
    let status = world.until_done("/trainings/1");
    assert_eq!((&status["progress"], &status["test_mode"]), (&json!(100), &json!(true)));
    let shown = world.get(&training).is(200);
    let tag = shown.header("etag").expect("a tag").to_owned();
    world.call("GET", &training, &[("if-none-match", &tag)], b"").is(304);
    let weak = format!("\"other\", W/{tag}");
    world.call("GET", &training, &[("if-none-match", &weak), ("prefer", "wait=1")], b"").is(304);
    let model = world.get(&format!("{training}/model")).is(200);
    assert_eq!(model.header("content-type"), Some("application/octet-stream"));
    assert_eq!(status["model"]["file"]["length"], model.body.len());
    // Over, and still the same.
    world.put(&training, &json!({})).is(202);
    world.post(&format!("{training}/cancel"), &json!({})).is(202);
    assert_eq!(world.get(&training).is(200).json()["status"], "completed");
    // And a second one.
    world.put(&world.of("/trainings/2"), &other).is(202);
    world.until_done("/trainings/2");
    let all = world.get(&world.of("")).is(200).json();
    assert_eq!(all["trainings"].as_array().map(Vec::len), Some(2), "{all}");
}

/// However many ask at once.
pub(super) fn at_once(world: &World) {
    world.create().is(201);
    world.upload(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| world.put(&world.of("/trainings/1"), &json!({})).is(202));
        }
    });
    let status = world.until_done("/trainings/1");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
    assert_eq!(status["test_mode"], false);
    // What was only for the training is gone, and the photos stay.
    let of_it = || world.fixture.store().keys_with(&world.avatar);
    world.eventually("a tidy bucket", || !of_it().iter().any(|key| key.contains("/normalised/")));
    assert_eq!(of_it().iter().filter(|key| key.contains("/upload-")).count(), 4, "{:?}", of_it());

    // All of it goes when the person wants it.
    world.delete(&world.of("")).is(202);
    world.eventually("an empty bucket", || of_it().is_empty());
    world.get(&world.of("")).refused(410, "avatar.erased");
}

/// A whole set, as a browser sends it.
pub(super) fn whole_set(world: &World) {
    world.create().is(201);
    thread::scope(|scope| {
        for number in 0..20 {
            scope.spawn(move || {
                world.call("PUT", &world.of(&format!("/photos/p{number}")), &[], &photo(number)).is(201)
            });
        }
    });
    // Nobody waits for the reports: the training does.
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let status = world.until_done("/trainings/1");
    assert_eq!(status["rejected_photos"], json!([]), "{status}");
    let list = world.get(&world.of("/photos")).is(200).json();
    let photos = list["photos"].as_array().expect("a list");
    assert!(photos.len() == 20 && photos.iter().all(|photo| photo["state"] == "ready"), "{list}");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
}

/// From what lies in the bucket already.
pub(super) fn from_keys(world: &World) {
    world.create().is(201);
    let store = world.fixture.store();
    let keys: Vec<String> = (0..4).map(|number| format!("people/{}/{number}.jpg", world.user)).collect();
    for (number, key) in keys.iter().enumerate() {
        store.put(key, &photo(number));
    }
    let start = |keys: &[String]| world.put(&world.of("/trainings/1"), &json!({ "photo_urls": keys }));
    for wrong in [
        format!("likeness/{}/a.jpg", world.user),
        "https://elsewhere.example/a.jpg".to_owned(),
        "../a.jpg".to_owned(),
        "s3://another-bucket/a.jpg".to_owned(),
        String::new(),
    ] {
        let mut all = keys.clone();
        all.push(wrong);
        start(&all).refused(400, "photos.key");
    }
    let capability = world.post(&world.of("/capability"), &json!({})).is(200).json();
    let capability = capability["capability"].as_str().expect("a capability");
    let body = json!({ "photo_urls": keys }).to_string();
    world
        .call_as(capability, "PUT", &world.of("/trainings/1"), &[], body.as_bytes())
        .refused(403, "photos.keys_forbidden");
    assert_eq!(world.fixture.orders(&world.avatar), 0);

    start(&keys).is(202);
    start(&keys[..3]).refused(409, "order.different");
    world.until_done("/trainings/1");
    start(&keys).is(202);
    assert_eq!(world.fixture.orders(&world.avatar), 1);
    // Originals are not ours.
    assert_eq!(store.get(&keys[0]), photo(0));
    world.delete(&world.of("")).is(202);
    world.eventually("an empty bucket", || store.keys_with(&world.avatar).is_empty());
    assert_eq!(store.get(&keys[3]), photo(3));
}

/// Either these or those.
pub(super) fn mixed(world: &World) {
    world.create().is(201);
    world.upload(1);
    let keys = json!({ "photo_urls": ["a.jpg", "b.jpg", "c.jpg", "d.jpg"] });
    world.put(&world.of("/trainings/1"), &keys).refused(409, "photos.mixed");
}
