//! Photos, captions and names that are malicious or careless.

use std::{fs, path::Path};

use crate::{Ending, Place, photo, running::Running};

/// Writes a PNG's beginning that promises 40,000 x 40,000 pixels.
fn bomb() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(40_000_u32.to_be_bytes());
    header.extend(40_000_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let crc = crc32fast::hash(&header);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(header);
    png.extend(crc.to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

#[test]
fn bad_photos_are_left_out_by_name_and_the_rest_is_trained() {
    let place = Place::new();
    let words = place.small_training();
    let good = photo(1, 520);
    place.write("set/a-empty.jpg", "");
    place.write("set/b-bomb.png", bomb());
    place.write("set/c-truncated.jpg", &good[..good.len() / 2]);
    let name = "d-line\nbreak\u{1b}[2J.jpg";
    place.write(Path::new("set").join(name), "no photo");
    // 10 GB that take no room: the length alone is enough to refuse the file.
    let sparse = fs::File::create(place.path("set/e-sparse.jpg")).expect("created");
    sparse.set_len(10 << 30).expect("a sparse file");
    fs::create_dir(place.path("set/f-folder.jpg")).expect("a folder");
    let ending = Ending::of(&mut place.testing(&words)).ended(0);
    for name in
        ["a-empty.jpg", "b-bomb.png", "c-truncated.jpg", "d-line\\nbreak\\u{1b}[2J.jpg", "e-sparse.jpg"]
    {
        let warned = ending.stderr.lines().any(|line| line.contains("WARNING") && line.contains(name));
        assert!(warned, "{name}: {}", ending.stderr);
        assert!(ending.text().contains(name), "{name}: {}", ending.text());
    }
    assert!(!ending.text().contains('\u{1b}') && !ending.stderr.contains('\u{1b}'));
    assert!(!ending.stderr.contains("f-folder"), "folders inside a folder are not opened: {}", ending.stderr);
}

/// Leaves out the same files as `check`.
#[test]
fn files_that_give_no_bytes_are_left_out_and_named() {
    let place = Place::new();
    let words = place.small_training();
    let pipe = place.path("set/pipe.jpg");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    std::os::unix::fs::symlink("loop.jpg", place.path("set/loop.jpg")).expect("linked");
    std::os::unix::fs::symlink("nowhere.jpg", place.path("set/dangling.jpg")).expect("linked");
    let ending = Ending::of(&mut place.testing(&words)).ended(0);
    for line in [
        "set/pipe.jpg will be left out: it is a pipe, not a file.",
        "set/loop.jpg will be left out: the link leads back to itself.",
        "set/dangling.jpg will be left out: the file is not there.",
        "4 of 7 photos will be used (3 left out: 3 unreadable).",
    ] {
        assert!(ending.stderr.contains(line), "{line}: {}", ending.stderr);
    }
    let checked = place.run(&["check", "set"]).ended(3);
    for name in ["set/pipe.jpg", "set/loop.jpg", "set/dangling.jpg"] {
        let rejected = checked.text().lines().any(|line| line.contains(name) && line.contains("rejected"));
        assert!(rejected, "{name}: {}", checked.text());
    }
}

#[test]
fn a_caption_that_cannot_be_read_is_named_before_anything_begins() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/00.txt", b"\xff\xfe\x00caf\xe9");
    place.write("set/01.txt", "x".repeat(200_000));
    place.write("set/02.txt", "\u{feff}a good caption\r\n");
    let ending = Ending::of(&mut place.testing(&words)).ended(3);
    for name in ["set/00.jpg: ", "set/01.jpg: "] {
        assert!(ending.stderr.contains(name), "{name}: {}", ending.stderr);
    }
    assert!(!ending.stderr.contains("set/02.jpg"), "{}", ending.stderr);
    let ending = Ending::of(&mut place.testing(&["train", "no such folder", "--name", "A"])).ended(3);
    assert!(ending.stderr.contains("no such folder: the file is not there"), "{}", ending.stderr);
}

#[test]
fn a_thousand_photos_are_refused_and_the_same_one_twice_counts_once() {
    let place = Place::new();
    let bytes = photo(1, 520);
    for number in 0..1000 {
        // Bytes behind the picture tell the files apart.
        place.write(format!("many/{number:04}.jpg"), [&*bytes, format!("{number}").as_bytes()].concat());
    }
    let ending = Ending::of(&mut place.testing(&["train", "many", "--name", "A"])).ended(3);
    assert!(ending.stderr.contains("1000 photos, at most 20 are allowed"), "{}", ending.stderr);
    assert!(ending.stderr.lines().count() < 40, "{} lines", ending.stderr.lines().count());

    let words = place.small_training();
    fs::copy(place.path("set/00.jpg"), place.path("set/twice.jpg")).expect("copied");
    let ending = Ending::of(&mut place.testing(&words)).ended(0);
    assert!(ending.stderr.contains("set/twice.jpg is left out"), "{}", ending.stderr);
}

#[test]
fn another_photo_under_the_same_name_is_another_job() {
    let place = Place::new();
    let words = place.small_training();
    let job = |ending: Ending| ending.text().lines().nth(1).expect("a job").to_owned();
    let first = job(Ending::of(&mut place.testing(&words)).ended(0));
    place.write("set/00.jpg", photo(99, 520));
    assert_ne!(job(Ending::of(&mut place.testing(&words)).ended(0)), first);
}

#[test]
fn a_reader_that_goes_away_and_a_closed_standard_error_change_nothing() {
    let place = Place::new();
    let words = place.small_training();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    Ending::of(place.testing(&words).stderr(writer)).ended(0);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    Ending::of(place.testing(&words).arg("--json").stdout(writer)).ended(0);
}

/// Asks on a terminal, and acts on the answer.
#[test]
fn a_terminal_is_asked_before_money_is_spent() {
    let place = Place::new();
    let words = place.small_training();
    let server = crate::running::Server::start(&place, "100ms", &[]);
    let program = format!("{} {}", env!("CARGO_BIN_EXE_likeness"), words[..6].join(" "));
    for (answer, orders) in [("n", 0), ("y", 1)] {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "printf '%s\\n' \"$1\" | script -qec \"$2\" /dev/null", "sh", answer, &program]);
        shell.current_dir(place.path("")).env_clear().env("HOME", place.path("")).env("TERM", "xterm");
        shell.env("PATH", std::env::var_os("PATH").expect("a path"));
        shell.env("FAL_KEY", "kid:hush").env("FAL_BASE_URL", &server.base);
        let ending = Running::start(&mut shell).ended();
        assert_eq!(ending.code, if answer == "y" { 0 } else { 8 }, "{}", ending.text());
        assert!(ending.text().contains("Buy it?"), "{}", ending.text());
        assert_eq!(server.orders(), orders, "{}", ending.text());
    }
}
