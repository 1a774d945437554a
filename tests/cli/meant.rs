//! Purchases that a person means, and no others: changing sets of photos, other sets of the same person, commands
//! that only look. Each is judged by the orders that fal counted.

use std::fs;

use likeness_core::avatar::{Identity, Name, Sha256Sum, TrainingSettings};

use crate::{
    Ending, Place,
    proxy::{Fate, Proxy},
    running::{Running, Server},
};

/// Runs a command that buys.
fn buys(place: &Place, server: &Server, words: &[&str]) -> Ending {
    Ending::of(&mut place.buying(server, words))
}

fn job(ending: &Ending) -> String {
    ending.text().lines().find_map(|line| line.strip_prefix("  job      ")).expect("a job").to_owned()
}

/// Interrupts the command when its photos are prepared and cannot be uploaded yet.
fn interrupted_before_the_order(place: &Place, server: &Server, words: &[&str]) -> Ending {
    let proxy = Proxy::start(|what| match what {
        "POST /storage/upload/initiate" => Fate::Answered("503 Service Unavailable", "{}"),
        _ => Fate::Forwarded,
    });
    let running = Running::start(proxy.between(&mut place.buying(server, words)));
    running.stderr.wait_for("It is tried again");
    running.signal("INT");
    let ending = running.ended().ended(130);
    assert!(ending.stderr.contains("nothing was ordered yet"), "{}", ending.stderr);
    assert_eq!(server.orders(), 0);
    ending
}

#[test]
fn the_same_photos_are_the_same_job_whatever_lies_beside_them() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let first = job(&buys(&place, &server, &words).ended(0));
    // In another order, under other names, with duplicates, beside files that are not sent.
    for (at, name) in ["00", "01", "02", "03"].iter().enumerate() {
        let (from, to) = (format!("set/{name}.jpg"), format!("set/{}.jpg", 9 - at));
        fs::rename(place.path(from), place.path(to)).expect("renamed");
    }
    place.write("set/empty.jpg", "");
    place.write("set/phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    let whole = crate::photo(99, 520);
    place.write("set/cut.jpg", &whole[..whole.len() - 300]);
    place.write("set/small.jpg", crate::photo(98, 80));
    place.write("set/twice.jpg", fs::read(place.path("set/9.jpg")).expect("a photo"));
    assert_eq!(job(&buys(&place, &server, &words).ended(0)), first);
    let moved =
        ["train", "elsewhere", "--name", "Zebulon", "--min-photos", "2", "--max-photos", "30", "--yes"];
    fs::rename(place.path("set"), place.path("elsewhere")).expect("moved");
    assert_eq!(job(&buys(&place, &server, &moved).ended(0)), first);
    assert_eq!(server.orders(), 1);
}

#[test]
fn a_job_of_an_earlier_release_is_found_by_the_list_as_it_was_typed() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let name = |text| Name::new(text).expect("a name");
    let config = TrainingSettings { min_photos: Some(4), ..TrainingSettings::default() };
    let config = config.check().expect("settings");
    let (user, person, origin) = (name("local"), name("Zebulon"), server.base.trim_end_matches('/'));
    let wanted = Identity { user: &user, name: &person, test_mode: false, origin, config: &config };
    let sums = ["00", "01", "02", "03"].map(|photo| {
        let bytes = fs::read(place.path(format!("set/{photo}.jpg"))).expect("a photo");
        (Some(Sha256Sum::of(&bytes)), None)
    });
    let id = wanted.as_listed(&sums).to_string();
    let named: Vec<&str> = words.iter().copied().chain(["--avatar-id", &id]).collect();
    assert_eq!(job(&buys(&place, &server, &named).ended(0)), id);
    assert_eq!(job(&buys(&place, &server, &words).ended(0)), id);
    assert_eq!(server.orders(), 1);
    // Nothing of its person is left but that there was an order: the list as it was typed still leads there.
    buys(&place, &server, &["erase", "Zebulon", "--yes"]).ended(0);
    assert_eq!(job(&buys(&place, &server, &words).ended(0)), format!("{id}/2"));
    assert_eq!(server.orders(), 2);
}

