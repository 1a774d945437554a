//! What an admin sees. No token and no hash of one is among it.

use serde::Serialize;

use super::{Amount, Budget, DailyCaps, TokenId, Uses, mint::Issue};
use crate::{ids::Name, time::Timestamp};

/// The deployment's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Budget"))]
pub struct BudgetView {
    /// What was reserved since the day of UTC began.
    pub today: Amount,
    /// The most that may be.
    pub caps: DailyCaps,
    /// What may still be.
    pub left: Amount,
    /// When the next day begins.
    pub resets_at: Timestamp,
}

/// A server token, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ListedToken"))]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub label: Name,
    /// Whether it counts.
    pub live: bool,
    /// When it was minted.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An invite, without the invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ListedInvite"))]
pub struct InviteView {
    /// What it has in common with server tokens.
    #[serde(flatten)]
    pub token: TokenView,
    /// What each avatar may spend.
    pub allowance: Amount,
    /// How many avatars may redeem it.
    pub uses: Uses,
    /// How many did.
    pub redeemed: u32,
    /// What they spent together.
    pub spent: Amount,
    /// What may still be spent, also by avatars that have yet to redeem it; nothing once it is over.
    pub left: Amount,
}

impl Budget {
    /// The deployment's day.
    #[must_use]
    pub fn view(&self, caps: DailyCaps, now: Timestamp) -> BudgetView {
        let today = self.sums.today.at(now);
        let left = caps.amount().minus(today.spent);
        BudgetView { today: today.spent, caps, left, resets_at: today.ends_at() }
    }

    /// The server tokens, by id.
    #[must_use]
    pub fn tokens(&self, now: Timestamp) -> Vec<TokenView> {
        self.servers.iter().map(|(id, issue)| token_view(id, issue, now)).collect()
    }

    /// The invites, by id.
    #[must_use]
    pub fn invites(&self, now: Timestamp) -> Vec<InviteView> {
        let view = self.invites.iter().map(|(id, invite)| {
            let token = token_view(id, &invite.issue, now);
            InviteView {
                allowance: invite.allowance,
                uses: invite.uses,
                redeemed: invite.taken(),
                spent: invite.spent(),
                left: if token.live { invite.left() } else { Amount::default() },
                token,
            }
        });
        view.collect()
    }
}

fn token_view(id: &TokenId, issue: &Issue, now: Timestamp) -> TokenView {
    let Issue { label, created_at, expires_at, revoked_at, .. } = issue;
    TokenView {
        id: id.clone(),
        label: label.clone(),
        live: !issue.is_over(now),
        created_at: *created_at,
        expires_at: *expires_at,
        revoked_at: *revoked_at,
    }
}
