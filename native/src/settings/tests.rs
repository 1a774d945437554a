use std::{ffi::OsString, path::Path, time::Duration};

use super::{Origin, Settings};
use crate::{
    args::{Global, Quality, Tuning},
    disk::make_private,
    failure::{Exit, Failure},
};

fn read(global: &Global, environment: &[(&str, &str)]) -> Result<Settings, Failure> {
    Settings::read(global, &|name| {
        environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    })
}

fn with_file(text: &str, environment: &[(&str, &str)]) -> Result<Settings, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("likeness.toml");
    std::fs::write(&path, text).expect("written");
    read(&Global { config: Some(path), ..Global::default() }, environment)
}

#[test]
fn the_environment_counts_before_the_file_and_a_flag_before_both() {
    let settings = with_file(
        "avatar_test_mode = false\nfal_mock_training_duration = 5",
        &[("FAL_MOCK_TRAINING_DURATION", "7")],
    )
    .expect("valid");
    assert_eq!(settings.mock_training.value, Duration::from_secs(7));
    assert_eq!(settings.mock_training.origin, Origin::Environment("FAL_MOCK_TRAINING_DURATION"));
    assert!(!settings.test_mode.value);
    assert!(matches!(settings.test_mode.origin, Origin::File(_)));

    let global = Global { test: true, ..Global::default() };
    let settings = read(&global, &[("AVATAR_TEST_MODE", "no")]).expect("valid");
    assert!(settings.test_mode.value);
    assert_eq!(settings.test_mode.origin, Origin::Flag("--test"));
}

#[test]
fn nothing_set_is_the_documented_default() {
    let settings =
        read(&Global::default(), &[("HOME", "/home/anna"), ("XDG_DATA_HOME", "relative")]).expect("valid");
    assert_eq!(settings.home.value.as_deref(), Some(Path::new("/home/anna/.local/share/likeness")));
    assert_eq!(settings.mock_training.value, Duration::from_secs(30));
    assert_eq!((settings.min_photos.value, settings.max_photos.value), (10, 20));
    let tuned = settings.defaults.tuned(&Tuning::default());
    assert_eq!((tuned.steps, tuned.learning_rate), (1000, 2e-4));
    assert!(tuned.multiresolution && tuned.subject_crop && !tuned.create_masks);
}

#[test]
fn without_a_key_the_error_names_every_way_out() {
    let failure = read(&Global::default(), &[]).expect("valid").account().expect_err("no key");
    assert_eq!((failure.exit(), failure.code()), (Exit::Usage, "settings.key_missing"));
    for way in ["FAL_KEY", "--test", "AVATAR_TEST_MODE=true", "likeness demo"] {
        assert!(failure.to_string().contains(way), "{way}");
    }
}

#[test]
fn test_mode_is_only_ever_asked_for() {
    let origin = |environment: &[(&str, &str)]| {
        let account = read(&Global::default(), environment).and_then(|settings| settings.account());
        account.map(|account| account.origins().origin()).map_err(|failure| failure.code())
    };
    assert_eq!(origin(&[("FAL_KEY", "a:b")]).as_deref(), Ok("https://queue.fal.run"));
    let base = ("FAL_BASE_URL", "http://127.0.0.1:8089/");
    assert_eq!(origin(&[("FAL_KEY", "a:b"), base]).as_deref(), Ok("http://127.0.0.1:8089"));
    assert_eq!(
        origin(&[("FAL_KEY", "a:b"), base, ("AVATAR_TEST_MODE", "1")]).as_deref(),
        Ok(super::SIMULATOR)
    );
    assert_eq!(origin(&[("FAL_KEY", "клю:ч")]), Err("settings.account"));
    assert_eq!(origin(&[("FAL_KEY", "a:b"), ("FAL_BASE_URL", "http://a?b")]), Err("settings.account"));
    let failure = read(&Global::default(), &[("AVATAR_TEST_MODE", "ture")]).expect_err("neither yes nor no");
    assert_eq!(failure.exit(), Exit::Usage);
}

#[test]
fn either_name_of_the_key_will_do_but_not_two_keys() {
    let key = |environment: &[(&str, &str)]| {
        read(&Global::default(), environment)
            .map(|settings| settings.fal_key.value.map(|key| key.expose().to_owned()))
            .map_err(|failure| failure.code())
    };
    assert_eq!(key(&[("FAL_API_KEY", "a:b\n")]), Ok(Some("a:b".to_owned())));
    assert_eq!(key(&[("FAL_API_KEY", "a:b"), ("FAL_KEY", "a:b ")]), Ok(Some("a:b".to_owned())));
    assert_eq!(key(&[("FAL_API_KEY", "a:b"), ("FAL_KEY", "")]), Ok(Some("a:b".to_owned())));
    assert_eq!(key(&[("FAL_API_KEY", "a:b"), ("FAL_KEY", "c:d")]), Err("settings.invalid"));

    let settings = with_file("fal_key = 'old:key'", &[("FAL_API_KEY", "new:key")]).expect("valid");
    assert_eq!(settings.fal_key.value.map(|key| key.expose().to_owned()).as_deref(), Some("new:key"));
}

