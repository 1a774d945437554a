//! `likeness cancel` and `likeness resolve`: a person's decisions about an order.

use likeness_core::{
    avatar::{Avatar, AvatarId, Command, Event, Goal, OrderKey, OrderView},
    fal::RequestId,
};

use super::status;
use crate::{
    args::{Cancel, Resolve},
    clock,
    context::Context,
    driver::{drive, shell::Shell, sweep},
    failure::{self, Exit, Failure},
    jobs::{self, For},
    output::{log::of_job, narrate::pictures_document},
    printable::shown,
};

pub(crate) async fn cancel(args: Cancel, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, attempt) = jobs::find(&shell.store, &args.job, For::Good)?;
    let order = order(&avatar, attempt, args.pictures)?;
    if ended(&avatar, order) {
        context.output.note("It is over already: there is nothing to cancel.");
        return show(context, &shell, &avatar, order);
    }
    shell.ask(avatar.id(), Command::Cancel(order))?;
    settle(context, &shell, avatar.id(), order, Goal::CancelSent(order)).await.map(drop)
}

pub(crate) async fn resolve(args: Resolve, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, attempt) = jobs::find(&shell.store, &args.job, For::Good)?;
    let (id, order) = (avatar.id(), order(&avatar, attempt, args.pictures)?);
    // A process that died with its purchase left the purchase unclear; say so before it is settled.
    let avatar = match shell.store.lock(id).map_err(failure::storage)? {
        Some(_lock) => shell.tell(id, Event::Restarted)?,
        None => avatar,
    };
    // An answer may still be missing, or has been missed.
    let is_unclear = |order: OrderView<'_>| order.may_be_bought() && order.request_id().is_none();
    if !avatar.order(order).is_some_and(is_unclear) {
        return Err(Failure::new(Exit::Usage, "job.not_unclear", "nothing about this job is unclear"));
    }
    let Some(text) = &args.request_id else {
        let avatar = shell.ask(id, Command::NotAccepted(order))?;
        return show(context, &shell, &avatar, order);
    };
    let request_id = text.parse::<RequestId>().map_err(|error| {
        Failure::new(Exit::Usage, "usage.request_id", "this is not a request id").why(error.to_string())
    })?;
    shell.ask(id, Command::Resolve(order, request_id))?;
    let avatar = settle(context, &shell, id, order, Goal::Resolved(order)).await?;
    if avatar.order(order).and_then(OrderView::request_id).is_some() {
        return Ok(());
    }
    Err(Failure::new(Exit::Unclear, "submission_unclear", "this request was not adopted")
        .why("fal.ai does not answer for it under this key, it was sent with another input, or another job holds it")
        .next("check the id at https://fal.ai/dashboard/requests"))
}

/// Returns the order that is meant: the training, unless pictures were asked for.
fn order(avatar: &Avatar, attempt: u32, pictures: Option<u32>) -> Result<OrderKey, Failure> {
    let Some(number) = pictures else { return Ok(OrderKey::Training(attempt)) };
    match avatar.generation(number) {
        Some(_) => Ok(OrderKey::Pictures(number)),
        None => Err(Failure::new(Exit::Data, "job.unknown", format!("this job has no pictures {number}"))
            .next(format!("its orders of pictures are numbered 1 to {}", avatar.pictures().len()))),
    }
}

fn ended(avatar: &Avatar, order: OrderKey) -> bool {
    avatar.order(order).is_none_or(OrderView::ended)
}

async fn settle(
    context: &Context,
    shell: &Shell,
    id: AvatarId,
    order: OrderKey,
    goal: Goal,
) -> Result<Avatar, Failure> {
    let avatar = shell.load(id)?;
    let avatar = if ended(&avatar, order) {
        avatar
    } else {
        let mut silent = |_: &Avatar| Ok(());
        of_job(jobs::order_name(id, order), drive::drive(shell, &context.interrupt, id, goal, &mut silent))
            .await?
    };
    sweep::after(shell, &avatar).await;
    show(context, shell, &avatar, order)?;
    Ok(avatar)
}

fn show(context: &Context, shell: &Shell, avatar: &Avatar, order: OrderKey) -> Result<(), Failure> {
    let number = match order {
        OrderKey::Training(attempt) => return status::show(context, shell, avatar, attempt),
        OrderKey::Pictures(number) => number,
    };
    let Some(status) = avatar.pictures_status(number, clock::now()) else { return Ok(()) };
    context.output.document(&pictures_document(&status, &shell.folder(avatar.id())))?;
    context.output.line(format_args!("Pictures {number}: {}", shown(&status.message)))
}
