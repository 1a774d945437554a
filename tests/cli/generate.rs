//! `likeness generate`.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    Ending, Place, photo,
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
    // Without a seed the same prompt makes others; existing files are never written over.
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

/// Makes pictures of an earlier model beside a training that was begun and stopped before it was bought.
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

/// Writes a model file's header for one tensor of so many bytes, which are yet to follow.
fn model_of(bytes: u64) -> Vec<u8> {
    let header = format!(r#"{{"a":{{"dtype":"U8","shape":[{bytes}],"data_offsets":[0,{bytes}]}}}}"#);
    let mut model = (header.len() as u64).to_le_bytes().to_vec();
    model.extend(header.into_bytes());
    model
}

impl Place {
    /// Writes a model for `--lora`, and returns the words that make one picture with it.
    pub(crate) fn given_model(&self) -> [&'static str; 10] {
        let mut model = model_of(4);
        model.extend([7; 4]);
        self.write("own.safetensors", model);
        let [generate, model, trigger] = ["generate", "own.safetensors", "zebu_x"];
        let prompt = "by the sea";
        [generate, "--lora", model, "--trigger", trigger, "--prompt", prompt, "--yes", "-o", "out"]
    }
}

fn orders(server: &Server) -> usize {
    server.answered().iter().filter(|line| line.contains("POST /fal-ai/flux-lora ")).count()
}

/// Hands pictures over that were paid for and not handed over, and buys nothing.
#[test]
fn pictures_that_could_not_be_handed_over_are_not_bought_again() {
    let place = Place::new();
    let words = place.given_model();
    // A picture takes a tenth of a training's time.
    let server = Server::start(&place, "20s", &[]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("took the order");
    fs::remove_dir(place.path("out")).expect("empty so far");
    place.write("out", "no folder");
    let ending = running.ended().ended(6);
    assert!(
        ending.stderr.contains("run the same command again") || ending.stderr.contains("Name another place")
    );
    fs::remove_file(place.path("out")).expect("removed");
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!((pictures(&place, "out").len(), orders(&server)), (1, 1));
    // From now on it is a new order.
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!((pictures(&place, "out").len(), orders(&server)), (2, 2));
}

#[test]
fn an_unclear_order_of_pictures_is_settled_by_a_person() {
    let place = Place::new();
    let words = place.given_model();
    let server = Server::start(&place, "1s", &["submit-dropped"]);
    let unclear = || Ending::of(&mut place.buying(&server, &words)).ended(7);
    unclear();
    let ending = unclear();
    let next = ending.stderr.lines().find(|line| line.ends_with(" --not-accepted")).expect(&ending.stderr);
    let (_, command) = next.split_once("likeness ").expect("a command");
    assert!(command.contains(" --pictures 1 "), "{command}");
    Ending::of(&mut place.buying(&server, &command.split(' ').collect::<Vec<_>>())).ended(0);
    assert_eq!(orders(&server), 1);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!((pictures(&place, "out").len(), orders(&server)), (1, 2));
}

/// Drives two orders and a training in one process: neither order waits for the other's answer, nor for the
/// training.
#[test]
fn two_orders_of_pictures_beside_a_training_do_not_block_each_other() {
    let place = Place::new();
    let train = place.small_training();
    let server = Server::start(&place, "3s", &["submit-late=4"]);
    Ending::of(&mut place.buying(&server, &train)).ended(0);
    let again = Running::start(place.buying(&server, &train).arg("--again"));
    again.stderr.wait_for("works on it");
    let pictures_of = |prompt: &str, folder: &str| {
        let words = ["generate", "Zebulon", "--prompt", prompt, "--yes", "-o", folder];
        Running::start(&mut place.buying(&server, &words))
    };
    let both = [pictures_of("by the sea", "one"), pictures_of("in a garden", "two")];
    for running in both {
        running.ended().ended(0);
    }
    again.ended().ended(0);
    assert_eq!((orders(&server), server.orders()), (2, 2));
    assert_eq!((pictures(&place, "one").len(), pictures(&place, "two").len()), (1, 1));
}

#[test]
fn what_is_no_model_is_not_sent_anywhere() {
    let place = Place::new();
    let words = place.given_model();
    let server = Server::start(&place, "1s", &[]);
    let half = model_of(4);
    for other in [photo(1, 520), half, b"\x02\0\0\0\0\0\0\0{}".to_vec(), Vec::new()] {
        place.write("own.safetensors", other);
        let ending = Ending::of(&mut place.buying(&server, &words)).ended(2);
        assert!(ending.stderr.contains("own.safetensors is not a whole model"), "{}", ending.stderr);
    }
    assert_eq!(server.answered().iter().filter(|line| line.contains("POST")).count(), 0);
}

/// Sends a file above 90 MiB in parts. The connection breaks in one of them: that one is sent again, and no other.
#[test]
fn a_large_model_goes_up_in_parts_and_a_lost_part_again_alone() {
    let place = Place::new();
    let words = place.given_model();
    let (start, rest) = (model_of(95 << 20), 95 << 20);
    let path = place.write("own.safetensors", &start);
    let model = fs::File::options().write(true).open(path).expect("the model");
    // The tensor is nothing but zeros, which take no room on the disk.
    model.set_len(start.len() as u64 + rest).expect("longer");
    let server = Server::start(&place, "1s", &["upload-cut"]);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    let log = server.answered();
    let calls = |what: &str| log.iter().filter(|line| line.contains(what)).count();
    assert_eq!(calls("POST /storage/upload/initiate-multipart "), 1, "{log:#?}");
    assert_eq!(
        (calls("PUT /storage/put/"), calls("/complete ")),
        (11, 1),
        "ten parts, and one of them again"
    );
    assert_eq!(orders(&server), 1);
}

/// Advises to make a missing folder, not to put it back: nobody took it away.
#[test]
fn a_place_that_is_missing_is_named_and_nothing_is_left() {
    let place = Place::new();
    place.photos("set", 4);
    Ending::of(&mut place.testing(&["train", "set", "--name", "Zebulon", "--min-photos", "4"])).ended(0);
    for words in [
        ["download", "Zebulon", "-o", "nowhere/x", "-q"],
        ["pack", "set", "-o", "nowhere/x.zip", "--min-photos=4"],
    ] {
        let ending = Ending::of(&mut place.testing(&words)).ended(6);
        assert!(ending.stderr.contains("there is no folder nowhere"), "{}", ending.stderr);
        assert!(ending.stderr.contains("make it, or name another place"), "{}", ending.stderr);
    }
    let words = ["generate", "nobody", "--prompt", "x", "-o", "out"];
    Ending::of(&mut place.testing(&words)).ended(3);
    assert!(!place.path("out").exists() && !place.path("nowhere").exists());
}
