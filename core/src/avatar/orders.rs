//! The orders of an avatar, whatever they buy.

use super::{
    Avatar, Cancel, Command, Doubt, Event, Generation, Moment, OrderKey, OrderStep, TaskId, TaskKind,
    TrainingJob,
};
use crate::{
    fal::{self, RequestId},
    http::Answer,
    retry::RetryState,
    time::Timestamp,
};

/// An order of an avatar.
#[derive(Clone, Copy, Debug)]
pub enum OrderView<'a> {
    /// A training.
    Training(&'a TrainingJob),
    /// Pictures.
    Pictures(&'a Generation),
}

/// Gives the view those methods of [`Order`](super::Order) that do not depend on what is bought.
macro_rules! of_either_kind {
    ($($(#[$doc:meta])+ $visible:vis fn $name:ident($($given:ident: $type:ty)?) -> $told:ty;)+) => {
        impl<'a> OrderView<'a> {
            $($(#[$doc])+ #[must_use] $visible fn $name(self $(, $given: $type)?) -> $told {
                match self {
                    Self::Training(training) => training.order.$name($($given)?),
                    Self::Pictures(pictures) => pictures.order.$name($($given)?),
                }
            })+
        }
    };
}

of_either_kind! {
    /// Tells whether nothing more will happen by itself.
    pub fn ended() -> bool;
    /// Tells whether the order is still to be placed.
    pub fn is_unplaced() -> bool;
    /// Tells whether fal may have taken the order, and may not.
    pub fn is_unclear() -> bool;
    /// Tells whether fal took the order, or may have.
    pub fn may_be_bought() -> bool;
    /// Returns fal's id of the request, once there is one.
    pub fn request_id() -> Option<&'a RequestId>;
    /// Returns the last error, while it may still pass.
    pub fn retry() -> Option<&'a RetryState>;
    /// Returns the doubt about an order that ended though fal may still have a result.
    pub fn doubt() -> Option<&'a Doubt>;
    /// Returns the progress of a person's wish to cancel.
    pub fn cancel() -> Cancel;
    /// Returns the time at which the order was placed.
    pub fn ordered_at() -> Timestamp;
    /// Returns the request that the order may have become, while that is unclear.
    pub(super) fn candidate() -> Option<&'a RequestId>;
    /// Tells whether the outcome of this step still matters.
    pub(super) fn awaits(step: OrderStep) -> bool;
}

impl OrderView<'_> {
    /// Names the order.
    #[must_use]
    pub fn key(self) -> OrderKey {
        match self {
            Self::Training(training) => OrderKey::Training(training.attempt),
            Self::Pictures(pictures) => OrderKey::Pictures(pictures.number),
        }
    }
}

impl Avatar {
    /// Lists the orders, the trainings first.
    pub fn orders(&self) -> impl Iterator<Item = OrderView<'_>> {
        let trainings = self.trainings.iter().map(OrderView::Training);
        trainings.chain(self.pictures.iter().map(OrderView::Pictures))
    }

    /// Finds an order.
    #[must_use]
    pub fn order(&self, key: OrderKey) -> Option<OrderView<'_>> {
        self.orders().find(|order| order.key() == key)
    }

    /// Finds the order that fal took under this request id.
    #[must_use]
    pub(crate) fn order_with(&self, request: &RequestId) -> Option<OrderKey> {
        self.orders().find(|order| order.request_id() == Some(request)).map(OrderView::key)
    }

    /// Lists the requests that the avatar holds at fal.
    pub fn request_ids(&self) -> impl Iterator<Item = &RequestId> {
        self.orders().filter_map(OrderView::request_id)
    }

    /// Tells whether nothing more will happen by itself.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.orders().all(OrderView::ended)
    }

    /// Calls off every order that was not placed yet. For a copy that may be older than later purchases: it must not
    /// place them once more.
    #[must_use]
    pub fn without_unplaced_orders(self, moment: &Moment) -> Self {
        let unplaced = self.orders().filter(|order| order.is_unplaced()).map(OrderView::key);
        let unplaced: Vec<OrderKey> = unplaced.collect();
        let call_off = |avatar: Self, order| avatar.after(Event::Asked(Command::Cancel(order)), moment);
        unplaced.into_iter().fold(self, call_off)
    }

    /// Returns the request that an unclear order may have become, and that fal is asked about.
    #[must_use]
    pub fn candidate(&self, task_kind: TaskKind) -> Option<&RequestId> {
        match task_kind.order_step()? {
            (key, OrderStep::Prove) => self.order(key)?.candidate(),
            _ => None,
        }
    }

    /// Returns the candidate's request, once fal has answered that it knows this request.
    #[must_use]
    pub fn proven(&self, task_kind: TaskKind, answer: &Answer) -> Option<&RequestId> {
        self.candidate(task_kind).filter(|_| fal::status::parse(answer.clone()).is_ok())
    }

    /// Tells whether the outcome of this task still matters. A shell breaks off a transfer whose outcome does not: its
    /// order was called off, its person forgotten, or its lease is over.
    #[must_use]
    pub fn awaits(&self, task: TaskId) -> bool {
        let Some(mark) = self.running.iter().find(|mark| mark.id == task) else { return false };
        let awaits = |(key, step)| self.order(key).is_some_and(|order| order.awaits(step));
        mark.task_kind.order_step().is_none_or(awaits)
    }
}
