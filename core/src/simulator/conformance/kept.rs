//! The uploads that a shell keeps, and the things that are forgotten so that the state stays small.

use serde_json::json;

use super::{FLUX, TRAINER, World, archive, json, text, whole};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    http::{Method, Response},
    random::Random,
    simulator::Reply,
};

/// Makes a world whose shell keeps so many bytes.
fn keeping(bytes: u64) -> World {
    World::new(|plan| plan.files = Some(bytes))
}

/// Fetches the answer, with the bytes that the shell puts into it.
fn fetched(world: &mut World, url: &str, headers: &[(&str, &str)]) -> Response {
    match world.send(Method::GET, url, headers, b"") {
        Reply::Kept(file) => {
            let bytes = file.pieces.iter().flat_map(|(name, range)| {
                let at = |at: u64| usize::try_from(at).expect("a place");
                world.files[name][at(range.start)..at(range.end)].to_vec()
            });
            let body: Vec<u8> = bytes.collect();
            assert_eq!(file.head.header("content-length"), Some(body.len().to_string().as_str()));
            assert_eq!(file.length(), body.len() as u64);
            Response { body, ..file.head }
        }
        reply => whole(reply),
    }
}

fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| random.next_u64().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}

/// Uploads in parts of this size, the last first, and returns the file's address.
fn upload_in_parts(world: &mut World, data: &[u8], size: usize) -> String {
    let url = "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3";
    let begun = json(&world.call(Method::POST, url, &json!({ "file_name": "a.zip" })));
    let put = text(&begun, "upload_url");
    let (path, query) = put.split_once('?').expect("a query");
    let mut parts = Vec::new();
    for (number, part) in data.chunks(size).enumerate().collect::<Vec<_>>().into_iter().rev() {
        let answer = whole(world.send(Method::PUT, &format!("{path}/{}?{query}", number + 1), &[], part));
        parts.push(json(&answer));
    }
    let list = json!({ "parts": parts });
    assert_eq!(world.call(Method::POST, &format!("{path}/complete?{query}"), &list).status, 200);
    text(&begun, "file_url")
}

#[test]
fn an_upload_comes_back_whole_and_in_part_however_large() {
    let mut world = keeping(1 << 30);
    let data = bytes(1, 1_000_000);
    let single = world.upload(&data);
    let parts = upload_in_parts(&mut world, &data, 300_000);
    for url in [single, parts] {
        let answer = fetched(&mut world, &url, &[]);
        assert!(answer.status == 200 && answer.body == data);
        let tag = answer.header("etag").expect("a tag").to_owned();
        for (asked, range) in [("bytes=299990-600009", 299_990..600_010), ("bytes=-5", 999_995..1_000_000)] {
            let headers = [("range", asked), ("if-range", tag.as_str())];
            let part = fetched(&mut world, &url, &headers);
            let said = format!("bytes {}-{}/1000000", range.start, range.end - 1);
            assert_eq!((part.status.as_u16(), part.header("content-range")), (206, Some(said.as_str())));
            assert!(part.body == data[range], "{asked}");
        }
        assert_eq!(fetched(&mut world, &url, &[("range", "bytes=1000000-")]).status, 416);
        let other = fetched(&mut world, &url, &[("range", "bytes=1-2"), ("if-range", "\"other\"")]);
        assert_eq!((other.status.as_u16(), other.body.len()), (200, 1_000_000));
        let Reply::Kept(head) = world.send(Method::HEAD, &url, &[], b"") else { panic!("no file") };
        assert_eq!((head.length(), head.head.header("content-length")), (0, Some("1000000")));
    }
    // An empty upload needs no file.
    let empty = world.upload(b"");
    assert_eq!((fetched(&mut world, &empty, &[]).status.as_u16(), world.files.len()), (200, 5));
}

#[test]
fn a_kept_file_may_come_wrong_as_well() {
    let page = b"<html>Just a moment...</html>".as_slice();
    for (fault, body) in [("download-cut", b"hello worl".as_slice()), ("download-page", page)] {
        let mut world = World::new(|plan| {
            (plan.files, plan.faults) = (Some(100), vec![fault.parse().expect("a fault")]);
        });
        let url = upload_in_parts(&mut world, b"hello world", 4);
        let wrong = fetched(&mut world, &url, &[]);
        assert_eq!((wrong.status.as_u16(), wrong.body.as_slice()), (200, body), "{fault}");
        assert_eq!(fetched(&mut world, &url, &[]).body, b"hello world");
    }
}

#[test]
fn the_newest_uploads_are_kept_up_to_the_bound() {
    let mut world = keeping(1_000);
    let first = world.upload(&bytes(1, 600));
    let second = world.upload(&bytes(2, 300));
    assert_eq!(world.fal.kept_bytes(), 900);
    let third = upload_in_parts(&mut world, &bytes(3, 500), 200);
    assert_eq!(world.fal.kept_bytes(), 800);
    let gone = fetched(&mut world, &first, &[]);
    assert_eq!(gone.status, 501);
    let detail = text(&json(&gone), "detail");
    assert_eq!(
        detail,
        "The simulator keeps 1000 bytes of uploads (--keep-uploads); newer ones took this one's place"
    );
    for (url, data) in [(&second, bytes(2, 300)), (&third, bytes(3, 500))] {
        assert!(fetched(&mut world, url, &[]).body == data);
    }
    // A file that does not fit alone pushes out no other, and its parts are removed again.
    let large = world.upload(&bytes(4, 1_001));
    assert!(text(&json(&fetched(&mut world, &large, &[])), "detail").ends_with("this one has 1001"));
    assert_eq!(world.fal.kept_bytes(), 800);
    let large = upload_in_parts(&mut world, &bytes(5, 1_200), 400);
    assert_eq!(fetched(&mut world, &large, &[]).status, 501);
    // The archive's directory was read all the same.
    let archive = archive(10);
    let mut world = keeping(0);
    let url = world.upload(&archive);
    assert_eq!(fetched(&mut world, &url, &[]).status, 501);
    assert_eq!(world.call(Method::POST, TRAINER, &json!({ "images_data_url": url })).status, 200);
}

