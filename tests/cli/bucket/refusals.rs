//! Refusals of a bucket's server, in words that help.

use std::sync::atomic::{AtomicU32, Ordering};

use likeness_core::{
    error::StorageErrorKind,
    http::{HeaderMap, Response, StatusCode},
    secret::Secret,
    storage::{Access, Bucket, ObjectKey},
    time::Timestamp,
};

use super::{NAMES, Set, code, train};
use crate::{
    Ending, minio,
    relay::{self, Fate},
};

#[test]
fn a_signature_of_yesterday_is_told_from_a_wrong_key() {
    let Some(set) = Set::new() else { return };
    let secret = |text| Secret::new(text).expect("text");
    let access =
        Access { key: secret(minio::KEY), secret: secret(minio::SECRET), region: "us-east-1".to_owned() };
    let endpoint = format!("http://{}", set.store.server()).parse().expect("an address");
    let bucket = Bucket::new(&endpoint, set.store.name(), &access, None).expect("a bucket");
    let key = ObjectKey::new(NAMES[3]).expect("a key");
    let kind = |moment: Timestamp| {
        let request = bucket.get(&key, None, None, moment);
        let answer = minio::call(set.store.server(), "GET", &request.url, b"");
        let status = StatusCode::from_u16(answer.status).expect("a status");
        let response = Response { status, headers: HeaderMap::new(), body: answer.body };
        bucket.asked("here").accepted(Ok(response)).map(drop).map_err(|error| error.kind)
    };
    let now = jiff::Timestamp::now().as_millisecond();
    assert_eq!(kind(Timestamp::from_millis(now)), Ok(()));
    let yesterday = Timestamp::from_millis(now - 24 * 3_600_000);
    assert_eq!(kind(yesterday), Err(StorageErrorKind::Expired));
}

#[test]
fn doctor_tells_whether_the_bucket_works() {
    let Some(set) = Set::new() else { return };
    let ending = Ending::of(&mut set.testing(&["doctor"])).ended(0);
    assert!(ending.text().contains("answers, and takes the key"), "{}", ending.text());
    let mut command = set.testing(&["doctor"]);
    let ending = Ending::of(command.env("MINIO_SECRET_KEY", "wrong-wrong")).ended(6);
    assert!(ending.text().contains("SignatureDoesNotMatch"), "{}", ending.text());
}

/// Notices that a bucket refuses while the name still names the job.
#[test]
fn an_erase_that_fails_can_be_asked_for_by_name_again() {
    let Some(set) = Set::new() else { return };
    Ending::of(&mut set.testing(&train(&NAMES))).ended(0);
    let erase = ["erase", "Zebulon", "--yes"];
    Ending::of(set.testing(&erase).env("MINIO_SECRET_KEY", "wrong-wrong")).ended(6);
    assert_eq!(set.store.keys_with("model.safetensors").len(), 1);
    Ending::of(&mut set.testing(&erase)).ended(0);
    assert_eq!(set.store.keys().len(), NAMES.len());
}

fn error_document(code: &str, more: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>{more}</Error>")
}

/// Shows S3's own code and sentence, and what to set: from a real server.
#[test]
fn what_the_bucket_says_reaches_the_person() {
    let Some(set) = Set::new() else { return };
    let named = format!("http://{}.{}", set.store.name(), minio::DOMAIN);
    let in_path = format!("http://{}/{}", set.store.server(), set.store.name());
    let (instead, host) = (format!("MINIO_ENDPOINT=http://{}", set.store.server()), minio::DOMAIN);
    for (setting, exit, says, advice) in [
        (("MINIO_ACCESS_KEY", "nobody"), 6, "InvalidAccessKeyId: The Access Key Id", "Set MINIO_ACCESS_KEY"),
        (("MINIO_SECRET_KEY", "wrong-wrong"), 6, "SignatureDoesNotMatch", "Check MINIO_SECRET_KEY"),
        (("MINIO_REGION", "eu-west-1"), 6, "AuthorizationHeaderMalformed", "Set MINIO_REGION=us-east-1"),
        (("MINIO_BUCKET", "not-there"), 6, "NoSuchBucket", "Check MINIO_BUCKET"),
        (("MINIO_ENDPOINT", in_path.as_str()), 2, "already names the bucket, in its path", instead.as_str()),
        (("MINIO_ENDPOINT", named.as_str()), 2, "already names the bucket, in its host", host),
    ] {
        for words in [train(&NAMES), vec!["doctor"]] {
            let mut command = set.testing(&words);
            let ending = Ending::of(command.env(setting.0, setting.1)).ended(exit);
            let told = format!("{}{}", ending.text(), ending.stderr);
            assert!(told.contains(says) && told.contains(advice), "{setting:?}: {told}");
            assert!(!told.contains("disk,"), "{told}");
        }
    }
}

