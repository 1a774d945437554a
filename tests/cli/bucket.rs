//! Photos in a real bucket: read from it, written back to it, and deleted when nothing needs them.

mod refusals;

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use serde_json::Value;

use crate::{
    Ending, Place,
    minio::{self, Store},
    photo,
    relay::{self, Fate},
    running::{Running, Server},
};

/// Names that easily go wrong: a space, a plus, a per cent sign, letters of another script.
const NAMES: [&str; 4] = ["u/a/1 one.jpg", "u/a/2+two.jpg", "u/a/3%2Fthree.jpg", "u/a/четыре ё.jpg"];

/// A bucket with four photos, and the command that trains with them.
struct Set {
    place: Place,
    store: Store,
}

impl Set {
    fn new() -> Option<Self> {
        let set = Self { place: Place::new(), store: Store::new()? };
        for (tint, name) in (0..).zip(NAMES) {
            set.store.put(name, &photo(tint, 520));
        }
        Some(set)
    }

    fn with_bucket(&self, mut command: Command, server: &str) -> Command {
        command
            .env("MINIO_ENDPOINT", server)
            .env("MINIO_BUCKET", self.store.name())
            .env("MINIO_ACCESS_KEY", minio::KEY)
            .env("MINIO_SECRET_KEY", minio::SECRET);
        command
    }

    /// Builds a command that trains in test mode.
    fn testing(&self, words: &[&str]) -> Command {
        self.with_bucket(self.place.testing(words), self.store.server())
    }

    /// Builds a command that trains at a simulator.
    fn buying(&self, server: &Server, words: &[&str]) -> Command {
        self.with_bucket(self.place.buying(server, words), self.store.server())
    }
}

fn train<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["train", "--name", "Zebulon", "--min-photos", "4", "--yes", "--keys"];
    words.extend(keys);
    words
}

fn code(ending: &Ending) -> String {
    let documents = ending.documents();
    let last = documents.last().expect("a document");
    last["error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {last}")).to_owned()
}

#[test]
fn photos_come_from_the_bucket_and_the_model_goes_there() {
    let Some(set) = Set::new() else { return };
    let mut words = train(&NAMES);
    words.push("--json");
    let ending = Ending::of(&mut set.testing(&words)).ended(0);
    let status: Value = ending.documents().pop().expect("a status");
    let job = status["job"].as_str().expect("a job");
    // Prepared photos are gone, the model stays, and the person's own objects are untouched.
    let copy = format!("likeness/local/{job}/model.safetensors");
    let mut expected: Vec<String> = NAMES.map(str::to_owned).to_vec();
    expected.push(copy.clone());
    expected.sort();
    let mut keys = set.store.keys();
    keys.sort();
    assert_eq!(keys, expected);
    assert_eq!(set.store.get(NAMES[3]), photo(3, 520));
    let place = format!("s3://{}/{copy}", set.store.name());
    assert_eq!(status["model"]["file"]["copy"].as_str(), Some(place.as_str()));
    let own = std::fs::read(status["model"]["path"].as_str().expect("a path")).expect("our file");
    assert!(set.store.get(&copy) == own);

    // Our own copy is spoilt, then gone: the one in the bucket takes its place, and only while that is whole.
    let path = status["model"]["path"].as_str().expect("a path").to_owned();
    let download = ["download", "Zebulon", "--force", "-o", "mine", "--json"];
    std::fs::write(&path, vec![7; own.len()]).expect("spoilt");
    let ending = Ending::of(&mut set.testing(&download)).ended(0);
    assert!(ending.stderr.contains("the copy in the bucket is taken"), "{}", ending.stderr);
    assert!(std::fs::read(set.place.path("mine")).expect("a copy") == own);
    std::fs::remove_file(&path).expect("deleted");
    Ending::of(&mut set.testing(&download)).ended(0);
    assert!(std::fs::read(&path).expect("fetched") == own);
    set.store.put(&copy, &own[..own.len() - 1]);
    std::fs::remove_file(&path).expect("deleted");
    let ending = Ending::of(&mut set.testing(&download)).ended(0);
    assert!(ending.stderr.contains("it is fetched from fal.ai again"), "{}", ending.stderr);
    assert!(std::fs::read(&path).expect("fetched") == own);
    set.store.put(&copy, &own);

    // The same photos by another name for each: the same job.
    let urls = [
        format!("s3://{}/{}", set.store.name(), NAMES[0]),
        format!("http://{}/{}/u/a/2%2Btwo.jpg?X-Amz-Signature=old", set.store.server(), set.store.name()),
    ];
    let again = [urls[0].as_str(), urls[1].as_str(), NAMES[2], NAMES[3]];
    let ending = Ending::of(&mut set.testing(&train(&again))).ended(0);
    assert!(ending.text().contains(job) && ending.text().contains(&place), "{}", ending.text());

    let ending = Ending::of(&mut set.testing(&["erase", "Zebulon", "--yes"])).ended(0);
    assert!(ending.text().contains("left in the bucket; your own objects stay"), "{}", ending.text());
    assert_eq!(set.store.keys_with("likeness/"), Vec::<String>::new());
    assert_eq!(set.store.keys().len(), NAMES.len());
}

