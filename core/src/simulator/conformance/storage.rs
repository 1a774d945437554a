//! Uploads in every way that fal's clients know, and downloads.

use serde_json::{Value, json};

use super::{World, archive, json, text, whole};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{http::Method, simulator::Reply};

const KEY: (&str, &str) = ("authorization", "Key kid:hush");

fn fetch(world: &mut World, url: &str) -> (u16, Vec<u8>) {
    let answer = whole(world.send(Method::GET, url, &[], b""));
    (answer.status.as_u16(), answer.body)
}

fn token(world: &mut World) -> String {
    let url = "/storage/auth/token?storage_type=fal-cdn-v3";
    let value = json(&whole(world.send(Method::POST, url, &[KEY], b"{}")));
    assert_eq!(value["token_type"], "Bearer");
    assert_eq!(value["base_url"], "http://127.0.0.1:8089");
    assert!(text(&value, "expires_at").ends_with("+00:00"));
    format!("Bearer {}", text(&value, "token"))
}

#[test]
fn a_file_is_uploaded_with_a_token() {
    let mut world = World::new(|_| ());
    let token = token(&mut world);
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/zip"),
        ("x-fal-file-name", "x y.zip"),
    ];
    let value = json(&whole(world.send(Method::POST, "/files/upload", &headers, b"contents")));
    let url = text(&value, "access_url");
    assert!(url.ends_with("_xy.zip"), "{url}");
    assert_eq!(fetch(&mut world, &url), (200, b"contents".to_vec()));
    let forged = [("authorization", "Bearer a.b")];
    assert_eq!(whole(world.send(Method::POST, "/files/upload", &forged, b"")).status, 401);
}

#[test]
fn a_signed_address_needs_no_key_and_takes_no_other_signature() {
    for kind in ["fal-cdn-v3", "gcs"] {
        let mut world = World::new(|_| ());
        let body = br#"{"content_type":"text/plain","file_name":"a.txt"}"#;
        let url = format!("/storage/upload/initiate?storage_type={kind}");
        let begun = json(&whole(world.send(Method::POST, &url, &[KEY], body)));
        let (put, file) = (text(&begun, "upload_url"), text(&begun, "file_url"));
        assert_eq!(fetch(&mut world, &file).0, 404);
        let forged = put.replace("signature=", "signature=0");
        assert_eq!(whole(world.send(Method::PUT, &forged, &[], b"x")).status, 403);
        assert_eq!(whole(world.send(Method::PUT, &put, &[], b"contents")).status, 200);
        assert_eq!(fetch(&mut world, &file), (200, b"contents".to_vec()));
    }
}

