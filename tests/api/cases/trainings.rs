//! Cases about buying trainings once.

use std::thread;

use serde_json::json;

use crate::{
    fixture::Mode,
    world::{World, photo},
};

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

    // A caller that has this version waits until there is another.
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
    // The training is over, and a repeated order is still the same.
    world.put(&training, &json!({})).is(202);
    world.post(&format!("{training}/cancel"), &json!({})).is(202);
    assert_eq!(world.get(&training).is(200).json()["status"], "completed");
    // A second training is another order.
    world.put(&world.of("/trainings/2"), &other).is(202);
    world.until_done("/trainings/2");
    let all = world.get(&world.of("")).is(200).json();
    assert_eq!(all["trainings"].as_array().map(Vec::len), Some(2), "{all}");
}

/// Buys one training, however many calls ask at once.
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
    // The prepared files are gone after the training, and the photos stay.
    let of_it = || world.fixture.store().keys_with(&world.avatar);
    world.eventually("a tidy bucket", || !of_it().iter().any(|key| key.contains("/normalised/")));
    assert_eq!(of_it().iter().filter(|key| key.contains("/upload-")).count(), 4, "{:?}", of_it());

    // All files go when the person is erased.
    world.delete(&world.of("")).is(202);
    world.eventually("an empty bucket", || of_it().is_empty());
    world.get(&world.of("")).refused(410, "avatar.erased");
}

/// Trains from a whole set, sent as a browser does.
pub(super) fn whole_set(world: &World) {
    world.create().is(201);
    thread::scope(|scope| {
        for number in 0..20 {
            scope.spawn(move || {
                world.call("PUT", &world.of(&format!("/photos/p{number}")), &[], &photo(number)).is(201)
            });
        }
    });
    // The training itself waits for the inspection of the photos.
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let status = world.until_done("/trainings/1");
    assert_eq!(status["rejected_photos"], json!([]), "{status}");
    let list = world.get(&world.of("/photos")).is(200).json();
    let photos = list["photos"].as_array().expect("a list");
    assert!(photos.len() == 20 && photos.iter().all(|photo| photo["state"] == "ready"), "{list}");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
}

/// Trains from photos that lie in the bucket already.
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
    // Originals belong to the caller and are never deleted.
    assert_eq!(store.get(&keys[0]), photo(0));
    world.delete(&world.of("")).is(202);
    world.eventually("an empty bucket", || store.keys_with(&world.avatar).is_empty());
    assert_eq!(store.get(&keys[3]), photo(3));
}

/// Returns the same photo in other bytes: a comment (FF FE) behind the start of the file.
fn noted(number: usize) -> Vec<u8> {
    let bytes = photo(number);
    [&bytes[..2], b"\xff\xfe\x00\x07notes", &bytes[2..]].concat()
}

/// Counts a photo that is there twice once: the first, or the one with a caption.
pub(super) fn duplicates(world: &World) {
    world.create().is(201);
    world.upload(4);
    world.call("PUT", &world.of("/photos/copy?name=a%20copy.jpg"), &[], &photo(0)).is(201);
    world.call("PUT", &world.of("/photos/captioned?caption=at%20home"), &[], &noted(1)).is(201);
    for (id, original) in [("copy", "p0"), ("p1", "captioned")] {
        let view = world.until(&world.of(&format!("/photos/{id}")), |photo| photo["state"] == "rejected");
        assert_eq!(
            (&view["code"], &view["duplicate_of"]),
            (&json!("photo.duplicate"), &json!(original)),
            "{view}"
        );
        let listed = world.get(&world.of("/photos")).is(200).json();
        assert!(listed["photos"].as_array().is_some_and(|photos| photos.contains(&view)), "{listed}");
    }
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let status = world.until_done("/trainings/1");
    let rejected = status["rejected_photos"].as_array().expect("a list");
    let told: Vec<_> =
        rejected.iter().map(|photo| (&photo["photo"], &photo["code"], &photo["duplicate_of"])).collect();
    assert_eq!(
        told,
        [
            (&json!("p1"), &json!("photo.duplicate"), &json!("captioned")),
            (&json!("a copy.jpg"), &json!("photo.duplicate"), &json!("p0")),
        ]
    );
    assert_eq!(world.fixture.orders(&world.avatar), 1);
}

