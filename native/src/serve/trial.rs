//! A trial on this machine: an operator whose token nobody learns, and an invite that opens the page.

use std::{fmt::Display, sync::Arc, time::Duration};

use likeness_core::{
    budget::{AdminToken, Amount, InviteTerms, Kind, Question, TokenId, TokenText, Uses},
    fal::trainers::portrait::STEPS,
    ids::Name,
    secret::Secret,
};

use super::stored_budget::StoredBudget;
use crate::{
    clock,
    failure::{self, Exit, Failure},
    files::store::Store,
};

/// The time for which the invite counts.
const VALID_FOR: Duration = Duration::from_hours(7 * 24);

/// Makes an operator for a trial on this machine, whose token nobody learns.
pub(crate) fn operator() -> Result<AdminToken, Failure> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|error| unmade(&error))?;
    let token = TokenText::new(Kind::Server, entropy);
    let secret = Secret::new(token.expose()).ok_or_else(|| unmade(&"an empty token"))?;
    Ok(AdminToken::of_test_mode(secret))
}

/// Makes an invite for a trial on this machine.
pub(crate) fn invite(store: &Arc<Store>, operator: &AdminToken) -> Result<TokenText, Failure> {
    let now = clock::now();
    let id = TokenId::new(&format!("trial-{}", now.millis())).map_err(|error| unmade(&error))?;
    let terms = InviteTerms {
        label: Name::new("A trial on this machine").map_err(|error| unmade(&error))?,
        allowance: Amount { trainings: 20, pictures: 400 },
        // Nothing is bought: the dearest may be tried.
        steps: Some(*STEPS.end()),
        uses: Uses::new(50).map_err(|error| unmade(&error))?,
        expires_at: Some(now.plus(VALID_FOR)),
    };
    let minted = StoredBudget::new(Arc::clone(store)).change(Question::Invites, |mut budget| {
        let minted = budget.mint_invite(operator, id, terms, now);
        (budget, minted)
    });
    Ok(minted.map_err(failure::storage)?.map_err(|error| unmade(&error))?.token)
}

fn unmade(why: &dyn Display) -> Failure {
    Failure::new(Exit::Internal, "internal.serve", "no invite could be made for the page")
        .why(why.to_string())
}
