//! Exit codes, help, and standard output that goes away.

use std::process::{Command, Stdio};

use crate::{Ending, Place};

#[test]
fn help_names_every_command_and_every_exit_code() {
    let place = Place::new();
    let ending = place.run(&["--help"]).ended(0);
    for word in [
        "train",
        "generate",
        "status",
        "jobs",
        "download",
        "cancel",
        "resolve",
        "erase",
        "check",
        "pack",
        "demo",
        "simulate",
        "doctor",
        "config",
        "completions",
        "  130  ",
        "likeness demo",
        "FAL_KEY",
    ] {
        assert!(ending.text().contains(word), "{word} is missing");
    }
    assert_eq!(ending.stderr, "");
    for line in ending.text().lines() {
        assert!(line.chars().count() <= 100, "too wide: {line}");
    }
    let ending = place.run(&["train", "--help"]).ended(0);
    assert!(ending.text().contains("Examples:"));
    assert!(place.run(&["--version"]).ended(0).text().starts_with("likeness 0."));
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_to_do() {
    let place = Place::new();
    let ending = place.run(&[]).ended(2);
    assert!(ending.stderr.contains("likeness --help"), "{}", ending.stderr);
    let ending = place.run(&["check", "a.jpg", "--jsn"]).ended(2);
    assert!(ending.stderr.starts_with("error: unexpected argument '--jsn'"), "{}", ending.stderr);
    assert_eq!(ending.stdout, b"");
    let ending = place.run(&["chek", "--json"]).ended(2);
    let documents = ending.documents();
    assert_eq!((documents.len(), &documents[0]["error"]["class"]), (1, &"usage".into()));
    assert!(documents[0]["error"]["advice"].as_str().expect("a text").contains("check"));
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ending = place.run(&["completions", shell]).ended(0);
        assert!(ending.text().contains("LIKENESS_COMPLETE"), "{shell}");
    }
}

/// Asks as the script of fish does: the words up to the cursor come after `--`.
fn completed(place: &Place, words: &[&str]) -> Vec<String> {
    let mut command = place.command(&[]);
    let ending =
        Ending::of(command.env("LIKENESS_COMPLETE", "fish").args(["--", "likeness"]).args(words)).ended(0);
    assert_eq!(ending.stderr, "", "{words:?}");
    let words = ending.text().lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned());
    words.collect()
}

#[test]
fn completions_know_the_jobs() {
    let place = Place::new();
    assert_eq!(completed(&place, &["status", ""]).iter().filter(|word| !word.starts_with('-')).count(), 0);
    assert!(!place.path(".local").exists(), "looking makes nothing");
    assert!(completed(&place, &["gen"]).contains(&"generate".to_owned()));

    place.photos("set", 4);
    for name in ["Zebulon", "Anna Maria"] {
        let words = ["train", "set", "--name", name, "--min-photos", "4"];
        Ending::of(&mut place.testing(&words)).ended(0);
    }
    for command in ["status", "cancel", "erase", "generate", "download", "resolve"] {
        assert_eq!(completed(&place, &[command, "ze"]), ["Zebulon"], "{command}");
        // A name that a shell would take apart is offered by its id.
        let all = completed(&place, &[command, ""]);
        let jobs: Vec<_> = all.iter().filter(|word| !word.starts_with('-')).collect();
        assert!(jobs.len() == 2 && jobs.iter().any(|word| word.len() == 8), "{command}: {jobs:?}");
    }
}

#[test]
fn bare_it_shows_the_commands_and_three_examples() {
    let place = Place::new();
    let ending = place.run(&[]).ended(2);
    for line in [
        "  train ",
        "  erase ",
        "likeness demo",
        "likeness check photos/",
        "likeness train photos/ --name Anna",
    ] {
        assert!(ending.stderr.contains(line), "{line} is missing: {}", ending.stderr);
    }
    assert!(!ending.stderr.contains("version"), "hidden: {}", ending.stderr);
    let ending = place.run(&["--test"]).ended(2);
    assert!(ending.stderr.contains("likeness demo"), "{}", ending.stderr);
}

