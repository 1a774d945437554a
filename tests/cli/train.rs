//! `likeness train`, `status`, `cancel`, `jobs`, `download` in test mode.

use std::fs;

use serde_json::Value;

use crate::{Place, running::Running};

/// The fields of every status document: these and no others.
pub(crate) const FIELDS: [&str; 13] = [
    "code",
    "completed_at",
    "created_at",
    "job",
    "message",
    "model",
    "progress",
    "queue_position",
    "rejected_photos",
    "request_id",
    "stage",
    "status",
    "test_mode",
];

#[track_caller]
fn is_status(document: &Value) {
    let fields: Vec<&str> = document.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, FIELDS);
    assert!(
        ["in_progress", "completed", "error", "unknown"]
            .contains(&document["status"].as_str().expect("a word"))
    );
}

#[test]
fn a_program_reads_documents_and_the_last_one_is_the_status() {
    let place = Place::new();
    let words = place.small_training();
    let ending = crate::Ending::of(place.testing(&words).arg("--json")).ended(0);
    let documents = ending.documents();
    documents.iter().for_each(is_status);
    let progress: Vec<u64> = documents.iter().filter_map(|document| document["progress"].as_u64()).collect();
    assert!(progress.is_sorted(), "{progress:?}");
    let last = documents.last().expect("a document");
    assert_eq!((&last["status"], &last["progress"]), (&"completed".into(), &100.into()));
    assert_eq!((&last["stage"], &last["test_mode"]), (&"done".into(), &true.into()));
    let model = &last["model"];
    let path = model["path"].as_str().expect("a path");
    let length = model["file"]["length"].as_u64().expect("a length");
    assert_eq!(fs::metadata(path).expect("the model").len(), length);
    assert!(
        documents.iter().all(|document| !document["message"].as_str().expect("a text").contains("fal.ai"))
    );
    assert_eq!(place.kept_named("working"), Vec::<String>::new());

    // The same command again prints the same model.
    let again = crate::Ending::of(place.testing(&words).arg("--json")).ended(0);
    assert_eq!(again.documents(), documents[documents.len() - 1..]);
}

#[test]
fn lines_of_each_level_carry_the_job_and_the_prefix() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/09.jpg", "no photo");
    let ending = crate::Ending::of(place.testing(&words).arg("--verbose")).ended(0);
    let job =
        ending.text().lines().find_map(|line| line.strip_prefix("  job      ")).expect("a job").to_owned();
    let line = |start: &str| format!("{start} [FAL AI] {job}: ");
    for (level, text) in [("INFO", "Done."), ("WARNING", "set/09.jpg is left out: "), ("DEBUG", "POST ")] {
        let found = ending.stderr.lines().any(|one| one.contains(&line(level)) && one.contains(text));
        assert!(found, "{level} in {}", ending.stderr);
    }
    // The headers are in order: only decoding shows that the file is not a photo.
    let whole = fs::read(place.path("set/00.jpg")).expect("a photo");
    place.write("set/00.jpg", &whole[..whole.len() - 300]);
    let ending = crate::Ending::of(&mut place.testing(&words)).ended(3);
    assert!(ending.stderr.contains("\n  why: 3 good photos, at least 4 are needed\n"), "{}", ending.stderr);
    assert_eq!(place.kept_named("working"), Vec::<String>::new());
}

#[test]
fn another_attempt_is_only_made_when_it_is_asked_for() {
    let place = Place::new();
    let words = place.small_training();
    let job = |ending: &crate::Ending| {
        ending.text().lines().find_map(|line| line.strip_prefix("  job      ")).expect("a job").to_owned()
    };
    let first = job(&crate::Ending::of(&mut place.testing(&words)).ended(0));
    let second = job(&crate::Ending::of(place.testing(&words).arg("--again")).ended(0));
    assert_eq!(second, format!("{first}/2"));
    let ending = crate::Ending::of(&mut place.testing(&["jobs", "--json"])).ended(0);
    let jobs = &ending.documents()[0]["jobs"];
    let ids: Vec<&str> =
        jobs.as_array().expect("jobs").iter().filter_map(|one| one["job"].as_str()).collect();
    assert_eq!(ids, [second.as_str(), first.as_str()]);

    let other = crate::Ending::of(place.testing(&words).args(["--quality", "high"])).ended(0);
    assert!(!job(&other).starts_with(&first), "other settings are another job");
    let ending = crate::Ending::of(&mut place.testing(&["status", &first])).ended(0);
    assert!(ending.text().contains("Zebulon's model is ready (test mode)."), "{}", ending.text());
    crate::Ending::of(&mut place.testing(&["status", "nobody"])).ended(3);

    let ending =
        crate::Ending::of(&mut place.testing(&["download", &first, "-o", "my.safetensors"])).ended(0);
    assert!(ending.text().starts_with("my.safetensors ("), "{}", ending.text());
    let model = fs::read(place.path("my.safetensors")).expect("the model");
    let header = u64::from_le_bytes(model[..8].try_into().expect("eight bytes"));
    let header = &model[8..8 + usize::try_from(header).expect("small")];
    assert!(serde_json::from_slice::<Value>(header).expect("JSON").is_object());
}

