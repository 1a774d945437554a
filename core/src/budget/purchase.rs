//! Purchases of avatars, as the budget knows them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::terms::{Amount, TokenId};
use crate::{
    ids::{AvatarId, OrderKey},
    text::stored_as_text,
    time::Timestamp,
};

/// The name of an avatar's purchase, written `AVATAR_ID/training/1` or `AVATAR_ID/pictures/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PurchaseId {
    /// The avatar.
    pub avatar: AvatarId,
    /// The order.
    pub order: OrderKey,
}

/// The content of a purchase: an order, and of pictures their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purchase {
    /// A training, by its attempt.
    Training(u32),
    /// Pictures, by their order.
    Pictures {
        /// Number of the order.
        number: u32,
        /// Number of pictures.
        count: u32,
    },
}

impl Purchase {
    /// Names the order that the purchase is for.
    #[must_use]
    pub fn order(self) -> OrderKey {
        match self {
            Self::Training(attempt) => OrderKey::Training(attempt),
            Self::Pictures { number, .. } => OrderKey::Pictures(number),
        }
    }

    pub(super) fn amount(self) -> Amount {
        match self {
            Self::Training(_) => Amount { trainings: 1, pictures: 0 },
            Self::Pictures { count, .. } => Amount { trainings: 0, pictures: count.max(1) },
        }
    }
}

impl fmt::Display for PurchaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.avatar, self.order.kind(), self.order.number())
    }
}

/// The error for a text that is not a purchase: only a changed state can hold one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a purchase: AVATAR_ID/training/1 or AVATAR_ID/pictures/1")]
pub struct NotAPurchase(String);

impl FromStr for PurchaseId {
    type Err = NotAPurchase;

    fn from_str(text: &str) -> Result<Self, NotAPurchase> {
        let read = || {
            let (avatar, rest) = text.split_once('/')?;
            let (kind, number) = rest.split_once('/')?;
            let number = number.parse().ok()?;
            let order = match kind {
                "training" => OrderKey::Training(number),
                "pictures" => OrderKey::Pictures(number),
                _ => return None,
            };
            Some(Self { avatar: avatar.parse().ok()?, order })
        };
        read().ok_or_else(|| NotAPurchase(text.to_owned()))
    }
}

stored_as_text!(PurchaseId: from_str, NotAPurchase);

/// The party that pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// A server: only the day's cap limits it, also for an avatar that was invited.
    Server,
    /// The avatar itself: an invite that it redeemed must allow it as well.
    Avatar,
}

/// A reservation: a purchase that may have been made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// Time of the reservation, never before the day on which it was counted.
    pub(super) at: Timestamp,
    pub(super) amount: Amount,
    /// Invite that pays.
    pub(super) invite: Option<PaidBy>,
    /// True if the purchase is known to have been made.
    pub(super) settled: bool,
    /// Time at which to check whether the reservation can be forgotten.
    pub(super) due: Timestamp,
}

/// The invite that pays. The generation tells it from a later one of the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PaidBy {
    pub(super) id: TokenId,
    pub(super) generation: u64,
}
