//! Budgets that were stored as one text, before each part of them was a row. Invites outlive upgrades, so that text
//! stays readable.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Amount, Budget, PurchaseId, REMEMBERED_FOR, Salt, Sums, Today, TokenId, Uses,
    invite::{Grant, Guest, Invite},
    issue::Issue,
    purchase::{PaidBy, Reservation},
    rows::Rows,
};
use crate::{
    ids::AvatarId,
    time::Timestamp,
    versioned::{StoredError, Versioned},
};

/// The reader of budgets that were stored as one text.
#[derive(Clone, Copy, Debug)]
pub struct Stored;

#[derive(Deserialize)]
struct One {
    salt: Salt,
    minted: u64,
    servers: BTreeMap<TokenId, Issue>,
    invites: BTreeMap<TokenId, InviteOne>,
    today: Today,
    reservations: BTreeMap<PurchaseId, ReservationOne>,
}

#[derive(Deserialize)]
struct InviteOne {
    issue: Issue,
    allowance: Amount,
    uses: Uses,
    redeemed: BTreeMap<AvatarId, Amount>,
    forgotten: u32,
    forgotten_spent: Amount,
}

#[derive(Deserialize)]
struct ReservationOne {
    at: Timestamp,
    amount: Amount,
    invite: Option<PaidBy>,
    settled: bool,
}

impl Stored {
    /// Reads the text of a whole budget.
    pub fn read(text: &str) -> Result<Budget, StoredError> {
        let One { salt, minted, servers, invites, today, reservations } = Versioned::read(text)?;
        let invited = invites.values().map(|invite| invite.redeemed.len()).sum();
        let mut budget = Budget { servers, ..Budget::of(Sums { salt, minted, invited, today }) };
        for (id, invite) in invites {
            let InviteOne { issue, allowance, uses, redeemed, forgotten, forgotten_spent } = invite;
            let mut invite = Invite { forgotten, forgotten_spent, ..Invite::new(issue, allowance, uses) };
            for (avatar, spent) in redeemed {
                invite.guests = invite.guests.saturating_add(1);
                invite.spent = invite.spent.plus(spent);
                let grant = Grant { generation: invite.issue.generation, spent };
                let guest: &mut Guest = budget.guests.entry(avatar).or_default();
                guest.insert(id.clone(), grant);
            }
            budget.invites.insert(id, invite);
        }
        let reservations = reservations.into_iter().map(|(id, reservation)| {
            let ReservationOne { at, amount, invite, settled } = reservation;
            (id, Reservation { at, amount, invite, settled, due: at.plus(REMEMBERED_FOR) })
        });
        budget.reservations = reservations.collect();
        Ok(budget)
    }

    /// Makes the rows that take the place of such a text.
    pub fn rows(text: &str) -> Result<Rows, StoredError> {
        Rows::of(&Self::read(text)?)
    }
}