#[test]
fn what_cannot_be_read_says_why_and_nothing_begins() {
    let Some(set) = Set::new() else { return };
    let run = |(name, value): (&str, &str), keys: &[&str]| {
        let mut words = train(keys);
        words.extend(["--json", "--verbose"]);
        let mut command = set.testing(&words);
        if value.is_empty() {
            command.env_remove(name)
        } else {
            command.env(name, value)
        };
        Ending::of(&mut command)
    };
    let as_it_is = ("MINIO_REGION", "us-east-1");
    let no_scheme = ["127.0.0.1:9/b/1.jpg?X-Amz-Signature=hush", NAMES[0], NAMES[1], NAMES[2]];
    let ours = ["likeness/local/a/normalised/1.jpg", NAMES[0], NAMES[1], NAMES[2]];
    let twice = [NAMES[0], NAMES[0], NAMES[1], NAMES[2]];
    let not_there = ["u/a/none.jpg", NAMES[0], NAMES[1], NAMES[2]];
    let outside = [
        "../other/1.jpg",
        "http://u:hush@127.0.0.1:9/x/1.jpg?X-Amz-Signature=hush",
        "s3://other/1.jpg",
        NAMES[0],
    ];
    for (setting, keys, exit, expected) in [
        (("MINIO_SECRET_KEY", "wrong-wrong"), NAMES, 6, "storage.denied"),
        (("MINIO_ACCESS_KEY", "nobody"), NAMES, 6, "storage.denied"),
        (("MINIO_BUCKET", "not-there"), NAMES, 6, "storage.no_bucket"),
        (("MINIO_ENDPOINT", "127.0.0.1:9"), NAMES, 6, "storage.unreachable"),
        (("MINIO_BUCKET", ""), NAMES, 2, "settings.bucket_missing"),
        (("MINIO_BUCKET", "Not a bucket"), NAMES, 2, "settings.bucket"),
        (("MINIO_ENDPOINT", "https://s3.example.com/photos"), NAMES, 2, "settings.bucket"),
        (("MINIO_ADDRESSING", "virtual"), NAMES, 2, "settings.bucket"),
        (("MINIO_ADDRESSING", "both"), NAMES, 2, "settings.invalid"),
        (as_it_is, not_there, 3, "photos.unreadable"),
        (as_it_is, outside, 2, "usage.keys"),
        (as_it_is, no_scheme, 2, "usage.keys"),
        (as_it_is, ours, 2, "usage.keys"),
        (as_it_is, twice, 3, "data.too_few_photos"),
    ] {
        let ending = run(setting, &keys).ended(exit);
        assert_eq!(code(&ending), expected, "{}", ending.text());
        for secret in [minio::SECRET, "hush", "X-Amz-Signature"] {
            assert!(!ending.text().contains(secret) && !ending.stderr.contains(secret), "{}", ending.stderr);
        }
    }
    assert_eq!(set.store.keys_with("likeness/"), Vec::<String>::new());
}

