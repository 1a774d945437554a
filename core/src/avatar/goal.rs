//! Goals of a command, the work that each allows, and the point at which waiting stops making sense.

use super::{Avatar, Cancel, Order, OrderKey, OrderStep, Stage, TaskKind, status::LOOKS_BEFORE_UNKNOWN};
use crate::{
    error::{Class, Error, NetworkError},
    fal::{
        RequestId,
        result::{Pictures, TrainedModel},
        submit::Unclear,
    },
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
            Self::Trained(attempt) | Self::Reported(attempt) | Self::Accepted(attempt) => Some(attempt),
            Self::Watched(_)
            | Self::Seen(_)
            | Self::Resolved(_)
            | Self::CancelSent(_)
            | Self::Pictures(_)
            | Self::AllEnded => None,
        };
        let current = avatar.trainings().last().map(|training| training.attempt);
        match task_kind {
            TaskKind::Photo(_) => bought.is_some() && bought == current,
            TaskKind::Training(attempt, OrderStep::Upload | OrderStep::Submit) => bought == Some(attempt),
            TaskKind::Pictures(number, OrderStep::Upload | OrderStep::Submit) => {
                self == Self::Pictures(number)
            }
            // No goal waits for these: no command waits for an avatar behind the API.
            TaskKind::Tidy | TaskKind::Notify(_) => false,
            TaskKind::Training(..) | TaskKind::Pictures(..) => true,
        }
    }

    /// Tells whether the goal is reached. A goal whose order does not exist has nothing to wait for.
    #[must_use]
    pub fn is_reached(self, avatar: &Avatar) -> bool {
        let Some(key) = self.order() else { return avatar.ended() };
        let reached = match self {
            Self::Accepted(_) => of(avatar, key, is_taken, is_taken),
            Self::Seen(_) => of(avatar, key, needs_no_look, needs_no_look),
            Self::Resolved(_) => of(avatar, key, has_no_candidate, has_no_candidate),
            Self::CancelSent(_) => of(avatar, key, is_called_off, is_called_off),
            _ => of(avatar, key, Order::ended, Order::ended),
        };
        reached.unwrap_or(true)
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
        fn is_young<G>(order: &Order<G>) -> bool {
            order.trouble().is_some_and(|trouble| trouble.tries < LOOKS_BEFORE_UNKNOWN)
        }
        self.order().and_then(|key| of(avatar, key, is_young, is_young)).unwrap_or(false)
    }

    /// Returns the reason to give up now, if there is one.
    #[must_use]
    pub fn given_up(self, avatar: &Avatar, now: Timestamp) -> Option<GivenUp> {
        let one = |key: OrderKey, patience: Patience| {
            of(
                avatar,
                key,
                |order| given_up(key, order, patience, now),
                |order| given_up(key, order, patience, now),
            )
            .flatten()
        };
        match self {
            Self::Trained(_) | Self::Accepted(_) | Self::Pictures(_) => one(self.order()?, Patience::Usual),
            Self::Reported(_) | Self::Watched(_) => one(self.order()?, Patience::Endless),
            Self::CancelSent(key) | Self::Resolved(key) => one(key, Patience::Little),
            Self::AllEnded => {
                let trainings = avatar.trainings().iter().map(|one| OrderKey::Training(one.attempt));
                let pictures = avatar.pictures().iter().map(|one| OrderKey::Pictures(one.number));
                trainings.chain(pictures).find_map(|key| one(key, Patience::Little))
            }
            Self::Seen(_) => None,
        }
    }
}

/// Applies a function to an order of either kind.
fn of<T>(
    avatar: &Avatar,
    key: OrderKey,
    training: impl Fn(&Order<TrainedModel>) -> T,
    pictures: impl Fn(&Order<Pictures>) -> T,
) -> Option<T> {
    match key {
        OrderKey::Training(attempt) => avatar.training(attempt).map(|one| training(&one.order)),
        OrderKey::Pictures(number) => avatar.generation(number).map(|one| pictures(&one.order)),
    }
}

fn is_taken<G>(order: &Order<G>) -> bool {
    order.ended() || order.request_id().is_some()
}

fn needs_no_look<G>(order: &Order<G>) -> bool {
    let asked_for = order.doubt().is_some_and(|doubt| doubt.asking);
    order.ended() && !asked_for || matches!(order.stage(), Stage::Preparing | Stage::Planned)
}

fn has_no_candidate<G>(order: &Order<G>) -> bool {
    !matches!(order.stage(), Stage::Unclear { candidate: Some(_), .. })
}

fn is_called_off<G>(order: &Order<G>) -> bool {
    order.ended() || order.cancel() == Cancel::Sent
}

fn given_up<G>(key: OrderKey, order: &Order<G>, patience: Patience, now: Timestamp) -> Option<GivenUp> {
    if order.ended() {
        return None;
    }
    let trouble = order.trouble();
    if let Stage::Unclear { candidate: Some(named), compared, .. } = order.stage()
        && let Some(RetryState { error, tries, .. }) = trouble
        && patience != Patience::Endless
        && (*tries >= TRIES_AFTER_REFUSAL || patience == Patience::Little && is_server_error(error))
    {
        let (named, list) = (named.clone(), !compared);
        return Some(GivenUp::NotCompared { order: key, named, list, error: error.clone() });
    }
    if let Stage::Unclear { why, candidate, search, since, .. } = order.stage() {
        let in_vain = candidate.is_none() && search.rounds > 0;
        let gave_up = trouble.is_some_and(|trouble| trouble.tries >= TRIES_AFTER_REFUSAL);
        // After this time the order's status is an error, and every goal that watches reports it.
        let over = now.since(*since) >= UNCLEAR_FOR;
        let ends = over || (in_vain || gave_up) && patience != Patience::Endless;
        return ends.then_some(GivenUp::Unclear { order: key, why: *why });
    }
    let trouble = trouble?;
    let passes = trouble.error.may_pass();
    let bought = matches!(order.stage(), Stage::Accepted(_));
    let most = match trouble.error.class() {
        Class::Storage if !passes => 1,
        _ if passes && bought && patience != Patience::Little => return None,
        _ if passes && matches!(order.stage(), Stage::Keeping { .. }) => TRIES_WHILE_KEEPING,
        _ if passes => TRIES_BEFORE_PURCHASE,
        _ => TRIES_AFTER_REFUSAL,
    };
    (trouble.tries >= most).then(|| GivenUp::Failed(trouble.error.clone()))
}

/// Tells whether fal, or a proxy before it, reported a problem of its own, which takes longer than a few tries.
fn is_server_error(error: &Error) -> bool {
    match error {
        Error::Api(error) => error.status >= 500,
        Error::Network(NetworkError::Unreadable { status } | NetworkError::Page { status }) => *status >= 500,
        _ => false,
    }
}
