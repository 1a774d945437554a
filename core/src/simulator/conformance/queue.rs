//! Submit, status, result, cancel.

use serde_json::{Value, json};

use super::{FLUX, TRAINER, World, archive, json, text, whole};
use crate::http::Method;
#[cfg(target_arch = "wasm32")]
use crate::test;

#[test]
fn a_training_goes_from_upload_to_model() {
    let mut world = World::new(|_| ());
    let url = world.upload(&archive(12));
    let answer = world.call(Method::POST, TRAINER, &json!({ "images_data_url": url, "steps": 1000 }));
    assert_eq!(answer.status, 200);
    let submitted = json(&answer);
    let id = text(&submitted, "request_id");
    assert_eq!(answer.header("x-fal-request-id"), Some(id.as_str()));
    let base = format!("http://127.0.0.1:8089{TRAINER}/requests/{id}");
    assert_eq!(
        submitted,
        json!({
            "status": "IN_QUEUE", "request_id": id, "queue_position": 3,
            "response_url": base, "status_url": format!("{base}/status"), "cancel_url": format!("{base}/cancel"),
        })
    );

    let status = format!("{base}/status?logs=1");
    world.wait(1);
    let answer = world.get(&status);
    assert_eq!((answer.status.as_u16(), json(&answer)["status"].clone()), (202, json!("IN_QUEUE")));
    assert_eq!(json(&answer)["queue_position"], 1);
    assert_eq!(json(&answer).get("logs"), None);
    assert_eq!(world.get(&base).status, 400);
    assert_eq!(json(&world.get(&base)), json!({ "detail": "Request is still in progress" }));

    let mut lines = 0;
    for _ in 0..10 {
        world.wait(3);
        let answer = world.get(&status);
        let value = json(&answer);
        assert_eq!((answer.status.as_u16(), value["status"].clone()), (202, json!("IN_PROGRESS")));
        let logs = value["logs"].as_array().expect("logs").clone();
        assert!(logs.len() >= lines);
        lines = logs.len();
        assert!(text(&logs[0], "timestamp").starts_with("2026-11-24T"));
        assert_eq!(json(&world.get(&format!("{base}/status?logs=false")))["logs"], Value::Null);
    }
    assert!(lines > 15, "{lines}");

    world.wait(1);
    let answer = world.get(&status);
    let value = json(&answer);
    assert_eq!((answer.status.as_u16(), value["status"].clone()), (200, json!("COMPLETED")));
    assert!((value["metrics"]["inference_time"].as_f64().expect("seconds") - 30.0).abs() < 1e-9);
    assert_eq!(value.get("error"), None);

    let result = json(&world.get(&base));
    let lora = &result["diffusers_lora_file"];
    let file = whole(world.send(Method::GET, &text(lora, "url"), &[], b""));
    assert_eq!(file.status, 200);
    assert_eq!(json!(file.body.len()), lora["file_size"]);
    let config = whole(world.send(Method::GET, &text(&result["config_file"], "url"), &[], b""));
    assert_eq!(json(&config)["test_mode"], true);
    assert_eq!(json(&config)["images"], 12);
}

#[test]
fn a_generation_gives_pictures_that_are_there() {
    let mut world = World::new(|_| ());
    let input =
        json!({ "prompt": "ohwx at sea", "num_images": 2, "image_size": { "width": 96, "height": 64 } });
    let id = world.generate(&input);
    world.wait(5);
    let result = json(&world.get(&format!("{FLUX}/requests/{id}")));
    assert_eq!(result["prompt"], "ohwx at sea");
    assert_eq!(result["has_nsfw_concepts"], json!([false, false]));
    assert!(result["seed"].is_u64());
    assert!((result["timings"]["inference"].as_f64().expect("seconds") - 3.0).abs() < 1e-9);
    let images = result["images"].as_array().expect("images");
    let mut files = Vec::new();
    for image in images {
        assert_eq!((&image["width"], &image["height"]), (&json!(96), &json!(64)));
        let file = whole(world.send(Method::GET, &text(image, "url"), &[], b""));
        assert_eq!(file.header("content-type"), Some("image/jpeg"));
        let picture = libjpeg_turbo_rs::decompress(&file.body).expect("a JPEG");
        assert_eq!((picture.width, picture.height), (96, 64));
        files.push(file.body);
    }
    assert!(files.len() == 2 && files[0] != files[1]);
}