#[test]
fn another_set_of_the_same_person_needs_more_than_a_yes() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let first = job(&buys(&place, &server, &words).ended(0));
    place.write("set/99.jpg", crate::photo(99, 520));
    let with = |extra: &[&'static str]| -> Vec<&str> {
        words.iter().copied().chain(extra.iter().copied()).collect()
    };
    let refused = |words: &[&str]| {
        let ending = buys(&place, &server, words).ended(8);
        let error = ending.documents().pop().expect("an error");
        assert_eq!(error["error"]["code"], "job.other_training", "{error}");
        error
    };
    let error = refused(&with(&["--json"]));
    let sentence = error["error"]["message"].as_str().expect("a sentence");
    assert!(sentence.contains("1 of yours is new") && sentence.contains("4 photos"), "{sentence}");
    assert_eq!(error["error"]["details"]["other_training"]["job"], first.as_str());
    refused(&with(&["--json", "--on-existing", "fail"]));
    // The case of the name does not matter, and neither do other settings.
    let mut shouted = with(&["--json", "--quality", "high"]);
    shouted[3] = "ZEBULON";
    let error = refused(&shouted);
    let steps = &error["error"]["details"]["other_training"]["settings"]["steps"];
    assert_eq!(steps, &serde_json::json!({ "there": "1000", "here": "4000" }));
    let shown = buys(&place, &server, &with(&["--on-existing", "show"])).ended(0);
    assert_eq!(job(&shown), first);
    assert_eq!(server.orders(), 1);

    let second = job(&buys(&place, &server, &with(&["--again"])).ended(0));
    assert!(!second.starts_with(&first), "another set is another avatar");
    assert_eq!(server.orders(), 2);
    // Each of the two is found by its own photos.
    assert_eq!(job(&buys(&place, &server, &words).ended(0)), second);
    fs::remove_file(place.path("set/99.jpg")).expect("removed");
    assert_eq!(job(&buys(&place, &server, &words).ended(0)), first);
    assert_eq!(server.orders(), 2);
    // Another person's training is independent.
    let mut other = words;
    other[3] = "Yolanda";
    buys(&place, &server, &other).ended(0);
    assert_eq!(server.orders(), 3);
}

#[test]
fn before_the_yes_nothing_is_kept_and_nothing_is_there() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let ending = buys(&place, &server, &words[..6]).ended(8);
    let said = |part: &str| ending.stderr.find(part).unwrap_or_else(|| panic!("{part} in {}", ending.stderr));
    assert!(said("4 photos will be used") < said("about 2.40 USD") && said("about 4 minutes") > 0);
    assert_eq!(place.kept_named(".jpg"), Vec::<String>::new());
    assert_eq!(place.kept_named("looks/"), Vec::<String>::new());
    let jobs = buys(&place, &server, &["jobs", "--json"]).ended(0);
    assert_eq!(jobs.documents()[0]["jobs"], serde_json::json!([]));

    // Files of a killed look are swept by the next start.
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The photos are being prepared.");
    running.kill();
    fs::create_dir_all(place.home().join("looks/left-behind")).expect("a folder");
    fs::write(place.home().join("looks/left-behind/0001.jpg"), "a face").expect("written");
    buys(&place, &server, &["jobs"]).ended(0);
    assert_eq!(place.kept_named("looks/"), Vec::<String>::new());
    buys(&place, &server, &words).ended(0);
    assert_eq!(server.orders(), 1);
}

#[test]
fn looking_never_buys() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let ending = interrupted_before_the_order(&place, &server, &words);
    assert!(ending.stderr.contains("`likeness cancel Zebulon` drops it"), "{}", ending.stderr);
    for look in [["status", "Zebulon", "--watch"].as_slice(), &["status", "Zebulon"], &["jobs"]] {
        buys(&place, &server, look).ended(0);
    }
    let status = buys(&place, &server, &["status", "Zebulon"]).ended(0);
    assert!(status.text().contains("Nothing was ordered yet"), "{}", status.text());
    // Carrying on is a purchase.
    buys(&place, &server, &words[..6]).ended(8);
    assert_eq!(server.orders(), 0);
    buys(&place, &server, &words).ended(0);
    assert_eq!(server.orders(), 1);
}

