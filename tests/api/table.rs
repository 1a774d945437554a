//! The table of calls and roles in docs/api.md is made from the one that the program uses.

use std::fs;

use likeness_core::api::{ROUTES, Role};

use crate::shell::root;

const BEGIN: &str = "<!-- routes -->";
const END: &str = "<!-- /routes -->";

/// Writes the table as Markdown.
fn table() -> String {
    let mut lines = vec![
        "| Method | Path | Anyone | Admin | Server | Capability | What it does |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    for entry in ROUTES {
        let may = [Role::Anyone, Role::Admin, Role::Server, Role::Capability]
            .map(|role| if entry.roles.contains(&role) { "yes" } else { "-" });
        lines.push(format!(
            "| {} | `{}` | {} | {} |",
            entry.method,
            entry.path,
            may.join(" | "),
            entry.summary
        ));
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_page_shows_the_table_as_it_is() {
    let page = fs::read_to_string(root().join("docs/api.md")).expect("docs/api.md");
    let shown =
        page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(shown, _)| shown.trim());
    let table = table();
    assert_eq!(shown, Some(table.trim()), "\nput this into docs/api.md:\n\n{BEGIN}\n{table}\n{END}");
}
