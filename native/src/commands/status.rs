//! `likeness status`: shows how a training stands.

use crate::{
    args::Status,
    clock,
    context::Context,
    driver::{
        drive,
        ending::{self, page},
        shell::Shell,
        sweep,
    },
    failure::{Exit, Failure},
    jobs::{self, For},
    output::{
        Tone,
        log::of_job,
        narrate::{Narrator, status_document},
    },
    printable::shown,
    settings::Origin,
    words::{age, bytes, minute, quoted, stage},
};
use likeness_core::{
    avatar::{Avatar, Goal, JobId, Order, OrderKey, StageName, State},
    download::Expected,
    time::Timestamp,
    words::Audience,
};

pub(crate) async fn run(args: Status, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    sweep::in_bucket(&shell).await;
    let (avatar, attempt) = jobs::find(&shell.store, &args.job, For::Seeing)?;
    if avatar.trainings().is_empty() {
        return Err(Failure::new(
            Exit::Data,
            "job.no_training",
            "this job has no training: its model was given",
        )
        .next(format!(
            "`likeness generate {} --prompt …` makes pictures with it",
            jobs::called(&shell.store, &avatar, attempt, For::ItsModel)
        )));
    }
    let (id, job) = (avatar.id(), JobId { avatar: avatar.id(), attempt });
    let order = avatar.training(attempt).map(|training| &training.order);
    let ended = order.is_none_or(Order::ended);
    // An order that ended without a reason is asked for once more, where that can be done at all.
    let doubtful = order.is_some_and(|order| order.doubt().is_some()) && shell.connection_of(&avatar).is_ok();
    let avatar = if ended && !doubtful {
        avatar
    } else {
        let goal = if args.watch { Goal::Watched(attempt) } else { Goal::Seen(attempt) };
        let mut narrator = Narrator::new(&context.output, shell.folder(id), shell.transfers.clone());
        let watcher = &mut |avatar: &Avatar| match goal {
            Goal::Watched(_) => narrator.training(avatar, attempt),
            _ => Ok(()),
        };
        of_job(job.to_string(), drive::drive(&shell, &context.interrupt, id, goal, watcher)).await?
    };
    sweep::after(&shell, &avatar).await;
    // Loaded anew: a copy of the model may have been made.
    let avatar = shell.load(avatar.id())?;
    if args.watch {
        show_with_ending(context, &shell, &avatar, attempt)
    } else {
        show(context, &shell, &avatar, attempt)
    }
}

/// Shows the status, and ends as the training did. A person who sees both outputs reads of a failure once: as the
/// ending.
pub(crate) fn show_with_ending(
    context: &Context,
    shell: &Shell,
    avatar: &Avatar,
    attempt: u32,
) -> Result<(), Failure> {
    let ending = ending::of_order(shell, avatar, OrderKey::Training(attempt));
    let seen = context.output.is_seen_in_one();
    if ending.is_ok() || !seen {
        // A person who followed the training has been warned of each photo.
        show_but(context, shell, avatar, attempt, seen)?;
    }
    ending
}

/// Shows the status: lines for people, the status document for programs.
pub(crate) fn show(context: &Context, shell: &Shell, avatar: &Avatar, attempt: u32) -> Result<(), Failure> {
    show_but(context, shell, avatar, attempt, false)
}

/// Shows the status, without the photos that were left out if those are `known`.
fn show_but(
    context: &Context,
    shell: &Shell,
    avatar: &Avatar,
    attempt: u32,
    known: bool,
) -> Result<(), Failure> {
    let output = &context.output;
    let Some(status) = avatar.status(attempt, clock::now(), Audience::Terminal) else { return Ok(()) };
    let folder = shell.folder(avatar.id());
    let mut document = status_document(&status, &folder);
    // Files that could be fetched again have been.
    let missing = status.model.as_ref().and_then(|model| {
        let path = folder.join(&model.file.name);
        shell.kept.open(&path, &Expected::copy_of(&model.file)).err()
    });
    if missing.is_some() {
        document["model"]["missing"] = true.into();
    }
    output.document(&document)?;
    let tone = match status.status {
        State::Completed => Tone::Good,
        State::InProgress => Tone::Faint,
        State::Error => Tone::Bad,
        State::Unknown => Tone::Warning,
    };
    let name = avatar.person().map_or("(erased)", |person| person.name.as_str());
    let headline = match status.status {
        State::Completed if missing.is_some() => format!("{}'s model is missing.", shown(name)),
        State::Completed if status.test_mode => format!("{}'s model is ready (test mode).", shown(name)),
        State::Completed => format!("{}'s model is ready.", shown(name)),
        State::Unknown => format!("{}: fal.ai cannot be reached just now.", shown(name)),
        State::InProgress | State::Error => {
            let attended = status.completed_at.is_some() || shell.store.is_attended(avatar.id());
            format!("{}: {}.", shown(name), stage(&status, attended))
        }
    };
    output.line(output.paint(tone, &headline))?;
    if status.status != State::Completed {
        output.line(format_args!("  {}", shown(&status.message)))?;
    }
    if matches!(status.stage, StageName::Preparing | StageName::Uploading)
        && !shell.store.is_attended(avatar.id())
    {
        let job = jobs::called(&shell.store, avatar, attempt, For::Good);
        output.line(format_args!(
            "  Nothing was ordered yet: the same `likeness train` carries on, `likeness cancel {job}` drops it."
        ))?;
    }
    let fact = |label: &str, text: &str| output.fact(label, &shown(text));
    fact("job", &status.job.to_string())?;
    fact("began", &when(status.created_at))?;
    if let Some(ended) = status.completed_at {
        fact("ended", &when(ended))?;
    }
    if let Some(request_id) = &status.request_id {
        fact("request", request_id)?;
    }
    if let Some(page) = page(avatar, status.request_id.as_deref()) {
        fact("page", &page)?;
    }
    if let Some(code) = &status.code {
        fact("code", code)?;
    }
    for photo in status.rejected_photos.iter().filter(|_| !known) {
        fact("left out", &format!("{}: {}", photo.photo, photo.message))?;
    }
    let Some(model) = &status.model else { return Ok(()) };
    let called = jobs::called(&shell.store, avatar, attempt, For::ItsModel);
    let size = bytes(model.file.length);
    if let Some(why) = missing {
        fact("model", &format!("missing: {why}"))?;
        return fact("trigger", &model.trigger_phrase);
    }
    if output.is_seen_in_one() {
        fact("model", &format!("{size}; `likeness download {called}` copies it to a file"))?;
    } else {
        let path = folder.join(&model.file.name);
        fact("model", &format!("{} ({size})", path.display()))?;
    }
    if let Some(copy) = &model.file.copy {
        fact("copy", &copy.to_string())?;
    }
    fact("trigger", &model.trigger_phrase)?;
    output.line("")?;
    output.line("Make pictures with it:")?;
    // The demo keeps its jobs in a folder of its own.
    let home = match (&context.settings.home.origin, &context.settings.home.value) {
        (Origin::Flag(_), Some(home)) => {
            format!("LIKENESS_HOME={} ", quoted(&shown(&home.display().to_string())))
        }
        _ => String::new(),
    };
    output.command(format_args!(
        "  {home}likeness generate {called} --prompt 'portrait in a garden' -n 4 -o pictures/{}",
        if status.test_mode { " --test" } else { "" }
    ))
}

fn when(moment: Timestamp) -> String {
    format!("{} ({})", age(moment, clock::now()), minute(moment))
}
