//! `likeness generate`.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    Ending, Place,
    running::{Running, Server},
};

fn pictures(place: &Place, folder: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(place.path(folder)).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a picture")).collect()
}

#[test]
fn pictures_are_different_and_the_same_seed_makes_the_same_ones() {
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    let generate = |folder: &str, extra: &[&str]| {
        let words =
            ["generate", "Zebulon", "--prompt", "in a garden", "--image-size", "square", "-o", folder];
        Ending::of(place.testing(&words).args(extra)).ended(0)
    };
    let ending = generate("first", &["-n", "4", "--seed", "7"]);
    let names =
        ["first/picture-001.jpg", "first/picture-002.jpg", "first/picture-003.jpg", "first/picture-004.jpg"];
    assert_eq!(ending.text().lines().collect::<Vec<_>>(), names);
    let first = pictures(&place, "first");
    for picture in &first {
        let image = libjpeg_turbo_rs::decompress(picture).expect("a JPEG");
        assert_eq!((image.width, image.height), (512, 512));
    }
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 4, "all are different");
    generate("second", &["-n", "4", "--seed", "7"]);
    assert_eq!(pictures(&place, "second"), first);
    // Without a seed the same prompt makes others; what is there is never written over.
    generate("first", &["-n", "1"]);
    let now = pictures(&place, "first");
    assert_eq!((now.len(), &now[..4]), (5, &first[..]));
    assert!(!first.contains(&now[4]));

    let document = generate("third", &["--json"]).documents().pop().expect("a document");
    assert!(Path::new(document["paths"][0].as_str().expect("a path")).ends_with("picture-001.jpg"));
    assert_eq!((&document["status"], &document["test_mode"]), (&"completed".into(), &true.into()));
}

#[test]
fn a_model_from_elsewhere_is_used_with_its_trigger() {
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    Ending::of(&mut place.testing(&["download", "Zebulon", "-o", "own.safetensors"])).ended(0);
    let words = ["generate", "--lora", "own.safetensors", "--trigger", "zebu_x", "--prompt", "by the sea"];
    let ending = Ending::of(place.testing(&words).args(["-o", "out", "--json"])).ended(0);
    let document = ending.documents().pop().expect("a document");
    assert_eq!(document["prompt"], "zebu_x, by the sea");
    assert_eq!(pictures(&place, "out").len(), 1);
    let ending = Ending::of(place.testing(&words[..3]).args(["--prompt", "by the sea"])).ended(2);
    assert!(ending.stderr.contains("--trigger"), "{}", ending.stderr);
}

/// What was begun and stopped before it was bought must not hold up what is asked for now.
#[test]
fn an_unfinished_training_does_not_hold_up_pictures_of_the_model_before_it() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    let running = Running::start(place.buying(&server, &words).arg("--again"));
    running.stderr.wait_for("The photos are being prepared.");
    running.kill();
    let words = ["generate", "Zebulon", "--prompt", "by the sea", "--yes", "-o", "out"];
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!(pictures(&place, "out").len(), 1);
}
