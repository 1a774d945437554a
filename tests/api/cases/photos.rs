//! Cases about adding, inspecting and removing photos.

use std::{io::Write as _, net::TcpStream, process::Command, thread, time::Duration};

use serde_json::json;
use url::Url;

use crate::{
    gate::Fate,
    http::{self, Answer},
    minio, shell,
    world::{World, photo},
};

pub(super) fn uploaded(world: &World) {
    world.create().is(201);
    let target = world.of("/photos/face-1");
    world.get(&target).refused(404, "photos.not_found");
    let named = format!("{target}?name=a%20face.jpg&caption=smiling");
    let added = world.call("PUT", &named, &[], &photo(1)).is(201).json();
    assert_eq!((&added["photo_id"], &added["name"]), (&json!("face-1"), &json!("a face.jpg")));
    for wrong in ["name=%0A", "name=", "name=a%00", "caption=%01"] {
        world.call("PUT", &format!("{target}?{wrong}"), &[], &photo(1)).refused(400, "api.body");
    }
    let ready = world.until(&target, |photo| photo["state"] != "waiting");
    assert_eq!((&ready["state"], &ready["width"]), (&json!("ready"), &json!(520)), "{ready}");
    // The same id again: the photo is there, and other bytes do not replace it.
    assert_eq!(world.call("PUT", &target, &[], &photo(2)).is(200).json(), ready);
    let all = world.get(&world.of("/photos")).is(200).json();
    assert_eq!(all["photos"], json!([ready]));
    let advice = "Add 3 photos: a training needs at least 4.";
    assert_eq!((&all["set"]["good"], &all["set"]["advice"][0]), (&json!(1), &json!(advice)), "{all}");
    let shown = world.call("GET", &target, &[], b"").is(200);
    let tag = shown.header("etag").expect("a tag").to_owned();
    let same = world.call("GET", &target, &[("if-none-match", &tag)], b"").is(304);
    assert_eq!((same.header("etag"), same.body.len()), (Some(&*tag), 0));
    for _ in 0..2 {
        assert!(world.delete(&target).is(204).body.is_empty());
    }
    world.get(&target).refused(404, "photos.not_found");
    assert_eq!(world.get(&world.of("/photos")).is(200).json()["photos"], json!([]));

    for name in ["%0A", ""] {
        let target = format!("{target}?name={name}");
        world.call("PUT", &target, &[], &photo(1)).refused(400, "api.body");
    }
    world.call("PUT", &world.of("/photos/a.b"), &[], &photo(1)).refused(400, "api.path");
    world.post(&world.of("/photos/none/check"), &json!({})).refused(404, "photos.not_found");
}

/// Sends only the head of a call, with this line in it.
fn announced(world: &World, target: &str, line: &str, body: &[u8]) -> Answer {
    let (address, shown) = (world.fixture.address(), format!("Bearer {}", world.server));
    let head = http::head(&address, "PUT", target, &[("authorization", &shown)]);
    let answer = http::raw(&address, format!("{head}{line}\r\n\r\n").as_bytes(), body);
    world.note("PUT", target, answer.expect("an answer"))
}

/// Refuses too large a body before a byte of it is read. A caller that sends it nevertheless reads the answer.
pub(super) fn too_large(world: &World) {
    world.create().is(201);
    let target = world.of("/photos/p");
    let large = vec![7; 40 << 20];
    world.call("PUT", &target, &[], &large).refused(413, "api.body_too_large");
    world.call_as("lkc_made-up", "PUT", &target, &[], &large).refused(401, "api.unauthorized");
    fetched_by_node(world, &target);
    announced(world, &target, "content-length: 32000001", b"").refused(413, "api.body_too_large");
    announced(world, &target, "transfer-encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n")
        .refused(411, "api.no_length");
    world.get(&target).refused(404, "photos.not_found");
    announced(world, &world.of(""), "content-length: 65537", b"").refused(413, "api.body_too_large");
    let spaces = vec![b' '; 65_537];
    let chunk = [b"10001\r\n", &*spaces, b"\r\n0\r\n\r\n"].concat();
    announced(world, &world.of(""), "transfer-encoding: chunked", &chunk).refused(413, "api.body_too_large");
}

