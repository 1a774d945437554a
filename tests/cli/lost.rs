//! Databases that are lost, broken, or put back from yesterday: never a second order, and nothing that is not
//! reported.

use std::fs;

use rusqlite::Connection;

use crate::{
    Ending, Place,
    running::{Running, Server},
};

const FILES: [&str; 3] = ["likeness.db", "likeness.db-wal", "likeness.db-shm"];

fn lose_the_database(place: &Place) {
    for name in FILES {
        drop(fs::remove_file(place.home().join(name)));
    }
}

fn stage(place: &Place, server: &Server) -> String {
    let ending = Ending::of(&mut place.buying(server, &["status", "Zebulon", "--json"]));
    ending.documents()[0]["stage"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_lost_database_is_noticed_and_its_jobs_are_taken_up() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    lose_the_database(&place);

    let ending = Ending::of(&mut place.buying(&server, &["jobs"])).ended(0);
    assert!(ending.text().contains("Zebulon: 4 photos"), "{}", ending.text());
    assert!(ending.text().contains("likeness doctor --repair"), "{}", ending.text());
    let ending = Ending::of(&mut place.buying(&server, &words)).ended(6);
    assert!(ending.stderr.contains("does not know the job"), "{}", ending.stderr);
    let ending = Ending::of(&mut place.buying(&server, &["doctor", "--repair"]));
    assert!(ending.text().contains("taken up: Zebulon"), "{}", ending.text());

    assert_eq!(stage(&place, &server), "done");
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    let download = ["download", "Zebulon", "-o", "model.safetensors"];
    Ending::of(&mut place.buying(&server, &download)).ended(0);
    assert_eq!(server.orders(), 1);
}

#[test]
fn an_order_under_way_is_followed_after_its_row_was_lost() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "1s", &[]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("took the order");
    let _ = running.kill();
    lose_the_database(&place);
    let _ = Ending::of(&mut place.buying(&server, &["doctor", "--repair"]));
    let _ = Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!((server.orders(), stage(&place, &server).as_str()), (1, "done"));
}

/// Asks again before an order that was not placed: the record may be old.
#[test]
fn an_order_that_was_not_placed_is_not_placed_by_a_repair() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["initiate-failed=1000"]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The upload to fal.ai is under way.");
    let _ = running.kill();
    lose_the_database(&place);
    let _ = Ending::of(&mut place.buying(&server, &["doctor", "--repair"]));
    assert_eq!((server.orders(), stage(&place, &server).as_str()), (0, "cancelled"));
    let _ = Ending::of(&mut place.buying(&server, &["status", "Zebulon", "--watch"]));
    assert_eq!(server.orders(), 0);
}

#[test]
fn yesterdays_database_buys_nothing_twice() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["initiate-failed=3"]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The upload to fal.ai is under way.");
    let yesterday = FILES.map(|name| fs::read(place.home().join(name)).ok());
    running.ended().ended(0);
    assert_eq!(server.orders(), 1);
    lose_the_database(&place);
    for (name, bytes) in FILES.into_iter().zip(yesterday) {
        if let Some(bytes) = bytes {
            fs::write(place.home().join(name), bytes).expect("put back");
        }
    }
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!((server.orders(), stage(&place, &server).as_str()), (1, "done"));
}

#[test]
fn a_broken_database_is_put_aside_and_begun_anew_from_the_records() {
    let whole = |_: &[u8]| b"no database, and no beginning of one".to_vec();
    // The database's first page is whole, and the rest is not.
    let rest = |bytes: &[u8]| [&bytes[..4096], &vec![0xff; bytes.len() - 4096]].concat();
    for broken in [whole as fn(&[u8]) -> Vec<u8>, rest] {
        let place = Place::new();
        let words = place.small_training();
        Ending::of(&mut place.testing(&words)).ended(0);
        let bytes = fs::read(place.home().join(FILES[0])).expect("read");
        lose_the_database(&place);
        fs::write(place.home().join(FILES[0]), broken(&bytes)).expect("written");
        Ending::of(&mut place.testing(&["jobs"])).ended(6);
        let ending = Ending::of(&mut place.testing(&["doctor"])).ended(6);
        let advised = ending.text().matches("likeness doctor --repair").count();
        assert_eq!(advised, 1, "{}", ending.text());
        let ending = Ending::of(&mut place.testing(&["doctor", "--repair"]));
        assert!(ending.text().contains("taken up: Zebulon"), "{}", ending.text());
        assert!(place.home().join("likeness.db.broken-1").exists());
        let ending = Ending::of(&mut place.testing(&["jobs"])).ended(0);
        assert!(ending.text().contains("Zebulon"), "{}", ending.text());
    }
}

#[test]
fn a_doctor_that_only_looks_makes_no_database() {
    let place = Place::new();
    fs::create_dir_all(place.home()).expect("made");
    for words in [&["doctor"][..], &["doctor", "--repair"]] {
        Ending::of(&mut place.testing(words)).ended(0);
        assert!(!place.home().join(FILES[0]).exists(), "{words:?}");
    }
}

#[test]
fn one_row_that_cannot_be_read_does_not_take_the_others_with_it() {
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    let id = "11111111-1111-4111-8111-111111111111";
    let newer = "22222222-2222-4222-8222-222222222222";
    let database = Connection::open(place.home().join(FILES[0])).expect("a database");
    for (id, state) in [(id, "half a r"), (newer, r#"{"version":"2","avatar":{}}"#)] {
        let query = "INSERT INTO avatars (id, lead, state) VALUES (?1, zeroblob(10), ?2)";
        database.execute(query, [id, state]).expect("inserted");
    }
    drop(database);
    let ending = Ending::of(&mut place.testing(&["jobs"])).ended(0);
    let text = ending.text();
    assert!(text.contains("Zebulon") && text.contains(id) && text.contains(newer), "{text}");
    assert!(text.contains("newer version of Likeness"), "{text}");
    let ending = Ending::of(&mut place.testing(&["jobs", "--json"])).ended(0);
    let unreadable = &ending.documents()[0]["unreadable"];
    assert_eq!(
        *unreadable,
        serde_json::json!([{ "job": newer, "code": "storage.newer" }, { "job": id, "code": "storage.broken" }])
    );
    // An unreadable record may be a training of this very person, whatever was bought then.
    let photos = ["train", "set", "--name", "Yolanda", "--min-photos", "4", "--yes"];
    let error =
        Ending::of(place.testing(&photos).arg("--json")).ended(6).documents().pop().expect("an error");
    let error = &error["error"];
    assert!(error["message"].as_str().is_some_and(|text| text.contains(id)), "{error}");
    assert!(error["advice"].as_str().is_some_and(|text| text.contains("--again")), "{error}");
    Ending::of(place.testing(&photos).arg("--again")).ended(0);
    // The other jobs are not affected.
    Ending::of(&mut place.testing(&["status", "Zebulon"])).ended(0);
    Ending::of(&mut place.testing(&["status", newer])).ended(6);
    let ending = Ending::of(&mut place.testing(&["doctor"]));
    assert!(ending.text().contains(id), "{}", ending.text());
}
