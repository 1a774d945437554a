//! A budget driven by hand.

mod minting;
mod schedules;
mod shelf;
mod spending;
mod stored;
mod twins;

use uuid::Uuid;

use super::{AdminToken, Amount, Budget, InviteTerms, Purchase, PurchaseId, ServerTerms, TokenId, Uses};
use crate::{
    ids::{AvatarId, Name, OrderKey},
    secret::Secret,
    time::Timestamp,
};

/// Returns 2026-11-24T21:25:55.123Z.
pub(in crate::budget) fn start() -> Timestamp {
    Timestamp::from_millis(1_795_555_555_123)
}

pub(in crate::budget) fn admin() -> AdminToken {
    token_of("hush")
}

pub(in crate::budget) fn token_of(text: &str) -> AdminToken {
    Secret::new(&text.repeat(8)).and_then(AdminToken::new).expect("a long text")
}

pub(in crate::budget) fn budget() -> Budget {
    Budget::new([7; 32], start())
}

pub(in crate::budget) fn id(text: &str) -> TokenId {
    TokenId::new(text).expect("an id")
}

pub(in crate::budget) fn avatar(number: u128) -> AvatarId {
    AvatarId::new(Uuid::from_u128(number))
}

/// Makes the content of a purchase of this name, of so many pictures.
pub(in crate::budget) fn content(id: PurchaseId, count: u32) -> Purchase {
    match id.order {
        OrderKey::Training(attempt) => Purchase::Training(attempt),
        OrderKey::Pictures(number) => Purchase::Pictures { number, count },
    }
}

fn label() -> Name {
    Name::new("Анна's friends").expect("a name")
}

pub(in crate::budget) fn server_terms() -> ServerTerms {
    ServerTerms { label: label(), expires_at: None }
}

pub(in crate::budget) fn invite_terms(trainings: u32, pictures: u32) -> InviteTerms {
    let allowance = Amount { trainings, pictures };
    InviteTerms { label: label(), allowance, uses: Uses::default(), steps: None, expires_at: None }
}
