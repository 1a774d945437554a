//! Every fault: its effect, and the return to normal afterwards.

use serde_json::{Value, json};

use super::{FLUX, TRAINER, World, json, text, whole};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    http::{Method, Response},
    simulator::{Fault, FaultKind, Reply},
};

fn submit(world: &mut World) -> Reply {
    world.send(Method::POST, FLUX, &[("authorization", "Key kid:hush")], br#"{"prompt":"p"}"#)
}

/// Fetches the result of a request that is over.
fn result(world: &mut World, endpoint: &str, id: &str) -> Response {
    world.wait(60);
    let status = world.get(&format!("{endpoint}/requests/{id}/status?logs=1"));
    assert_eq!((status.status.as_u16(), json(&status)["status"].clone()), (200, json!("COMPLETED")));
    let result = world.get(&format!("{endpoint}/requests/{id}"));
    assert_eq!(result.status != 200, json(&status)["error"].is_string());
    result
}

#[test]
fn a_submit_that_is_not_taken_buys_nothing() {
    for (fault, status) in [
        ("unauthorized", Some(401)),
        ("balance-exhausted", Some(403)),
        ("rate-limited", Some(429)),
        ("submit-server-error", Some(500)),
        ("submit-unavailable", Some(503)),
        ("submit-dropped", None),
    ] {
        let mut world = World::with_fault(fault);
        match (submit(&mut world), status) {
            (Reply::Whole(answer), Some(status)) => assert_eq!(answer.status.as_u16(), status, "{fault}"),
            (Reply::Dropped, None) => {}
            (other, _) => panic!("{fault}: {other:?}"),
        }
        assert_eq!((world.fal.accepted().count(), world.fal.faults_left().len()), (0, 0), "{fault}");
        assert_eq!(whole(submit(&mut world)).status, 200, "{fault}");
    }
}

#[test]
fn a_submit_whose_answer_is_lost_was_bought() {
    for fault in ["submit-accepted-then-dropped", "submit-accepted-then-failed", "submit-late"] {
        let mut world = World::with_fault(fault);
        match (fault, submit(&mut world)) {
            ("submit-late", Reply::Late { after, response }) => {
                assert_eq!((after, response.status.as_u16()), (world.fal.plan().late, 200));
            }
            ("submit-accepted-then-dropped", Reply::Dropped) => {}
            ("submit-accepted-then-failed", Reply::Whole(answer)) => assert_eq!(answer.status, 502),
            (_, other) => panic!("{fault}: {other:?}"),
        }
        let bought: Vec<_> = world.fal.accepted().collect();
        assert_eq!(bought.len(), 1, "{fault}");
        assert_eq!(result(&mut world, FLUX, &bought[0].request_id).status, 200);
    }
}

#[test]
fn the_proxy_s_page_is_known_by_its_word_and_by_what_it_lacks() {
    let mut world = World::with_fault("submit-unavailable");
    let answer = whole(submit(&mut world));
    assert!(String::from_utf8_lossy(&answer.body).contains("nginx"));
    assert_eq!((answer.header("content-type"), answer.header("x-fal-request-id")), (Some("text/html"), None));
    let mut world = World::with_fault("rate-limited");
    assert_eq!(whole(submit(&mut world)).header("x-fal-needs-retry"), Some("1"));
}

#[test]
fn a_training_may_fail_in_three_ways() {
    for (fault, status, word) in [
        ("training-failed", 500, "internal_server_error"),
        ("invalid-archive", 422, "invalid_archive"),
        ("runner-lost", 503, "runner_disconnected"),
    ] {
        let mut world = World::with_fault(fault);
        let id = world.train();
        let answer = result(&mut world, TRAINER, &id);
        assert_eq!(answer.status.as_u16(), status, "{fault}");
        assert!(json(&answer).to_string().contains(word), "{fault}");
        let expected = (fault == "runner-lost").then_some(word);
        assert_eq!(answer.header("x-fal-error-type"), expected);
    }
}

#[test]
fn a_generation_may_fail_or_be_blanked() {
    let mut world = World::with_fault("generation-failed");
    let id = world.generate(&json!({ "prompt": "p" }));
    assert_eq!(result(&mut world, FLUX, &id).status, 422);

    let mut world = World::with_fault("picture-blanked");
    let size = json!({ "width": 32, "height": 32 });
    let id = world.generate(&json!({ "prompt": "p", "num_images": 2, "image_size": size }));
    let value = json(&result(&mut world, FLUX, &id));
    assert_eq!(value["has_nsfw_concepts"], json!([true, false]));
    let file = whole(world.send(Method::GET, &text(&value["images"][0], "url"), &[], b""));
    assert!(libjpeg_turbo_rs::decompress(&file.body).expect("a JPEG").data.iter().all(|sample| *sample == 0));
}

#[test]
fn a_stuck_request_waits_until_it_is_cancelled() {
    let mut world = World::with_fault("stuck-in-queue");
    let id = world.generate(&json!({ "prompt": "p" }));
    world.wait(24 * 3600);
    let value = json(&world.get(&format!("{FLUX}/requests/{id}/status")));
    assert_eq!((&value["status"], &value["queue_position"]), (&json!("IN_QUEUE"), &json!(0)));
    world.call(Method::PUT, &format!("{FLUX}/requests/{id}/cancel"), &Value::Null);
    assert_eq!(result(&mut world, FLUX, &id).status, 499);
}

#[test]
fn a_cancel_may_come_too_late() {
    let mut world = World::with_fault("cancel-too-late");
    let id = world.generate(&json!({ "prompt": "p" }));
    let answer = world.call(Method::PUT, &format!("{FLUX}/requests/{id}/cancel"), &Value::Null);
    assert_eq!(answer.status, 202);
    assert_eq!(result(&mut world, FLUX, &id).status, 200);
}

#[test]
fn reads_fail_once_and_then_answer() {
    for (fault, path, status, wait) in [
        ("status-dropped", "/status", None, 0),
        ("status-unavailable", "/status", Some(503), 0),
        ("result-not-ready", "", Some(400), 60),
        ("result-dropped", "", None, 60),
        ("result-bare", "", Some(422), 60),
        ("result-foreign", "", Some(400), 60),
    ] {
        let mut world = World::with_fault(fault);
        let id = world.generate(&json!({ "prompt": "p" }));
        world.wait(wait);
        let url = format!("{FLUX}/requests/{id}{path}");
        match (world.send(Method::GET, &url, &[("authorization", "Key kid:hush")], b""), status) {
            (Reply::Whole(answer), Some(status)) => assert_eq!(answer.status.as_u16(), status, "{fault}"),
            (Reply::Dropped, None) => {}
            (other, _) => panic!("{fault}: {other:?}"),
        }
        assert!(world.get(&url).status.is_success(), "{fault}");
    }
    let mut world = World::with_fault("status-unknown");
    let id = world.generate(&json!({ "prompt": "p" }));
    let value = json(&world.get(&format!("{FLUX}/requests/{id}/status")));
    assert!(!["IN_QUEUE", "IN_PROGRESS", "COMPLETED"].contains(&text(&value, "status").as_str()));
}

#[test]
fn transfers_fail_once_and_then_succeed() {
    let key = [("authorization", "Key kid:hush")];
    let mut world = World::with_fault("initiate-failed");
    let begun = whole(world.send(Method::POST, "/storage/upload/initiate", &key, b"{}"));
    assert_eq!(begun.status, 500);
    world.upload(b"x");

    let mut world = World::with_fault("upload-cut");
    let begun = json(&whole(world.send(Method::POST, "/storage/upload/initiate", &key, b"{}")));
    let (put, file) = (text(&begun, "upload_url"), text(&begun, "file_url"));
    assert_eq!(world.send(Method::PUT, &put, &[], b"x"), Reply::Dropped);
    assert_eq!(whole(world.send(Method::GET, &file, &[], b"")).status, 404);
    assert_eq!(whole(world.send(Method::PUT, &put, &[], b"x")).status, 200);

    let mut world = World::with_fault("file-expired");
    let file = world.upload(b"x");
    assert_eq!(whole(world.send(Method::GET, &file, &[], b"")).status, 404);
    assert_eq!(whole(world.send(Method::GET, &file, &[], b"")).status, 200);

    let mut world = World::with_fault("download-dropped");
    let file = world.upload(b"x");
    assert_eq!(world.send(Method::GET, &file, &[], b""), Reply::Dropped);
    assert_eq!(whole(world.send(Method::GET, &file, &[], b"")).status, 200);
}

#[test]
fn a_file_may_come_wrong_in_a_good_answer() {
    for (fault, body) in
        [("download-cut", b"fil".as_slice()), ("download-page", b"<html>Just a moment...</html>")]
    {
        let mut world = World::with_fault(fault);
        let file = world.upload(b"file");
        let answer = whole(world.send(Method::GET, &file, &[], b""));
        assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, body), "{fault}");
        assert_eq!(whole(world.send(Method::GET, &file, &[], b"")).body, b"file");
    }
}