/// Refuses too many photos before a number is spent: the same number buys the training once one photo is gone.
pub(super) fn too_many(world: &World) {
    let config = json!({ "min_photos": 4, "max_photos": 5 });
    let person = json!({ "user_id": world.user, "name": "Zebulon", "training_config": config });
    world.put(&world.of(""), &person).is(201);
    world.upload(6);
    world.call("PUT", &world.of("/photos/copy"), &[], &photo(0)).is(201);
    for id in ["p0", "p1", "p2", "p3", "p4", "p5"] {
        world.until(&world.of(&format!("/photos/{id}")), |photo| photo["state"] == "ready");
    }
    world.until(&world.of("/photos/copy"), |photo| photo["state"] == "rejected");
    let training = world.of("/trainings/1");
    let refused = world.put(&training, &json!({})).refused(422, "data.too_many_photos");
    let why = refused["detail"].as_str().unwrap_or_default();
    assert!(why.contains("6 photos, at most 5") && why.contains("copy: "), "{why}");
    world.get(&training).refused(404, "training.not_found");
    world.delete(&world.of("/photos/p5")).is(204);
    world.put(&training, &json!({})).is(202);
    world.until_done("/trainings/1");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
}

/// Ends a training of too many unread photos without an order, as soon as their number is known.
pub(super) fn too_many_keys(world: &World) {
    let config = json!({ "min_photos": 4, "max_photos": 4 });
    let person = json!({ "user_id": world.user, "name": "Zebulon", "training_config": config });
    world.put(&world.of(""), &person).is(201);
    let store = world.fixture.store();
    let keys: Vec<String> = (0..5).map(|number| format!("people/{}/{number}.jpg", world.user)).collect();
    for (number, key) in keys.iter().enumerate() {
        store.put(key, &photo(number));
    }
    let twice = [keys.as_slice(), keys.as_slice()].concat();
    let start = |number: u32, keys: &[String]| {
        world.put(&world.of(&format!("/trainings/{number}")), &json!({ "photo_urls": keys }))
    };
    // The same key again is the same photo, and counts once: five may be four good ones.
    start(1, &twice[..3]).refused(422, "data.too_few_photos");
    start(1, &[&keys[..3], &keys[..3]].concat()).refused(422, "data.too_few_photos");
    start(1, &twice).is(202);
    let status = world.until_over("/trainings/1");
    assert_eq!((&status["status"], &status["code"]), (&json!("error"), &json!("data.too_many_photos")));
    assert_eq!(world.fixture.orders(&world.avatar), 0);
    // Without `again` the answer is the status of the training that ended.
    assert_eq!(start(1, &twice).is(202).json(), status);
    start(2, &[&keys[..4], &keys[..2]].concat()).is(202);
    let status = world.until_done("/trainings/2");
    let rejected = status["rejected_photos"].as_array().expect("a list");
    assert!(
        rejected.len() == 2 && rejected.iter().all(|photo| photo["duplicate_of"] == photo["photo"]),
        "{status}"
    );
    assert_eq!(world.fixture.orders(&world.avatar), 1);
}

