//! `likeness check`.

use std::fs;

use likeness_core::simulator::drawing;

use crate::{Place, photo, portrait};

#[test]
fn good_photos_are_called_good() {
    let place = Place::new();
    for number in 0..10 {
        place.write(format!("set/{number}.jpg"), portrait(number));
    }
    let ending = place.run(&["check", "set", "-q"]).ended(0);
    assert_eq!(ending.text().matches(" good ").count(), 10, "{}", ending.text());
    let end = "\n10 photos: 10 good.\n10 photos are enough for a training. ";
    assert!(ending.text().contains(end), "{}", ending.text());
    assert_eq!(ending.stderr, "");
}

/// Uses a photo that has a warning, says what it is, and ends as if there were none.
#[test]
fn a_warning_makes_a_photo_usable_and_leaves_it_in() {
    let place = Place::new();
    let dark: Vec<u8> = drawing::portrait(5, 3, 520, 650).iter().map(|sample| sample / 6).collect();
    place.write("set/dark.jpg", drawing::jpeg(&dark, 520, 650).expect("a JPEG"));
    place.write("set/first.jpg", portrait(1));
    let mut moved = drawing::portrait(5, 1, 520, 650);
    moved.rotate_right(5 * 520 * 3);
    place.write("set/next.jpg", drawing::jpeg(&moved, 520, 650).expect("a JPEG"));
    let documents = place.run(&["check", "set", "--json", "--no-face-check"]).ended(0).documents();
    let found: Vec<_> = documents[..3]
        .iter()
        .map(|photo| {
            let finding = &photo["findings"][0];
            (
                photo["verdict"].as_str().expect("a verdict"),
                finding["code"].as_str(),
                finding["level"].as_str(),
            )
        })
        .collect();
    let warning = |code| ("usable", Some(code), Some("warning"));
    assert_eq!(found, [warning("photo.too_dark"), ("good", None, None), warning("photo.look_alike")]);
    assert_eq!(documents[1]["looks"]["faces"], serde_json::Value::Null);
    let result = &documents[3]["result"];
    assert_eq!((&result["good"], &result["usable"], &result["rejected"]), (&1.into(), &2.into(), &0.into()));
    let advice = result["set"]["advice"].as_array().expect("advice");
    assert!(advice.len() <= 3 && advice[0] == "Add 7 photos: a training needs at least 10.", "{advice:?}");

    let ending = place.run(&["check", "set", "--no-face-check"]).ended(0);
    for text in
        ["usable", "the picture is dark", "it looks nearly like set/first.jpg", "3 photos: 1 good, 2 usable."]
    {
        assert!(ending.text().contains(text), "{text} in {}", ending.text());
    }
}

#[test]
fn a_sheet_shows_all_photos_and_replaces_nothing_unasked() {
    let place = Place::new();
    let good = portrait(1);
    place.write("set/a.jpg", &good);
    place.write("set/b.jpg", &good[..good.len() / 2]);
    place.write("set/c.jpg", photo(2, 300));
    let refused = place.run(&["check", "set", "--sheet", "sheet.gif", "--json"]).ended(2).documents();
    assert_eq!(refused[0]["error"]["code"], "usage.sheet_format");
    for name in ["sheet.jpg", "sheet.png"] {
        // Photos are rejected, and the sheet is there.
        place.run(&["check", "set", "--sheet", name]).ended(3);
        let file = fs::read(place.path(name)).expect("a sheet");
        let sheet = likeness_core::photo::inspect(&file).expect("a picture");
        assert!(sheet.width > 900 && sheet.height > 500, "{} x {}", sheet.width, sheet.height);
        place.run(&["check", "set", "--sheet", name]).ended(2);
        place.run(&["check", "set", "--sheet", name, "--force"]).ended(3);
        // Among the photos, a sheet is not one of them.
        place.write(format!("set/{name}"), &file);
    }
    let ending = place.run(&["check", "set"]).ended(3);
    for text in ["3 photos: ", "Passed over: 2 contact sheets."] {
        assert!(ending.text().contains(text), "{text} in {}", ending.text());
    }
}

