//! `likeness backup`, and going on from one.

use std::fs;

use crate::{
    Ending, Place,
    running::{Running, Server},
};

#[test]
fn a_backup_is_a_data_folder_of_its_own() {
    let place = Place::new();
    let words = place.small_training();
    Ending::of(&mut place.testing(&words)).ended(0);
    let ending = Ending::of(&mut place.testing(&["backup", "saved/today", "--json"])).ended(0);
    let saved = ending.documents().pop().expect("a document");
    assert_eq!((&saved["avatars"], &saved["files"]), (&1.into(), &1.into()), "{saved}");
    for (name, mode) in crate::running::kept_in(&place.path("saved/today")) {
        let is_folder = place.path("saved/today").join(&name).is_dir();
        assert_eq!(mode, if is_folder { 0o700 } else { 0o600 }, "{name}");
    }
    // Changes after the backup are not in it.
    Ending::of(&mut place.testing(&["erase", "Zebulon", "--yes"])).ended(0);
    Ending::of(&mut place.testing(&["status", "Zebulon"])).ended(3);
    let mut restored = place.testing(&["download", "Zebulon", "-o", "model.safetensors"]);
    Ending::of(restored.env("LIKENESS_HOME", place.path("saved/today"))).ended(0);
    assert!(place.path("model.safetensors").exists());
}

#[test]
fn a_backup_is_mixed_with_nothing() {
    let place = Place::new();
    place.write("full/a.txt", "somebody's");
    let refused = |folder: &str| {
        let ending = Ending::of(&mut place.testing(&["backup", folder])).ended(2);
        assert!(ending.stderr.contains("name a new or empty folder"), "{}", ending.stderr);
    };
    refused("full");
    refused("full/a.txt");
    Ending::of(&mut place.testing(&["jobs"])).ended(0);
    let inside = place.home().join("avatars/../backup");
    refused(inside.to_str().expect("text"));
    refused(place.home().to_str().expect("text"));
    assert_eq!(fs::read_dir(place.path("full")).expect("a folder").count(), 1);
}

#[test]
fn what_is_not_there_is_not_backed_up() {
    let place = Place::new();
    let mut command = place.testing(&["backup", "saved"]);
    let ending = Ending::of(command.env("LIKENESS_HOME", place.path("nowhere"))).ended(6);
    assert!(ending.stderr.contains("there is nothing to back up"), "{}", ending.stderr);
    assert!(!place.path("nowhere").exists() && !place.path("saved").exists());
}

/// Buys the training after the backup was made: going on from the backup does not buy it again.
#[test]
fn going_on_from_a_backup_buys_nothing_twice() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["initiate-failed=3"]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The upload to fal.ai is under way.");
    Ending::of(&mut place.buying(&server, &["backup", "saved"])).ended(0);
    running.ended().ended(0);
    assert_eq!(server.orders(), 1);
    let saved = place.path("saved");
    for words in [&["status", "Zebulon"][..], &words] {
        let _ = Ending::of(place.buying(&server, words).env("LIKENESS_HOME", &saved));
    }
    assert_eq!(server.orders(), 1);
    let status =
        Ending::of(place.buying(&server, &["status", "Zebulon", "--json"]).env("LIKENESS_HOME", &saved));
    assert_eq!(status.documents()[0]["stage"], "cancelled", "{}", status.text());
}