#[test]
fn a_detached_training_is_followed_watched_and_cancelled() {
    let place = Place::new();
    let mut words = place.small_training().to_vec();
    words.push("--detach");
    let ending = crate::Ending::of(place.testing(&words).env("FAL_MOCK_TRAINING_DURATION", "60")).ended(0);
    assert!(ending.text().contains("Zebulon: waiting"), "{}", ending.text());
    let slow = |words: &[&str]| {
        let mut command = place.testing(words);
        command.env("FAL_MOCK_TRAINING_DURATION", "60");
        command
    };
    let ending = crate::Ending::of(&mut slow(&["status", "zebulon", "--json"])).ended(0);
    let documents = ending.documents();
    is_status(&documents[0]);
    assert_eq!((documents.len(), &documents[0]["status"]), (1, &"in_progress".into()));

    let watching = Running::start(&mut slow(&["status", "zebulon", "--watch"]));
    watching.stderr.wait_for("[FAL AI]");
    let ending = crate::Ending::of(&mut slow(&["cancel", "Zebulon"])).ended(0);
    assert!(!ending.text().contains("fal.ai"), "{}", ending.text());
    let ending = watching.ended().ended(5);
    assert!(ending.text().contains("cancelled"), "{}", ending.text());
    let ending = crate::Ending::of(&mut slow(&["cancel", "Zebulon"])).ended(0);
    assert!(ending.stderr.contains("nothing to cancel"), "{}", ending.stderr);

    // The same command does not order again by itself, --again does.
    let ending = crate::Ending::of(&mut place.testing(&words[..7])).ended(5);
    assert!(ending.stderr.contains("`--again` buys another attempt"), "{}", ending.stderr);
    crate::Ending::of(place.testing(&words[..7]).arg("--again")).ended(0);
}

/// Lists the job's photos that were left out, by its status document.
fn rejected(status: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let rejected = status["rejected_photos"].as_array().expect("a list").iter();
    rejected
        .map(|photo| {
            let text = |field: &str| photo[field].as_str();
            (text("photo").expect("a name"), text("code").expect("a code"), text("duplicate_of"))
        })
        .collect()
}

/// Trains from any set that `check` calls enough.
#[test]
fn duplicates_are_left_out_of_a_training() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/08.jpg", fs::read(place.path("set/01.jpg")).expect("a photo"));
    place.write("set/09.jpg", "");
    place.write("set/10.jpg", "");
    place.run(&["check", "set"]).ended(3);
    let ending = crate::Ending::of(place.testing(&words).arg("--json")).ended(0);
    let documents = ending.documents();
    documents.iter().for_each(is_status);
    assert_eq!(
        rejected(documents.last().expect("a status")),
        [
            ("set/08.jpg", "photo.duplicate", Some("set/01.jpg")),
            ("set/09.jpg", "photo.empty", None),
            ("set/10.jpg", "photo.empty", None),
        ]
    );
    let ending = crate::Ending::of(&mut place.testing(&["status", "Zebulon"])).ended(0);
    let line = "  left out set/08.jpg: this is the same picture as set/01.jpg";
    assert!(ending.text().lines().any(|one| one == line), "{}", ending.text());
}

/// Reports the photos before the question, and before anything is decoded.
#[test]
fn what_a_training_would_be_made_from_is_said_before_the_yes() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/01.TXT", "by the sea");
    place.write("set/08.jpg", fs::read(place.path("set/01.jpg")).expect("a photo"));
    place.write("set/notes.txt", "milk");
    let ending = crate::Ending::of(&mut place.testing(&words)).ended(0);
    let said = |part: &str| ending.stderr.find(part).unwrap_or_else(|| panic!("{part} in {}", ending.stderr));
    let named = said("set/notes.txt belongs to no photo");
    let left_out = said("set/08.jpg will be left out: this is the same picture as set/01.jpg.");
    let counted = said(
        "4 of 5 photos will be used, 1 with a caption (1 left out: 1 duplicate), 1 text belongs to no photo.",
    );
    let began = said("The upload");
    assert!(named < counted && left_out < counted && counted < began, "{}", ending.stderr);

    let whole = crate::photo(99, 520);
    place.write("set/07.jpg", &whole[..whole.len() - 300]);
    let mut words = words.to_vec();
    words[3] = "Yolanda";
    words.extend(["--max-photos", "4", "--json"]);
    let ending = crate::Ending::of(&mut place.testing(&words)).ended(3);
    let document = ending.documents().pop().expect("a document");
    assert_eq!(document["error"]["code"], "data.too_many_photos", "{document}");
    assert_eq!(document["error"]["why"][0], "5 photos, at most 4 are allowed");
    let ending = crate::Ending::of(&mut place.testing(&["status", "Yolanda"]));
    assert_eq!(ending.code, 3, "nothing began");
}
