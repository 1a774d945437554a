//! Why the budget said no.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Amount, Kind, TokenId, Uses};
use crate::codes::codes;

/// Why the budget said no. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum BudgetError {
    /// The text is no token.
    #[error("it is no token: those begin with lks_, lki_ or lkc_")]
    NotAToken,
    /// The text is no id of a token.
    #[error("the id must be 1 to 64 of the characters a-z, 0-9 and -")]
    Id,
    /// No invite is for so many avatars.
    #[error("uses must be 1 to {}, not {number}", Uses::MOST)]
    Uses {
        /// What was written.
        number: u32,
    },
    /// It would be over before it begins.
    #[error("expires_at is past")]
    ExpiryPast,
    /// A live token has this id, and was asked to be another.
    #[error("there is a {kind} `{id}` already, on other terms")]
    IdTaken {
        /// What was to be minted.
        kind: Kind,
        /// Its id.
        id: TokenId,
    },
    /// The token is there, and cannot be shown, since it was derived from another admin token.
    #[error("the {kind} `{id}` was made with another admin token, and cannot be shown again")]
    AdminChanged {
        /// What was to be minted.
        kind: Kind,
        /// Its id.
        id: TokenId,
    },
    /// No more fit in.
    #[error("there are {most} {} already", many(*.kind))]
    TooMany {
        /// Of what: of capabilities, when no more avatars can be remembered.
        kind: Kind,
        /// How many there may be.
        most: usize,
    },
    /// There is no token of this id.
    #[error("there is no {kind} `{id}`")]
    Unknown {
        /// What was meant.
        kind: Kind,
        /// The id.
        id: TokenId,
    },
    /// There is no such invite, or no longer any memory of it.
    #[error("there is no such invite")]
    InviteUnknown,
    /// The invite was revoked or has expired.
    #[error("the invite is over")]
    InviteOver,
    /// As many avatars as may have redeemed the invite.
    #[error("the invite has been redeemed")]
    InviteTaken,
    /// The avatar redeemed no invite that is remembered.
    #[error("the avatar was not invited")]
    NotInvited,
    /// The avatar's invite does not allow so much more.
    #[error("the invite does not allow it: {left} are left")]
    AllowanceSpent {
        /// What it still allows.
        left: Amount,
    },
    /// The deployment may not spend so much more today.
    #[error("the day's cap does not allow it: {left} are left until midnight UTC")]
    DailyCap {
        /// What it still allows.
        left: Amount,
        /// Until the next day of UTC begins.
        retry_after: Duration,
    },
    /// The same purchase was reserved with another number of pictures.
    #[error("the purchase was reserved already, as {reserved}")]
    OtherPurchase {
        /// What was reserved.
        reserved: Amount,
    },
}

fn many(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "server tokens",
        Kind::Invite => "invites",
        Kind::Capability => "invited avatars",
    }
}

impl BudgetError {
    codes! { "A stable name for programs, such as `budget.daily_cap`."
        Self::NotAToken => "budget.not_a_token",
        Self::Id => "budget.id",
        Self::Uses { .. } => "budget.uses",
        Self::ExpiryPast => "budget.expiry_past",
        Self::IdTaken { .. } => "budget.id_taken",
        Self::AdminChanged { .. } => "budget.admin_changed",
        Self::TooMany { .. } => "budget.too_many",
        Self::Unknown { .. } => "budget.unknown",
        Self::InviteUnknown => "budget.invite_unknown",
        Self::InviteOver => "budget.invite_over",
        Self::InviteTaken => "budget.invite_taken",
        Self::NotInvited => "budget.not_invited",
        Self::AllowanceSpent { .. } => "budget.allowance_spent",
        Self::DailyCap { .. } => "budget.daily_cap",
        Self::OtherPurchase { .. } => "budget.other_purchase",
    }

    /// What the person can do next, as a sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotAToken => "Copy the token again, whole.",
            Self::Id => "Choose another id, such as web-2.",
            Self::Uses { .. } => "Choose a number in this range, or mint several invites.",
            Self::ExpiryPast => "Choose a later moment, or none.",
            Self::IdTaken { .. } => "Repeat it as it was asked first, revoke it, or choose another id.",
            Self::AdminChanged { .. } => "Revoke it and mint it again, or choose another id.",
            Self::TooMany { .. } => "Revoke tokens and invites that nobody uses any more.",
            Self::Unknown { .. } => "The list of tokens shows which there are.",
            Self::InviteUnknown => "Copy the invite again, whole, or ask for a new one.",
            Self::InviteOver | Self::InviteTaken => "Ask whoever invited you for a new invite.",
            Self::NotInvited => "Have the backend buy, or redeem an invite for a new avatar.",
            Self::AllowanceSpent { .. } => "Ask for less, or ask whoever invited you for another invite.",
            Self::DailyCap { .. } => "Ask for less, or try again after midnight UTC.",
            Self::OtherPurchase { .. } => "Repeat it as it was asked first, or release it.",
        }
    }

    /// After how long the same may be allowed, when nothing but time is needed.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::DailyCap { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BudgetError;
    use crate::budget::{Amount, Kind, TokenId};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn errors_are_sentences() {
        let id = TokenId::new("web").expect("an id");
        let left = Amount { trainings: 0, pictures: 1 };
        for (error, sentence) in [
            (BudgetError::Uses { number: 0 }, "uses must be 1 to 1000, not 0"),
            (
                BudgetError::IdTaken { kind: Kind::Server, id },
                "there is a server token `web` already, on other terms",
            ),
            (
                BudgetError::TooMany { kind: Kind::Capability, most: 10 },
                "there are 10 invited avatars already",
            ),
            (
                BudgetError::AllowanceSpent { left },
                "the invite does not allow it: 0 trainings and 1 picture are left",
            ),
        ] {
            assert_eq!(error.to_string(), sentence);
            assert!(error.code().starts_with("budget.") && error.advice().ends_with('.'));
        }
    }
}