/// Sends arrays, texts and numbers to every door that takes JSON: each takes an object and nothing else.
#[test]
fn what_is_no_object_begins_no_upload() {
    let mut world = World::new(|_| ());
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let refused: [&[u8]; 11] = [
        b"[]",
        b"[{}]",
        b"null",
        b"\"\"",
        b"0",
        b"true",
        b"{} {}",
        deep.as_bytes(),
        b"\xef\xbb\xbf{}",
        b"{\"file_name\":\"\xff\"}",
        br#"{"file_name":"a","file_name":"b"}"#,
    ];
    let doors = ["/storage/upload/initiate", "/storage/upload/initiate-multipart", "/storage/auth/token"];
    for door in doors {
        let url = format!("{door}?storage_type=fal-cdn-v3");
        let mut status = |body: &[u8]| whole(world.send(Method::POST, &url, &[KEY], body)).status.as_u16();
        for body in refused {
            assert_eq!(status(body), 422, "{door} {}", String::from_utf8_lossy(&body[..body.len().min(40)]));
        }
        assert_eq!(status(b"{}"), 200, "{door}");
        assert_eq!(status(b""), if door.ends_with("token") { 200 } else { 422 }, "{door}");
    }
    let submit = |world: &mut World, body: &[u8]| {
        whole(world.send(Method::POST, "/fal-ai/flux-lora", &[KEY], body)).status.as_u16()
    };
    assert_eq!(submit(&mut world, br#"{"prompt":"a"}"#), 200);
    assert_eq!(submit(&mut world, br#"{"prompt":"a","prompt":"b"}"#), 422);
}

#[test]
fn parts_come_in_any_order_and_none_is_too_few() {
    let mut world = World::new(|_| ());
    let body = br#"{"content_type":"application/zip","file_name":"a.zip"}"#;
    let url = "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3";
    let begun = json(&whole(world.send(Method::POST, url, &[KEY], body)));
    let (put, file) = (text(&begun, "upload_url"), text(&begun, "file_url"));
    let (path, query) = put.split_once('?').expect("a query");
    let zip = archive(10);
    let mut parts = Vec::new();
    for (number, part) in [1, 2, 3].into_iter().zip(zip.chunks(zip.len() / 3 + 1)) {
        let answer = whole(world.send(Method::PUT, &format!("{path}/{number}?{query}"), &[], part));
        let value = json(&answer);
        assert_eq!(value["partNumber"], number);
        assert_eq!(answer.header("etag"), value["etag"].as_str());
        parts.push(value);
    }
    parts.rotate_left(1);
    let complete = format!("{path}/complete?{query}");
    let mut done =
        |value: &Value| whole(world.send(Method::POST, &complete, &[], value.to_string().as_bytes()));
    assert_eq!(done(&json!({ "parts": [] })).status, 400);
    assert_eq!(done(&json!({ "parts": [{ "partNumber": 9, "etag": "x" }] })).status, 400);
    assert_eq!(done(&json!({ "parts": [{ "partNumber": 1, "etag": "x" }] })).status, 400);
    assert_eq!(done(&json!({ "parts": parts })).status, 200);
    assert!(fetch(&mut world, &file) == (200, zip));
    // The archive's directory was read: a training of the archive succeeds.
    let answer = world.call(Method::POST, super::TRAINER, &json!({ "images_data_url": file }));
    world.wait(60);
    assert_eq!(world.get(&text(&json(&answer), "response_url")).status, 200);
}

#[test]
fn google_s_parts_have_addresses_of_their_own() {
    let mut world = World::new(|_| ());
    let url = "/storage/upload/initiate-multipart?storage_type=gcs";
    let begun = json(&whole(world.send(Method::POST, url, &[KEY], br#"{"file_name":"a"}"#)));
    let put = text(&begun, "upload_url");
    let (path, query) = put.split_once('?').expect("a query");
    let part = json(&whole(world.send(Method::POST, &format!("{path}/1?{query}"), &[], b"")));
    let answer = whole(world.send(Method::PUT, &text(&part, "upload_url"), &[], b"contents"));
    let list = json!({ "parts": [{ "part_number": 1, "etag": answer.header("etag") }] });
    let complete = format!("{path}/complete?{query}");
    let done = whole(world.send(Method::POST, &complete, &[], list.to_string().as_bytes()));
    assert_eq!(done.status, 200);
    assert_eq!(fetch(&mut world, &text(&begun, "file_url")), (200, b"contents".to_vec()));
}

#[test]
fn the_file_store_s_own_parts_need_the_token() {
    let mut world = World::new(|_| ());
    let token = token(&mut world);
    let bearer = [("authorization", token.as_str()), ("x-fal-file-name", "a.zip")];
    let begun = json(&whole(world.send(Method::POST, "/files/upload/multipart", &bearer, b"")));
    let (url, id) = (text(&begun, "access_url"), text(&begun, "uploadId"));
    let mut parts = Vec::new();
    for (number, bytes) in [(2, b"world"), (1, b"hello")] {
        let part = format!("{url}/multipart/{id}/{number}");
        assert_eq!(whole(world.send(Method::PUT, &part, &[], bytes)).status, 401);
        let answer = whole(world.send(Method::PUT, &part, &bearer, bytes));
        parts.push(json!({ "partNumber": number, "etag": answer.header("etag").expect("an ETag") }));
    }
    let complete = format!("{url}/multipart/{id}/complete");
    let list = json!({ "parts": parts }).to_string();
    let done = whole(world.send(Method::POST, &complete, &bearer, list.as_bytes()));
    assert_eq!(text(&json(&done), "access_url"), url);
    assert_eq!(fetch(&mut world, &url), (200, b"helloworld".to_vec()));
}

#[test]
fn files_expire_and_may_be_private() {
    let mut world = World::new(|_| ());
    let upload = |world: &mut World, preference: &str| {
        let headers = [KEY, ("x-fal-object-lifecycle", preference)];
        let url = "/storage/upload/initiate?storage_type=fal-cdn-v3";
        let begun = json(&whole(world.send(Method::POST, url, &headers, b"{}")));
        whole(world.send(Method::PUT, &text(&begun, "upload_url"), &[], b"x"));
        text(&begun, "file_url")
    };
    let short = upload(&mut world, r#"{"expiration_duration_seconds":60}"#);
    let hidden = upload(&mut world, r#"{"initial_acl":{"default":"hide"}}"#);
    let forbidden = upload(&mut world, r#"{"initial_acl":{"default":"forbid"}}"#);
    assert_eq!(fetch(&mut world, &short).0, 200);
    world.wait(60);
    assert_eq!(fetch(&mut world, &short).0, 404);
    assert_eq!((fetch(&mut world, &hidden).0, fetch(&mut world, &forbidden).0), (404, 403));
    assert_eq!(whole(world.send(Method::GET, &hidden, &[KEY], b"")).status, 200);
}

#[test]
fn a_result_s_files_expire_as_the_request_asked() {
    let mut world = World::new(|_| ());
    let lifecycle = r#"{"expiration_duration_seconds":60}"#;
    let headers = [KEY, ("x-fal-object-lifecycle-preference", lifecycle)];
    let answer = json(&whole(world.send(Method::POST, super::FLUX, &headers, br#"{"prompt":"p"}"#)));
    world.wait(6);
    let picture = text(&json(&world.get(&text(&answer, "response_url")))["images"][0], "url");
    assert_eq!(whole(world.send(Method::HEAD, &picture, &[], b"")).status, 200);
    world.wait(60);
    assert_eq!(fetch(&mut world, &picture).0, 404);
}

/// Stores nothing and answers nothing when the bytes end early.
#[test]
fn a_cut_body_leaves_nothing() {
    struct Cut;
    impl std::io::Read for Cut {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
    impl std::io::Seek for Cut {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(0)
        }
    }
    let mut world = World::new(|_| ());
    let url = "/storage/upload/initiate?storage_type=fal-cdn-v3";
    let begun = json(&whole(world.send(Method::POST, url, &[KEY], b"{}")));
    let put = crate::simulator::Incoming {
        method: Method::PUT,
        url: text(&begun, "upload_url"),
        headers: crate::http::HeaderMap::new(),
    };
    assert_eq!(world.fal.answer(&put, &mut Cut, world.now), Reply::Dropped);
    assert_eq!(fetch(&mut world, &text(&begun, "file_url")).0, 404);
}
