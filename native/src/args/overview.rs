//! The answer to `likeness` without a command: the commands, and what to begin with.

use std::fmt::Write as _;

use crate::{
    output::{seen, typed},
    printable::columns,
};

const EXAMPLES: [(&str, &str); 3] = [
    ("likeness demo", "see everything once, without a key and without cost"),
    ("likeness check photos/", "which photos are good, and why the others are not"),
    ("likeness train photos/ --name Anna", "train a model; asks before it spends"),
];

/// Lists the commands with a line each, three examples, and the pages to read on.
pub(super) fn overview(command: &clap::Command) -> String {
    let mut text = String::new();
    // Writing to memory does not fail.
    let _ = writeln!(text, "{}\n", seen("From photos to a trained portrait model.", 0));
    let shown = || command.get_subcommands().filter(|one| !one.is_hide_set());
    let widest = shown().map(|one| columns(one.get_name())).max().unwrap_or(0);
    for one in shown() {
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "{}", seen(&format!("  {:widest$}  {about}", one.get_name()), widest + 2));
    }
    let _ = writeln!(text, "\nBegin with:");
    for (line, about) in EXAMPLES {
        let _ = writeln!(text, "{}\n{}", typed(&format!("  {line}")), seen(&format!("      {about}"), 0));
    }
    let more = "`likeness --help` says more, `likeness COMMAND --help` explains a command.";
    let _ = write!(text, "\n{}", seen(more, 0));
    text
}
