//! An admin's view of the budget, without tokens and their hashes.

use serde::Serialize;

use super::{Amount, Budget, DailyCaps, TokenId, Uses, issue::Issue};
use crate::{ids::Name, time::Timestamp};

/// The deployment's budget of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Budget"))]
pub struct BudgetView {
    /// Amount that was reserved since the day of UTC began.
    pub today: Amount,
    /// Largest amounts for the day.
    pub caps: DailyCaps,
    /// Amount that may still be reserved.
    pub left: Amount,
    /// Beginning of the next day.
    pub resets_at: Timestamp,
}

/// A server token, without the token's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ListedToken"))]
pub struct TokenView {
    /// Id of the token.
    pub id: TokenId,
    /// Name of the server's owner.
    pub label: Name,
    /// True while the token is valid.
    pub live: bool,
    /// Time of minting.
    pub created_at: Timestamp,
    /// Time at which the token expires.
    pub expires_at: Option<Timestamp>,
    /// Time at which the token was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An invite, without the invite's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ListedInvite"))]
pub struct InviteView {
    /// Facts that an invite shares with server tokens.
    #[serde(flatten)]
    pub token: TokenView,
    /// Amount that each avatar may spend.
    pub allowance: Amount,
    /// Number of avatars that may redeem the invite.
    pub uses: Uses,
    /// Most steps of a training; null for as many as a training has by default.
    pub steps: Option<u32>,
    /// Number of avatars that redeemed the invite.
    pub redeemed: u32,
    /// Amount that they spent together.
    pub spent: Amount,
    /// Amount that may still be spent, also by avatars that have yet to redeem the invite; nothing once the invite has
    /// ended.
    pub left: Amount,
}

impl Budget {
    /// Shows the deployment's budget of the day.
    #[must_use]
    pub fn view(&self, caps: DailyCaps, now: Timestamp) -> BudgetView {
        let today = self.sums.today.at(now);
        let left = caps.amount().minus(today.spent);
        BudgetView { today: today.spent, caps, left, resets_at: today.ends_at() }
    }

    /// Lists the server tokens, by id.
    #[must_use]
    pub fn tokens(&self, now: Timestamp) -> Vec<TokenView> {
        self.servers.iter().map(|(id, issue)| token_view(id, issue, now)).collect()
    }

    /// Lists the invites, by id.
    #[must_use]
    pub fn invites(&self, now: Timestamp) -> Vec<InviteView> {
        let view = self.invites.iter().map(|(id, invite)| {
            let token = token_view(id, &invite.issue, now);
            InviteView {
                allowance: invite.allowance,
                uses: invite.uses,
                steps: invite.steps,
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
