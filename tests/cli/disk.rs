//! Disks that are full or may not be written, and databases that are not ours.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use crate::{Ending, Place, running::Server};

/// Runs the command in a shell that lets no file grow beyond so many KiB, as on a full disk.
fn with_files_of_at_most(place: &Place, kib: u32, command: &Command) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("ulimit -f {kib}; trap '' XFSZ; exec \"$@\""), "bash"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(place.folder.path()).env_clear().stdin(Stdio::null());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

#[test]
fn a_full_disk_ends_with_6_and_the_same_command_carries_on() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let buying = place.buying(&server, &words);
    // Too small for the database: SQLite does not tell this limit from a broken disk.
    let ending = Ending::of(&mut with_files_of_at_most(&place, 4, &buying)).ended(6);
    assert!(
        ending.stderr.contains("likeness.db") && ending.stderr.contains("\n next: "),
        "{}",
        ending.stderr
    );
    // Too small for the model.
    let ending = Ending::of(&mut with_files_of_at_most(&place, 512, &buying)).ended(6);
    assert!(ending.stderr.contains("no space is left"), "{}", ending.stderr);
    assert!(ending.stderr.contains("Free some space and run the same command again"), "{}", ending.stderr);
    assert_eq!(server.orders(), 1);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!(server.orders(), 1);
    assert_eq!(place.kept_named(".part"), Vec::<String>::new());
}

/// Runs the command as a user to whom nothing is allowed, since root may write everywhere.
fn as_nobody(place: &Place, command: &Command) -> Option<Command> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let mut nobody = if root {
        let mut nobody = Command::new("setpriv");
        nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(command.get_program());
        nobody
    } else {
        Command::new(command.get_program())
    };
    nobody.args(command.get_args()).current_dir(place.folder.path()).env_clear().stdin(Stdio::null());
    nobody.env("PATH", std::env::var_os("PATH")?);
    nobody.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(nobody)
}

#[test]
fn folders_that_may_not_be_written_are_named() {
    let place = Place::new();
    let words = place.small_training();
    let allow = |name: &str, mode| {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).expect("permissions");
    };
    fs::create_dir(place.path("closed")).expect("a folder");
    let home = place.path("data");
    fs::create_dir(&home).expect("a folder");
    // The program itself must be reachable for that user; where it is not, there is nothing to test with.
    let mut version = as_nobody(&place, &place.command(&["--version"])).expect("a path");
    allow("", 0o755);
    allow("closed", 0o555);
    // The folder must be that user's own, since one that others may write to is refused; only root can give a
    // folder away.
    if std::os::unix::fs::chown(&home, Some(65534), Some(65534)).is_err() {
        allow("data", 0o700);
    }
    if !version.output().is_ok_and(|version| version.status.success()) {
        return;
    }
    let mut command = place.testing(&words);
    command.env("LIKENESS_HOME", place.path("closed/data"));
    let ending = Ending::of(&mut as_nobody(&place, &command).expect("a path")).ended(6);
    assert!(ending.stderr.contains("closed/data"), "{}", ending.stderr);
    assert!(ending.stderr.contains("\n next: "), "{}", ending.stderr);

    let mut command = place.testing(&words);
    command.env("LIKENESS_HOME", &home);
    Ending::of(&mut as_nobody(&place, &command).expect("a path")).ended(0);
    let mut command =
        place.testing(&["generate", "Zebulon", "--prompt", "by the sea", "-o", "closed/pictures"]);
    command.env("LIKENESS_HOME", &home);
    let ending = Ending::of(&mut as_nobody(&place, &command).expect("a path")).ended(6);
    assert!(ending.stderr.contains("closed/pictures"), "{}", ending.stderr);
}

#[test]
fn a_data_folder_that_others_may_write_is_mended_or_refused() {
    let place = Place::new();
    Ending::of(&mut place.testing(&["jobs"])).ended(0);
    let open = |path: &std::path::Path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("permissions");
    };
    open(&place.home());
    let ending = Ending::of(&mut place.testing(&["jobs"])).ended(0);
    assert!(ending.stderr.contains("others could write to "), "{}", ending.stderr);
    assert!(Ending::of(&mut place.testing(&["jobs"])).ended(0).stderr.is_empty(), "it is said once");
    let of_others = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o077;
    assert_eq!(of_others(&place.home()), 0, "others may not read it either");
    // A folder that others may write to as well.
    place.write("shared/notes.txt", "somebody's");
    open(&place.path("shared"));
    let mut command = place.testing(&["jobs"]);
    let ending = Ending::of(command.env("LIKENESS_HOME", place.path("shared"))).ended(6);
    assert!(ending.stderr.contains("others may write there"), "{}", ending.stderr);
    assert_eq!(fs::read_dir(place.path("shared")).expect("a folder").count(), 1);
}

