//! `likeness cancel` and `likeness resolve`: what a person says about a training.

use likeness_core::{
    avatar::{Avatar, Command, JobId, Stage},
    fal::RequestId,
};

use super::{Context, status};
use crate::{
    args::{Cancel, Resolve},
    drive::{self, Goal},
    exit::{Exit, Failure},
    jobs::{self, For},
    log::of_job,
    shell::Shell,
    sweep,
};

pub(crate) async fn cancel(args: Cancel, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, attempt) = jobs::find(&shell, &args.job, For::Good)?;
    if avatar.training(attempt).is_none_or(|training| training.order.ended()) {
        context.output.note("It is over already: there is nothing to cancel.");
        return status::show(context, &shell, &avatar, attempt);
    }
    let avatar = shell.ask(avatar.id(), Command::Cancel(attempt))?;
    settle(context, &shell, &avatar, attempt, Goal::CancelSent(attempt)).await
}

pub(crate) async fn resolve(args: Resolve, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, attempt) = jobs::find(&shell, &args.job, For::Good)?;
    let id = avatar.id();
    // A process that died with its purchase left it unclear; say so before it is settled.
    let avatar = match shell.store.lock(id).map_err(crate::failures::storage)? {
        Some(_lock) => shell.tell(id, likeness_core::avatar::Event::Restarted)?,
        None => avatar,
    };
    let unclear = avatar.training(attempt).is_some_and(|training| {
        matches!(training.order.stage(), Stage::Unclear { .. })
            || training.order.may_be_bought() && training.order.request_id().is_none()
    });
    if !unclear {
        return Err(Failure::new(Exit::Usage, "job.not_unclear", "nothing about this job is unclear"));
    }
    let command = match &args.request_id {
        None => Command::NotAccepted(attempt),
        Some(text) => {
            let request_id = text.parse::<RequestId>().map_err(|error| {
                Failure::new(Exit::Usage, "usage.request_id", "this is no request id").why(error.to_string())
            })?;
            Command::Resolve(attempt, request_id)
        }
    };
    let named = matches!(command, Command::Resolve(..));
    let avatar = shell.ask(id, command)?;
    if !named {
        return status::show(context, &shell, &avatar, attempt);
    }
    settle(context, &shell, &avatar, attempt, Goal::Resolved(attempt)).await?;
    let avatar = shell.store.load(id).map_err(crate::failures::storage)?.unwrap_or(avatar);
    match avatar.training(attempt).and_then(|training| training.order.request_id()) {
        Some(_) => Ok(()),
        None => Err(Failure::new(Exit::Unclear, "submission_unclear", "this request was not adopted")
            .why("fal.ai does not answer for it under this key, or another job holds it")
            .next("check the id at https://fal.ai/dashboard/requests")),
    }
}

async fn settle(
    context: &Context,
    shell: &Shell,
    avatar: &Avatar,
    attempt: u32,
    goal: Goal,
) -> Result<(), Failure> {
    let id = avatar.id();
    let ended = avatar.training(attempt).is_none_or(|training| training.order.ended());
    let avatar = if ended {
        avatar.clone()
    } else {
        let job = JobId { avatar: id, attempt }.to_string();
        let mut silent = |_: &Avatar| Ok(());
        of_job(job, drive::drive(shell, &context.interrupt, id, goal, &mut silent)).await?
    };
    sweep::after(shell, &avatar).await;
    status::show(context, shell, &avatar, attempt)
}
