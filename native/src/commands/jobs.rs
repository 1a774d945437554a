//! `likeness jobs`: the trainings of this machine.

use std::io;

use crate::{
    clock,
    context::Context,
    driver::shell::Shell,
    failure::{self, Failure},
    jobs::{lost, short_id},
    output::{Row, Tone, clipped, narrate::status_document, width_of},
    printable::shown,
    words::{age, stage},
};
use likeness_core::{
    avatar::{Avatar, JobId, StageName},
    words::Audience,
};
use serde_json::json;

/// The longest name that is shown in full, in columns.
const NAME: usize = 24;

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (shell, output, now) = (Shell::open(context)?, &context.output, clock::now());
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    let (avatars, unreadable) = shell.store.load_readable().map_err(failure::storage)?;
    let unclaimed = shell.store.unclaimed().map_err(failure::storage)?;
    // Output for a program, or for a file, is not shortened.
    let seen = width_of(&io::stdout()).is_some();
    let id = |avatar: &Avatar, attempt: u32| match (seen, attempt) {
        (false, _) => JobId { avatar: avatar.id(), attempt }.to_string(),
        (true, 1) => short_id(avatar.id(), &avatars),
        (true, _) => format!("{}/{attempt}", short_id(avatar.id(), &avatars)),
    };
    let name = |text: &str| clipped(&shown(text), NAME);
    for avatar in &avatars {
        if avatar.trainings().is_empty()
            && let Some(trigger) = avatar.trigger()
        {
            let began = age(avatar.created_at(), now);
            rows.push(Row::new([name(trigger.as_str()), "a given model".to_owned(), began, id(avatar, 1)]));
            documents.push(json!({
                "job": avatar.id(), "name": null, "stage": "given", "test_mode": avatar.test_mode(),
                "trigger_phrase": trigger,
            }));
        }
        for training in avatar.trainings().iter().rev() {
            let Some(status) = avatar.status(training.attempt, now, Audience::Terminal) else { continue };
            let mut document = status_document(&status, &shell.folder(avatar.id()));
            let person = avatar.person().map(|person| person.name.as_str());
            document["name"] = json!(person);
            let stage = match status.stage {
                // The person's name is forgotten; orders that are still open at fal are not.
                _ if person.is_none() && !avatar.bucket_folders().is_empty() => "being erased".to_owned(),
                StageName::Cancelled if person.is_none() => "erased".to_owned(),
                _ => stage(&status, status.completed_at.is_some() || shell.store.is_attended(avatar.id())),
            };
            let tone = match status.stage {
                StageName::Done => Tone::Good,
                StageName::Failed | StageName::Cancelled => Tone::Bad,
                _ => Tone::Warning,
            };
            let began = age(status.created_at, now);
            let cells = [name(person.unwrap_or("(erased)")), stage, began, id(avatar, training.attempt)];
            rows.push(Row::new(cells).tone(1, tone));
            documents.push(document);
        }
    }
    let lost = lost::documents(&unclaimed, &unreadable);
    output.document(&json!({ "jobs": documents, "unclaimed": lost.0, "unreadable": lost.1 }))?;
    if !rows.is_empty() {
        rows.insert(0, Row::head(["NAME", "STAGE", "BEGAN", "JOB"]));
        output.rows(&rows)?;
    } else if unclaimed.is_empty() && unreadable.is_empty() {
        output.line("No trainings yet. `likeness demo` shows one from beginning to end.")?;
    }
    if !unclaimed.is_empty() {
        output.line("In the data folder, and unknown to the database:")?;
        for one in &unclaimed {
            output.line(format_args!("  {}", lost::unclaimed_line(one)))?;
        }
        output.line(format_args!("  {}.", lost::ADVICE))?;
    }
    if !unreadable.is_empty() {
        output.line("In the database, and not readable:")?;
        for row in &unreadable {
            output.line(format_args!("  {}", lost::unreadable_line(row)))?;
        }
    }
    Ok(())
}
