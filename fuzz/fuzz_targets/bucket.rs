//! Any name of a photo in a bucket and any answer of a bucket: nothing leads out of the bucket, and only keys under
//! the prefix are listed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness_core::{
    avatar::{AvatarId, Name},
    http::{HeaderMap, Response, StatusCode},
    secret::Secret,
    storage::{Access, Bucket, Prefix},
    time::Timestamp,
};

fuzz_target!(|bytes: &[u8]| {
    let secret = |text| Secret::new(text).expect("text");
    let access =
        Access { key: secret("AKIAEXAMPLE"), secret: secret("hush"), region: "us-east-1".to_owned() };
    let endpoint = "http://127.0.0.1:9000".parse().expect("an address");
    let bucket = Bucket::new(&endpoint, "photos", &access, None).expect("a bucket");
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = bucket.locate(text) {
        let url = bucket.get(&key, None, None, Timestamp::from_millis(0)).url;
        assert_eq!(url.origin(), endpoint.origin());
        assert!(url.path().starts_with("/photos/"), "{key} leads to {url}");
        // The same object by every way of naming it.
        assert_eq!(bucket.locate(&bucket.place(key.clone()).to_string()), Ok(key.clone()));
        assert_eq!(bucket.locate(url.as_str()), Ok(key));
    }
    let id: AvatarId = "00000000-0000-4000-8000-000000000000".parse().expect("a UUID");
    if let Ok(user) = Name::new(text) {
        let prefix = Prefix::of(&user, id);
        let user = prefix.as_str().split('/').nth(1).expect("a segment");
        assert!(prefix.as_str() == format!("likeness/{user}/{id}/") && !matches!(user, "" | "." | ".."));
    }
    let prefix = Prefix::of(&Name::new("u").expect("a name"), id);
    let answer = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: bytes.to_vec() };
    if let Ok(page) = bucket.asked("there").listing(Ok(answer), &prefix) {
        assert!(page.keys.iter().all(|key| prefix.holds(key)));
    }
    // No error repeats the key or its id, whatever the server says.
    let error = bucket.asked("there").refused(StatusCode::FORBIDDEN, &HeaderMap::new(), bytes);
    assert!(!format!("{error} {error:?}").contains("AKIAEXAMPLE"));
});
