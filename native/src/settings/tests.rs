use std::{ffi::OsString, path::Path, time::Duration};

use likeness_core::{
    api::Deployment,
    avatar::{PictureSettings, Quality, TrainingSettings},
};
use serde_json::{Value, json};

use super::{Origin, Settings, table::KNOWN};
use crate::{
    args::{Global, Tuning},
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
    assert_eq!(settings.mock_training, Duration::from_secs(7));
    let row = settings.rows().into_iter().find(|row| row.variable == "FAL_MOCK_TRAINING_DURATION");
    let row = row.expect("a row");
    assert_eq!(row.origin, Origin::Environment("FAL_MOCK_TRAINING_DURATION"));
    assert_eq!((row.key.as_str(), row.value.as_str()), ("fal_mock_training_duration", "7s"));
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
    assert_eq!(settings.mock_training, Duration::from_secs(30));
    assert_eq!((settings.defaults.photos.min_photos, settings.defaults.photos.max_photos), (10, 20));
    assert_eq!((settings.defaults.steps(), settings.minio_region.as_str()), (1000, "us-east-1"));
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
    assert_eq!(
        (tuned.quality, tuned.steps, tuned.learning_rate),
        (Some(Quality::Balanced), Some(1500), None)
    );
    assert_eq!((tuned.subject_crop, settings.defaults.steps()), (Some(false), 1500));
    let mut flags = Tuning::default();
    (flags.quality, flags.learning_rate) = (Some(Quality::High), Some(1e-4));
    let tuned = settings.defaults.tuned(&flags);
    assert_eq!((tuned.quality, tuned.steps, tuned.learning_rate), (Some(Quality::High), None, Some(1e-4)));
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

#[test]
fn every_setting_is_read_and_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    for known in KNOWN.iter().filter(|known| known.name != "FAL_API_KEY") {
        let value = match known.name {
            "LIKENESS_HOME" => folder.path().display().to_string(),
            "LIKENESS_LOG" => "debug".to_owned(),
            "LIKENESS_TRAINING_PRICE" => "3.00 USD".to_owned(),
            "LIKENESS_REENCODE" => "when_needed".to_owned(),
            "LIKENESS_MAX_SIDE" => "1024".to_owned(),
            "MINIO_ADDRESSING" => "virtual".to_owned(),
            name if name.ends_with("URL") || name == "MINIO_ENDPOINT" => "https://example.com/".to_owned(),
            "training.quality" => "high".to_owned(),
            "training.learning_rate" => "0.0001".to_owned(),
            "training.multiresolution_training" | "training.subject_crop" => "false".to_owned(),
            "AVATAR_TEST_MODE" | "NO_COLOR" | "training.create_masks" => "true".to_owned(),
            _ => "2".to_owned(),
        };
        let (key, name) = (known.key(), known.name);
        let file = match key.split_once('.') {
            Some((table, key)) => format!("[{table}]\n{key} = '{value}'"),
            None => format!("{key} = '{value}'"),
        };
        let set = with_file(&file, &[("HOME", "/home/anna")]).expect(name).rows();
        let unset = read(&Global::default(), &[("HOME", "/home/anna")]).expect("valid").rows();
        let changed: Vec<_> = set.iter().filter(|row| !unset.contains(row)).collect();
        assert_eq!(changed.len(), 1, "{name}");
        assert_eq!(changed[0].key, key);
        assert!(changed[0].is_secret || changed[0].value == value || changed[0].value == "2s", "{changed:?}");
    }
}

#[test]
fn the_core_asks_for_names_of_the_table_and_decides_the_same_defaults() {
    let deployment = Deployment::read(|name| {
        // Faces are always looked for here: the setting is the Workers' own.
        let is_known = name == "FACE_CHECK" || KNOWN.iter().any(|known| known.name == name);
        assert!(is_known, "{name}");
        None
    });
    let deployment = deployment.expect("valid");
    let defaults = read(&Global::default(), &[]).expect("valid").rows();
    let shown = |key: &str| defaults.iter().find(|row| row.key == key).expect(key).value.clone();
    assert_eq!(shown("fal_mock_training_duration"), format!("{:?}", deployment.mock_training));
    assert_eq!(shown("daily_trainings"), deployment.caps.trainings.to_string());
    assert_eq!(shown("avatar_test_mode"), deployment.test_mode.to_string());

    let training: Value = json!(TrainingSettings::default().check().expect("valid"));
    for key in ["multiresolution_training", "subject_crop", "create_masks"] {
        assert_eq!(shown(&format!("training.{key}")), training[key].to_string());
    }
    assert_eq!(shown("training.quality"), Quality::default().name());
    let pictures = PictureSettings { prompt: "a".to_owned(), ..PictureSettings::default() };
    let pictures: Value = json!(pictures.check(None).expect("valid"));
    for (key, stored) in [("scale", "lora_scale"), ("steps", "steps"), ("guidance", "guidance_scale")] {
        assert_eq!(
            shown(&format!("generation.{key}")).parse::<f64>().ok(),
            pictures[stored].as_f64(),
            "{key}"
        );
    }
    assert_eq!(Some(shown("generation.image_size").as_str()), pictures["image_size"].as_str());
}