/// Reads each object once before the question: that is enough to leave out duplicates and files that are not
/// photos.
#[test]
fn what_a_training_leaves_out_of_the_bucket_is_known_before_the_yes() {
    let Some(set) = Set::new() else { return };
    set.store.put("u/a/copy.jpg", &photo(0, 520));
    set.store.put("u/a/page.jpg", b"<!DOCTYPE html>");
    set.store.put("u/a/empty.jpg", b"");
    set.store.put("u/a/nothing.jpg", b"");
    let mut keys = NAMES.to_vec();
    keys.extend([NAMES[1], "u/a/copy.jpg", "u/a/page.jpg", "u/a/empty.jpg", "u/a/nothing.jpg"]);
    let ending = Ending::of(&mut set.testing(&train(&keys))).ended(0);
    assert!(ending.stderr.contains("4 of 9 photos will be used (5 left out: "), "{}", ending.stderr);
    let mut status = set.testing(&["status", "Zebulon", "--json"]);
    let status = Ending::of(&mut status).ended(0).documents().pop().expect("a status");
    let rejected = status["rejected_photos"].as_array().expect("a list");
    let codes: Vec<_> = rejected.iter().filter_map(|photo| photo["code"].as_str()).collect();
    let expected =
        ["photo.duplicate", "photo.duplicate", "photo.unsupported_format", "photo.empty", "photo.empty"];
    assert_eq!(codes, expected);
    assert_eq!(rejected[1]["duplicate_of"], NAMES[0]);

    let mut words = train(&keys);
    words.extend(["--max-photos", "3", "--min-photos", "3", "--json"]);
    let words: Vec<_> =
        words.into_iter().map(|word| if word == "Zebulon" { "Yolanda" } else { word }).collect();
    let place = words.iter().position(|word| *word == "--min-photos").expect("a limit");
    let words = [&words[..place], &words[place + 2..]].concat();
    let ending = Ending::of(&mut set.testing(&words)).ended(3);
    assert_eq!(code(&ending), "data.too_many_photos", "{}", ending.text());
}

/// Kills the run when everything is prepared and nothing uploaded: prepared photos in the bucket are used again
/// where they are unchanged, and made again where they were overwritten or deleted.
#[test]
fn what_was_prepared_is_used_again_only_while_it_is_the_same() {
    let Some(set) = Set::new() else { return };
    let server = Server::start(&set.place, "300ms", &["initiate-failed"]);
    let words = train(&NAMES);
    let running = Running::start(&mut set.buying(&server, &words));
    server.log().wait_for("POST /storage/upload/initiate");
    running.kill();
    let prepared = set.store.keys_with("/normalised/");
    assert_eq!(prepared.len(), NAMES.len(), "{prepared:?}");
    for key in &prepared {
        assert!(set.store.get(key).starts_with(&[0xff, 0xd8, 0xff]), "{key}");
    }
    set.store.put(&prepared[1], &photo(77, 520));
    set.store.delete(&prepared[2]);
    let ending = Ending::of(&mut set.buying(&server, &words)).ended(0);
    assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    assert_eq!(server.orders(), 1);
    assert_eq!(set.store.keys_with("/normalised/"), Vec::<String>::new());
    assert_eq!(set.store.keys_with("model.safetensors").len(), 1);
}

#[test]
fn a_bucket_that_breaks_off_is_asked_again() {
    let Some(set) = Set::new() else { return };
    // The first two readings of prepared photos break off, and the first answer to a write of one.
    let (reads, writes) = (AtomicU32::new(0), AtomicU32::new(0));
    let flaky = relay::to(set.store.server(), move |line| {
        let normalised = line.contains("/normalised/");
        let first = |count: &AtomicU32, times: u32| count.fetch_add(1, Ordering::Relaxed) < times;
        match line.split(' ').next() {
            Some("GET") if normalised && !line.contains("list-type") && first(&reads, 2) => {
                Fate::CutAfter(2000)
            }
            Some("PUT") if normalised && first(&writes, 1) => Fate::CutAfter(0),
            _ => Fate::Forwarded,
        }
    });
    let server = Server::start(&set.place, "300ms", &[]);
    let words = train(&NAMES);
    let mut command = set.with_bucket(set.place.buying(&server, &words), &flaky);
    let ending = Ending::of(&mut command).ended(0);
    assert!(ending.stderr.contains("(storage.unreachable)"), "{}", ending.stderr);
    assert_eq!(server.orders(), 1);
    assert_eq!(set.store.keys_with("/normalised/"), Vec::<String>::new());

    // The bucket is gone in the middle of a photo: nothing begins, and the same command works when the bucket is
    // back.
    let gone = relay::to(set.store.server(), |_| Fate::CutAfter(3000));
    let words: Vec<&str> =
        words.into_iter().map(|word| if word == "Zebulon" { "Yolanda" } else { word }).collect();
    let mut command = set.with_bucket(set.place.buying(&server, &words), &gone);
    let ending = Ending::of(&mut command).ended(6);
    assert!(ending.stderr.contains("the bucket cannot be reached, or breaks off"), "{}", ending.stderr);
    Ending::of(&mut set.with_bucket(set.place.buying(&server, &words), set.store.server())).ended(0);
}

