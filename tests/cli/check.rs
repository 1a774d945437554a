//! `likeness check`.

use std::fs;

use crate::{Place, photo, pixels};

#[test]
fn good_photos_are_called_good() {
    let place = Place::new();
    place.photos("set", 10);
    let ending = place.run(&["check", "set", "-q"]).ended(0);
    assert_eq!(ending.text().matches(" good ").count(), 10, "{}", ending.text());
    assert!(ending.text().ends_with("10 photos are good: enough for a training.\n"), "{}", ending.text());
    assert_eq!(ending.stderr, "");
}

#[test]
fn each_bad_photo_is_named_with_its_reason_and_advice() {
    let place = Place::new();
    let good = photo(1, 520);
    place.write("set/a.jpg", &good);
    place.write("set/b.jpg", &good[..good.len() / 2]);
    place.write("set/c.jpg", photo(2, 300));
    place.write("set/d.jpg", "<!DOCTYPE html><title>404</title>");
    place.write("set/e.jpg", "");
    place.write("set/f.jpg", &good);
    place.write("set/g.jpg", photo(3, 520));
    place.write("set/g.txt", b"\xcf\xf0");
    let side = 520;
    let png = likeness_core::simulator::drawing::png(&pixels(4, side), side, side).expect("a PNG");
    place.write("set/h.jpg", png);

    let ending = place.run(&["check", "set", "--json"]).ended(3);
    let documents = ending.documents();
    let verdicts: Vec<(&str, &str)> = documents[..8]
        .iter()
        .map(|document| {
            (
                document["verdict"].as_str().expect("a text"),
                document["problem"]["code"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            ("good", ""),
            ("rejected", "photo.truncated"),
            ("rejected", "photo.too_small"),
            ("rejected", "photo.unsupported_format"),
            ("rejected", "photo.empty"),
            ("duplicate", ""),
            ("rejected", "caption.not_utf8"),
            ("good", ""),
        ]
    );
    assert_eq!(documents[7]["format"], "PNG");
    let error = &documents[8]["error"];
    assert_eq!((&error["code"], &error["details"]["rejected"]), (&"photos.rejected".into(), &5.into()));
    assert_eq!(documents.len(), 9);

    let ending = place.run(&["check", "set"]).ended(3);
    assert!(ending.text().contains("the same picture as set/a.jpg"), "{}", ending.text());
    assert!(ending.stderr.contains("5 photos cannot be used, 1 photo is there twice"), "{}", ending.stderr);
}

#[test]
fn what_is_not_there_is_named() {
    let place = Place::new();
    place.write("a.jpg", photo(1, 520));
    let ending = place.run(&["check", "a.jpg", "b.jpg", "c"]).ended(3);
    assert!(ending.stderr.contains("b.jpg: the file is not there"), "{}", ending.stderr);
    assert!(ending.stderr.contains("why: c: "), "{}", ending.stderr);
    fs::create_dir(place.path("empty")).expect("created");
    let ending = place.run(&["check", "empty"]).ended(3);
    assert!(ending.stderr.contains("holds no photos"), "{}", ending.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn odd_names_and_things_that_are_no_files_are_survived() {
    let place = Place::new();
    place.write(std::path::Path::new("set").join(crate::odd_name()), photo(1, 520));
    place.write("set/new\nline\u{1b}[2J.jpg", photo(2, 520));
    let pipe = place.path("set/pipe.jpg");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    std::os::unix::fs::symlink("loop.jpg", place.path("set/loop.jpg")).expect("linked");

    let ending = place.run(&["check", "set", "--json"]).ended(3);
    let documents = ending.documents();
    let names: Vec<&str> = documents.iter().filter_map(|document| document["photo"].as_str()).collect();
    assert_eq!(names, ["set/caf\u{fffd}.jpg", "set/loop.jpg", "set/new\nline\u{1b}[2J.jpg", "set/pipe.jpg"]);
    assert_eq!(documents[1]["problem"]["code"], "file.link_loop");
    assert_eq!(documents[3]["problem"]["code"], "file.not_a_file");
    let ending = place.run(&["check", "set"]).ended(3);
    assert!(!ending.text().contains('\u{1b}') && !ending.stderr.contains('\u{1b}'));
}