/// Calls with Node's fetch, which fails with EPIPE where a server closes the connection while it sends.
fn fetched_by_node(world: &World, target: &str) {
    const SCRIPT: &str = "
        const [url, token] = process.argv.slice(1);
        for (const megabytes of [31, 40, 100]) {
            const body = new Uint8Array(megabytes << 20);
            const answer = await fetch(url, { method: 'PUT', headers: { authorization: `Bearer ${token}` }, body });
            console.log(answer.status, (await answer.json()).code);
        }";
    let url = format!("http://{}{target}", world.fixture.address());
    let node = Command::new("node").args(["--input-type=module", "-e", SCRIPT, &url, &world.server]).output();
    let Ok(node) = node else { return shell::skip("uploads by Node's fetch: there is no node") };
    let said = String::from_utf8_lossy(&node.stdout).into_owned();
    let errors = String::from_utf8_lossy(&node.stderr);
    assert_eq!(said, "413 api.body_too_large\n".repeat(3), "{errors}");
}

pub(super) fn rejected(world: &World) {
    world.create().is(201);
    let small = {
        let pixels = likeness_core::simulator::drawing::portrait(7, 1, 64, 64);
        likeness_core::simulator::drawing::jpeg(&pixels, 64, 64).expect("a JPEG")
    };
    for (id, bytes, code) in [
        ("text", b"this is no photo".as_slice(), "photo.unsupported_format"),
        ("cut", &photo(1)[..2000], "photo.truncated"),
        ("small", &small, "photo.too_small"),
    ] {
        let target = world.of(&format!("/photos/{id}"));
        world.call("PUT", &target, &[], bytes).is(201);
        let report = world.until(&target, |photo| photo["state"] != "waiting");
        assert_eq!((&report["state"], &report["code"]), (&json!("rejected"), &json!(code)), "{report}");
        for part in ["message", "advice"] {
            assert!(report[part].as_str().is_some_and(|text| text.len() > 10), "{report}");
        }
    }
}

/// Frees the slot of a photo whose upload breaks off or has no bytes.
pub(super) fn broken_off(world: &World) {
    world.create().is(201);
    let cut = |number: usize, part: &[u8]| {
        let (address, shown) = (world.fixture.address(), format!("Bearer {}", world.server));
        let target = world.of(&format!("/photos/cut-{number}"));
        let head = http::head(&address, "PUT", &target, &[("authorization", &shown)]);
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.write_all(format!("{head}content-length: 100000\r\n\r\n").as_bytes()).expect("sent");
        stream.write_all(part).expect("sent");
        // Time for the shell to read the bytes: a connection that is closed at once may never be seen.
        thread::sleep(Duration::from_millis(20));
    };
    let places = || {
        let photos = world.get(&world.of("/photos")).is(200).json()["photos"].clone();
        photos.as_array().map_or(0, Vec::len)
    };
    for number in 0..41 {
        cut(number, if number % 4 == 0 { b"\xff\xd8" } else { b"" });
    }
    world.eventually("the end of the broken uploads", || places() == 0);
    for number in 0..2 {
        let target = world.of(&format!("/photos/empty-{number}"));
        world.call("PUT", &target, &[], b"").refused(422, "photo.empty");
        world.get(&target).refused(404, "photos.not_found");
    }
    world.upload(1);
    // The same photo again, whole.
    world.call("PUT", &world.of("/photos/cut-1"), &[], &photo(1)).is(201);
    assert_eq!(places(), 2);
}

/// Refuses more than twice as many photos as a set holds.
pub(super) fn too_many(world: &World) {
    let config = json!({ "min_photos": 1, "max_photos": 1 });
    world
        .put(&world.of(""), &json!({ "user_id": world.user, "name": "A", "training_config": config }))
        .is(201);
    world.upload(2);
    world.call("PUT", &world.of("/photos/more"), &[], &photo(3)).refused(409, "photos.too_many");
    world.delete(&world.of("/photos/p0")).is(204);
    world.call("PUT", &world.of("/photos/more"), &[], &photo(3)).is(201);
}

