//! Calls that fal refuses, and the words of each refusal.

use serde_json::{Value, json};

use super::{FLUX, TRAINER, World, archive, json, text, whole};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    http::{Method, Response},
    simulator::{InputErrors, Reply},
};

fn detail(response: &Response) -> Value {
    json(response)["detail"].clone()
}

#[test]
fn a_call_without_a_key_is_refused_as_each_host_does() {
    let mut world = World::new(|_| ());
    let mut post = |url: &str, key: Option<&str>| {
        let headers: Vec<(&str, &str)> = key.map(|key| ("authorization", key)).into_iter().collect();
        let answer = whole(world.send(Method::POST, url, &headers, b"{}"));
        assert!(answer.header("x-fal-request-id").is_some());
        (answer.status.as_u16(), detail(&answer))
    };
    let none = "Cannot access application \"fal-ai/flux-lora\". Authentication is required to access this \
                application.";
    assert_eq!(post(FLUX, None), (401, json!(none)));
    let form = "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.";
    for key in ["Key x", "Key :x", "Key x:", "Bearer a:b", "x"] {
        assert_eq!(post(FLUX, Some(key)), (401, json!(form)), "{key}");
    }
    let rest = json!("Authorization header is required");
    assert_eq!(post("/storage/upload/initiate", None), (401, rest.clone()));
    assert_eq!(post("/storage/auth/token", None), (401, rest));
    let unknown = post("/fal-ai/none", Some("Key a:b"));
    assert_eq!(unknown, (404, json!("Application \"fal-ai/none\" not found")));
}

#[test]
fn another_key_does_not_see_the_request() {
    let mut world = World::new(|_| ());
    let id = world.train();
    for path in ["", "/status", "/status/stream"] {
        let url = format!("{TRAINER}/requests/{id}{path}");
        let answer = whole(world.send(Method::GET, &url, &[("authorization", "Key other:hush")], b""));
        assert_eq!(
            (answer.status.as_u16(), json(&answer)),
            (404, json!({ "status": "NOT_FOUND" })),
            "{path}"
        );
    }
}

#[test]
fn an_input_that_breaks_the_schema_is_refused_at_once() {
    let mut world = World::new(|_| ());
    let answer = world.call(Method::POST, TRAINER, &json!({ "steps": 20_000, "learning_rate": "fast" }));
    assert_eq!((answer.status.as_u16(), answer.header("x-fal-retryable")), (422, Some("false")));
    let details = detail(&answer);
    let places: Vec<String> =
        details.as_array().expect("a list").iter().map(|one| one["loc"].to_string()).collect();
    let fields = ["images_data_url", "learning_rate", "steps"];
    assert_eq!(places, fields.map(|field| format!("[\"body\",\"{field}\"]")));
    let steps = details[2].clone();
    assert_eq!((&steps["type"], &steps["input"]), (&json!("less_than_equal"), &json!(20_000)));
    assert_eq!(steps["url"], "https://docs.fal.ai/errors/#less_than_equal");
    let broken = whole(world.send(Method::POST, FLUX, &[("authorization", "Key a:b")], b"{"));
    assert_eq!((broken.status.as_u16(), detail(&broken)[0]["type"].clone()), (422, json!("json_invalid")));
    assert_eq!(world.fal.accepted().count(), 0);
}

#[test]
fn or_only_by_its_result_when_the_plan_says_so() {
    let mut world = World::new(|plan| plan.input_errors = InputErrors::InResult);
    let id = world.generate(&json!({ "num_images": 9 }));
    world.wait(60);
    let status = world.get(&format!("{FLUX}/requests/{id}/status"));
    assert_eq!((status.status.as_u16(), json(&status)["error_type"].clone()), (200, json!("missing")));
    let result = world.get(&format!("{FLUX}/requests/{id}"));
    assert_eq!((result.status.as_u16(), result.header("x-fal-retryable")), (422, Some("false")));
    assert_eq!(detail(&result).as_array().map(Vec::len), Some(2));
}

#[test]
fn what_is_wrong_with_the_archive_only_the_result_says() {
    let mut world = World::new(|plan| plan.min_images = 10);
    let mut small = archive(9);
    let few = world.upload(&small);
    small[40] ^= 1;
    let broken = world.upload(&small);
    let elsewhere = "https://bucket.example/photos.zip".to_owned();
    for (url, kind) in [
        (few, "archive_file_count_below_minimum"),
        (broken, "invalid_archive"),
        (elsewhere, "file_download_error"),
    ] {
        let answer = world.call(Method::POST, TRAINER, &json!({ "images_data_url": url }));
        assert_eq!(answer.status, 200);
        world.wait(60);
        let result = world.get(&text(&json(&answer), "response_url"));
        assert_eq!((result.status.as_u16(), result.header("x-fal-retryable")), (422, Some("false")));
        let detail = detail(&result)[0].clone();
        assert_eq!(
            (text(&detail, "type").as_str(), &detail["loc"]),
            (kind, &json!(["body", "images_data_url"]))
        );
        if kind.starts_with("archive") {
            assert_eq!(
                (&detail["ctx"]["min_count"], &detail["ctx"]["provided_count"]),
                (&json!(10), &json!(9))
            );
        }
    }
}

#[test]
fn a_training_made_no_other_file_than_its_own() {
    let mut world = World::new(|_| ());
    let id = world.train();
    world.wait(60);
    let trained = json(&world.get(&format!("{TRAINER}/requests/{id}")));
    let lora = text(&trained["diffusers_lora_file"], "url");
    for (path, status) in [(format!("{lora}x"), 422), (lora, 200)] {
        let id = world.generate(&json!({ "prompt": "p", "loras": [{ "path": path }] }));
        world.wait(60);
        assert_eq!(world.get(&format!("{FLUX}/requests/{id}")).status, status, "{path}");
    }
}

#[test]
fn a_lora_of_ours_must_still_be_there() {
    let mut world = World::new(|_| ());
    let url = "http://127.0.0.1:8089/files/b/lion/gone.safetensors";
    let id = world.generate(&json!({ "prompt": "p", "loras": [{ "path": url, "scale": 1.0 }] }));
    let fine = world.generate(&json!({ "prompt": "p", "loras": [{ "path": "https://bucket.example/a?b" }] }));
    world.wait(60);
    let result = world.get(&format!("{FLUX}/requests/{id}"));
    assert_eq!(detail(&result)[0]["loc"], json!(["body", "loras", 0, "path"]));
    assert_eq!(world.get(&format!("{FLUX}/requests/{fine}")).status, 200);
}

#[test]
fn the_proxy_protocol_leads_to_fal_s_hosts_alone() {
    let mut world = World::new(|_| ());
    let mut send = |target: &str| {
        let headers = [("x-fal-target-url", target)];
        match world.send(Method::POST, "/proxy", &headers, br#"{"prompt":"p"}"#) {
            Reply::Whole(answer) => answer.status.as_u16(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(send("https://queue.fal.run/fal-ai/flux-lora"), 200);
    assert_eq!(send("https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"), 200);
    for target in ["https://evilfal.run/fal-ai/flux-lora", "https://fal.run.example/x/y", "queue", ""] {
        assert_eq!(send(target), 400, "{target}");
    }
}
