//! Why the budget said no.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Amount, Kind, TokenId};
use crate::{
    codes::codes,
    words::{self, Language, displayed},
};

/// Why the budget said no. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum BudgetError {
    /// The text is no token.
    NotAToken,
    /// The text is no id of a token.
    Id,
    /// No invite is for so many avatars.
    Uses {
        /// What was written.
        number: u32,
    },
    /// It would be over before it begins.
    ExpiryPast,
    /// A live token has this id, and was asked to be another.
    IdTaken {
        /// What was to be minted.
        kind: Kind,
        /// Its id.
        id: TokenId,
    },
    /// The token is there, and cannot be shown, since it was derived from another admin token.
    AdminChanged {
        /// What was to be minted.
        kind: Kind,
        /// Its id.
        id: TokenId,
    },
    /// No more fit in.
    TooMany {
        /// Of what: of capabilities, when no more avatars can be remembered.
        kind: Kind,
        /// How many there may be.
        most: usize,
    },
    /// There is no token of this id.
    Unknown {
        /// What was meant.
        kind: Kind,
        /// The id.
        id: TokenId,
    },
    /// There is no such invite, or no longer any memory of it.
    InviteUnknown,
    /// The invite was revoked or has expired.
    InviteOver,
    /// As many avatars as may have redeemed the invite.
    InviteTaken,
    /// The avatar redeemed no invite that is remembered.
    NotInvited,
    /// The avatar's invite does not allow so much more.
    AllowanceSpent {
        /// What it still allows.
        left: Amount,
    },
    /// The deployment may not spend so much more today.
    DailyCap {
        /// What it still allows.
        left: Amount,
        /// Until the next day of UTC begins.
        retry_after: Duration,
    },
    /// The same purchase was reserved with another number of pictures.
    OtherPurchase {
        /// What was reserved.
        reserved: Amount,
    },
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

    /// Says what to do next.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        words::budget::advice(Language::English, self)
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

displayed! {
    BudgetError => words::budget::error;
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
            (BudgetError::Uses { number: 0 }, "`uses` must be 1 to 1000, not 0"),
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
