//! The budget: who may spend, and how much.
//!
//! A deployment that others use has one budget: its server tokens, its invites, and what was reserved today. One place
//! keeps it (a Durable Object at the edge, SQLite natively), so every transition sees what all others did. A transition
//! that fails changes nothing. One that succeeds is saved before it is answered: repeating it is harmless, and an
//! answer that was not saved is not.
//!
//! # Rows
//!
//! Each token, invite, avatar and purchase is a [row](rows) of its own, and a [`Question`] names the rows that its
//! answer depends on. So the cost of a call does not grow with the number of purchases: a [`Budget`] in memory holds
//! the rows that were asked for, and the sums.
//!
//! # Purchases
//!
//! An avatar [reserves](Budget::reserve) a purchase before it orders it, [releases](Budget::release) it when it
//! turns out that nothing was bought, and [settles](Budget::settle) it when it turns out that it was. Each may be
//! said any number of times. An invite's allowance is therefore never overdrawn, also when orders are unclear for
//! days: a reservation that an invite pays for is remembered until one of the two is said.
//!
//! Every other reservation is remembered for a day, so that the budget stays small. An avatar remembers its own
//! purchases for good and asks for none twice; the day here covers answers that were lost on the way. An older
//! reservation counts as settled: a release then gives nothing back, and a repeat counts again.
//!
//! # Tokens
//!
//! Only hashes of tokens are stored, so a stored budget admits no caller. A token whose first answer was lost must
//! nevertheless be the same in the second answer, or a request could not be repeated. So tokens are not random but
//! derived: HMAC-SHA256, keyed with the admin token, of the deployment's salt, the token's kind, its id and its
//! generation. The salt is random and makes two deployments with one admin token differ. The generation counts
//! everything that was ever minted, so an id that is used again after a revocation, or after its first token was
//! forgotten, is never given the old token again.

mod admin;
mod error;
mod invite;
mod issue;
mod malformed;
mod mint;
mod purchase;
mod question;
mod redeem;
pub mod rows;
mod spend;
mod stored;
mod terms;
#[cfg(test)]
mod tests;
mod token;
mod view;

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub(crate) use self::terms::ServerTerms;
pub use self::{
    admin::AdminToken,
    error::BudgetError,
    malformed::Malformed,
    mint::Minted,
    purchase::{NotAPurchase, Payer, Purchase, PurchaseId},
    question::Question,
    redeem::{Invitation, Redeemed},
    stored::Stored,
    terms::{Amount, DailyCaps, InviteTerms, TokenId, Uses},
    token::{Kind, TokenDigest, TokenText},
    view::{BudgetView, InviteView, TokenView},
};
use self::{
    invite::{Guest, Invite},
    issue::Issue,
    purchase::Reservation,
};
pub use crate::versioned::StoredError;
use crate::{ids::AvatarId, sha256::Sha256Sum, time::Timestamp};

/// Number of server tokens, and of invites, that are remembered after their end: those that ended last.
pub(crate) const MOST_OVER: usize = 100;

/// Time for which a reservation is remembered that no invite waits for.
pub(crate) const REMEMBERED_FOR: Duration = Duration::from_hours(24);

/// The budget of a deployment: all of it, or the part that a [`Question`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    sums: Sums,
    servers: BTreeMap<TokenId, Issue>,
    invites: BTreeMap<TokenId, Invite>,
    /// The avatars that redeemed invites.
    guests: BTreeMap<AvatarId, Guest>,
    reservations: BTreeMap<PurchaseId, Reservation>,
}

/// The part of a budget that every question may need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sums {
    salt: Salt,
    /// Number of tokens that were ever minted.
    minted: u64,
    /// Number of avatars that invites remember: counted anew, without invites that ended, when there are too many.
    invited: usize,
    today: Today,
}

/// The salt that makes two deployments with one admin token differ. It is not a secret; `Debug` leaves it out as noise.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Salt(Sha256Sum);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[salt]")
    }
}

/// The amount that was reserved in one day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Today {
    since: Timestamp,
    spent: Amount,
}

impl Today {
    /// Returns the count at a moment. The day never goes back: a clock that is corrected opens no spent day again.
    fn at(self, now: Timestamp) -> Self {
        let since = start_of_day(now);
        if since > self.since { Self { since, spent: Amount::default() } } else { self }
    }

    fn ends_at(self) -> Timestamp {
        self.since.plus(DAY)
    }
}

const DAY: Duration = Duration::from_hours(24);

fn start_of_day(moment: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.millis().saturating_sub(moment.millis().rem_euclid(day)))
}

impl Budget {
    /// Makes the budget of a deployment that has none yet. The entropy becomes its salt.
    #[must_use]
    pub fn new(entropy: [u8; 32], now: Timestamp) -> Self {
        let today = Today { since: start_of_day(now), spent: Amount::default() };
        Self::of(Sums { salt: Salt(Sha256Sum::of(&entropy)), minted: 0, invited: 0, today })
    }

    fn of(sums: Sums) -> Self {
        Self {
            sums,
            servers: BTreeMap::new(),
            invites: BTreeMap::new(),
            guests: BTreeMap::new(),
            reservations: BTreeMap::new(),
        }
    }

    /// Finds the server that has a token; `None` when the token is unknown, revoked or expired.
    #[must_use]
    pub fn who(&self, digest: &TokenDigest, now: Timestamp) -> Option<TokenId> {
        let (id, _) = self.servers.iter().find(|(_, issue)| issue.is(digest) && !issue.is_over(now))?;
        Some(id.clone())
    }

    /// Forgets an avatar that was erased. Its invites keep a bare count of it: its use stays taken, and what it
    /// spent stays spent.
    pub fn forget(&mut self, avatar: AvatarId) {
        for (id, grant) in self.guests.remove(&avatar).into_iter().flatten() {
            if let Some(invite) = self.invites.get_mut(&id).filter(|invite| invite.gave(&grant)) {
                invite.forget(&grant);
                self.sums.invited = self.sums.invited.saturating_sub(1);
            }
        }
        self.reservations.retain(|purchase, _| purchase.avatar != avatar);
    }
}
