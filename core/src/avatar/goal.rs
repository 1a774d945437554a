//! Goals of a command, the work that each allows, and the point at which waiting stops making sense.

use super::{
    Avatar, Cancel, Order, OrderKey, OrderStep, OrderView, Stage, TaskKind, status::LOOKS_BEFORE_UNKNOWN,
};
use crate::{
    error::{Class, Error, NetworkError},
    fal::{RequestId, submit::Unclear},
    limits::UNCLEAR_FOR,
    retry::RetryState,
    time::Timestamp,
};

/// The event that a command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The end of a training.
    Trained(u32),
    /// The end of a training, however long it takes: an unclear purchase is waited for as well, for a day.
    Reported(u32),
    /// The end of a training for a command that only watches: nothing is bought.
    Watched(u32),
    /// fal's acceptance of a training.
    Accepted(u32),
    /// One look at a training's state; nothing is bought.
    Seen(u32),
    /// The decision whether the request that a person named is an order's own.
    Resolved(OrderKey),
    /// The message to fal to stop an order.
    CancelSent(OrderKey),
    /// The end of an order of pictures.
    Pictures(u32),
    /// The end of all work.
    AllEnded,
}

/// The reason why waiting makes no sense now. Saved state stays: the same command carries on another day.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenUp {
    /// An order that fal may have taken, and that was looked for in vain.
    Unclear {
        /// The order.
        order: OrderKey,
        /// The reason why the order is unclear.
        why: Unclear,
    },
    /// A request that a person named as the one that an order became, and that could not be compared with the order.
    /// The name is remembered.
    NotCompared {
        /// The order.
        order: OrderKey,
        /// The request.
        named: RequestId,
        /// True if fal's list of requests could not be asked, false if the request's status could not.
        list: bool,
        /// The reason why not.
        error: Error,
    },
    /// A step that fails again and again.
    Failed(Error),
}

/// The time for which a bought order is followed while fal cannot be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// No end, also for an unclear purchase to become clear.
    Endless,
    /// No end once fal has taken the order.
    Usual,
    /// A few tries: the request is saved, and is carried out another day.
    Little,
}

/// Number of tries before a step that costs nothing yet is put off to another day.
const TRIES_BEFORE_PURCHASE: u32 = 5;
/// Number of tries to fetch files that were paid for: two minutes, or one where the arriving bytes are wrong.
const TRIES_WHILE_KEEPING: u32 = 8;
/// Number of tries after a refusal that does not pass by itself.
const TRIES_AFTER_REFUSAL: u32 = 3;

impl Goal {
    /// Returns the order that the goal is about.
    #[must_use]
    pub fn order(self) -> Option<OrderKey> {
        match self {
            Self::Trained(attempt)
            | Self::Reported(attempt)
            | Self::Watched(attempt)
            | Self::Accepted(attempt)
            | Self::Seen(attempt) => Some(OrderKey::Training(attempt)),
            Self::Resolved(order) | Self::CancelSent(order) => Some(order),
            Self::Pictures(number) => Some(OrderKey::Pictures(number)),
            Self::AllEnded => None,
        }
    }

    /// Tells whether the goal allows this task. Looking at a job must not buy it: only the order that its person has
    /// agreed to is prepared, uploaded and bought. A bought order is followed for every goal.
    #[must_use]
    pub fn allows(self, avatar: &Avatar, task_kind: TaskKind) -> bool {
        let bought = match self {
            Self::Trained(_) | Self::Reported(_) | Self::Accepted(_) | Self::Pictures(_) => self.order(),
            Self::Watched(_) | Self::Seen(_) | Self::Resolved(_) | Self::CancelSent(_) | Self::AllEnded => {
                None
            }
        };
        match task_kind.order_step() {
            Some((key, OrderStep::Upload | OrderStep::Submit)) => bought == Some(key),
            Some(_) => true,
            // No goal waits for the other tasks: no command waits for an avatar behind the API.
            None => {
                let current = avatar.trainings().last().map(|one| OrderKey::Training(one.attempt));
                matches!(task_kind, TaskKind::Photo(_)) && current.is_some() && bought == current
            }
        }
    }

