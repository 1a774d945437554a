//! Redemption of invites.

use super::{
    Amount, Budget, BudgetError, Kind, TokenId, TokenText,
    invite::{Grant, Invite},
};
use crate::{ids::AvatarId, limits::MOST_INVITED, time::Timestamp};

/// The result of redeeming an invite for an avatar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// Id of the invite.
    pub invite: TokenId,
    /// Token that lets its holder use the avatar. The avatar keeps the token's hash.
    pub capability: TokenText,
    /// Amount that the avatar may spend in all.
    pub allowance: Amount,
    /// Most steps of a training, where the invite says.
    pub steps: Option<u32>,
}

/// The terms of an invite, for the person who may redeem the invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Amount that an avatar may spend.
    pub allowance: Amount,
    /// Number of avatars that may yet redeem the invite.
    pub uses_left: u32,
    /// Most steps of a training, where the invite says.
    pub steps: Option<u32>,
    /// Moment from which the invite can be neither redeemed nor spent.
    pub expires_at: Option<Timestamp>,
}

impl Budget {
    /// Finds what an invite gives, without redeeming it.
    pub fn invite(&self, invite: &TokenText, now: Timestamp) -> Result<Invitation, BudgetError> {
        let digest = invite.hash();
        let found = self.invites.values().find(|known| known.issue.is(&digest));
        let found = found.ok_or(BudgetError::InviteUnknown)?;
        if found.issue.is_over(now) {
            return Err(BudgetError::InviteOver);
        }
        Ok(Invitation {
            allowance: found.allowance,
            uses_left: found.uses.number().saturating_sub(found.taken()),
            steps: found.steps,
            expires_at: found.issue.expires_at,
        })
    }

    /// Redeems an invite for an avatar. The same avatar gets the same capability again, and takes no further use: the
    /// capability is derived from the invite's text and the avatar's id. So where one invite is for several avatars, an
    /// avatar's id must not be known to others who hold the invite.
    ///
    /// An avatar may redeem several invites: their allowances add up, each for as long as its invite lasts.
    pub fn redeem(
        &mut self,
        invite: &TokenText,
        avatar: AvatarId,
        now: Timestamp,
    ) -> Result<Redeemed, BudgetError> {
        let digest = invite.hash();
        let found = self.invites.iter().find(|(_, known)| known.issue.is(&digest));
        let (id, found) = found.ok_or(BudgetError::InviteUnknown)?;
        if found.issue.is_over(now) {
            return Err(BudgetError::InviteOver);
        }
        let (id, allowance, steps) = (id.clone(), found.allowance, found.steps);
        if self.grant(avatar, &id).is_none() {
            if found.taken() >= found.uses.number() {
                return Err(BudgetError::InviteTaken);
            }
            let mut remembered = self.sums.invited;
            if remembered >= MOST_INVITED {
                let live = self.invites.values().filter(|invite| !invite.issue.is_over(now));
                remembered = live.map(Invite::remembered).sum();
            }
            if remembered >= MOST_INVITED {
                return Err(BudgetError::TooMany { kind: Kind::Capability, most: MOST_INVITED });
            }
            self.sums.invited = remembered + 1;
            self.let_in(avatar, &id);
        }
        let capability = invite.derived(Kind::Capability, &[avatar.uuid().as_bytes()]);
        Ok(Redeemed { invite: id, capability, allowance, steps })
    }

    /// Takes a use back after the avatar turned out to be another caller's: the invite may be redeemed for an avatar of
    /// its holder's own, and the other avatar gets nothing of it.
    pub fn turn_away(&mut self, invite: &TokenId, avatar: AvatarId) {
        if self.grant(avatar, invite).is_none_or(|grant| grant.spent != Amount::default()) {
            return;
        }
        if let Some(guest) = self.guests.get_mut(&avatar) {
            guest.remove(invite);
            if guest.is_empty() {
                self.guests.remove(&avatar);
            }
        }
        if let Some(invite) = self.invites.get_mut(invite) {
            invite.guests = invite.guests.saturating_sub(1);
        }
        self.sums.invited = self.sums.invited.saturating_sub(1);
    }

    /// Admits an avatar that has not spent anything yet.
    pub(super) fn let_in(&mut self, avatar: AvatarId, id: &TokenId) {
        let Some(invite) = self.invites.get_mut(id) else { return };
        invite.guests = invite.guests.saturating_add(1);
        let grant = Grant { generation: invite.issue.generation, spent: Amount::default() };
        self.guests.entry(avatar).or_default().insert(id.clone(), grant);
    }

    /// Returns the avatar's grant of an invite, when it redeemed the invite.
    pub(super) fn grant(&self, avatar: AvatarId, id: &TokenId) -> Option<&Grant> {
        let grant = self.guests.get(&avatar)?.get(id)?;
        self.invites.get(id)?.gave(grant).then_some(grant)
    }

    /// Notes the amount that an avatar has now spent of an invite.
    pub(super) fn set_spent(&mut self, avatar: AvatarId, id: &TokenId, spent: Amount) {
        let grant = self.guests.get_mut(&avatar).and_then(|guest| guest.get_mut(id));
        if let (Some(grant), Some(invite)) = (grant, self.invites.get_mut(id)) {
            invite.spent = invite.spent.minus(grant.spent).plus(spent);
            grant.spent = spent;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Budget, BudgetError, Kind, TokenText};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        budget::{
            InviteTerms, Uses,
            rows::Rows,
            tests::{admin, avatar, budget, id, invite_terms, start},
        },
        limits::MOST_INVITED,
    };