#[test]
fn the_queue_position_falls() {
    let mut world = World::new(|plan| plan.queue_position = 9);
    let id = world.generate(&json!({ "prompt": "p" }));
    let mut positions = Vec::new();
    for _ in 0..20 {
        let value = json(&world.get(&format!("{FLUX}/requests/{id}/status")));
        positions.push(value["queue_position"].as_u64().expect("a position"));
        world.now = world.now.plus(std::time::Duration::from_millis(100));
    }
    assert_eq!((positions.first(), positions.last()), (Some(&9), Some(&0)));
    assert!(positions.is_sorted_by(|earlier, later| earlier >= later), "{positions:?}");
}

#[test]
fn every_spelling_of_a_request_s_address_is_accepted() {
    let mut world = World::new(|plan| plan.training = std::time::Duration::ZERO);
    let id = world.train();
    world.wait(60);
    for path in ["", "/", "/response", "/response/"] {
        let answer = world.get(&format!("https://queue.fal.run{TRAINER}/requests/{id}{path}"));
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-fal-request-id")),
            (200, Some(id.as_str())),
            "{path}"
        );
    }
    for logs in ["0", "false"] {
        let value = json(&world.get(&format!("{TRAINER}/image-to-image/requests/{id}/status/?logs={logs}")));
        assert_eq!((&value["status"], &value["logs"]), (&json!("COMPLETED"), &Value::Null));
    }
    for logs in ["1", "true"] {
        let value = json(&world.get(&format!("{TRAINER}/requests/{id}/status?logs={logs}")));
        assert!(value["logs"].as_array().is_some_and(|logs| logs.len() > 20), "{logs}");
    }
    assert_eq!(
        world.call(Method::POST, &format!("{TRAINER}/requests/{id}/cancel"), &Value::Null).status,
        405
    );
}

#[test]
fn with_fal_s_own_addresses_the_answers_name_them() {
    let mut world = World::new(|plan| plan.addresses = crate::simulator::Addresses::Fal);
    let answer = json(&world.call(Method::POST, FLUX, &json!({ "prompt": "p" })));
    let url = text(&answer, "status_url");
    assert!(url.starts_with("https://queue.fal.run/fal-ai/flux-lora/requests/"), "{url}");
    world.wait(60);
    let result = json(&world.get(&text(&answer, "response_url")));
    let picture = text(&result["images"][0], "url");
    assert!(picture.starts_with("https://v3b.fal.media/files/b/"), "{picture}");
    assert_eq!(whole(world.send(Method::HEAD, &picture, &[], b"")).status, 200);
}

#[test]
fn a_cancel_in_the_queue_ends_it_at_once() {
    let mut world = World::new(|_| ());
    let id = world.train();
    let path = format!("{TRAINER}/requests/{id}");
    let answer = world.call(Method::PUT, &format!("{path}/cancel"), &Value::Null);
    assert_eq!((answer.status.as_u16(), json(&answer)), (202, json!({ "status": "CANCELLATION_REQUESTED" })));
    let status = json(&world.get(&format!("{path}/status?logs=1")));
    assert_eq!((&status["status"], &status["error_type"]), (&json!("COMPLETED"), &json!("client_cancelled")));
    assert_eq!(status["logs"], json!([]));
    let result = world.get(&path);
    assert_eq!((result.status.as_u16(), result.header("x-fal-error-type")), (499, Some("client_cancelled")));
    let again = world.call(Method::PUT, &format!("{path}/cancel"), &Value::Null);
    assert_eq!((again.status.as_u16(), json(&again)), (400, json!({ "status": "ALREADY_COMPLETED" })));
    let unknown = world.call(Method::PUT, &format!("{TRAINER}/requests/none/cancel"), &Value::Null);
    assert_eq!((unknown.status.as_u16(), json(&unknown)), (404, json!({ "status": "NOT_FOUND" })));
}