    /// Tells whether the goal is reached. A goal whose order does not exist has nothing to wait for.
    #[must_use]
    pub fn is_reached(self, avatar: &Avatar) -> bool {
        let Some(key) = self.order() else { return avatar.ended() };
        avatar.order(key).is_none_or(|order| match self {
            Self::Accepted(_) => order.ended() || order.request_id().is_some(),
            Self::Seen(_) => {
                let asked_for = order.doubt().is_some_and(|doubt| doubt.asking);
                order.ended() && !asked_for || order.is_unplaced()
            }
            Self::Resolved(_) => order.candidate().is_none(),
            Self::CancelSent(_) => order.ended() || order.cancel() == Cancel::Sent,
            _ => order.ended(),
        })
    }

    /// Tells whether the goal is a single look that does not wait.
    #[must_use]
    pub fn is_a_glance(self) -> bool {
        matches!(self, Self::Seen(_))
    }

    /// Tells whether one look was not enough: one lost answer is no news, a few in a row show that fal cannot be
    /// reached.
    #[must_use]
    pub fn wants_another_look(self, avatar: &Avatar) -> bool {
        let retry = self.order().and_then(|key| avatar.order(key)?.retry());
        retry.is_some_and(|retry| retry.tries < LOOKS_BEFORE_UNKNOWN)
    }

    /// Returns the reason to give up now, if there is one.
    #[must_use]
    pub fn given_up(self, avatar: &Avatar, now: Timestamp) -> Option<GivenUp> {
        let one = |order, patience| match order {
            OrderView::Training(one) => given_up(order.key(), &one.order, patience, now),
            OrderView::Pictures(one) => given_up(order.key(), &one.order, patience, now),
        };
        let patience = match self {
            Self::Seen(_) => return None,
            Self::AllEnded => return avatar.orders().find_map(|order| one(order, Patience::Little)),
            Self::Trained(_) | Self::Accepted(_) | Self::Pictures(_) => Patience::Usual,
            Self::Reported(_) | Self::Watched(_) => Patience::Endless,
            Self::CancelSent(_) | Self::Resolved(_) => Patience::Little,
        };
        one(avatar.order(self.order()?)?, patience)
    }
}

fn given_up<G>(key: OrderKey, order: &Order<G>, patience: Patience, now: Timestamp) -> Option<GivenUp> {
    if order.ended() {
        return None;
    }
    let retry = order.retry();
    if let Stage::Unclear { candidate: Some(named), compared, .. } = order.stage()
        && let Some(RetryState { error, tries, .. }) = retry
        && patience != Patience::Endless
        && (*tries >= TRIES_AFTER_REFUSAL || patience == Patience::Little && is_server_error(error))
    {
        let (named, list) = (named.clone(), !compared);
        return Some(GivenUp::NotCompared { order: key, named, list, error: error.clone() });
    }
    if let Stage::Unclear { why, candidate, search, since, .. } = order.stage() {
        let in_vain = candidate.is_none() && search.rounds > 0;
        let gave_up = retry.is_some_and(|retry| retry.tries >= TRIES_AFTER_REFUSAL);
        // After this time the order's status is an error, and every goal that watches reports it.
        let over = now.since(*since) >= UNCLEAR_FOR;
        let ends = over || (in_vain || gave_up) && patience != Patience::Endless;
        return ends.then_some(GivenUp::Unclear { order: key, why: *why });
    }
    let retry = retry?;
    let passes = retry.error.may_pass();
    let bought = matches!(order.stage(), Stage::Accepted(_));
    let most = match retry.error.class() {
        Class::Storage if !passes => 1,
        _ if passes && bought && patience != Patience::Little => return None,
        _ if passes && matches!(order.stage(), Stage::Keeping { .. }) => TRIES_WHILE_KEEPING,
        _ if passes => TRIES_BEFORE_PURCHASE,
        _ => TRIES_AFTER_REFUSAL,
    };
    (retry.tries >= most).then(|| GivenUp::Failed(retry.error.clone()))
}

/// Tells whether fal, or a proxy before it, reported a problem of its own, which takes longer than a few tries.
fn is_server_error(error: &Error) -> bool {
    match error {
        Error::Api(error) => error.status >= 500,
        Error::Network(NetworkError::Unreadable { status } | NetworkError::Page { status }) => *status >= 500,
        _ => false,
    }
}
