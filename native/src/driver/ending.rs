//! Endings of commands that drove an avatar: the order's end, and advice for the person.

use likeness_core::{
    avatar::{Avatar, AvatarId, Bought, GivenUp, Goal, JobId, Order, OrderKey, OrderView, Stage},
    error::Error,
    fal::{Origins, RequestId, submit::Unclear},
};

use super::shell::Shell;
use crate::{
    clock,
    failure::{self, Exit, Failure},
    jobs::{self, For},
};

/// Makes the ending of a command whose goal is out of reach.
pub(super) fn given_up(shell: &Shell, goal: Goal, avatar: &Avatar) -> Option<Failure> {
    goal.given_up(avatar, clock::now()).map(|why| match why {
        GivenUp::Unclear { order, why } => unclear(shell, avatar.id(), order, why),
        GivenUp::NotCompared { order, named, list, error } => {
            not_compared(shell, avatar.id(), order, &named, list, &error)
        }
        GivenUp::Failed(error) => failure::of(&error),
    })
}

/// Makes the ending of a command whose purchase fal may or may not have taken.
fn unclear(shell: &Shell, id: AvatarId, order: OrderKey, why: Unclear) -> Failure {
    let job = resolvable(shell, id, order);
    Failure::new(Exit::Unclear, "submission_unclear", "it is unclear whether fal.ai took the order")
        .why(why.to_string())
        .why("it is not placed again, so that it is never paid for twice")
        .next("run the same command later: it looks again in fal.ai's list of requests")
        .next(format!(
            "or look at https://fal.ai/dashboard/requests and settle it: likeness resolve {job} --request-id ID"
        ))
        .next(format!("or, if fal.ai does not have it: likeness resolve {job} --not-accepted"))
}

/// Makes the ending of a command that could not ask fal about the request that a person, or fal's report, named.
fn not_compared(
    shell: &Shell,
    id: AvatarId,
    order: OrderKey,
    named: &RequestId,
    list: bool,
    error: &Error,
) -> Failure {
    let job = resolvable(shell, id, order);
    let what = if list { "fal.ai's list of requests" } else { "the request's status at fal.ai" };
    let failure = Failure::new(
        Exit::Unclear,
        "submission_unclear",
        format!("request {named} is not adopted yet: {what} cannot be read now"),
    )
    .why(error.to_string())
    .why("the request is remembered, and nothing is ordered again");
    let again = match order {
        OrderKey::Training(_) => format!("run `likeness status {job}` later: it is adopted then"),
        OrderKey::Pictures(_) => {
            format!("run `likeness resolve {job} --request-id {named}` again later: it is adopted then")
        }
    };
    failure.next(again).next("https://status.fal.ai shows known outages")
}

/// Names an order as `likeness resolve` takes it.
pub(super) fn resolvable(shell: &Shell, id: AvatarId, order: OrderKey) -> String {
    let called = |attempt: Option<u32>| match shell.load(id) {
        Ok(avatar) => {
            let attempt = attempt.unwrap_or_else(|| jobs::last_attempt(&avatar));
            jobs::called(&shell.store, &avatar, attempt, For::Good)
        }
        Err(_) => JobId { avatar: id, attempt: attempt.unwrap_or(1) }.to_string(),
    };
    match order {
        OrderKey::Training(attempt) => called(Some(attempt)),
        OrderKey::Pictures(number) => format!("{} --pictures {number}", called(None)),
    }
}

/// Makes the ending that a finished order means for the command that waited for it.
pub(crate) fn of_order(shell: &Shell, avatar: &Avatar, key: OrderKey) -> Result<(), Failure> {
    match avatar.order(key) {
        Some(OrderView::Training(training)) => ending(shell, avatar, key, &training.order),
        Some(OrderView::Pictures(pictures)) => ending(shell, avatar, key, &pictures.order),
        None => Ok(()),
    }
}

fn ending<G>(shell: &Shell, avatar: &Avatar, key: OrderKey, order: &Order<G>) -> Result<(), Failure> {
    match order.stage() {
        Stage::Failed { error, bought, .. } => {
            let mut failure = failure::of(error);
            if let (Some(_), OrderKey::Training(_)) = (order.doubt(), key) {
                let job = resolvable(shell, avatar.id(), key);
                failure = failure
                    .next(format!("`likeness status {job}` later asks fal.ai for the model once more"));
            }
            Err(match bought {
                Bought::Nothing => failure,
                Bought::Ran(request_id) => match page(avatar, Some(request_id.as_str())) {
                    Some(page) => {
                        failure.next(format!("fal.ai shows the request: {page}")).next(another(key))
                    }
                    None => failure.next(another(key)),
                },
                Bought::NotAccepted { .. } => failure.next(another(key)),
            })
        }
        Stage::Cancelled { .. } => {
            Err(Failure::new(Exit::Api, "cancelled", "it was cancelled").next(another(key)))
        }
        Stage::Unclear { why, .. } => Err(unclear(shell, avatar.id(), key, *why)),
        _ => Ok(()),
    }
}

/// Names the flag or command that buys an ended order once more.
fn another(order: OrderKey) -> &'static str {
    match order {
        OrderKey::Training(_) => "the same command with `--again` buys another attempt",
        OrderKey::Pictures(_) => "the same command orders them anew",
    }
}

/// Returns the address of fal.ai's own page of a request, where the order was bought there. The address is not
/// documented; fal.ai's list of requests leads to it.
pub(crate) fn page(avatar: &Avatar, request_id: Option<&str>) -> Option<String> {
    let is_fal = !avatar.test_mode() && avatar.origin() == Origins::fal().origin();
    request_id.filter(|_| is_fal).map(|id| format!("https://fal.ai/dashboard/requests/{id}"))
}