/// Shows the words of real servers that are not at hand here.
#[test]
fn what_other_servers_say_reaches_the_person() {
    let Some(set) = Set::new() else { return };
    let endpoint = "<Message>Use the specified endpoint.</Message><Endpoint>photos.s3-eu-west-1.amazonaws.com</Endpoint>";
    let page = "<!doctype html><html><head><title>MinIO Console</title></head></html>".to_owned();
    for (status, kind, body, code, advice) in [
        (
            "301 Moved Permanently",
            "application/xml",
            error_document("PermanentRedirect", endpoint),
            "storage.region",
            "Set MINIO_REGION=eu-west-1 and MINIO_ENDPOINT=https://",
        ),
        (
            "403 Forbidden",
            "application/xml",
            error_document("SecondLevelDomainForbidden", "<Message>Use a third level domain.</Message>"),
            "storage.addressing",
            "Set MINIO_ADDRESSING=virtual",
        ),
        (
            "403 Forbidden",
            "application/xml",
            error_document("RequestTimeTooSkewed", "<Message>The difference is too large.</Message>"),
            "storage.expired",
            "clock",
        ),
        ("200 OK", "text/html", page, "storage.not_s3", "Set MINIO_ENDPOINT to the S3 server itself"),
        ("401 Unauthorized", "", "{\"message\":\"log in\"}".to_owned(), "storage.not_s3", "MINIO_ENDPOINT"),
        (
            "400 Bad Request",
            "",
            "Client sent an HTTP request to an HTTPS server.\n".to_owned(),
            "storage.not_s3",
            "https://",
        ),
    ] {
        let answers = body.clone();
        let server = relay::to(set.store.server(), move |_| Fate::Answered(status, kind, answers.clone()));
        for words in [train(&NAMES), vec!["doctor"]] {
            let mut words = words;
            words.push("--json");
            let ending = Ending::of(&mut set.with_bucket(set.place.testing(&words), &server)).ended(6);
            let text = ending.text();
            assert!(text.contains(advice), "{status}: {text}");
            if words[0] == "train" {
                assert_eq!(self::code(&ending), code, "{text}");
            }
        }
    }
}

/// Asks a busy bucket again while photos are read: nothing has begun yet, and nothing needs to be begun anew.
#[test]
fn a_bucket_that_asks_for_patience_is_asked_again_while_photos_are_read() {
    let Some(set) = Set::new() else { return };
    let asked = AtomicU32::new(0);
    let server = relay::to(set.store.server(), move |line| {
        let read = line.starts_with("GET ") && !line.contains("list-type") && !line.contains("/likeness/");
        match read.then(|| asked.fetch_add(1, Ordering::Relaxed)) {
            Some(0) => Fate::Answered("503 Slow Down", "application/xml", error_document("SlowDown", "")),
            Some(1) => Fate::Answered("503 Service Unavailable", "text/html", "<html>busy</html>".to_owned()),
            _ => Fate::Forwarded,
        }
    });
    let ending = Ending::of(&mut set.with_bucket(set.place.testing(&train(&NAMES)), &server)).ended(0);
    assert!(
        ending.stderr.contains("the bucket says SlowDown. It is tried again in 1 s."),
        "{}",
        ending.stderr
    );
    assert!(ending.text().contains("Zebulon's model is ready"), "{}", ending.text());
}

/// Goes from the first photo to the erase. The host's name leads to the server through a proxy, as it does by DNS
/// elsewhere.
#[test]
fn a_bucket_may_be_a_part_of_the_host() {
    let Some(set) = Set::new() else { return };
    let proxy = format!("http://{}", relay::to(set.store.server(), |_| Fate::Forwarded));
    let hosted = |words: &[&str]| {
        let mut command = set.with_bucket(set.place.testing(words), minio::DOMAIN);
        command.env("MINIO_ADDRESSING", "virtual").env("HTTP_PROXY", &proxy);
        command
    };
    let ending = Ending::of(&mut hosted(&["doctor"])).ended(0);
    let address = format!("http://{}.{}/ answers, and takes the key", set.store.name(), minio::DOMAIN);
    assert!(ending.text().contains(&address), "{}", ending.text());
    Ending::of(&mut hosted(&train(&NAMES))).ended(0);
    assert_eq!(set.store.keys_with("/normalised/"), Vec::<String>::new());
    assert_eq!(set.store.keys_with("model.safetensors").len(), 1);
    // The same bucket, however it is addressed.
    let url = format!("http://{}.{}/u/a/1%20one.jpg", set.store.name(), minio::DOMAIN);
    let by_path = format!("http://{}/{}/u/a/2%2Btwo.jpg", minio::DOMAIN, set.store.name());
    let again = [url.as_str(), by_path.as_str(), NAMES[2], NAMES[3]];
    let ending = Ending::of(&mut hosted(&train(&again))).ended(0);
    assert!(ending.text().contains("Zebulon's model is ready"), "{}", ending.text());
    let mut by_path = set.with_bucket(set.place.testing(&["erase", "Zebulon", "--yes"]), minio::DOMAIN);
    Ending::of(by_path.env("HTTP_PROXY", &proxy)).ended(0);
    assert_eq!(set.store.keys().len(), NAMES.len());

    // A server that knows no such hosts takes the first part of the key for the bucket.
    let mut command = hosted(&["doctor"]);
    let ending = Ending::of(command.env("MINIO_ENDPOINT", "s3.elsewhere.test")).ended(6);
    assert!(ending.text().contains("Set MINIO_ADDRESSING=path"), "{}", ending.text());
}
