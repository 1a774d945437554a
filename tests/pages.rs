//! The check of the pages: every link has its file and its heading, and every file that is named exists.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The pages that name files of the sources.
const MAPS: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];

/// The endings by which a word without a slash is a file's name as well.
const FILES: [&str; 8] = [".bash", ".json", ".md", ".mjs", ".py", ".rs", ".sql", ".toml"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lists the pages for people, by their path in the repository.
fn pages() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs/"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if Path::new(&name).extension().is_some_and(|kind| kind == "md") {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    found.sort();
    found
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).expect(page)
}

/// Lists a page's lines outside of its blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

/// Returns the fragment by which a heading is linked to: small letters and digits, with dashes for spaces.
fn fragment(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

/// Lists the links of a page that lead nowhere.
fn broken_links(page: &str, text: &str) -> Vec<String> {
    let folder = Path::new(page).parent().expect("a folder");
    let links =
        prose(text).flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
    let leads_nowhere = |link: &&str| {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() { PathBuf::from(page) } else { folder.join(file) };
        let target = root().join(target);
        let has = |text: &str| {
            let headings = prose(text).filter(|line| line.starts_with('#'));
            headings.map(|line| fragment(line.trim_start_matches('#').trim())).any(|found| found == heading)
        };
        !target.exists() || !heading.is_empty() && !fs::read_to_string(target).is_ok_and(|text| has(&text))
    };
    links.filter(|link| !link.contains("://")).filter(leads_nowhere).map(str::to_owned).collect()
}

/// Lists the files and folders that a page names in backticks and that are not there. A command counts by its first
/// word.
fn missing_files(text: &str) -> Vec<String> {
    let quoted = prose(text).flat_map(|line| line.split('`').skip(1).step_by(2));
    let words = quoted.filter_map(|quoted| quoted.split(' ').next());
    let is_path = |word: &&str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
        word.chars().all(plain) && (word.contains('/') || FILES.iter().any(|ending| word.ends_with(ending)))
    };
    // Text that begins with a slash is a path of the API.
    words
        .filter(is_path)
        .filter(|word| !word.starts_with('/'))
        .filter(|word| !root().join(word).exists())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    assert!(
        pages.contains(&"README.md".to_owned()) && pages.contains(&"docs/cli.md".to_owned()),
        "{pages:?}"
    );
    for page in pages {
        assert_eq!(broken_links(&page, &read(&page)), Vec::<String>::new(), "{page}");
    }
}

#[test]
fn every_file_that_a_map_of_the_sources_names_exists() {
    for page in MAPS {
        assert_eq!(missing_files(&read(page)), Vec::<String>::new(), "{page}");
    }
}

#[test]
fn what_is_not_there_is_seen() {
    let links = "[a](cli.md) [b](cli.md#settings) [c](gone.md) [d](cli.md#gone) [e](https://x.example/y)\n\
                 ```\n[in code](gone.md)\n```\n";
    assert_eq!(broken_links("docs/made-up.md", links), ["gone.md", "cli.md#gone"]);
    assert_eq!(fragment("One: fal.ai and `two`"), "one-falai-and-two");
    let named = "`core/src/lib.rs` `core/src/gone.rs` `gone.rs` `scripts/setup wasm` `scripts/gone now` `a::b` `GET` `/v1/gone` `core/`";
    assert_eq!(missing_files(named), ["core/src/gone.rs", "gone.rs", "scripts/gone"]);
}
