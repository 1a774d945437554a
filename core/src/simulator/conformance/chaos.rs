//! Any call at all, in any order: nothing panics, and the same calls give the same answers.

use std::fmt::Write as _;

use serde_json::json;

use super::{World, archive};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{http::Method, random::Random, simulator::Fault};

const METHODS: [Method; 6] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS];

const PATHS: [&str; 24] = [
    "/fal-ai/flux-lora",
    "/fal-ai/flux-lora-portrait-trainer",
    "/fal-ai/flux-lora?fal_webhook=https://e.com&fal_max_queue_length=9",
    "/fal-ai/flux-lora/requests/ID",
    "/fal-ai/flux-lora/requests/ID/status?logs=1",
    "/fal-ai/flux-lora/requests/ID/status/stream",
    "/fal-ai/flux-lora/requests/ID/cancel",
    "/storage/auth/token",
    "/storage/upload/initiate",
    "/storage/upload/initiate-multipart",
    "/storage/put/ID",
    "/storage/put/ID/1",
    "/storage/put/ID/4294967296",
    "/storage/put/ID/complete",
    "/files/upload",
    "/files/upload/multipart",
    "/files/b/lion/ID_0.jpg",
    "/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora&expand=payloads&cursor=18446744073709551615",
    "/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora&start=9999-12-31T00:00:00Z",
    "/models/requests/ID/payloads",
    "/models/pricing",
    "/.well-known/jwks.json",
    "//%ff/\u{0}\u{1F600}/..?&&=&%",
    "http://[::1",
];

const BODIES: [&str; 12] = [
    "",
    "{",
    "null",
    "[]",
    r#"{"prompt":"p","image_size":{"width":16,"height":16},"seed":18446744073709551615}"#,
    r#"{"prompt":"p","image_size":{"width":-1,"height":1e300},"loras":[null,{},{"path":1,"scale":"x"}]}"#,
    r#"{"prompt":7,"seed":-1,"num_images":"NaN","image_size":[]}"#,
    r#"{"images_data_url":"http://127.0.0.1:8089/files/b/lion/x","steps":1e18}"#,
    r#"{"images_data_url":"","steps":1}"#,
    r#"{"parts":[{"partNumber":1,"etag":""},{"partNumber":-1},null]}"#,
    r#"{"parts":[]}"#,
    r#"{"content_type":"a\nb","file_name":"../../é/\u0000"}"#,
];

/// Lives through one random life, and returns all answers as one text.
fn life(seed: u64, steps: usize) -> String {
    let mut random = Random::new(seed);
    let mut world = World::new(|plan| {
        plan.seed = seed;
        plan.faults = Fault::ALL.to_vec();
        plan.training = std::time::Duration::from_secs(random.next_u64() % 20);
    });
    let mut ids = vec!["none".to_owned()];
    let mut said = String::new();
    for _ in 0..steps {
        let id = random.next_u64();
        let id = ids.get(usize::try_from(id % ids.len() as u64).unwrap()).cloned().unwrap_or_default();
        let path = random.pick(&PATHS, "/").replace("ID", &id);
        let body = random.pick(&BODIES, "");
        let zip = archive(10);
        let body = if random.next_u64().is_multiple_of(6) { zip.as_slice() } else { body.as_bytes() };
        let target =
            if random.next_u64().is_multiple_of(9) { "https://queue.fal.run/fal-ai/flux-lora" } else { "" };
        let mut headers = vec![("authorization", random.pick(&["Key a:b", "Key admin:b", "Bearer x"], "x"))];
        if !target.is_empty() {
            headers.push(("x-fal-target-url", target));
        }
        headers.push(("x-fal-request-timeout", random.pick(&["1", "1e300", "-1", "NaN"], "")));
        let lifecycle = [r#"{"expiration_duration_seconds":18446744073709551615}"#, "{", "null"];
        headers.push(("x-fal-object-lifecycle", random.pick(&lifecycle, "")));
        if random.next_u64().is_multiple_of(4) {
            // A purchase, so that there is something to ask about.
            world.send(Method::POST, PATHS[2], &[("authorization", "Key a:b")], BODIES[4].as_bytes());
            ids.extend(world.fal.accepted().last().map(|accepted| accepted.request_id));
        }
        let methods = usize::try_from(random.next_u64() % 6).unwrap();
        let reply = world.send(METHODS[methods].clone(), &path, &headers, body);
        writeln!(said, "{reply:?}").expect("text");
        if let crate::simulator::Reply::Events(mut stream) = reply {
            writeln!(said, "{:?}", world.fal.events(&mut stream, world.now)).expect("text");
        }
        world.wait(random.next_u64() % 4);
        for delivery in world.fal.due(world.now) {
            writeln!(said, "{delivery:?}").expect("text");
        }
    }
    assert!(world.fal.accepted().count() > 0);
    said + &json!(world.fal).to_string()
}

#[test]
fn random_lives_never_panic_and_repeat_exactly() {
    for seed in 0..3 {
        assert!(life(seed, 80) == life(seed, 80), "seed {seed}");
    }
    assert!(life(1, 60) != life(2, 60));
}

/// Checks that a state holds no key, no model and no picture.
#[test]
fn the_state_is_small_and_holds_no_key() {
    let mut world = World::new(|_| ());
    let id = world.train();
    world.wait(60);
    world.get(&format!("{}/requests/{id}", super::TRAINER));
    let state = serde_json::to_string(&world.fal).expect("a state");
    assert!(!state.contains("hush") && !format!("{:?}", world.fal).contains("hush"));
    assert!(state.len() < 10_000, "{}", state.len());
}