#[test]
fn a_file_that_was_replaced_expired_or_lost_is_not_kept() {
    let mut world = keeping(1 << 20);
    let headers = [
        ("authorization", "Key kid:hush"),
        ("x-fal-object-lifecycle", r#"{"expiration_duration_seconds":60}"#),
    ];
    let url = "/storage/upload/initiate?storage_type=fal-cdn-v3";
    let begun = json(&whole(world.send(Method::POST, url, &headers, b"{}")));
    let (put, file) = (text(&begun, "upload_url"), text(&begun, "file_url"));
    for data in [b"first".as_slice(), b"second"] {
        whole(world.send(Method::PUT, &put, &[], data));
        assert_eq!(fetched(&mut world, &file, &[]).body, data);
        assert_eq!(world.files.len(), 1);
    }
    world.wait(60);
    assert_eq!(fetched(&mut world, &file, &[]).status, 404);
    let next = upload_in_parts(&mut world, b"hello world", 6);
    assert_eq!(world.files.len(), 2);
    // The shell could not write one of its files.
    let name = world.files.keys().next().expect("a file").clone();
    let forgotten = world.fal.lost(&name);
    assert!(std::mem::take(&mut world.files).into_keys().eq(forgotten));
    assert_eq!(world.fal.kept_bytes(), 0);
    assert_eq!(fetched(&mut world, &next, &[]).status, 501);
}

/// Reads an earlier state: one may lie beside an avatar that is older than this version.
#[test]
fn a_state_of_before_is_read() {
    let mut world = World::new(|_| ());
    let file = world.upload(b"contents");
    let training = world.train();
    let mut saved = serde_json::to_value(&world.fal).expect("a state");
    let mut without = |place: &str, name: &str| {
        let fields = saved.pointer_mut(place).and_then(serde_json::Value::as_object_mut).expect(place);
        assert!(fields.remove(name).is_some(), "{place} has no {name}");
    };
    without("/plan", "files");
    without("/jobs/0", "bytes");
    assert!(!saved.to_string().contains("\"files\""));
    world.fal = serde_json::from_value(saved).expect("a state");
    assert_eq!(fetched(&mut world, &file, &[]).body, b"contents");
    world.wait(60);
    let status = format!("{TRAINER}/requests/{training}/status");
    assert_eq!(json(&world.get(&status))["status"], "COMPLETED");
}

/// Orders several hundred trainings a day for weeks: as much is remembered as after a thousand.
#[test]
fn the_state_does_not_grow_without_end() {
    let archive = archive(4);
    for files in [Some(10_000), None] {
        let mut world = World::new(|plan| plan.files = files);
        world.saves = false;
        let (mut sizes, mut first) = (Vec::new(), None);
        for number in 1..=3_000 {
            let url = world.upload(&archive);
            let input = json!({ "images_data_url": url, "trigger_phrase": "ohwx" });
            let answer = json(&world.call(Method::POST, TRAINER, &input));
            let webhook = format!("{FLUX}?fal_webhook=http://127.0.0.1:1/");
            world.call(Method::POST, &webhook, &json!({ "prompt": "p", "num_images": 1 }));
            first.get_or_insert_with(|| text(&answer, "status_url"));
            world.wait(60);
            for delivery in world.fal.due(world.now) {
                world.fal.delivered(delivery.id, crate::simulator::DeliveryOutcome::Answered(200), world.now);
            }
            if number % 1_000 == 0 {
                sizes.push(serde_json::to_string(&world.fal).expect("a state").len());
            }
        }
        assert!(sizes[2] < sizes[0] + sizes[0] / 10, "{sizes:?}");
        // The trainings of the last minute are not over, so they are remembered as well.
        assert!((1_000..1_003).contains(&world.fal.accepted().count()));
        assert!(world.fal.kept_bytes() <= 10_000);
        // A forgotten request is unknown, as at fal.
        let gone = world.get(&first.expect("a training"));
        assert_eq!((gone.status.as_u16(), json(&gone)), (404, json!({ "status": "NOT_FOUND" })));
    }
}

/// Forgets requests with large inputs sooner: an input may hold a file as a data URI, and a thousand of those are
/// not small.
#[test]
fn large_inputs_are_forgotten_sooner() {
    let mut world = World::new(|_| ());
    world.saves = false;
    let archive = format!("data:application/zip;base64,{}", "A".repeat(4 << 20));
    for _ in 0..20 {
        world.call(Method::POST, TRAINER, &json!({ "images_data_url": archive }));
        world.wait(60);
    }
    let size = serde_json::to_string(&world.fal).expect("a state").len();
    assert!(size < 128 << 20, "{size}");
    assert!(world.fal.accepted().count() < 10, "{}", world.fal.accepted().count());
}

#[test]
fn an_upload_that_is_never_completed_is_forgotten() {
    let mut world = keeping(1 << 30);
    world.saves = false;
    let url = "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3";
    for _ in 0..1_500 {
        let begun = json(&world.call(Method::POST, url, &json!({})));
        let put = text(&begun, "upload_url").replacen('?', "/1?", 1);
        whole(world.send(Method::PUT, &put, &[], b"a part"));
    }
    assert_eq!((world.files.len(), world.fal.kept_bytes()), (1_000, 6_000));
}