#[test]
fn near_misses_are_answered() {
    let place = Place::new();
    assert!(place.run(&["version"]).ended(0).text().starts_with("likeness 0."));
    assert!(place.run(&["help"]).ended(0).text().contains("Exit codes"));
    for list in ["list", "ls"] {
        assert!(place.run(&[list]).ended(0).text().contains("No trainings yet"));
    }
    for remove in ["rm", "delete"] {
        let ending = place.run(&[remove, "Anna", "--yes"]).ended(2);
        assert!(ending.stderr.contains("`likeness erase JOB`"), "{}", ending.stderr);
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let place = Place::new();
    let ending = place.run(&["man"]).ended(0);
    assert!(
        ending.text().contains(".TH likeness 1") && ending.text().contains("likeness\\-train"),
        "{}",
        ending.text()
    );
    place.run(&["man", "-o", "pages"]).ended(0);
    for page in ["likeness.1", "likeness-train.1", "likeness-login.1"] {
        let page = std::fs::read_to_string(place.path("pages").join(page)).expect("a page");
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(!place.path("pages/likeness-version.1").exists(), "hidden");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let place = Place::new();
    for words in [&["config"][..], &["--help"], &["completions", "bash"], &["config", "--json"], &["man"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ending = Ending::of(place.command(words).stdout(writer)).ended(0);
        assert_eq!(ending.stderr, "", "{words:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let place = Place::new();
    for words in [&["config"][..], &["--help"], &["completions", "bash"], &["config", "--json"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        Ending::of(place.command(words).stdout(full)).ended(6);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_error_that_cannot_be_written_changes_nothing() {
    let place = Place::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
    Ending::of(place.command(&["check", "nothing.jpg"]).stderr(full)).ended(3);
}

/// Sends the signal while the program waits: the server takes the connection and says nothing.
#[test]
fn an_interrupt_ends_with_130() {
    let place = Place::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", server.local_addr().expect("an address"));
    let mut command = place.command(&["doctor", "--json"]);
    command.env("FAL_KEY", "kid:hush").env("FAL_BASE_URL", address);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let (_connection, _) = server.accept().expect("a connection");
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh").success());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""code":"interrupted""#));
}

/// Refuses to replace a file in the place of a result, which may be a person's only copy.
#[test]
fn nothing_of_a_person_s_is_replaced_unless_they_say_so() {
    let place = Place::new();
    place.photos("set", 4);
    let own = place.path("set/00.jpg");
    let before = std::fs::read(&own).expect("a photo");
    let pack = ["pack", "set", "--min-photos", "4", "-o", "set/00.jpg"];
    let ending = place.run(&pack).ended(2);
    assert!(ending.stderr.contains("--force"), "{}", ending.stderr);
    let ending = place.run(&["demo", "-o", "set"]).ended(2);
    assert!(ending.stderr.contains("is not empty"), "{}", ending.stderr);
    assert!(std::fs::read(&own).expect("a photo") == before);

    let words = ["train", "set", "--name", "Zebulon", "--min-photos", "4", "--test"];
    Ending::of(place.command(&words).env("FAL_MOCK_TRAINING_DURATION", "0.2")).ended(0);
    let download = ["download", "Zebulon", "-o", "set/00.jpg", "--test"];
    let ending = place.run(&download).ended(2);
    assert!(ending.stderr.contains("is there already"), "{}", ending.stderr);
    assert!(std::fs::read(&own).expect("a photo") == before);
    let mut forced = download.to_vec();
    forced.push("--force");
    place.run(&forced).ended(0);
    assert!(std::fs::read(&own).expect("a model") != before);
    // Not even `--force` replaces what is not a regular file: here a pipe of our own.
    let pipe = place.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    place.run(&["download", "Zebulon", "-o", "pipe", "--force", "--test"]).ended(2);
    assert!(!std::fs::metadata(&pipe).expect("still there").is_file());
}