#[test]
fn photos_that_moved_are_found_by_their_bytes() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    interrupted_before_the_order(&place, &server, &words);
    // The prepared photos are gone as well, so that the originals are needed once more.
    let working = place.kept_named("/working/0001.jpg").pop().expect("prepared");
    let working = place.home().join(working);
    fs::remove_dir_all(working.parent().expect("a folder")).expect("removed");
    for (at, name) in ["03", "01", "00", "02"].iter().enumerate() {
        let bytes = fs::read(place.path(format!("set/{name}.jpg"))).expect("a photo");
        place.write(format!("moved/{at}.jpg"), bytes);
    }
    fs::remove_dir_all(place.path("set")).expect("removed");
    let mut moved = words;
    moved[1] = "moved";
    buys(&place, &server, &moved).ended(0);
    assert_eq!(server.orders(), 1);
}

#[test]
fn two_captions_for_the_same_bytes_are_an_error() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/twice.jpg", fs::read(place.path("set/00.jpg")).expect("a photo"));
    place.write("set/00.txt", "by the sea");
    let server = Server::start(&place, "100ms", &[]);
    let first = job(&buys(&place, &server, &words).ended(0));
    place.write("set/twice.txt", "in town");
    let ending = buys(&place, &server, &words).ended(3);
    assert!(ending.stderr.contains("set/00.jpg and set/twice.jpg"), "{}", ending.stderr);
    place.write("set/twice.txt", "by the sea");
    assert_eq!(job(&buys(&place, &server, &words).ended(0)), first);
    assert_eq!(server.orders(), 1);
}

/// Leaves the first attempt as it was when a second one is refused.
#[test]
fn a_plain_command_buys_nothing_after_an_attempt_that_was_refused() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let first = job(&buys(&place, &server, &words).ended(0));
    let broke = Proxy::start(|what| match what {
        "POST /fal-ai/flux-lora-portrait-trainer" => {
            Fate::Answered("403 Forbidden", r#"{"detail":"User is locked. Reason: Exhausted balance."}"#)
        }
        _ => Fate::Forwarded,
    });
    let again: Vec<&str> = words.iter().copied().chain(["--again"]).collect();
    Ending::of(broke.between(&mut place.buying(&server, &again))).ended(5);
    assert_eq!(server.orders(), 1);
    // The balance is there again.
    buys(&place, &server, &words);
    assert_eq!(server.orders(), 1);
    assert_eq!(job(&buys(&place, &server, &again).ended(0)), format!("{first}/2"));
    assert_eq!(server.orders(), 2);
}

/// Asks before an interrupted job is carried on that was never ordered, which is a purchase like any other.
#[test]
fn an_interrupted_job_is_asked_about_beside_another_training() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    interrupted_before_the_order(&place, &server, &words);
    place.write("set/99.jpg", crate::photo(99, 520));
    let again: Vec<&str> = words.iter().copied().chain(["--again"]).collect();
    buys(&place, &server, &again).ended(0);
    fs::remove_file(place.path("set/99.jpg")).expect("removed");
    let json: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
    let error = buys(&place, &server, &json).ended(8).documents().pop().expect("an error");
    assert_eq!(error["error"]["code"], "job.other_training", "{error}");
    assert_eq!(server.orders(), 1);
    buys(&place, &server, &again).ended(0);
    assert_eq!(server.orders(), 2);
}

/// Takes a ZIP for the same input as its folder, also when the job is carried on from the ZIP.
#[test]
fn a_zip_of_the_same_photos_is_the_same_job() {
    let place = Place::new();
    let mut words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let mut zip = zip::ZipWriter::new(fs::File::create(place.path("photos.zip")).expect("created"));
    for name in ["03", "00", "02", "01"] {
        zip.start_file(format!("Zebulon/{name}.jpg"), zip::write::SimpleFileOptions::default())
            .expect("begun");
        let bytes = fs::read(place.path(format!("set/{name}.jpg"))).expect("a photo");
        std::io::Write::write_all(&mut zip, &bytes).expect("written");
    }
    zip.finish().expect("finished");
    let folder = words;
    words[1] = "photos.zip";
    interrupted_before_the_order(&place, &server, &words);
    let working = place.kept_named("/working/0001.jpg").pop().expect("prepared");
    fs::remove_dir_all(place.home().join(working).parent().expect("a folder")).expect("removed");
    let first = job(&buys(&place, &server, &words).ended(0));
    assert_eq!(job(&buys(&place, &server, &folder).ended(0)), first);
    assert_eq!(server.orders(), 1);
}
