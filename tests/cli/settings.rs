//! Sources of settings, and the rule that no key is ever shown.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::{Ending, Place, running::Server};

#[test]
fn config_shows_where_a_value_came_from_and_no_key() {
    let place = Place::new();
    place.write(
        ".config/likeness/likeness.toml",
        "likeness_training_price = '2.4'\n[training]\nsteps = 1500\n",
    );
    let run = |words: &[&str]| {
        let mut command = place.command(words);
        Ending::of(command.env("FAL_KEY", "kid:hush").env("MINIO_SECRET_KEY", "hush")).ended(0)
    };
    let text = run(&["config"]);
    let line = |name: &str| {
        let text = text.text();
        text.lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("no {name} in {text}"))
            .to_owned()
    };
    assert!(line("fal_key ").contains("set (hidden)") && line("fal_key ").contains("FAL_KEY"));
    assert!(line("training.steps ").contains("1500") && line("training.steps ").contains("likeness.toml"));
    assert!(line("likeness_training_price ").contains("2.40 USD"));
    assert!(line("fal_admin_key ").contains("not set") && line("fal_admin_key ").contains("default"));

    let json = run(&["config", "--json"]);
    assert_eq!(json.documents().len(), 1);
    assert_eq!(json.documents()[0]["settings"]["training.steps"]["value"], "1500");
    for ending in [text, json] {
        assert!(!ending.text().contains("hush") && !ending.stderr.contains("hush"));
        assert!(!ending.text().contains("kid"));
    }
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_meant() {
    let place = Place::new();
    place.write("mine.toml", "fal_kye = 'kid:hush'\n");
    let ending = place.run(&["config", "--config", "mine.toml"]).ended(2);
    assert!(ending.stderr.contains("did you mean `fal_key`?"), "{}", ending.stderr);
    assert!(!ending.stderr.contains("hush"));
    let mut command = place.command(&["config", "--json"]);
    let ending = Ending::of(command.env("LIKENESS_CONFIG", "mine.toml")).ended(2);
    assert_eq!(ending.documents().last().expect("a document")["error"]["code"], "settings.file_invalid");
}

/// Ignores a settings file in the current folder: a folder of photos from elsewhere must not decide where the key
/// is sent.
#[test]
fn a_settings_file_in_the_current_folder_is_not_read() {
    let place = Place::new();
    place.write("likeness.toml", "fal_base_url = 'http://evil.example'\n");
    let ending = place.run(&["config"]).ended(0);
    assert!(!ending.text().contains("evil.example"), "{}", ending.text());
}

#[test]
fn two_keys_that_differ_are_an_error() {
    let place = Place::new();
    let mut command = place.command(&["config"]);
    let ending = Ending::of(command.env("FAL_KEY", "a:hush").env("FAL_API_KEY", "b:hiss")).ended(2);
    assert!(ending.stderr.contains("FAL_KEY and FAL_API_KEY"), "{}", ending.stderr);
    assert!(!ending.stderr.contains("hush") && !ending.stderr.contains("hiss"));
}

#[test]
fn test_mode_that_is_neither_asked_for_nor_declined_is_an_error() {
    let place = Place::new();
    let ending = Ending::of(place.command(&["config"]).env("AVATAR_TEST_MODE", "maybe")).ended(2);
    assert!(ending.stderr.contains("AVATAR_TEST_MODE: true or false is needed"), "{}", ending.stderr);
}

#[test]
fn doctor_says_what_is_missing_and_ends_well_where_the_simulator_can_be_used() {
    let place = Place::new();
    let ending = place.run(&["doctor"]).ended(0);
    assert!(ending.text().contains("set FAL_KEY"), "{}", ending.text());
    let ending = place.run(&["doctor", "--test", "--json"]).ended(0);
    assert_eq!(ending.documents()[0]["usable"], true);
    assert!(place.path(".local/share/likeness").is_dir());
}

#[test]
fn doctor_fails_where_the_data_folder_cannot_be() {
    let place = Place::new();
    let file = place.write("file", "");
    let mut command = place.command(&["doctor", "--json"]);
    let ending = Ending::of(command.env("LIKENESS_HOME", file.join("home"))).ended(6);
    let documents = ending.documents();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["usable"], false);
    assert_eq!(documents[1]["error"]["class"], "storage");
}

/// Calls port 9 (discard) of this machine, where no program listens, so that nothing can be reached.
#[test]
fn doctor_says_that_fal_cannot_be_reached() {
    let place = Place::new();
    let mut command = place.command(&["doctor"]);
    let ending =
        Ending::of(command.env("FAL_KEY", "kid:hush").env("FAL_BASE_URL", "http://127.0.0.1:9")).ended(4);
    assert!(ending.stderr.contains("fal.ai: "), "{}", ending.stderr);
    assert!(!ending.text().contains("hush") && !ending.stderr.contains("hush"));
}

