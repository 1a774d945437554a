//! Reservation, release and settlement of purchases.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Amount, Budget, BudgetError, DailyCaps, REMEMBERED_FOR, TokenId, start_of_day};
use crate::{
    ids::{AvatarId, OrderKey},
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

    fn amount(self) -> Amount {
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

impl TryFrom<String> for PurchaseId {
    type Error = NotAPurchase;

    fn try_from(text: String) -> Result<Self, NotAPurchase> {
        text.parse()
    }
}

impl From<PurchaseId> for String {
    fn from(purchase: PurchaseId) -> Self {
        purchase.to_string()
    }
}

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

/// Number of old reservations that are checked with each new one: more than one, so that they do not pile up.
pub(super) const SWEPT: usize = 4;

impl Budget {
    /// Reserves a purchase before it is ordered. A repeat of the purchase is allowed and counts once, for any
    /// payer and whatever became of its invite since: it may have been ordered.
    pub fn reserve(
        &mut self,
        avatar: AvatarId,
        purchase: Purchase,
        payer: Payer,
        caps: DailyCaps,
        now: Timestamp,
    ) -> Result<(), BudgetError> {
        let (id, amount) = (PurchaseId { avatar, order: purchase.order() }, purchase.amount());
        let earlier = self.reservations.get(&id).filter(|earlier| self.remembers(earlier, now));
        if let Some(earlier) = earlier {
            let same = earlier.amount == amount;
            let reserved = earlier.amount;
            return if same { Ok(()) } else { Err(BudgetError::OtherPurchase { reserved }) };
        }
        // The allowance is checked first: a caller who has none left need not come back tomorrow.
        let invited = match payer {
            Payer::Server => None,
            Payer::Avatar => Some(self.allowed(avatar, amount, now)?),
        };
        let today = self.sums.today.at(now);
        let counted =
            today.spent.plus_within(amount, caps.amount()).ok_or_else(|| BudgetError::DailyCap {
                left: caps.amount().minus(today.spent),
                retry_after: today.ends_at().since(now),
            })?;
        // Only behind every check: a refusal must change nothing.
        self.forget_old(now);
        self.sums.today = today;
        self.sums.today.spent = counted;
        let invite = invited.map(|(paid_by, spent)| {
            self.set_spent(avatar, &paid_by.id, spent);
            paid_by
        });
        let at = now.max(today.since);
        let reservation = Reservation { at, amount, invite, settled: false, due: at.plus(REMEMBERED_FOR) };
        self.reservations.insert(id, reservation);
        Ok(())
    }

    /// Gives the reserved amount back, after it turned out that nothing was bought: to the invite always, to the day's
    /// cap while it is the same day. A settled or forgotten reservation gives nothing back.
    pub fn release(&mut self, purchase: PurchaseId) {
        if self.reservations.get(&purchase).is_none_or(|reservation| reservation.settled) {
            return;
        }
        let Some(reservation) = self.reservations.remove(&purchase) else { return };
        let today = &mut self.sums.today;
        if start_of_day(reservation.at) == today.since {
            today.spent = today.spent.minus(reservation.amount);
        }
        let Some(PaidBy { id, generation }) = reservation.invite else { return };
        let granted = self.grant(purchase.avatar, &id).filter(|grant| grant.generation == generation);
        if let Some(spent) = granted.map(|grant| grant.spent.minus(reservation.amount)) {
            self.set_spent(purchase.avatar, &id, spent);
        }
    }

    /// Notes that a purchase was made: it can no longer be released, and need not be remembered for longer than a day.
    pub fn settle(&mut self, purchase: PurchaseId) {
        if let Some(reservation) = self.reservations.get_mut(&purchase) {
            reservation.settled = true;
        }
    }

    /// Finds the invite that allows the amount, and the amount that the avatar has spent of it then.
    fn allowed(
        &self,
        avatar: AvatarId,
        amount: Amount,
        now: Timestamp,
    ) -> Result<(PaidBy, Amount), BudgetError> {
        let mut why = BudgetError::NotInvited;
        for (id, grant) in self.guests.get(&avatar).into_iter().flatten() {
            let Some(invite) = self.invites.get(id).filter(|invite| invite.gave(grant)) else { continue };
            if invite.issue.is_over(now) {
                if why == BudgetError::NotInvited {
                    why = BudgetError::InviteOver;
                }
            } else if let Some(spent) = grant.spent.plus_within(amount, invite.allowance) {
                return Ok((PaidBy { id: id.clone(), generation: grant.generation }, spent));
            } else {
                why = BudgetError::AllowanceSpent { left: invite.allowance.minus(grant.spent) };
            }
        }
        Err(why)
    }

    fn remembers(&self, reservation: &Reservation, now: Timestamp) -> bool {
        let granted = |paid_by: &PaidBy| {
            self.invites.get(&paid_by.id).is_some_and(|invite| invite.issue.generation == paid_by.generation)
        };
        now.since(reservation.at) < REMEMBERED_FOR
            || !reservation.settled && reservation.invite.as_ref().is_some_and(granted)
    }

    /// Forgets the oldest reservations, a few at a time. One that is still waited for is checked again later.
    fn forget_old(&mut self, now: Timestamp) {
        let due = self.reservations.iter().filter(|(_, reservation)| reservation.due <= now);
        let mut due: Vec<_> = due.map(|(id, reservation)| (reservation.due, id.to_string(), *id)).collect();
        due.sort();
        for (_, _, id) in due.into_iter().take(SWEPT) {
            let Some(mut reservation) = self.reservations.remove(&id) else { continue };
            if self.remembers(&reservation, now) {
                reservation.due = now.plus(REMEMBERED_FOR);
                self.reservations.insert(id, reservation);
            }
        }
    }
}
