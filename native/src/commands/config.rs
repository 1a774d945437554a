//! `likeness config`: every setting, its value and where it came from.

use serde_json::{Map, Value, json};

use super::Context;
use crate::{
    exit::Failure,
    output::{Tone, table},
    printable::printable,
    settings::Origin,
};

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (settings, output) = (&context.settings, &context.output);
    let rows = settings.rows();
    let documents: Map<String, Value> = rows
        .iter()
        .map(|row| {
            let document = json!({
                "value": row.value, "origin": row.origin.to_string(), "variable": row.variable, "about": row.about,
            });
            (row.key.to_owned(), document)
        })
        .collect();
    let file = settings.file.as_ref().map(|path| path.display().to_string());
    output.document(&json!({ "file": file, "settings": documents }))?;

    let mut cells = vec![["SETTING", "VALUE", "FROM", "FOR"].map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        let origin = row.origin.to_string();
        [
            row.key.to_owned(),
            printable(&row.value).into_owned(),
            printable(&origin).into_owned(),
            row.about.to_owned(),
        ]
    }));
    for (index, [key, value, origin, about]) in table(&cells).iter().enumerate() {
        let is_default = index
            .checked_sub(1)
            .and_then(|row| rows.get(row))
            .is_some_and(|row| row.origin == Origin::Default);
        let value = if is_default { output.paint(Tone::Faint, value) } else { value.clone() };
        output
            .line(format_args!("{key}{value}{}", output.paint(Tone::Faint, &format!("{origin}{about}"))))?;
    }
    output.line("")?;
    match file {
        Some(file) => output.line(format_args!("Settings file: {}", printable(&file))),
        None => output.line("No settings file was found. `likeness config --help` shows an example."),
    }
}