/// Refuses to read, write or delete what a link leads to that was put in the place of an avatar's folder.
#[test]
fn a_link_in_the_place_of_an_avatar_s_folder_is_not_followed() {
    let place = Place::new();
    let words = place.small_training();
    Ending::of(&mut place.testing(&words)).ended(0);
    let avatar =
        fs::read_dir(place.home().join("avatars")).expect("a folder").flatten().next().expect("one").path();
    let theirs = ["model.safetensors", ".x.part", "upload-1-p", "working/photo-1.jpg", "working/other"];
    for name in theirs {
        place.write(std::path::Path::new("theirs").join(name), "theirs");
    }
    fs::remove_dir_all(&avatar).expect("removed");
    std::os::unix::fs::symlink(place.path("theirs"), &avatar).expect("a link");
    let refused = |words: &[&str]| {
        let ending = Ending::of(&mut place.testing(words)).ended(6);
        assert!(ending.stderr.contains("a symbolic link is in its place"), "{}", ending.stderr);
    };
    refused(&["download", "Zebulon", "-o", "model.safetensors"]);
    refused(&["generate", "Zebulon", "--prompt", "by the sea", "-o", "pictures", "--yes"]);
    Ending::of(&mut place.testing(&["jobs"])).ended(0);
    Ending::of(&mut place.testing(&["erase", "Zebulon", "--yes"])).ended(0);
    assert!(!avatar.is_symlink(), "the link is gone");
    for name in theirs {
        let path = place.path("theirs").join(name);
        assert_eq!(fs::read(&path).expect("untouched"), b"theirs", "{name}");
    }
    assert!(!place.path("model.safetensors").exists());
}

#[test]
fn a_database_that_is_none_or_is_newer_is_left_as_it_is() {
    let place = Place::new();
    let words = place.small_training();
    Ending::of(&mut place.testing(&words)).ended(0);
    let database = place.home().join("likeness.db");
    let whole = fs::read(&database).expect("the database");

    fs::write(&database, "this is no database, but it is long enough to be looked at ".repeat(40))
        .expect("written");
    let broken = fs::read(&database).expect("read");
    let ending = Ending::of(&mut place.testing(&["jobs"])).ended(6);
    assert!(ending.stderr.contains("likeness.db"), "{}", ending.stderr);
    assert_eq!(fs::read(&database).expect("read"), broken);

    // A version that does not exist yet, of the same length.
    let newer = String::from_utf8_lossy(&whole).contains(r#"{"version":"1""#);
    assert!(newer);
    let mut bytes = whole;
    let at = bytes.windows(13).position(|window| window == br#""version":"1""#).expect("a version");
    bytes[at + 11] = b'9';
    fs::write(&database, &bytes).expect("written");
    // The other jobs can still be listed.
    for (words, code) in [(&["jobs"][..], 0), (&words, 6)] {
        let ending = Ending::of(&mut place.testing(words)).ended(code);
        let said = format!("{}{}", ending.text(), ending.stderr);
        assert!(said.contains("newer version of Likeness"), "{said}");
    }
    assert_eq!(fs::read(&database).expect("read"), bytes);
}

#[test]
fn a_data_folder_that_depends_on_where_one_stands_is_refused() {
    let place = Place::new();
    let words = place.small_training();
    let ending = Ending::of(place.testing(&words).env("LIKENESS_HOME", "own data")).ended(2);
    assert!(ending.stderr.contains("a path from the root is needed"), "{}", ending.stderr);
    assert!(!place.path("own data").exists());
    let ending = Ending::of(place.testing(&words).env_remove("HOME")).ended(2);
    assert!(ending.stderr.contains("LIKENESS_HOME"), "{}", ending.stderr);
}

/// Names a place where no folder can be made, without the advice to put one back.
#[test]
fn a_place_that_cannot_be_is_named_as_one() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    place.photos("more", 4);
    for words in [
        vec!["generate", "Zebulon", "--prompt", "by the sea", "--yes", "-o", "/proc/x"],
        vec!["generate", "Zebulon", "--prompt", "by the sea", "--yes", "-o", "/proc/x/y"],
        vec!["man", "-o", "/proc/x"],
        vec!["backup", "/proc/x"],
        vec!["download", "Zebulon", "-o", "/proc/x"],
        vec!["pack", "more", "--min-photos", "4", "-o", "/proc/x.zip"],
    ] {
        let ending = Ending::of(&mut place.testing(&words)).ended(6);
        assert!(!ending.stderr.contains("Put it back"), "{}", ending.stderr);
        assert!(ending.stderr.contains("\n next: "), "{}", ending.stderr);
    }
    let given = ["--lora", "none.safetensors", "--trigger", "zebu_x", "--prompt", "by the sea", "-o", "out"];
    let ending = Ending::of(&mut place.testing(&[&["generate"], &given[..]].concat())).ended(2);
    assert!(ending.stderr.contains("none.safetensors: the file is not there"), "{}", ending.stderr);
    let mut command = place.testing(&["jobs"]);
    let ending = Ending::of(command.env("LIKENESS_HOME", "/proc/x/y")).ended(6);
    assert!(!ending.stderr.contains("Put it back"), "{}", ending.stderr);
}

#[test]
fn file_names_that_are_too_long_are_shortened() {
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    let long = "\u{436}".repeat(200);
    let (model, archive) = (format!("{long}.safetensors"), format!("{long}.zip"));
    place.photos("more", 4);
    Ending::of(&mut place.testing(&["download", "Zebulon", "-o", &model])).ended(0);
    Ending::of(&mut place.testing(&["pack", "more", "--min-photos", "4", "-o", &archive])).ended(0);
    let pictures = ["generate", "Zebulon", "--prompt", "by the sea", "--yes", "-o", &long];
    Ending::of(&mut place.testing(&pictures)).ended(0);
    let names = place.names();
    let begins = |end: &str| names.iter().any(|name| name.starts_with(&long[..200]) && name.ends_with(end));
    assert!(begins(".safetensors") && begins(".zip"), "{names:?}");
    assert!(fs::read_dir(place.path(&long[..254])).expect("a folder").count() > 0, "{names:?}");
}