#[test]
fn a_part_of_a_file_is_given_while_it_is_the_same_file() {
    let mut world = World::new(|_| {});
    let file = world.upload(b"0123456789");
    let answer = whole(world.send(Method::GET, &file, &[], b""));
    let tag = answer.header("etag").expect("a tag").to_owned();
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    let part = |world: &mut World, headers: &[(&str, &str)]| {
        let answer = whole(world.send(Method::GET, &file, headers, b""));
        let said = answer.header("content-range").map(str::to_owned);
        (answer.status.as_u16(), said, answer.body)
    };
    let rest = (206, Some("bytes 4-9/10".to_owned()), b"456789".to_vec());
    assert_eq!(part(&mut world, &[("range", "bytes=4-")]), rest);
    assert_eq!(part(&mut world, &[("range", "bytes=4-"), ("if-range", &tag)]), rest);
    let whole = (200, None, b"0123456789".to_vec());
    assert_eq!(part(&mut world, &[("range", "bytes=4-"), ("if-range", "\"other\"")]), whole);
    assert_eq!(part(&mut world, &[("range", "bytes=10-")]), (416, Some("bytes */10".to_owned()), Vec::new()));
}

/// Uses up every fault: one that no call uses up would never happen.
#[test]
fn every_fault_is_used_up_by_ordinary_life() {
    for fault in Fault::ALL {
        let mut world = World::new(|plan| plan.faults = vec![*fault]);
        let key = [("authorization", "Key kid:hush")];
        for _ in 0..2 {
            let begun = world.send(Method::POST, "/storage/upload/initiate", &key, b"{}");
            let mut file = "/files/b/none".to_owned();
            if let Reply::Whole(begun) = begun
                && let Some(put) = json(&begun)["upload_url"].as_str()
            {
                world.send(Method::PUT, put, &[], &super::archive(10));
                file = text(&json(&begun), "file_url");
            }
            world.send(Method::GET, &file, &[], b"");
            for (endpoint, input) in
                [(TRAINER, json!({ "images_data_url": file })), (FLUX, json!({ "prompt": "p" }))]
            {
                let url = format!("{endpoint}?fal_webhook=https://e.com");
                world.send(Method::POST, &url, &key, input.to_string().as_bytes());
                let Some(last) = world.fal.accepted().last() else { continue };
                let url = format!("/{}/requests/{}", last.endpoint, last.request_id);
                world.send(Method::GET, &format!("{url}/status"), &key, b"");
                world.send(Method::PUT, &format!("{url}/cancel"), &key, b"");
                world.wait(60);
                world.send(Method::GET, &url, &key, b"");
                let page = format!("/models/requests/by-endpoint?endpoint_id={}", last.endpoint);
                world.send(Method::GET, &page, &key, b"");
            }
        }
        assert_eq!(world.fal.faults_left(), [], "{fault}");
    }
    assert!(Fault::ALL.iter().any(|fault| fault.kind == FaultKind::WebhookForged));
}
