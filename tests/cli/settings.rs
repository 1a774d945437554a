//! Where settings come from, and that no key is ever shown.

use crate::{Ending, Place};

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

/// A folder of photos from elsewhere must not decide where the key is sent.
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

/// Nobody listens at port 9 (discard) of this machine, so nothing can be reached.
#[test]
fn doctor_says_that_fal_cannot_be_reached() {
    let place = Place::new();
    let mut command = place.command(&["doctor"]);
    let ending =
        Ending::of(command.env("FAL_KEY", "kid:hush").env("FAL_BASE_URL", "http://127.0.0.1:9")).ended(4);
    assert!(ending.stderr.contains("fal.ai: "), "{}", ending.stderr);
    assert!(!ending.text().contains("hush") && !ending.stderr.contains("hush"));
}