/// Restarts a training under its number when it ended without an order, and buys it once.
pub(super) fn again(world: &World) {
    let Some(world) = world.elsewhere(Mode::Bought, &[]) else { return };
    let config = json!({ "min_photos": 4, "max_photos": 4 });
    let person = json!({ "user_id": world.user, "name": "Zebulon", "training_config": config });
    world.put(&world.of(""), &person).is(201);
    let store = world.fixture.store();
    let keys: Vec<String> = (0..5).map(|number| format!("people/{}/{number}.jpg", world.user)).collect();
    for (number, key) in keys.iter().enumerate() {
        store.put(key, &photo(number));
    }
    let training = world.of("/trainings/1");
    let start =
        |keys: &[String], again: bool| world.put(&training, &json!({ "photo_urls": keys, "again": again }));
    for _ in 0..2 {
        start(&keys, true).is(202);
        let status = world.until_over("/trainings/1");
        assert_eq!((&status["code"], &status["job"]), (&json!("data.too_many_photos"), &json!(world.avatar)));
        assert_eq!(start(&keys, false).is(202).json(), status);
    }
    start(&keys[..4], false).refused(409, "order.different");
    world.call("PUT", &training, &[], b"{\"again\":1}").refused(400, "api.body");
    // Repeated calls buy nothing more, whatever became of the answers.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| start(&keys[..4], true).is(202));
        }
    });
    start(&keys, true).refused(409, "order.different");
    world.until_done("/trainings/1");
    assert_eq!(start(&keys[..4], true).is(202).json()["status"], "completed");
    world.put(&world.of("/trainings/3"), &json!({ "again": true })).refused(409, "order.wrong_number");
    assert_eq!((world.fixture.orders(&world.avatar), world.fixture.purchases()), (1, 1));
    // The training counts against the budget, and counts once, though its reservation was released before.
    let spent = || world.admin("GET", "/v1/budget", &json!({})).is(200).json()["today"]["trainings"] == 1;
    world.eventually("the budget's count", spent);
}

/// Serves ranges of a model, and answers 304 for a version that the caller has.
pub(super) fn in_parts(world: &World) {
    world.trained();
    let model = world.of("/trainings/1/model");
    let whole = world.get(&model).is(200);
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").expect("a tag").to_owned();
    let length = whole.body.len();
    let get = |headers: &[(&str, &str)]| world.call("GET", &model, headers, b"");
    let last = format!("bytes={}-", length - 1);
    for (range, start, end) in [
        ("bytes=0-99", 0, 100),
        ("Bytes = 100-199", 100, 200),
        ("bytes=-7", length - 7, length),
        ("bytes=-99999999999", 0, length),
        (&*last, length - 1, length),
        ("bytes=8-99999999999999999999999", 8, length),
        ("bytes=0-", 0, length),
    ] {
        let part = get(&[("range", range), ("if-range", &tag)]).is(206);
        assert_eq!(part.header("content-range"), Some(&*format!("bytes {start}-{}/{length}", end - 1)));
        assert_eq!(part.header("etag"), Some(&*tag));
        assert!(part.body == whole.body[start..end], "{range}");
    }
    for range in ["bytes=0-1,3-4", "bytes=4-3", "items=0-1", "bytes=x", "bytes=-"] {
        assert!(get(&[("range", range)]).is(200).body == whole.body, "{range}");
    }
    for version in ["\"other\"", &format!("W/{tag}"), "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert!(
            get(&[("range", "bytes=0-1"), ("if-range", version)]).is(200).body == whole.body,
            "{version}"
        );
    }
    let beyond = format!("bytes={length}-");
    for range in ["bytes=-0", &*beyond] {
        let refused = get(&[("range", range)]);
        assert_eq!(refused.header("content-range"), Some(&*format!("bytes */{length}")));
        refused.refused(416, "api.range");
    }
    for known in [&*tag, "*", &format!("\"x\", W/{tag}")] {
        let same = get(&[("if-none-match", known), ("range", "bytes=0-1")]).is(304);
        assert_eq!((same.header("etag"), same.body.len()), (Some(&*tag), 0));
    }
    assert!(get(&[("if-none-match", "\"other\"")]).is(200).body == whole.body);
    let head = world.call("HEAD", &model, &[("range", "bytes=0-1")], b"").is(200);
    assert_eq!(head.header("content-length"), Some(&*length.to_string()));
}

/// Refuses photos of both kinds in one order.
pub(super) fn mixed(world: &World) {
    world.create().is(201);
    world.upload(1);
    let keys = json!({ "photo_urls": ["a.jpg", "b.jpg", "c.jpg", "d.jpg"] });
    world.put(&world.of("/trainings/1"), &keys).refused(409, "photos.mixed");
}
