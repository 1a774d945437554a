//! Invites, and the avatars that redeemed them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    issue::Issue,
    terms::{Amount, InviteTerms, TokenId, Uses},
};

/// An invite as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Invite {
    pub(super) issue: Issue,
    /// Amount that each avatar may spend.
    pub(super) allowance: Amount,
    pub(super) uses: Uses,
    /// Most steps of a training, where the invite says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) steps: Option<u32>,
    /// Number of avatars that redeemed the invite and were not erased.
    pub(super) guests: u32,
    /// Amount that these avatars spent.
    pub(super) spent: Amount,
    /// Number of avatars that redeemed the invite and were erased.
    pub(super) forgotten: u32,
    /// Amount that these avatars spent.
    pub(super) forgotten_spent: Amount,
}

/// The amounts that an avatar spent, by the invites that it redeemed.
pub(super) type Guest = BTreeMap<TokenId, Grant>;

/// The amount that an avatar spent of an invite. The generation tells the invite from a later one of the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) generation: u64,
    pub(super) spent: Amount,
}

impl Invite {
    pub(super) fn new(issue: Issue, allowance: Amount, uses: Uses) -> Self {
        let none = Amount::default();
        Self {
            issue,
            allowance,
            uses,
            steps: None,
            guests: 0,
            spent: none,
            forgotten: 0,
            forgotten_spent: none,
        }
    }

    pub(super) fn is_on(&self, terms: &InviteTerms) -> bool {
        let InviteTerms { label, allowance, uses, steps, expires_at } = terms;
        self.issue.label == *label
            && self.issue.expires_at == *expires_at
            && self.allowance == *allowance
            && self.uses == *uses
            && self.steps == *steps
    }

    /// Counts the avatars that the invite remembers.
    pub(super) fn remembered(&self) -> usize {
        usize::try_from(self.guests).unwrap_or(usize::MAX)
    }

    /// Counts the avatars that redeemed the invite, erased ones included.
    pub(super) fn taken(&self) -> u32 {
        self.guests.saturating_add(self.forgotten)
    }

    /// Returns the amount that all avatars spent.
    pub(super) fn spent(&self) -> Amount {
        self.forgotten_spent.plus(self.spent)
    }

    /// Returns the amount that may still be spent, also by avatars that have yet to redeem the invite.
    pub(super) fn left(&self) -> Amount {
        self.allowance.left_of(self.uses.number().saturating_sub(self.forgotten), self.spent)
    }

    /// Tells whether the grant is of this invite, and not of an earlier one of its id.
    pub(super) fn gave(&self, grant: &Grant) -> bool {
        self.issue.generation == grant.generation
    }

    pub(super) fn forget(&mut self, grant: &Grant) {
        self.guests = self.guests.saturating_sub(1);
        self.spent = self.spent.minus(grant.spent);
        self.forgotten = self.forgotten.saturating_add(1);
        self.forgotten_spent = self.forgotten_spent.plus(grant.spent);
    }
}