#[test]
fn what_is_wrong_with_many_is_advised_once() {
    let place = Place::new();
    for number in 0..12 {
        place.write(format!("set/{number}.avif"), b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf");
    }
    let ending = place.run(&["check", "set"]).ended(3);
    assert_eq!(ending.text().matches(" rejected ").count(), 12, "{}", ending.text());
    assert_eq!(ending.text().matches("export it as JPEG").count(), 1, "{}", ending.text());
}

#[test]
fn each_bad_photo_is_named_with_its_reason_and_advice() {
    let place = Place::new();
    let good = portrait(1);
    place.write("set/a.jpg", &good);
    place.write("set/b.jpg", &good[..good.len() / 2]);
    place.write("set/c.jpg", photo(2, 300));
    place.write("set/d.jpg", "<!DOCTYPE html><title>404</title>");
    place.write("set/e.jpg", "");
    place.write("set/f.jpg", &good);
    place.write("set/g.jpg", photo(3, 520));
    place.write("set/g.txt", b"\xcf\xf0");
    let png = drawing::png(&drawing::portrait(5, 4, 520, 650), 520, 650).expect("a PNG");
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
    let readable = documents[1]["findings"][0]["readable"].as_u64().expect("a place");
    assert!((20..80).contains(&readable), "{readable}");
    assert_eq!(documents[7]["format"], "PNG");
    assert_eq!(documents[5]["duplicate_of"], "set/a.jpg");
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

#[test]
fn captions_are_shown_and_texts_that_belong_to_no_photo_named() {
    let place = Place::new();
    place.photos("set", 4);
    for (name, words) in [
        ("00.TXT", "one"),
        ("01.jpg.txt", "two"),
        ("02.caption", "three"),
        ("notes.txt", "milk"),
        ("old.caption", "eggs"),
    ] {
        place.write(format!("set/{name}"), words);
    }
    let ending = place.run(&["check", "set"]).ended(0);
    for line in [
        "    caption: one",
        "    caption: two",
        "    caption: three",
        "set/notes.txt belongs to no photo.",
        "set/old.caption belongs to no photo.",
        "3 photos have a caption, 2 texts belong to no photo.",
    ] {
        assert!(ending.text().lines().any(|one| one == line), "{line} in {}", ending.text());
    }
    let documents = place.run(&["check", "set", "--json"]).ended(0).documents();
    let captions: Vec<_> = documents[..4].iter().map(|document| document["caption"].as_str()).collect();
    assert_eq!(captions, [Some("one"), Some("two"), Some("three"), None]);
    let result = &documents[4]["result"];
    assert_eq!(result["captions"], 3);
    assert_eq!(result["unmatched_texts"], serde_json::json!(["set/notes.txt", "set/old.caption"]));

    place.write("set/00.jpg.txt", "another");
    let documents = place.run(&["check", "set", "--json"]).ended(3).documents();
    let problem = &documents[0]["problem"];
    assert_eq!(problem["code"], "caption.conflict");
    let message = problem["message"].as_str().expect("a text");
    assert!(message.contains("set/00.jpg.txt and set/00.TXT"), "{message}");
}

/// Keeps the first of equal photos, or the one with a caption. A file that cannot be used is not counted as the
/// original of any duplicate.
#[test]
fn it_is_told_which_of_equal_photos_stays() {
    let place = Place::new();
    let (small, good) = (photo(1, 300), portrait(2));
    for (name, bytes) in [
        ("a.jpg", &small),
        ("b.jpg", &small),
        ("c.jpg", &good),
        ("d.jpg", &good),
        ("e.jpg", &good),
        ("f.jpg", &Vec::new()),
        ("g.jpg", &Vec::new()),
    ] {
        place.write(format!("set/{name}"), bytes);
    }
    // The same picture in other bytes: a comment (FF FE) behind the start of the file.
    let mut noted = good[..2].to_vec();
    noted.extend(b"\xff\xfe\x00\x07notes");
    noted.extend(&good[2..]);
    place.write("set/h.jpg", noted);
    place.write("set/d.txt", "by the sea");
    place.write("set/e.txt", "at home");
    // Only the owner knows which of two captions of the same bytes is meant.
    let ending = place.run(&["check", "set"]).ended(3);
    assert!(ending.stderr.contains("set/d.jpg and set/e.jpg have the same bytes"), "{}", ending.stderr);
    fs::rename(place.path("set/e.txt"), place.path("set/h.txt")).expect("renamed");
    let documents = place.run(&["check", "set", "--json"]).ended(3).documents();
    let verdicts: Vec<(&str, &str)> = documents[..8]
        .iter()
        .map(|document| {
            let why = document["duplicate_of"].as_str().or(document["problem"]["code"].as_str());
            (document["verdict"].as_str().expect("a verdict"), why.unwrap_or(""))
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            ("rejected", "photo.too_small"),
            ("rejected", "photo.too_small"),
            ("duplicate", "set/d.jpg"),
            ("good", ""),
            ("duplicate", "set/d.jpg"),
            ("rejected", "photo.empty"),
            ("rejected", "photo.empty"),
            ("duplicate", "set/d.jpg"),
        ]
    );
    let ending = place.run(&["check", "set"]).ended(3);
    let other = "this is the same picture as set/d.jpg with another caption; that of set/d.jpg counts";
    assert_eq!(ending.text().matches(other).count(), 1, "{}", ending.text());
}

/// Counts photos by their headers: none of these can be decoded.
#[test]
fn hundreds_are_not_decoded() {
    let place = Place::new();
    let whole = photo(0, 520);
    for number in 0..201 {
        // Bytes behind the header tell the files apart.
        let cut = &whole[..whole.len() - 300 - number];
        place.write(format!("set/{number:03}.jpg"), cut);
    }
    place.write("set/page.jpg", "<!DOCTYPE html>");
    let ending = place.run(&["check", "set", "--json"]).ended(3);
    let documents = ending.documents();
    assert_eq!((documents.len(), &documents[0]["verdict"]), (203, &"unchecked".into()));
    assert_eq!(documents[201]["problem"]["code"], "photo.unsupported_format");
    let error = &documents[202]["error"];
    assert_eq!(error["code"], "data.too_many_photos");
    assert_eq!(error["message"], "201 photos, at most 20 are allowed");
}

#[test]
fn of_more_than_a_set_holds_each_is_looked_at() {
    let place = Place::new();
    for number in 0..21 {
        place.write(format!("set/{number:02}.jpg"), photo(number, 520));
    }
    let documents = place.run(&["check", "set", "--json"]).ended(3).documents();
    assert!(documents[..21].iter().all(|photo| photo["verdict"] != "unchecked"), "{documents:?}");
    let error = &documents[21]["error"];
    assert_eq!(error["code"], "data.too_many_photos");
    assert_eq!(error["details"]["set"]["advice"][0], "Leave 1 photo out: a training takes at most 20.");
}

#[test]
fn photos_are_scaled_down_where_a_longest_side_is_wanted() {
    let place = Place::new();
    place.write("a.jpg", photo(1, 640));
    let checked = |flags: &[&str]| {
        let ending = place.run(&[&["check", "a.jpg", "--json"], flags].concat()).ended(0);
        let document = &ending.documents()[0];
        (document["way"].clone(), document["changes"].clone())
    };
    assert_eq!(checked(&[]), ("requantised".into(), Vec::<String>::new().into()));
    assert_eq!(checked(&["--reencode", "when_needed"]).0, "kept");
    let (way, changes) = checked(&["--max-side", "520"]);
    assert_eq!(way, "scaled");
    assert_eq!(changes[0], "scaled down to the longest side that is wanted");
}
