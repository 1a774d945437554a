//! `likeness pack`.

use std::{
    fs,
    io::{Cursor, Read as _},
};

use crate::{Ending, Place, photo};

fn entries(bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).expect("an entry");
            let mut contents = Vec::new();
            file.read_to_end(&mut contents).expect("contents with the right CRC-32");
            (file.name().expect("a name").to_string(), contents)
        })
        .collect()
}

#[test]
fn the_archive_holds_clean_photos_and_captions_in_order() {
    let place = Place::new();
    place.photos("set", 3);
    place.write("set/01.txt", "\u{feff}[trigger] у моря\r\n");
    let ending = place.run(&["pack", "set", "-o", "set.zip", "--min-photos", "3", "--json"]).ended(0);
    let result = &ending.documents()[0]["result"];
    assert_eq!((&result["photos"], &result["captions"]), (&3.into(), &1.into()));

    let bytes = fs::read(place.path("set.zip")).expect("the archive");
    assert_eq!(result["bytes"], bytes.len());
    let entries = entries(bytes.clone());
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["photo_001.jpg", "photo_002.jpg", "photo_002.txt", "photo_003.jpg"]);
    assert_eq!(entries[2].1, "[trigger] у моря".as_bytes());
    assert!(entries[0].1.starts_with(b"\xff\xd8\xff"));

    let ending = place.run(&["pack", "set", "-o", "-", "--min-photos", "3"]).ended(0);
    assert!(ending.stdout == bytes, "the same photos give the same bytes");
    assert_eq!(place.names(), ["set", "set.zip"], "nothing else is left behind");
}

#[test]
fn a_damaged_photo_is_left_out_with_a_warning() {
    let place = Place::new();
    let folder = place.photos("set", 3);
    let whole = fs::read(folder.join("01.jpg")).expect("a photo");
    fs::write(folder.join("01.jpg"), &whole[..whole.len() / 2]).expect("cut");
    let ending = place.run(&["pack", "set", "-o", "set.zip", "--min-photos", "2"]).ended(0);
    let warning =
        ending.stderr.lines().find(|line| line.contains("WARNING [FAL AI] set/01.jpg is left out: "));
    assert!(warning.is_some(), "{}", ending.stderr);
    assert_eq!(entries(fs::read(place.path("set.zip")).expect("the archive")).len(), 2);
    assert!(ending.text().contains("1 left out"), "{}", ending.text());
}

#[test]
fn everything_wrong_with_a_set_is_said_at_once_and_nothing_is_written() {
    let place = Place::new();
    place.photos("set", 2);
    place.write("set/a.jpg", photo(0, 520));
    place.write("set/b.jpg", "no photo");
    let ending = place.run(&["pack", "set", "-o", "set.zip"]).ended(3);
    for reason in
        ["set/a.jpg: this is the same picture as set/00.jpg", "at least 10 are needed", "set/b.jpg: "]
    {
        assert!(ending.stderr.contains(reason), "{reason} in {}", ending.stderr);
    }
    let ending =
        place.run(&["pack", "set", "-o", "set.zip", "--min-photos", "1", "--max-photos", "1"]).ended(3);
    assert!(ending.stderr.contains("2 photos, at most 1 are allowed"), "{}", ending.stderr);
    place.run(&["pack", "set", "-o", "set.zip", "--min-photos", "3", "--max-photos", "2"]).ended(2);
    assert_eq!(place.names(), ["set"]);
}

#[test]
fn duplicates_are_left_out_and_texts_without_a_photo_named() {
    let place = Place::new();
    place.photos("set", 2);
    place.write("set/02.jpg", photo(0, 520));
    place.write("set/02.jpg.txt", "with a caption");
    place.write("set/notes.txt", "milk");
    let ending = place.run(&["pack", "set", "-o", "set.zip", "--min-photos", "2"]).ended(0);
    for part in [
        "set/00.jpg is left out: this is the same picture as set/02.jpg",
        "set/notes.txt belongs to no photo",
    ] {
        assert!(ending.stderr.contains(part), "{part} in {}", ending.stderr);
    }
    let said = "2 photos, 1 captions, 1 left out, 1 text belongs to no photo, ";
    assert!(ending.text().contains(said), "{}", ending.text());
    let names: Vec<_> = entries(fs::read(place.path("set.zip")).expect("the archive"))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["photo_001.jpg", "photo_002.jpg", "photo_002.txt"]);

    place.write("set/02.txt", "another");
    let ending = place.run(&["pack", "set", "-o", "other.zip", "--min-photos", "2", "--json"]).ended(3);
    let error = &ending.documents()[0]["error"];
    assert_eq!(error["code"], "photos.unreadable");
    assert!(error["why"][0].as_str().expect("a reason").contains("set/02.jpg.txt and set/02.txt"), "{error}");
    assert_eq!(place.names(), ["set", "set.zip"]);
}

/// Judges by headers that these are too many or too few; none of them can be decoded.
#[test]
fn how_many_there_are_is_judged_before_anything_is_decoded() {
    let place = Place::new();
    for number in 0..3 {
        let whole = photo(number, 520);
        place.write(format!("set/{number:02}.jpg"), &whole[..whole.len() - 300]);
    }
    for (limits, sentence) in [
        (["--min-photos", "1", "--max-photos", "2"], "3 photos, at most 2 are allowed"),
        (["--min-photos", "4", "--max-photos", "9"], "3 good photos, at least 4 are needed"),
    ] {
        let ending = Ending::of(place.command(&["pack", "set", "-o", "set.zip"]).args(limits)).ended(3);
        assert!(ending.stderr.contains(sentence), "{sentence} in {}", ending.stderr);
        assert!(!ending.stderr.contains("cut off"), "{}", ending.stderr);
    }
}

#[test]
fn where_nothing_can_be_written_it_says_so() {
    let place = Place::new();
    place.photos("set", 1);
    let pack = |output: &str| place.run(&["pack", "set", "--min-photos", "1", "-o", output]);
    assert!(pack("nowhere/set.zip").ended(6).stderr.contains("nowhere/set.zip could not be written"));
    pack("set").ended(6);
    assert_eq!(place.names(), ["set"]);
    place.run(&["pack", "set", "--min-photos", "1", "-o", "-", "--json"]).ended(2);
}

/// Never replaces a device of that name by a file.
#[test]
fn a_device_is_not_replaced() {
    use std::os::unix::fs::FileTypeExt as _;

    let place = Place::new();
    place.photos("set", 1);
    let pipe = place.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    place.run(&["pack", "set", "--min-photos", "1", "-o", "pipe"]).ended(6);
    assert!(fs::metadata(&pipe).expect("there").file_type().is_fifo());
}

#[test]
fn the_archive_is_private_and_a_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new();
    place.photos("set", 1);
    place.run(&["pack", "set", "--min-photos", "1", "-o", "set.zip"]).ended(0);
    let mode = fs::metadata(place.path("set.zip")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let closed = place.path("closed");
    fs::create_dir(&closed).expect("created");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).expect("closed");
    // The administrator may write everywhere, so that there is nothing to see.
    if fs::write(closed.join("probe"), "").is_err() {
        let ending = place.run(&["pack", "set", "--min-photos", "1", "-o", "closed/set.zip"]).ended(6);
        assert!(ending.stderr.contains("who may write there"), "{}", ending.stderr);
    }
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let place = Place::new();
    place.photos("set", 1);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = place.command(&["pack", "set", "--min-photos", "1", "-o", "-", "-q"]);
    assert_eq!(Ending::of(command.stdout(writer)).ended(0).stderr, "");
}
