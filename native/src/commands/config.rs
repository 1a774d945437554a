//! `likeness config`: every setting, its value and where it came from.

use crate::{
    context::Context,
    failure::Failure,
    output::{Row, Tone},
    printable::printable,
    settings::Origin,
};
use serde_json::{Map, Value, json};

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (settings, output) = (&context.settings, &context.output);
    let rows = settings.rows();
    let documents: Map<String, Value> = rows
        .iter()
        .map(|row| {
            let document = json!({
                "value": row.value, "origin": row.origin.to_string(), "variable": row.variable, "about": row.about,
            });
            (row.key.clone(), document)
        })
        .collect();
    let file = settings.file.as_ref().map(|path| path.display().to_string());
    output.document(&json!({ "file": file, "settings": documents }))?;

    let mut shown = vec![Row::head(["SETTING", "VALUE", "FROM", "FOR"])];
    shown.extend(rows.iter().map(|row| {
        let [value, origin] = [&row.value, &row.origin.to_string()].map(|text| printable(text).into_owned());
        let shown = Row::new([row.key.clone(), value, origin, row.about.to_owned()]);
        let shown = shown.tone(2, Tone::Faint).tone(3, Tone::Faint);
        if row.origin == Origin::Default { shown.tone(1, Tone::Faint) } else { shown }
    }));
    output.rows(&shown)?;
    output.line("")?;
    match file {
        Some(file) => output.line(format_args!("Settings file: {}", printable(&file))),
        None => output.line("No settings file was found. `likeness config --help` shows an example."),
    }
}