#[test]
fn a_cancel_while_running_takes_effect_unless_the_end_comes_first() {
    let mut world = World::new(|_| ());
    let (early, late) = (world.train(), world.train());
    world.wait(10);
    let cancel = |world: &mut World, id: &str| {
        world.call(Method::PUT, &format!("{TRAINER}/requests/{id}/cancel"), &Value::Null).status.as_u16()
    };
    assert_eq!(cancel(&mut world, &early), 202);
    assert_eq!(world.get(&format!("{TRAINER}/requests/{early}/status")).status, 202);
    world.wait(1);
    assert_eq!(world.get(&format!("{TRAINER}/requests/{early}")).status, 499);
    world.wait(20);
    world.now = world.now.plus(std::time::Duration::from_millis(500));
    assert_eq!(cancel(&mut world, &late), 202);
    world.wait(1);
    assert_eq!(world.get(&format!("{TRAINER}/requests/{late}")).status, 200);
}

#[test]
fn the_stream_tells_every_step_until_the_end() {
    let mut world = World::new(|_| ());
    let id = world.train();
    let reply = world.send(
        Method::GET,
        &format!("{TRAINER}/requests/{id}/status/stream?logs=1"),
        &[("authorization", "Key kid:hush"), ("accept", "application/json, text/event-stream")],
        b"",
    );
    let crate::simulator::Reply::Events(mut stream) = reply else { panic!("{reply:?}") };
    assert_eq!(stream.request_id(), id);
    let (mut now, mut all) = (world.now, String::new());
    loop {
        let events = world.fal.events(&mut stream, now);
        all += std::str::from_utf8(&events.bytes).expect("text");
        let Some(next) = events.next else { break };
        assert!(next > now);
        now = next;
    }
    let events: Vec<Value> = all
        .split_terminator("\n\n")
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").expect("data")).expect("JSON"))
        .collect();
    assert_eq!(events.first().expect("events")["status"], "IN_QUEUE");
    assert!(events.iter().any(|event| event["status"] == "IN_PROGRESS"));
    assert_eq!(events.last().expect("events")["status"], "COMPLETED");
    assert_eq!(now.since(world.now).as_secs(), 32);
    // fal's JavaScript client puts the lines of all events together.
    let told: Vec<Value> =
        events.iter().filter_map(|event| event["logs"].as_array()).flatten().cloned().collect();
    world.wait(60);
    let status = json(&world.get(&format!("{TRAINER}/requests/{id}/status?logs=1")));
    assert_eq!(status["logs"].as_array(), Some(&told));
}

#[test]
fn a_deadline_for_the_start_ends_the_wait() {
    let mut world = World::new(|plan| plan.queue = std::time::Duration::from_mins(1));
    let headers = [("authorization", "Key kid:hush"), ("x-fal-request-timeout", "5")];
    let answer = whole(world.send(Method::POST, FLUX, &headers, br#"{"prompt":"p"}"#));
    world.wait(5);
    let result = world.get(&text(&json(&answer), "response_url"));
    assert_eq!((result.status.as_u16(), result.header("x-fal-error-type")), (504, Some("request_timeout")));
    assert_eq!(result.header("x-fal-request-timeout-type"), Some("user"));
}

#[test]
fn a_queue_that_is_too_long_for_the_caller_is_refused() {
    let mut world = World::new(|_| ());
    let url = format!("{FLUX}?fal_max_queue_length=1");
    assert_eq!(world.call(Method::POST, &url, &json!({ "prompt": "p" })).status, 200);
    let answer = world.call(Method::POST, &url, &json!({ "prompt": "p" }));
    assert_eq!((answer.status.as_u16(), answer.header("x-fal-needs-retry")), (429, Some("1")));
    assert_eq!(world.fal.accepted().count(), 1);
}