/// Runs a command whose standard input holds this text.
fn told(command: &mut Command, text: &str) -> Ending {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("started");
    // A command that does not read its input has closed the pipe.
    let _ = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
    let output = child.wait_with_output().expect("ended");
    Ending {
        code: output.status.code().expect("ended by itself"),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn shows_no_secret(ending: &Ending) {
    let said = format!("{}{}", ending.text(), ending.stderr);
    assert!(!said.contains("hush"), "{said}");
}

#[test]
fn a_key_is_stored_shown_by_its_beginning_and_removed() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new();
    let server = Server::start(&place, "100ms", &[]);
    let at = |words: &[&str]| {
        let mut command = place.command(words);
        command.env("FAL_BASE_URL", &server.base);
        command
    };
    let ending = told(&mut at(&["login"]), "764cabcf-b745:hush\r\n").ended(0);
    shows_no_secret(&ending);
    assert!(ending.text().contains(&format!("{} takes the key.", server.base)), "{}", ending.text());
    let path = place.path(".config/likeness/fal.key");
    assert!(ending.text().contains(&path.display().to_string()), "{}", ending.text());
    assert_eq!(std::fs::metadata(&path).expect("stored").permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).expect("a key"), "764cabcf-b745:hush\n");

    let origin = |command: &mut Command| {
        let document = Ending::of(command).ended(0).documents().remove(0);
        document["settings"]["fal_key"]["origin"].as_str().expect("a text").to_owned()
    };
    assert_eq!(origin(&mut at(&["config", "--json"])), format!("login, {}", path.display()));
    assert_eq!(origin(at(&["config", "--json"]).env("FAL_API_KEY", "b:hiss")), "environment, FAL_API_KEY");

    let ending = Ending::of(&mut at(&["whoami"])).ended(0);
    shows_no_secret(&ending);
    assert!(ending.text().contains("takes the key 764cabcf…, from login, "), "{}", ending.text());
    let ending = Ending::of(&mut at(&["whoami", "--json"])).ended(0);
    shows_no_secret(&ending);
    assert_eq!(ending.documents()[0]["begins_with"], "764cabcf");
    assert_eq!(ending.documents()[0]["works"], true);

    // The key pays for a training.
    let words = place.small_training();
    Ending::of(&mut at(&words)).ended(0);
    assert_eq!(server.orders(), 1);

    Ending::of(&mut at(&["logout"])).ended(0);
    assert!(!path.exists());
    Ending::of(&mut at(&["whoami"])).ended(2);
    let ending = Ending::of(&mut at(&["logout"])).ended(0);
    assert!(ending.text().contains("No key was stored."), "{}", ending.text());
}

#[test]
fn of_several_keys_the_nearest_counts() {
    let place = Place::new();
    let server = Server::start(&place, "100ms", &[]);
    place.write(".config/likeness/likeness.toml", "fal_key = 'standard:hush'\n");
    place.write("named.toml", "fal_key = 'named:hush'\n");
    let beginning = |words: &[&str]| {
        let ending = Ending::of(place.command(words).env("FAL_BASE_URL", &server.base)).ended(0);
        ending.documents()[0]["begins_with"].as_str().expect("a text").to_owned()
    };
    assert_eq!(beginning(&["whoami", "--json"]), "standard");
    let mut login = place.command(&["login"]);
    let ending = told(login.env("FAL_BASE_URL", &server.base), "stored:hush").ended(0);
    assert!(ending.stderr.contains("likeness.toml holds another key"), "{}", ending.stderr);
    assert_eq!(beginning(&["whoami", "--json"]), "stored");
    assert_eq!(beginning(&["whoami", "--json", "--config", "named.toml"]), "named");
}

#[test]
fn a_key_that_fal_does_not_take_is_not_stored() {
    let place = Place::new();
    let server = Server::start(&place, "100ms", &["unauthorized=2"]);
    let path = place.path(".config/likeness/fal.key");
    let login = |words: &[&str], base: &str, text: &str| {
        let ending = told(place.command(words).env("FAL_BASE_URL", base), text);
        shows_no_secret(&ending);
        ending
    };
    let ending = login(&["login", "--json"], &server.base, "kid:hush").ended(5);
    assert_eq!(ending.documents().last().expect("a document")["error"]["code"], "fal.unauthorized");
    let ending = login(&["login"], &server.base, "hush").ended(5);
    assert!(ending.stderr.contains("written as id:secret"), "{}", ending.stderr);
    // No program listens at port 9 (discard).
    let ending = login(&["login"], "http://127.0.0.1:9", "kid:hush").ended(4);
    assert!(ending.stderr.contains("--untried"), "{}", ending.stderr);
    for nothing in ["", "\n", "kid:\u{7}hush"] {
        login(&["login"], &server.base, nothing).ended(2);
    }
    login(&["login", "--test"], &server.base, "kid:hush").ended(2);
    assert!(!path.exists());
    login(&["login", "--untried"], "http://127.0.0.1:9", "kid:hush").ended(0);
    assert!(path.exists());
    let ending = Ending::of(place.command(&["whoami"]).env("FAL_BASE_URL", "http://127.0.0.1:9")).ended(4);
    assert!(ending.stderr.contains("the key kid…, from login, "), "{}", ending.stderr);
}
