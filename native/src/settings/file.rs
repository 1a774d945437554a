//! The settings file.

use std::{collections::BTreeMap, io::Read as _, path::Path};

use super::table;
use crate::failure::{Exit, Failure};

/// The largest settings file in bytes. A real one has a few hundred; a larger file was named by mistake.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the values of the file by the names of their settings.
pub(super) fn read(path: &Path) -> Result<BTreeMap<&'static str, String>, Failure> {
    let unreadable = |error: &std::io::Error| {
        Failure::new(Exit::Usage, "settings.file_unreadable", format!("{} cannot be read", path.display()))
            .why(error.to_string())
            .next("--config and LIKENESS_CONFIG name another settings file")
    };
    let mut text = String::new();
    if !std::fs::metadata(path).map_err(|error| unreadable(&error))?.is_file() {
        return Err(unreadable(&std::io::Error::other("it is not a file")));
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    parse(&text).map_err(|problems| {
        let sentence = format!("the settings file {} cannot be used", path.display());
        let failure = Failure::new(Exit::Usage, "settings.file_invalid", sentence);
        problems
            .into_iter()
            .fold(failure, Failure::why)
            .next("`likeness config --help` shows an example; `likeness config` lists every name")
    })
}

fn parse(text: &str) -> Result<BTreeMap<&'static str, String>, Vec<String>> {
    // Only the message and its line: the rest of the error quotes the file, and the file may hold a key.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map_or(1, |span| text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1));
        vec![format!("line {line}: {}", error.message())]
    })?;
    let (mut values, mut problems) = (BTreeMap::new(), Vec::new());
    for (key, value) in table {
        match value {
            toml::Value::Table(table) => {
                for (inner, value) in table {
                    enter(&mut values, &mut problems, &format!("{key}.{inner}"), value);
                }
            }
            value => enter(&mut values, &mut problems, &key, value),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

fn enter(
    values: &mut BTreeMap<&'static str, String>,
    problems: &mut Vec<String>,
    key: &str,
    value: toml::Value,
) {
    let Some(known) = table::of_key(key) else {
        let hint = table::nearest(key).map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        problems.push(format!("`{key}` is not a setting{hint}"));
        return;
    };
    let text = match value {
        toml::Value::String(text) => text,
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(switch) => switch.to_string(),
        _ => {
            problems.push(format!("`{key}` must be one value: a text, a number, true or false"));
            return;
        }
    };
    values.insert(known.name, text);
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_of_every_kind_are_read() {
        let values =
            parse("fal_key = 'a:b'\navatar_test_mode = true\n[training]\nsteps = 7\nlearning_rate = 2e-4")
                .expect("valid");
        assert_eq!(values.get("FAL_KEY").map(String::as_str), Some("a:b"));
        assert_eq!(values.get("AVATAR_TEST_MODE").map(String::as_str), Some("true"));
        assert_eq!(values.get("training.steps").map(String::as_str), Some("7"));
        assert_eq!(values.get("training.learning_rate").map(String::as_str), Some("0.0002"));
    }

    #[test]
    fn unknown_keys_are_all_named_with_the_nearest_known_one() {
        let problems = parse("fal_kye = 'a:b'\nqwertyuiop = 1\n[training]\nstep = 7").expect_err("unknown");
        assert_eq!(
            problems,
            [
                "`fal_kye` is not a setting; did you mean `fal_key`?",
                "`qwertyuiop` is not a setting",
                "`training.step` is not a setting; did you mean `training.steps`?",
            ]
        );
    }

    #[test]
    fn what_is_no_toml_is_named_without_quoting_the_file() {
        let problems = parse("likeness_log = 'info'\nfal_key = kid:hush").expect_err("no TOML");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("line 2: "), "{problems:?}");
        assert!(!problems[0].contains("hush"), "{problems:?}");
        assert!(parse("fal_key = ['a']").expect_err("a list")[0].contains("one value"));
    }
}
