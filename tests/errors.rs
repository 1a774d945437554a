//! docs/errors.md names every stable code that the sources have, and no other.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use likeness_core::{api::ApiProblem, budget::BudgetError, fal::ErrorKind};

/// The text before a code in the sources: a constructor with the code as its first or second argument.
const CONSTRUCTORS: [&str; 4] = ["Failure::new(", "Failure::io(", "Self::new(", "Self::io("];

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut codes: BTreeSet<String> = ErrorKind::ALL.iter().map(|kind| kind.code().to_owned()).collect();
    // These tables are macros: their lists stand for them.
    codes.extend(ApiProblem::CODES.iter().chain(BudgetError::CODES).map(|code| (*code).to_owned()));
    for folder in ["core/src", "native/src"] {
        for path in sources(&root.join(folder)).iter().filter(|path| !path.ends_with("fal/error/kind.rs")) {
            let text = fs::read_to_string(path).expect("a source");
            // Tests make up codes of their own.
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            codes.extend(constructed(text));
            codes.extend(matched(text));
        }
    }
    let page = fs::read_to_string(root.join("docs/errors.md")).expect("the page");
    let documented: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code.to_owned())
        .collect();
    let listed: BTreeSet<String> = documented.iter().cloned().collect();
    assert_eq!(listed.len(), documented.len(), "a code is listed twice");
    assert!(codes.contains("photo.too_small") && codes.contains("settings.key_missing"), "{codes:?}");
    let missing: Vec<_> = codes.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&codes).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in docs/errors.md: {missing:?}; only there: {gone:?}"
    );
}

/// Lists the sources below a folder, without files of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

/// Finds the codes given to constructors of failures.
fn constructed(text: &str) -> Vec<String> {
    let after = |name: &'static str| text.split(name).skip(1);
    let calls = CONSTRUCTORS.iter().flat_map(|name| after(name));
    calls
        .filter_map(|rest| {
            let rest = rest.trim_start();
            let first = rest.strip_prefix('"');
            let second = || rest.split_once(',')?.1.trim_start().strip_prefix('"');
            let (code, _) = first.or_else(second)?.split_once('"')?;
            is_code(code).then(|| code.to_owned())
        })
        .collect()
}

/// Finds the codes that functions called `code` return.
fn matched(text: &str) -> Vec<String> {
    let bodies = text.split("fn code(").skip(1).map(|rest| rest.split("\n    }\n").next().unwrap_or(rest));
    let words = bodies.flat_map(|body| body.split('"').skip(1).step_by(2));
    words.filter(|word| is_code(word)).map(str::to_owned).collect()
}

fn is_code(word: &str) -> bool {
    !word.is_empty()
        && !word.ends_with('.')
        && (word.contains('.') || word.contains('_') || word == "cancelled" || word == "interrupted")
        && word.chars().all(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '_')
        })
}