#[test]
fn everything_wrong_is_named_at_once_and_no_value_is_quoted() {
    let failure = with_file(
        "likeness_home = 'here'\n[training]\nsteps = 0",
        &[("FAL_BASE_URL", "kid:hush"), ("FAL_KEY", "kid\u{7}:hush")],
    )
    .expect_err("wrong");
    let text = failure.to_string();
    for name in ["FAL_BASE_URL: ", "FAL_KEY: ", "likeness_home in ", "training.steps in "] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn no_secret_is_ever_shown() {
    let settings = read(
        &Global::default(),
        &[
            ("FAL_KEY", "kid:hush"),
            ("FAL_ADMIN_KEY", "admin:hush"),
            ("MINIO_SECRET_KEY", "hush"),
            ("MINIO_ACCESS_KEY", "hush"),
            ("FAL_WEBHOOK_URL", "https://user:hush@example.com/fal?token=hush"),
            ("ADMIN_TOKEN", "hush"),
            ("NOTIFY_SECRET", "hush"),
            ("NOTIFY_URL", "https://user:hush@example.com/told?token=hush"),
        ],
    )
    .expect("valid");
    let shown = format!("{:?} {settings:?}", settings.rows());
    let rows: Vec<String> = settings.rows().into_iter().map(|row| row.value).collect();
    assert!(!rows.join(" ").contains("hush"), "{rows:?}");
    assert!(!shown.contains("kid:") && !shown.contains("admin:"), "{shown}");
    assert!(settings.rows().iter().any(|row| row.key == "fal_key" && row.value == "set (hidden)"));
    assert!(settings.rows().iter().all(|row| !row.value.starts_with("no value for")));
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let global = Global { config: Some("/nowhere/likeness.toml".into()), ..Global::default() };
    assert_eq!(read(&global, &[]).map(|_| ()).map_err(|f| f.code()), Err("settings.file_unreadable"));
    let named = read(&Global::default(), &[("LIKENESS_CONFIG", "/nowhere/likeness.toml")]);
    assert_eq!(named.map(|_| ()).map_err(|f| f.code()), Err("settings.file_unreadable"));
}

#[test]
fn a_preset_that_was_typed_counts_before_the_file_and_a_number_before_both() {
    let settings = with_file("[training]\nsteps = 1500\nquality = 'balanced'\nsubject_crop = false", &[])
        .expect("valid");
    let tuned = settings.defaults.tuned(&Tuning::default());
    assert_eq!((tuned.steps, tuned.learning_rate, tuned.subject_crop), (1500, 9e-5, false));
    let mut flags = Tuning::default();
    (flags.quality, flags.learning_rate) = (Some(Quality::High), Some(1e-4));
    let tuned = settings.defaults.tuned(&flags);
    assert_eq!((tuned.steps, tuned.learning_rate), (4000, 1e-4));
}

#[test]
fn a_range_of_photos_that_nothing_fits_is_refused() {
    let settings = read(&Global::default(), &[]).expect("valid");
    assert!(settings.photos(Some(5), None).is_ok_and(|limits| limits.min_photos == 5));
    assert_eq!(settings.photos(Some(21), None).map_err(|f| f.exit()), Err(Exit::Usage));
}

#[test]
fn the_data_folder_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("a/b");
    make_private(&home).expect("created");
    make_private(&home).expect("there already");
    let mode = std::fs::metadata(&home).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_deployment_is_what_the_settings_say_and_the_core_judges_it() {
    let admin = "x".repeat(32);
    let mut environment = vec![
        ("FAL_API_KEY", "a:b"),
        ("ADMIN_TOKEN", admin.as_str()),
        ("FAL_MOCK_TRAINING_DURATION", "0.25"),
        ("MINIO_ENDPOINT", "127.0.0.1:9000"),
        ("MINIO_BUCKET", "photos"),
        ("MINIO_ACCESS_KEY", "k"),
        ("MINIO_SECRET_KEY", "s"),
        ("DAILY_PICTURES", "7"),
    ];
    let deployment =
        |environment: &[(&str, &str)]| read(&Global::default(), environment).expect("valid").deployment();
    let whole = deployment(&environment).expect("a deployment");
    assert!(whole.is_able() && !whole.test_mode && whole.admin.is_some() && whole.bucket.is_some());
    assert_eq!((whole.caps.trainings, whole.caps.pictures), (20, 7));
    assert_eq!(
        (whole.mock_training, whole.retention),
        (Duration::from_millis(250), Duration::from_hours(720))
    );
    environment.push(("NOTIFY_URL", "https://example.com"));
    let failure = deployment(&environment).expect_err("no secret");
    assert_eq!((failure.exit(), failure.code()), (Exit::Usage, "settings.invalid"));
    assert!(failure.to_string().contains("NOTIFY_SECRET"), "{failure}");
    let wrong = read(&Global::default(), &[("DAILY_TRAININGS", "many")]).map(|_| ());
    assert_eq!(wrong.map_err(|failure| failure.code()), Err("settings.invalid"));
}