/// Sweeps what a killed run left in the bucket with the next command, once nothing can resume from it.
#[test]
fn the_bucket_is_swept_and_erased_after_a_power_cut() {
    let Some(set) = Set::new() else { return };
    let server = Server::start(&set.place, "300ms", &["initiate-failed=9"]);
    let words = train(&NAMES);
    let running = Running::start(&mut set.buying(&server, &words));
    server.log().wait_for("POST /storage/upload/initiate");
    running.kill();
    assert_eq!(set.store.keys_with("/normalised/").len(), NAMES.len());
    // Without the bucket's settings nothing can be swept, and erasing says so instead of forgetting the place.
    Ending::of(&mut set.place.buying(&server, &["cancel", "Zebulon"])).ended(0);
    let ending =
        Ending::of(&mut set.place.buying(&server, &["erase", "Zebulon", "--yes", "--json"])).ended(2);
    assert_eq!(code(&ending), "settings.bucket_missing");
    assert_eq!(set.store.keys_with("/normalised/").len(), NAMES.len());
    Ending::of(&mut set.buying(&server, &["status", "Zebulon"])).ended(0);
    assert_eq!(set.store.keys_with("/normalised/"), Vec::<String>::new());
    Ending::of(&mut set.buying(&server, &["erase", "Zebulon", "--yes"])).ended(0);
    assert_eq!(set.store.keys().len(), NAMES.len());
    // Once no object lies there any more, no trace of the bucket is stored.
    let saved = std::fs::read(set.place.home().join("likeness.db")).expect("the database");
    assert!(!String::from_utf8_lossy(&saved).contains(set.store.name()));
}

/// Keeps a paid model that cannot be copied to the bucket yet, and makes the copy later.
#[test]
fn a_model_that_cannot_be_copied_yet_is_kept_and_copied_later() {
    let Some(set) = Set::new() else { return };
    let refuses = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&refuses);
    let moody = relay::to(set.store.server(), move |line| {
        let model = line.starts_with("PUT ") && line.contains("/model.safetensors");
        if model && still.load(Ordering::Relaxed) { Fate::CutAfter(0) } else { Fate::Forwarded }
    });
    let server = Server::start(&set.place, "300ms", &[]);
    let run =
        |words: &[&str]| Ending::of(&mut set.with_bucket(set.place.buying(&server, words), &moody)).ended(0);
    let ending = run(&train(&NAMES));
    assert!(ending.stderr.contains("could not be copied to the bucket yet"), "{}", ending.stderr);
    assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    refuses.store(false, Ordering::Relaxed);
    // The copy may only seem to be there: the server takes the body before the answer is lost.
    let status = run(&["status", "Zebulon", "--json"]).documents().pop().expect("a status");
    let copy = status["model"]["file"]["copy"].as_str().expect("a copy").to_owned();
    let key = copy.strip_prefix(&format!("s3://{}/", set.store.name())).expect("in the bucket").to_owned();
    let own = std::fs::read(status["model"]["path"].as_str().expect("a path")).expect("our file");
    assert!(set.store.get(&key) == own);
}

/// Kills the run in the middle of preparing, and erases: tasks of a dead process keep nothing alive.
#[test]
fn what_was_killed_while_preparing_is_erased_whole() {
    let Some(set) = Set::new() else { return };
    let server = Server::start(&set.place, "300ms", &[]);
    let running = Running::start(&mut set.buying(&server, &train(&NAMES)));
    running.stderr.wait_for("The photos are being prepared.");
    running.kill();
    Ending::of(&mut set.buying(&server, &["erase", "Zebulon", "--yes"])).ended(0);
    assert_eq!(set.store.keys_with("likeness/"), Vec::<String>::new());
    let saved = std::fs::read(set.place.home().join("likeness.db")).expect("the database");
    assert!(!String::from_utf8_lossy(&saved).contains(set.store.name()));
}
