//! `likeness erase`, and the files that remain on the disk.

use std::fs;

use crate::{
    Ending, Place,
    running::{Running, Server},
};

/// The words that identify the person.
const PERSONAL: [&str; 4] = ["Zebulon", "vacation-in-rome", "zebuphrase", "meadow of asters"];

fn names_of_person(place: &Place) -> Vec<String> {
    let mut found = Vec::new();
    for (name, _) in place.kept() {
        let path = place.home().join(&name);
        let bytes = if path.is_file() { fs::read(&path).expect("read") } else { Vec::new() };
        let text = String::from_utf8_lossy(&bytes);
        for word in PERSONAL {
            if text.contains(word) || name.contains(word) {
                found.push(format!("{word} in {name}"));
            }
        }
    }
    found
}

#[test]
fn nothing_personal_is_left_not_even_between_the_rows() {
    let place = Place::new();
    place.photos("set", 4);
    fs::rename(place.path("set/00.jpg"), place.path("set/vacation-in-rome.jpg")).expect("renamed");
    place.write("set/01.txt", "Zebulon in a meadow of asters");
    let words = ["train", "set", "--name", "Zebulon", "--min-photos", "4", "--trigger", "zebuphrase"];
    Ending::of(&mut place.testing(&words)).ended(0);
    let pictures = ["generate", "Zebulon", "--prompt", "meadow of asters", "-o", "pictures"];
    Ending::of(&mut place.testing(&pictures)).ended(0);
    assert!(!names_of_person(&place).is_empty());

    Ending::of(&mut place.testing(&["erase", "Zebulon"])).ended(8);
    let ending = Ending::of(&mut place.testing(&["erase", "Zebulon", "--yes"])).ended(0);
    assert!(!ending.text().contains("fal.ai"), "nothing of it is there: {}", ending.text());
    assert_eq!(names_of_person(&place), Vec::<String>::new());
    assert_eq!(place.kept_named("avatars/"), Vec::<String>::new());
    assert!(place.path("set/vacation-in-rome.jpg").exists(), "the photos are the person's own");
    Ending::of(&mut place.testing(&["status", "Zebulon"])).ended(3);
}

#[test]
fn a_running_training_is_stopped_and_its_files_go_too() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "60s", &[]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("took the order");
    let ending = Ending::of(&mut place.buying(&server, &["erase", "Zebulon", "--yes"])).ended(0);
    assert!(ending.text().contains("fal.ai keeps the archive until "), "{}", ending.text());
    assert!(server.answered().iter().any(|line| line.contains("PUT ") && line.contains("/cancel")));
    running.ended().ended(5);
    assert_eq!(names_of_person(&place), Vec::<String>::new());
    assert_eq!(place.kept_named("avatars/"), Vec::<String>::new());
}

#[test]
fn files_are_private_and_what_a_killed_run_left_is_swept() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "300ms", &[]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The upload to fal.ai is under way.");
    running.kill();
    let kept = place.kept();
    assert!(kept.iter().any(|(name, _)| name.contains("/working/0001.jpg")), "{kept:?}");
    for (name, mode) in &kept {
        let wanted = if place.home().join(name).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, wanted, "{name}");
    }
    // Another command leaves these files alone, which are still needed.
    Ending::of(&mut place.buying(&server, &["jobs"])).ended(0);
    assert!(!place.kept_named("/working/0001.jpg").is_empty());

    // A folder of an avatar that no record knows, and half a model.
    let avatar = "avatars/00000000-0000-5000-8000-000000000000";
    let home = place.home();
    fs::create_dir_all(home.join(avatar).join("working")).expect("a folder");
    fs::write(home.join(avatar).join("working/photo-1.jpg"), "a face").expect("written");
    fs::write(home.join(avatar).join(".model.safetensors.abc.part"), "half").expect("written");
    Ending::of(&mut place.buying(&server, &["jobs"])).ended(0);
    assert_eq!(place.kept_named(avatar), Vec::<String>::new());
    assert!(!place.kept_named("/working/0001.jpg").is_empty(), "the other one is still needed");

    Ending::of(&mut place.buying(&server, &["cancel", "Zebulon"])).ended(0);
    assert_eq!(place.kept_named("working"), Vec::<String>::new());
}

#[test]
fn with_an_admin_s_key_fal_deletes_what_it_stored() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    let mut command = place.buying(&server, &["erase", "Zebulon", "--yes", "--json"]);
    let ending = Ending::of(command.env("FAL_ADMIN_KEY", "admin:hush")).ended(0);
    assert_eq!(ending.documents().pop().expect("a document")["payloads_deleted"], true);
    let deleted = |line: &String| line.contains("DELETE ") && line.contains("/payloads 200");
    assert_eq!(server.answered().iter().filter(|line| deleted(line)).count(), 1);
}

/// Asks for a complete name: a slip of the finger must not cost a model that was paid for.
#[test]
fn what_is_erased_is_named_in_whole() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let run = |words: &[&str]| Ending::of(&mut place.buying(&server, words));
    run(&words).ended(0);
    let id = run(&["jobs", "--json"]).documents()[0]["jobs"][0]["job"].as_str().expect("an id").to_owned();
    for little in ["Z", "Zebulo", &id[..1], &id[..7]] {
        let ending = run(&["erase", little, "--yes", "--json"]).ended(2);
        let documents = ending.documents();
        let error = &documents.last().expect("a document")["error"];
        assert_eq!(error["code"], "job.not_whole", "{little}");
        assert_eq!(error["details"]["jobs"][0]["job"], id, "{little}");
        assert!(error["advice"].as_str().expect("a text").ends_with("likeness erase Zebulon"), "{error}");
    }
    // There is no answer, so nothing is erased; the paid model stands first in the question.
    for enough in ["zebulon", &id[..8], &id] {
        let ending = run(&["erase", enough]).ended(8);
        let question = "the question is: Erase Zebulon (job ";
        assert!(ending.stderr.contains(question), "{enough}: {}", ending.stderr);
        assert!(ending.stderr.contains("): the trained model, paid for just now ("), "{}", ending.stderr);
        assert!(ending.stderr.contains("what was prepared of 4 photos"), "{}", ending.stderr);
    }
    run(&["erase", &id[..8], "--yes"]).ended(0);
    assert_eq!(names_of_person(&place), Vec::<String>::new());
}

#[test]
fn jobs_of_one_name_are_told_apart() {
    let place = Place::new();
    let words = place.small_training();
    Ending::of(&mut place.testing(&words)).ended(0);
    place.photos("other", 5);
    let other = ["train", "other", "--name", "zebulon", "--min-photos", "4"];
    Ending::of(&mut place.testing(&other)).ended(0);
    for command in ["erase", "cancel"] {
        let ending = Ending::of(&mut place.testing(&[command, "Zebulon"])).ended(2);
        assert!(ending.stderr.contains("`Zebulon` may mean several jobs"), "{}", ending.stderr);
        for photos in [4, 5] {
            let line = format!("(just now): done (test), {photos} photos");
            assert!(ending.stderr.contains(&line), "{}", ending.stderr);
        }
        // The shown id is enough to name one avatar.
        let line = ending.stderr.lines().find(|line| line.contains("5 photos")).expect("a line");
        let id = line.split_whitespace().nth(1).expect("an id");
        assert_eq!(id.len(), 8);
        Ending::of(&mut place.testing(&["status", id])).ended(0);
    }
}
