//! Refusals of the budget, and advice about them.

use super::Language;
use crate::budget::{BudgetError, Kind, Malformed, Uses};

displayed! {
    BudgetError => error;
    Malformed => malformed;
}

impl BudgetError {
    /// Says what to do next.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        advice(Language::English, self)
    }
}

/// Says why the budget said no.
#[must_use]
pub fn error(language: Language, error: &BudgetError) -> String {
    match language {
        Language::English => match error {
            BudgetError::NotAToken => "it is not a token: those begin with lks_, lki_ or lkc_".to_owned(),
            BudgetError::Id => "the id must be 1 to 64 of the characters a-z, 0-9 and -".to_owned(),
            BudgetError::Uses { number } => format!("`uses` must be 1 to {}, not {number}", Uses::MOST),
            BudgetError::ExpiryPast => "expires_at is past".to_owned(),
            BudgetError::IdTaken { kind, id } => format!("there is a {kind} `{id}` already, on other terms"),
            BudgetError::AdminChanged { kind, id } => {
                format!("the {kind} `{id}` was made with another admin token, and cannot be shown again")
            }
            BudgetError::TooMany { kind, most } => {
                format!("there are {most} {} already", many(language, *kind))
            }
            BudgetError::Unknown { kind, id } => format!("there is no {kind} `{id}`"),
            BudgetError::InviteUnknown => "there is no such invite".to_owned(),
            BudgetError::InviteOver => "the invite is over".to_owned(),
            BudgetError::InviteTaken => "the invite has been redeemed".to_owned(),
            BudgetError::NotInvited => "the avatar was not invited".to_owned(),
            BudgetError::AllowanceSpent { left } => {
                format!("the invite does not allow it: {left} are left")
            }
            BudgetError::DailyCap { left, .. } => {
                format!("the day's cap does not allow it: {left} are left until midnight UTC")
            }
            BudgetError::OtherPurchase { reserved } => {
                format!("the purchase was reserved already, as {reserved}")
            }
        },
    }
}

fn many(language: Language, kind: Kind) -> &'static str {
    match language {
        Language::English => match kind {
            Kind::Server => "server tokens",
            Kind::Invite => "invites",
            Kind::Capability => "invited avatars",
        },
    }
}

/// Says why a text or a number is not what it should be.
#[must_use]
pub fn malformed(language: Language, malformed: &Malformed) -> String {
    error(language, &(*malformed).into())
}

/// Says what a caller of the API can do next: the budget answers no other audience.
#[must_use]
pub fn advice(language: Language, error: &BudgetError) -> &'static str {
    match language {
        Language::English => match error {
            BudgetError::NotAToken => "Copy the token again, whole.",
            BudgetError::Id => "Choose another id, such as web-2.",
            BudgetError::Uses { .. } => "Choose a number in this range, or mint several invites.",
            BudgetError::ExpiryPast => "Choose a later moment, or none.",
            BudgetError::IdTaken { .. } => {
                "Repeat it as it was asked first, revoke it, or choose another id."
            }
            BudgetError::AdminChanged { .. } => "Revoke it and mint it again, or choose another id.",
            BudgetError::TooMany { .. } => "Revoke tokens and invites that nobody uses any more.",
            BudgetError::Unknown { .. } => "The list of tokens shows which there are.",
            BudgetError::InviteUnknown => "Copy the invite again, whole, or ask for a new one.",
            BudgetError::InviteOver | BudgetError::InviteTaken => "Ask whoever invited you for a new invite.",
            BudgetError::NotInvited => "Have the backend buy, or redeem an invite for a new avatar.",
            BudgetError::AllowanceSpent { .. } => {
                "Ask for less, or ask whoever invited you for another invite."
            }
            BudgetError::DailyCap { .. } => "Ask for less, or try again after midnight UTC.",
            BudgetError::OtherPurchase { .. } => "Repeat it as it was asked first, or release it.",
        },
    }
}
