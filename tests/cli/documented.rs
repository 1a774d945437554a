//! The check of docs/cli.md, which lists what the program has: commands, exit codes, settings and the fields of the
//! status document. The program also takes every command that the pages show.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use crate::{Place, train};

/// The pages on which commands are shown.
const PAGES: [&str; 7] = [
    "README.md",
    "docs/api.md",
    "docs/backup.md",
    "docs/cli.md",
    "docs/edge.md",
    "docs/migrating.md",
    "docs/telegram.md",
];

fn read(page: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page)).expect(page)
}

/// Lists the commands that a page shows, in its blocks of code and in backticks, each as its words after
/// `likeness`.
fn shown(page: &str) -> Vec<Vec<String>> {
    let (mut in_code, mut found) = (false, Vec::new());
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        let pieces: Vec<&str> = if in_code { vec![line] } else { words(line) };
        for piece in pieces {
            // Settings may stand before a command, and a remark, a reader or another command behind it.
            let mut words = piece.split_whitespace().skip_while(|word| word.contains('='));
            let follows = |word: &&str| !word.starts_with(['#', '|', '&', '<']);
            if words.next() == Some("likeness") {
                found.push(words.take_while(follows).map(str::to_owned).collect());
            }
        }
    }
    found
}

/// Lists the rows of a section's tables, without their heads.
fn rows(section: &str) -> Vec<Vec<String>> {
    let page = read("docs/cli.md");
    let (_, rest) = page.split_once(&format!("\n## {section}\n")).expect(section);
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    // A bar inside of a cell is escaped.
    let cells = |line: &str| {
        let line = line.replace("\\|", "\0");
        line.split('|').map(|cell| cell.trim().replace('\0', "|")).collect::<Vec<_>>()
    };
    lines
        .map(cells)
        .filter(|cells| !["Command", "Code", "Field", "Name", "Key"].contains(&&*cells[0]))
        .collect()
}

/// Lists the words in backticks.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Returns the part of the long help below a heading.
fn help(heading: &str) -> String {
    let ending = Place::new().run(&["--help"]).ended(0);
    let (_, rest) = ending.text().split_once(&format!("\n{heading}:\n")).expect(heading);
    rest.split("\n\n").next().unwrap_or(rest).to_owned()
}

#[test]
fn the_page_lists_every_command_and_no_other() {
    let rows = rows("Commands");
    let named = rows.iter().flat_map(|row| words(&row[0]));
    let listed: BTreeSet<&str> = named.filter_map(|command| command.split(' ').next()).collect();
    let help = help("Commands");
    let has: BTreeSet<&str> = help.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let has: BTreeSet<&str> = has.into_iter().filter(|command| *command != "help").collect();
    assert!(has.contains("train"), "{help}");
    assert_eq!(listed, has);
}

#[test]
fn the_page_lists_every_exit_code_and_no_other() {
    let rows = rows("Exit codes");
    let listed: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let help = help("Exit codes");
    let has: Vec<&str> = help.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(has.contains(&"130"), "{help}");
    assert_eq!(listed, has);
}

#[test]
fn the_page_lists_every_field_of_the_status_document() {
    let rows = rows("The status document");
    let mut listed: Vec<&str> = rows.iter().flat_map(|row| words(&row[0])).collect();
    listed.sort_unstable();
    assert_eq!(listed, train::FIELDS);
}

#[test]
fn the_page_lists_every_setting_with_its_default() {
    let place = Place::new();
    let shown = place.run(&["config", "--json"]).ended(0).documents().remove(0);
    let shown = shown["settings"].as_object().expect("settings");
    let home = place.folder.path().to_string_lossy().into_owned();
    let mut listed = BTreeSet::new();
    for row in rows("Settings") {
        let names = words(&row[0]);
        // Each name has a default of its own, or none of them has one.
        let one_each = row[1].split(", ").count() == names.len();
        for (at, name) in names.iter().enumerate() {
            listed.insert((*name).to_owned());
            let key = name.to_lowercase();
            if key == "fal_api_key" {
                continue;
            }
            let value = shown.get(&key).unwrap_or_else(|| panic!("no setting is called {name}"))["value"]
                .as_str()
                .expect("a value");
            let default = if one_each { row[1].split(", ").nth(at).expect("as many") } else { &row[1] };
            let told = if default.is_empty() {
                ["not set", "false"].contains(&value)
            } else if default.starts_with('`') {
                // A number on the page has its unit in the sentence beside it.
                let default = default.replace('`', "").replace('~', &home);
                value == default || value.strip_suffix('s') == Some(&default)
            } else {
                // A default in words.
                default.starts_with("what `likeness login`") || value.starts_with(default)
            };
            assert!(told, "the default of {name} is {value:?}, and the page says {default:?}");
        }
    }
    let has: BTreeSet<String> = shown
        .iter()
        .map(|(key, row)| match row["variable"].as_str().expect("a name") {
            "" => key.clone(),
            variable => variable.to_owned(),
        })
        .chain(["FAL_API_KEY".to_owned()])
        .collect();
    assert_eq!(listed, has);
}

#[test]
fn every_command_that_a_page_shows_exists_with_its_flags() {
    let place = Place::new();
    let mut helps: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut tried = 0;
    for page in PAGES {
        for command in shown(&read(page)) {
            // In a sentence, the command may be any.
            let Some(name) = command.first().filter(|name| *name != "COMMAND" && !name.starts_with('-'))
            else {
                continue;
            };
            let depth = if name == "token" { 2 } else { 1 };
            let path: Vec<String> = command.iter().take(depth).cloned().collect();
            let help = helps.entry(path.clone()).or_insert_with(|| {
                let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
                let ending = place.run(&words);
                assert_eq!(ending.code, 0, "{page}: there is no `likeness {}`", path.join(" "));
                ending.text().to_owned()
            });
            for flag in command.iter().filter(|word| word.starts_with('-') && *word != "-") {
                let has = help.split([' ', ',', '\n', '[']).any(|word| word == flag);
                assert!(has, "{page}: `likeness {}` has no {flag}", command.join(" "));
            }
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

/// The help of every command, as a terminal of 100 columns shows it.
fn helps(place: &Place, command: &[&str], all: &mut String) {
    let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
    let ending = place.run(&arguments).ended(0);
    let help = ending.text().to_owned();
    let _ = write!(all, "$ likeness {}\n\n{}\n\n", arguments.join(" "), help.trim_end());
    let (_, rest) = help.split_once("\nCommands:\n").unwrap_or_default();
    let rest = rest.split("\n\n").next().unwrap_or(rest);
    let names = rest.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let below: Vec<&str> = command.iter().copied().chain([name]).collect();
        helps(place, &below, all);
    }
}

#[test]
fn help_is_what_it_was() {
    let mut now = String::new();
    helps(&Place::new(), &[], &mut now);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/help.txt");
    // After a change that is meant: LIKENESS_WRITE_HELP=1 cargo test -p likeness --test cli help_is
    if std::env::var_os("LIKENESS_WRITE_HELP").is_some() {
        fs::write(&path, &now).expect("help.txt");
    }
    let before = fs::read_to_string(&path).expect("help.txt");
    let different = before.lines().zip(now.lines()).find(|(before, now)| before != now);
    assert_eq!(different, None);
    assert_eq!(before, now);
}
