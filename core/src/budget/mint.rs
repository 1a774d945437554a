//! Minting and revoking of tokens.

use std::collections::BTreeMap;

use super::{
    AdminToken, Budget, BudgetError, InviteTerms, Kind, MOST_OVER, ServerTerms, TokenId, TokenText,
    invite::Invite, issue::Issue,
};
use crate::{
    ids::Name,
    limits::{MOST_INVITED, MOST_LIVE},
    time::Timestamp,
};

/// A token that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The token.
    pub token: TokenText,
    /// True if this request made the token; else it existed already, on the same terms.
    pub new: bool,
}

impl Budget {
    /// Mints a server token. The same id on the same terms gives the same token again, as often as it is asked
    /// for. An id whose token was revoked, or has expired and is asked for on other terms, is free: it gets a new
    /// token.
    pub(crate) fn mint_server(
        &mut self,
        admin: &AdminToken,
        id: TokenId,
        terms: ServerTerms,
        now: Timestamp,
    ) -> Result<Minted, BudgetError> {
        let ServerTerms { label, expires_at } = terms;
        if let Some(issue) = self.servers.get(&id) {
            let same = issue.label == label && issue.expires_at == expires_at;
            if let Some(minted) = self.minted_before(admin, Kind::Server, &id, issue, same, now)? {
                return Ok(minted);
            }
        }
        has_room(Kind::Server, self.servers.values(), now)?;
        let (issue, minted) = self.issue(admin, Kind::Server, &id, label, expires_at, now)?;
        self.sums.minted = issue.generation;
        self.servers.insert(id, issue);
        drop_old(&mut self.servers, |issue| (issue, 0), now);
        Ok(minted)
    }

    /// Mints an invite, by the same rules as a server token.
    pub fn mint_invite(
        &mut self,
        admin: &AdminToken,
        id: TokenId,
        terms: InviteTerms,
        now: Timestamp,
    ) -> Result<Minted, BudgetError> {
        if let Some(invite) = self.invites.get(&id) {
            let same = invite.is_on(&terms);
            if let Some(minted) = self.minted_before(admin, Kind::Invite, &id, &invite.issue, same, now)? {
                return Ok(minted);
            }
        }
        has_room(Kind::Invite, self.invites.values().map(|invite| &invite.issue), now)?;
        let InviteTerms { label, allowance, uses, steps, expires_at } = terms;
        let (issue, minted) = self.issue(admin, Kind::Invite, &id, label, expires_at, now)?;
        self.sums.minted = issue.generation;
        self.invites.insert(id, Invite { steps, ..Invite::new(issue, allowance, uses) });
        drop_old(&mut self.invites, |invite| (&invite.issue, invite.remembered()), now);
        Ok(minted)
    }

    /// Ends a server token, for good.
    pub(crate) fn revoke_server(&mut self, id: &TokenId, now: Timestamp) -> Result<(), BudgetError> {
        revoke(Kind::Server, id, self.servers.get_mut(id), now)
    }

    /// Ends an invite, for good: it can no longer be redeemed, and avatars that did redeem it can reserve nothing more
    /// with it.
    pub(crate) fn revoke_invite(&mut self, id: &TokenId, now: Timestamp) -> Result<(), BudgetError> {
        revoke(Kind::Invite, id, self.invites.get_mut(id).map(|invite| &mut invite.issue), now)
    }

    /// Returns the token of this id if it exists already; `None` when the id is free.
    fn minted_before(
        &self,
        admin: &AdminToken,
        kind: Kind,
        id: &TokenId,
        issue: &Issue,
        same_terms: bool,
        now: Timestamp,
    ) -> Result<Option<Minted>, BudgetError> {
        if issue.revoked_at.is_some() {
            return Ok(None);
        }
        if !same_terms {
            let taken = || BudgetError::IdTaken { kind, id: id.clone() };
            return if issue.is_over(now) { Ok(None) } else { Err(taken()) };
        }
        let token = self.token(admin, kind, id, issue.generation);
        if issue.is(&token.hash()) {
            Ok(Some(Minted { token, new: false }))
        } else {
            Err(BudgetError::AdminChanged { kind, id: id.clone() })
        }
    }

    fn issue(
        &self,
        admin: &AdminToken,
        kind: Kind,
        id: &TokenId,
        label: Name,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Issue, Minted), BudgetError> {
        if expires_at.is_some_and(|at| at <= now) {
            return Err(BudgetError::ExpiryPast);
        }
        let generation = self.sums.minted.saturating_add(1);
        let token = self.token(admin, kind, id, generation);
        let hash = token.hash();
        let issue = Issue { label, hash, generation, created_at: now, expires_at, revoked_at: None };
        Ok((issue, Minted { token, new: true }))
    }

    fn token(&self, admin: &AdminToken, kind: Kind, id: &TokenId, generation: u64) -> TokenText {
        admin.derived(kind, &[self.sums.salt.0.bytes(), id.as_str().as_bytes(), &generation.to_le_bytes()])
    }
}

fn revoke(kind: Kind, id: &TokenId, issue: Option<&mut Issue>, now: Timestamp) -> Result<(), BudgetError> {
    let issue = issue.ok_or_else(|| BudgetError::Unknown { kind, id: id.clone() })?;
    issue.revoked_at.get_or_insert(now);
    Ok(())
}

fn has_room<'a>(
    kind: Kind,
    issues: impl Iterator<Item = &'a Issue>,
    now: Timestamp,
) -> Result<(), BudgetError> {
    let full = issues.filter(|issue| !issue.is_over(now)).count() >= MOST_LIVE;
    if full { Err(BudgetError::TooMany { kind, most: MOST_LIVE }) } else { Ok(()) }
}

/// Keeps the live tokens, and of those that ended the last [`MOST_OVER`], as long as these remember no more avatars
/// than live ones may.
fn drop_old<T>(tokens: &mut BTreeMap<TokenId, T>, seen: impl Fn(&T) -> (&Issue, usize), now: Timestamp) {
    let over = tokens.iter().filter_map(|(id, token)| {
        let (issue, remembered) = seen(token);
        issue.is_over(now).then(|| (issue.ends_at(), id.clone(), remembered))
    });
    let mut over: Vec<_> = over.collect();
    over.sort();
    let mut together = 0_usize;
    for (number, (_, id, remembered)) in over.into_iter().rev().enumerate() {
        together = together.saturating_add(remembered);
        if number >= MOST_OVER || together > MOST_INVITED {
            tokens.remove(&id);
        }
    }
}
