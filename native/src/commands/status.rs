//! `likeness status`: how a training stands.

use likeness_core::{
    avatar::{Avatar, Goal, JobId, Order, OrderKey, State},
    words::Audience,
};
use serde_json::Value;

use super::Context;
use crate::{
    args::Status,
    clock, drive,
    exit::{Exit, Failure},
    jobs::{self, For},
    log::of_job,
    narrate::{Narrator, bytes, shown, status_document},
    output::Tone,
    settings::Origin,
    shell::Shell,
    sweep,
};

pub(crate) async fn run(args: Status, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    sweep::in_bucket(&shell).await;
    let (avatar, attempt) = jobs::find(&shell, &args.job, For::Seeing)?;
    if avatar.trainings().is_empty() {
        return Err(Failure::new(
            Exit::Data,
            "job.no_training",
            "this job has no training: its model was given",
        )
        .next(format!("`likeness generate {} --prompt …` makes pictures with it", avatar.id())));
    }
    let (id, job) = (avatar.id(), JobId { avatar: avatar.id(), attempt });
    let order = avatar.training(attempt).map(|training| &training.order);
    let ended = order.is_none_or(Order::ended);
    // One that ended without a reason is asked for once more, where that can be done at all.
    let doubtful = order.is_some_and(|order| order.doubt().is_some()) && shell.link_of(&avatar).is_ok();
    let avatar = if ended && !doubtful {
        avatar
    } else {
        let goal = if args.watch { Goal::Watched(attempt) } else { Goal::Seen(attempt) };
        let mut narrator = Narrator::new(&context.output, shell.folder(id));
        let watcher = &mut |avatar: &Avatar| match goal {
            Goal::Watched(_) => narrator.training(avatar, attempt),
            _ => Ok(()),
        };
        of_job(job.to_string(), drive::drive(&shell, &context.interrupt, id, goal, watcher)).await?
    };
    sweep::after(&shell, &avatar).await;
    // As it is now: a copy of the model may have been made.
    let avatar = shell.load(avatar.id())?;
    show(context, &shell, &avatar, attempt)?;
    match avatar.training(attempt).filter(|_| args.watch) {
        Some(training) => drive::ending(avatar.id(), OrderKey::Training(training.attempt), &training.order),
        None => Ok(()),
    }
}

/// Shows the status: lines for people, the status document for programs.
pub(crate) fn show(context: &Context, shell: &Shell, avatar: &Avatar, attempt: u32) -> Result<(), Failure> {
    let output = &context.output;
    let Some(status) = avatar.status(attempt, clock::now(), Audience::Terminal) else { return Ok(()) };
    let folder = shell.folder(avatar.id());
    let document = status_document(&status, &folder);
    output.document(&document)?;
    let tone = match status.status {
        State::Completed => Tone::Good,
        State::InProgress => Tone::Faint,
        State::Error => Tone::Bad,
        State::Unknown => Tone::Warning,
    };
    let name = avatar.person().map_or("(erased)", |person| person.name.as_str());
    let headline = match status.status {
        State::Completed if status.test_mode => format!("{}'s model is ready (test mode).", shown(name)),
        State::Completed => format!("{}'s model is ready.", shown(name)),
        _ => format!("{}: {} {} %", shown(name), word(&document, "status"), status.progress),
    };
    output.line(output.paint(tone, &headline))?;
    if status.status != State::Completed {
        output.line(format_args!("  {}", shown(&status.message)))?;
    }
    let line = |label: &str, text: &str| output.line(format_args!("  {label:<9}{}", shown(text)));
    line("job", &status.job.to_string())?;
    line("stage", &word(&document, "stage"))?;
    if let Some(request_id) = &status.request_id {
        line("request", request_id)?;
    }
    if let Some(code) = &status.code {
        line("code", code)?;
    }
    for photo in &status.rejected_photos {
        line("left out", &format!("{}: {}", photo.photo, photo.message))?;
    }
    if let Some(model) = &status.model {
        let path = folder.join(&model.file.name);
        line("model", &format!("{} ({})", path.display(), bytes(model.file.length)))?;
        if let Some(copy) = &model.file.copy {
            line("copy", &copy.to_string())?;
        }
        line("trigger", &model.trigger_phrase)?;
        output.line("")?;
        output.line("Make pictures with it:")?;
        // The demo keeps its jobs in a folder of its own.
        let home = match (&context.settings.home.origin, &context.settings.home.value) {
            (Origin::Flag(_), Some(home)) => format!("LIKENESS_HOME={} ", shown(&home.display().to_string())),
            _ => String::new(),
        };
        output.line(format_args!(
            "  {home}likeness generate {} --prompt 'portrait in a garden' -n 4 -o pictures/{}",
            status.job.avatar,
            if status.test_mode { " --test" } else { "" }
        ))?;
    }
    Ok(())
}

fn word(document: &Value, field: &str) -> String {
    document.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}