/// Uploads straight into the bucket.
pub(super) fn presigned(world: &World) {
    world.create().is(201);
    let target = world.of("/photos/face");
    let named = json!({ "name": "a face.jpg" });
    let given = world.post(&format!("{target}/address"), &named).is(200).json();
    assert_eq!(given["max_bytes"], 32_000_000);
    assert_eq!(world.get(&target).is(200).json()["state"], "expected");
    let url: Url = given["url"].as_str().and_then(|url| url.parse().ok()).expect("an address");
    assert!(url.path().contains(&world.avatar), "{url}");
    let put = minio::call(&world.fixture.bucket.address, "PUT", &url, &photo(1));
    assert_eq!(put.status, 200, "{}", String::from_utf8_lossy(&put.body));
    // The address is valid for its own key alone: the signature covers the key.
    let mut other = url.clone();
    other.set_path(&format!("{}x", url.path()));
    assert_eq!(minio::call(&world.fixture.bucket.address, "PUT", &other, b"x").status, 403);

    world.post(&format!("{target}/check"), &json!({})).is(201);
    let ready = world.until(&target, |photo| photo["state"] != "waiting");
    assert_eq!((&ready["state"], &ready["name"]), (&json!("ready"), &json!("a face.jpg")), "{ready}");
    assert_eq!(world.post(&format!("{target}/check"), &json!({})).is(200).json(), ready);
    assert_eq!(world.post(&format!("{target}/address"), &json!({})).is(200).json(), ready);

    // A photo that was announced and never uploaded.
    let lost = world.of("/photos/lost");
    world.post(&format!("{lost}/address"), &json!({})).is(200);
    world.post(&format!("{lost}/check"), &json!({})).is(201);
    let report = world.until(&lost, |photo| photo["state"] != "waiting");
    assert_eq!(
        (&report["state"], &report["code"]),
        (&json!("rejected"), &json!("photo.missing")),
        "{report}"
    );
    world.delete(&target).is(204);
    world.eventually("the end of the object", || {
        !world.fixture.store().keys().iter().any(|key| url.path().ends_with(key))
    });
}

/// Shows S3's own code and sentence, and what the operator has to set, but nothing of the key.
pub(super) fn refused_by_the_bucket(world: &World) {
    world.create().is(201);
    let refusals = [
        ("InvalidAccessKeyId", "", "storage.denied", "MINIO_ACCESS_KEY"),
        ("SecondLevelDomainForbidden", "", "storage.addressing", "MINIO_ADDRESSING=virtual"),
        (
            "AuthorizationHeaderMalformed",
            "<Region>eu-west-1</Region>",
            "storage.region",
            "MINIO_REGION=eu-west-1",
        ),
        ("RequestTimeTooSkewed", "", "storage.expired", "clock"),
    ];
    for (number, (code, more, ours, advice)) in refusals.into_iter().enumerate() {
        let avatar = world.avatar.clone();
        let document = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>In its own words.</Message>{more}\
             <AWSAccessKeyId>{}</AWSAccessKeyId></Error>",
            minio::KEY
        );
        let part = format!("/{avatar}/");
        world.fixture.bucket.rule(move |seen| {
            let put = seen.line.starts_with("PUT ") && seen.line.contains(&part);
            put.then(|| Fate::Document(403, document.clone()))
        });
        let answer =
            world.call("PUT", &world.of(&format!("/photos/{number}")), &[], &photo(1)).is(503).json();
        assert_eq!(answer["code"], ours, "{answer}");
        let says = |name: &str, text: &str| answer[name].as_str().is_some_and(|all| all.contains(text));
        assert!(says("detail", &format!("the bucket says {code}: In its own words")), "{answer}");
        assert!(says("advice", advice) && !answer.to_string().contains(minio::KEY), "{answer}");
    }
}

/// Refuses names of objects where there is no bucket.
pub(super) fn without_bucket(world: &World) {
    world.create().is(201);
    world.post(&world.of("/photos/p/address"), &json!({})).refused(409, "photos.no_bucket");
    let keys = json!({ "photo_urls": ["a.jpg", "b.jpg", "c.jpg", "d.jpg"] });
    world.put(&world.of("/trainings/1"), &keys).refused(409, "settings.bucket_missing");
}
