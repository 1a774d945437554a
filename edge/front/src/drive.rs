//! The loop that drives one avatar: asks the core for the next step, does it, reports the outcome, until there is
//! nothing to do now.

use std::{pin::pin, rc::Rc, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, LocalBoxFuture, select},
    stream::FuturesUnordered,
};
use likeness_core::{
    api::{ConnectionSettings, Deployment},
    avatar::{Avatar, Event, Outcome, Step, Task, TaskRecord},
};
use worker::{Delay, Result};

use crate::{
    durable::{AGAIN, UNDER_OTHER_SETTINGS},
    object::Object,
    settings, work,
};

/// The longest that an object waits for its tasks before it looks for other work that is due.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Drives the avatar and never fails: errors are logged, and the alarm comes again.
pub(crate) async fn run(object: Rc<Object>) {
    if let Err(error) = drive(&object).await {
        worker::console_error!("[FAL AI] ERROR {error}");
        drop(object.arm(settings::now().plus(AGAIN)));
    }
    if let Err(error) = object.settle_up().await {
        worker::console_warn!("[FAL AI] WARNING {error}");
        drop(object.arm(settings::now().plus(AGAIN)));
    }
}

async fn drive(object: &Rc<Object>) -> Result<()> {
    let deployment = object.deployment()?;
    let mut tasks: FuturesUnordered<LocalBoxFuture<'_, Result<()>>> = FuturesUnordered::new();
    loop {
        // Loaded anew each time: the state may have changed while a task was awaited.
        let avatar = object.load()?;
        let Some(connection) = object.connection(&deployment)? else {
            return wait_for_settings(object, avatar.as_ref());
        };
        if let Some(why) = avatar.as_ref().and_then(|avatar| connection.carries(avatar).err()) {
            worker::console_warn!("[FAL AI] WARNING {why}");
            return wait_for_settings(object, avatar.as_ref());
        }
        match advance(object, &deployment, &connection)? {
            Some(Step::Begin(task)) => {
                let (object, deployment) = (Rc::clone(object), Rc::clone(&deployment));
                tasks.push(Box::pin(async move { perform(&object, &deployment, &connection, *task).await }));
            }
            // The alarm is set for later work.
            Some(Step::Wait(_) | Step::Idle) | None if tasks.is_empty() => return Ok(()),
            // Work that is due by the clock is looked for every minute, also when the clock was set back: a running
            // pause cannot be.
            Some(Step::Wait(_) | Step::Idle) | None => {
                if let Either::Left((Some(ended), _)) =
                    select(tasks.next(), pin!(Delay::from(LOOK_AGAIN))).await
                {
                    ended?;
                }
            }
        }
    }
}

/// Sets an alarm: restoring the settings sends no event, so the object must look again itself.
fn wait_for_settings(object: &Object, avatar: Option<&Avatar>) -> Result<()> {
    if avatar.is_some_and(Avatar::is_unfinished) {
        object.arm(settings::now().plus(UNDER_OTHER_SETTINGS))?;
    }
    Ok(())
}

/// Lets time pass for the avatar, and takes the next task if there is one. Both are saved as one.
fn advance(
    object: &Object,
    deployment: &Deployment,
    connection: &ConnectionSettings,
) -> Result<Option<Step>> {
    let moment = settings::moment(connection.poll)?;
    object.update(Some(connection), &moment, |avatar| {
        let Some(avatar) = avatar else { return (None, None) };
        let (avatar, step) =
            avatar.advance(&connection.account, &moment, |_, task_kind| deployment.wants(task_kind));
        (Some(avatar), Some(step))
    })
}

async fn perform(
    object: &Rc<Object>,
    deployment: &Deployment,
    connection: &ConnectionSettings,
    task: Task,
) -> Result<()> {
    let Task { mark, work } = task;
    let outcome = work::perform(object, deployment, connection, mark.id, work).await?;
    let outcome = with_holder(object, &mark, outcome).await?;
    let accepted = mark.accepted(&outcome);
    let moment = settings::moment(connection.poll)?;
    let id = object.update(Some(connection), &moment, |avatar| {
        let avatar = avatar.map(|avatar| avatar.after(Event::Ended(mark.id, outcome), &moment));
        let id = avatar.as_ref().map(Avatar::id);
        (avatar, id)
    })?;
    if let (Some(request_id), Some(id)) = (accepted, id) {
        worker::console_log!("[FAL AI] INFO {id} is request {request_id}");
        // The state is saved already: a claim only helps callers to find their avatar, and is made later if it fails
        // now.
        drop(object.claim_requests().await);
    }
    Ok(())
}

/// Adds to the outcome whether another avatar holds the request that an unclear purchase may have become.
async fn with_holder(object: &Object, mark: &TaskRecord, outcome: Outcome) -> Result<Outcome> {
    let Outcome::Answered { answer, held_elsewhere } = outcome else { return Ok(outcome) };
    let Some(avatar) = object.load()? else { return Ok(Outcome::Answered { answer, held_elsewhere }) };
    // A claim is noted only for a request that fal.ai has confirmed: a caller could make up others without end.
    let held_elsewhere = match avatar.proven(mark.task_kind, &answer).cloned() {
        Some(candidate) => !object.claim(&candidate, avatar.id()).await?,
        None => held_elsewhere,
    };
    Ok(Outcome::Answered { answer, held_elsewhere })
}
