//! Refusals of the budget.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Amount, Kind, TokenId, malformed::Malformed};
use crate::codes::codes;

/// A refusal of the budget, after which nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum BudgetError {
    /// A text that is not a token.
    NotAToken,
    /// A text that is not a token's id.
    Id,
    /// A number of uses that no invite may have.
    Uses {
        /// The number as written.
        number: u32,
    },
    /// An expiry in the past.
    ExpiryPast,
    /// An id that a live token has on other terms.
    IdTaken {
        /// Kind of the token to mint.
        kind: Kind,
        /// Id of the token.
        id: TokenId,
    },
    /// A token that exists and cannot be shown again, since it was derived from another admin token.
    AdminChanged {
        /// Kind of the token to mint.
        kind: Kind,
        /// Id of the token.
        id: TokenId,
    },
    /// One token or avatar more than fits in.
    TooMany {
        /// Kind of the tokens; a capability when no more avatars can be remembered.
        kind: Kind,
        /// Largest number that there may be.
        most: usize,
    },
    /// An id without a token.
    Unknown {
        /// Kind of the token that was meant.
        kind: Kind,
        /// The id.
        id: TokenId,
    },
    /// An invite that does not exist, or is no longer remembered.
    InviteUnknown,
    /// An invite that was revoked or has expired.
    InviteOver,
    /// An invite that as many avatars as may have redeemed.
    InviteTaken,
    /// An avatar that redeemed no invite that is remembered.
    NotInvited,
    /// An avatar whose invite does not allow so much more.
    AllowanceSpent {
        /// Amount that the invite still allows.
        left: Amount,
    },
    /// A purchase beyond the deployment's cap of the day.
    DailyCap {
        /// Amount that the cap still allows.
        left: Amount,
        /// Time until the next day of UTC begins.
        retry_after: Duration,
    },
    /// A purchase that was reserved with another number of pictures.
    OtherPurchase {
        /// Amount that was reserved.
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

    /// Returns the time after which the same call may be allowed, when nothing but time is needed.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::DailyCap { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

impl From<Malformed> for BudgetError {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Token => Self::NotAToken,
            Malformed::Id => Self::Id,
            Malformed::Uses { number } => Self::Uses { number },
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