    fn minted(budget: &mut Budget, name: &str, terms: InviteTerms) -> TokenText {
        budget.mint_invite(&admin(), id(name), terms, start()).expect("minted").token
    }

    #[test]
    fn an_avatar_redeems_an_invite_once_however_often_it_asks() {
        let mut budget = budget();
        let invite = minted(&mut budget, "anna", invite_terms(1, 20));
        let first = budget.redeem(&invite, avatar(1), start()).expect("redeemed");
        assert_eq!((first.invite.as_str(), first.capability.kind()), ("anna", Kind::Capability));
        assert_eq!(first.allowance, invite_terms(1, 20).allowance);
        let saved = budget.clone();
        assert_eq!(budget.redeem(&invite, avatar(1), start()), Ok(first));
        assert_eq!(budget.redeem(&invite, avatar(2), start()), Err(BudgetError::InviteTaken));
        assert_eq!(budget, saved);
    }

    #[test]
    fn who_is_turned_away_keeps_the_invite_and_leaves_nothing() {
        let mut budget = budget();
        let invite = minted(&mut budget, "anna", invite_terms(1, 20));
        let before = budget.clone();
        let redeemed = budget.redeem(&invite, avatar(1), start()).expect("redeemed");
        budget.turn_away(&redeemed.invite, avatar(1));
        assert_eq!(budget, before);
        assert!(budget.redeem(&invite, avatar(2), start()).is_ok());
    }

    #[test]
    fn an_invite_for_two_is_for_two_and_each_has_a_capability_of_its_own() {
        let mut budget = budget();
        let two = InviteTerms { uses: Uses::new(2).expect("in range"), ..invite_terms(1, 0) };
        let invite = minted(&mut budget, "both", two.clone());
        let [first, second] =
            [1, 2].map(|number| budget.redeem(&invite, avatar(number), start()).expect("redeemed"));
        assert_ne!(first.capability, second.capability);
        assert_eq!(budget.redeem(&invite, avatar(3), start()), Err(BudgetError::InviteTaken));
        let other = minted(&mut budget, "others", two);
        let elsewhere = budget.redeem(&other, avatar(1), start()).expect("redeemed");
        assert_ne!(elsewhere.capability, first.capability);
    }

    #[test]
    fn what_is_over_or_unknown_is_not_redeemed() {
        let mut budget = budget();
        let soon = start().plus(Duration::from_mins(1));
        let short = InviteTerms { expires_at: Some(soon), ..invite_terms(1, 0) };
        let (expiring, revoked) =
            (minted(&mut budget, "a", short), minted(&mut budget, "b", invite_terms(1, 0)));
        assert!(budget.redeem(&expiring, avatar(1), start()).is_ok());
        budget.revoke_invite(&id("b"), start()).expect("revoked");
        let saved = budget.clone();
        assert_eq!(budget.redeem(&expiring, avatar(1), soon), Err(BudgetError::InviteOver));
        assert_eq!(budget.redeem(&revoked, avatar(2), start()), Err(BudgetError::InviteOver));
        for kind in [Kind::Invite, Kind::Server, Kind::Capability] {
            let forged = TokenText::new(kind, [1; 32]);
            assert_eq!(budget.redeem(&forged, avatar(2), start()), Err(BudgetError::InviteUnknown));
        }
        let as_server = TokenText::parse(&expiring.expose().replace("lki_", "lks_")).expect("a token");
        assert_eq!(budget.redeem(&as_server, avatar(2), start()), Err(BudgetError::InviteUnknown));
        assert_eq!(budget, saved);
    }

    #[test]
    fn an_erased_avatar_leaves_a_count() {
        let mut budget = budget();
        let invite = minted(&mut budget, "anna", invite_terms(1, 20));
        budget.redeem(&invite, avatar(1), start()).expect("redeemed");
        budget.forget(avatar(1));
        let saved = budget.clone();
        budget.forget(avatar(1));
        budget.forget(avatar(2));
        assert_eq!(budget.redeem(&invite, avatar(1), start()), Err(BudgetError::InviteTaken));
        assert_eq!(budget, saved);
        let stored = format!("{:?}", Rows::of(&budget).expect("stored"));
        assert!(stored.contains("anna") && !stored.contains(&avatar(1).to_string()), "{stored}");
    }

    #[test]
    fn the_number_of_invited_avatars_is_limited() {
        let mut budget = budget();
        let many = InviteTerms { uses: Uses::new(1000).expect("in range"), ..invite_terms(1, 0) };
        let mut number = 0;
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
            let invite = minted(&mut budget, name, many.clone());
            for _ in 0..1000 {
                number += 1;
                budget.redeem(&invite, avatar(number), start()).expect("redeemed");
            }
        }
        let invite = minted(&mut budget, "k", many);
        let full = BudgetError::TooMany { kind: Kind::Capability, most: MOST_INVITED };
        assert_eq!(budget.redeem(&invite, avatar(0), start()), Err(full));
        budget.revoke_invite(&id("a"), start()).expect("revoked");
        assert!(budget.redeem(&invite, avatar(0), start()).is_ok());
    }
}
