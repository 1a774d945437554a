//! `likeness jobs`: the trainings of this machine.

use likeness_core::{
    avatar::{JobId, StageName},
    words::Audience,
};
use serde_json::{Value, json};

use super::Context;
use crate::{
    clock,
    exit::Failure,
    failures,
    narrate::{shown, status_document},
    output::{Tone, table},
    shell::Shell,
};

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (shell, output, now) = (Shell::open(context)?, &context.output, clock::now());
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for avatar in shell.store.load_all().map_err(failures::storage)? {
        if avatar.trainings().is_empty()
            && let Some(trigger) = avatar.trigger()
        {
            let name = shown(trigger.as_str());
            let row = [name, "given model".to_owned(), String::new(), String::new(), avatar.id().to_string()];
            rows.push(row);
            documents.push(json!({
                "job": avatar.id(), "name": null, "stage": "given", "test_mode": avatar.test_mode(),
                "trigger_phrase": trigger,
            }));
        }
        for training in avatar.trainings().iter().rev() {
            let Some(status) = avatar.status(training.attempt, now, Audience::Terminal) else { continue };
            let mut document = status_document(&status, &shell.folder(avatar.id()));
            let name = avatar.person().map(|person| person.name.as_str());
            document["name"] = json!(name);
            let word =
                |field: &str| document.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            let stage = match status.stage {
                // What it was is forgotten; what is still open at fal is not.
                _ if name.is_none() && !avatar.depots().is_empty() => "being erased".to_owned(),
                StageName::Cancelled if name.is_none() => "erased".to_owned(),
                StageName::Done if status.test_mode => "done (test)".to_owned(),
                _ => word("stage").replace('_', " "),
            };
            rows.push([
                shown(name.unwrap_or("(erased)")),
                stage,
                format!("{} %", status.progress),
                word("created_at").chars().take(16).collect::<String>().replace('T', " "),
                JobId { avatar: avatar.id(), attempt: training.attempt }.to_string(),
            ]);
            documents.push(document);
        }
    }
    output.document(&json!({ "jobs": documents }))?;
    if rows.is_empty() {
        return output.line("No trainings yet. `likeness demo` shows one from beginning to end.");
    }
    rows.insert(0, ["NAME", "STAGE", "PROGRESS", "BEGAN (UTC)", "JOB"].map(str::to_owned));
    for (index, row) in table(&rows).iter().enumerate() {
        let line = row.concat();
        output.line(if index == 0 { output.paint(Tone::Faint, &line) } else { line })?;
    }
    Ok(())
}
