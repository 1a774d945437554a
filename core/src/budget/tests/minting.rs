//! Minting and revoking.

use std::time::Duration;

use super::{admin, budget, id, invite_terms, server_terms, start, token_of};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    budget::{Budget, BudgetError, Kind, MOST_OVER, ServerTerms},
    limits::MOST_LIVE,
    time::Timestamp,
};

fn soon() -> Timestamp {
    start().plus(Duration::from_mins(1))
}

#[test]
fn the_same_request_gives_the_same_token() {
    let mut budget = budget();
    let terms = || ServerTerms { expires_at: Some(soon()), ..server_terms() };
    let first = budget.mint_server(&admin(), id("web"), terms(), start()).expect("minted");
    let saved = budget.clone();
    let again = budget.mint_server(&admin(), id("web"), terms(), start().plus(Duration::from_secs(1)));
    let again = again.expect("there already");
    assert!(first.new && !again.new && first.token == again.token && first.token.kind() == Kind::Server);
    assert_eq!(budget, saved);
    let late = budget.mint_server(&admin(), id("web"), terms(), soon()).expect("there, although it is over");
    assert!(!late.new);
    let invite = budget.mint_invite(&admin(), id("web"), invite_terms(1, 2), start()).expect("minted");
    assert!(invite.new && invite.token.kind() == Kind::Invite);
    assert_ne!(invite.token.expose()[4..], first.token.expose()[4..]);
}

#[test]
fn other_terms_need_another_id_until_the_first_token_is_over() {
    let mut budget = budget();
    let first = ServerTerms { expires_at: Some(soon()), ..server_terms() };
    let old = budget.mint_server(&admin(), id("web"), first, start()).expect("minted").token;
    let other = |budget: &mut Budget, now| budget.mint_server(&admin(), id("web"), server_terms(), now);
    let taken = BudgetError::IdTaken { kind: Kind::Server, id: id("web") };
    assert_eq!(other(&mut budget, start()), Err(taken));
    let new = other(&mut budget, soon()).expect("free again");
    assert!(new.new && new.token != old);
    budget.mint_invite(&admin(), id("a"), invite_terms(1, 2), start()).expect("minted");
    let more = budget.mint_invite(&admin(), id("a"), invite_terms(1, 3), start());
    assert_eq!(more, Err(BudgetError::IdTaken { kind: Kind::Invite, id: id("a") }));
}

#[test]
fn a_revoked_token_never_comes_back() {
    let mut budget = budget();
    let mint = |budget: &mut Budget| budget.mint_server(&admin(), id("web"), server_terms(), start());
    let old = mint(&mut budget).expect("minted").token;
    let web = id("web");
    assert_eq!(budget.who(&old.hash(), start()), Some(web.clone()));
    budget.revoke_server(&id("web"), start()).expect("revoked");
    let saved = budget.clone();
    budget.revoke_server(&id("web"), soon()).expect("revoked before");
    assert_eq!((budget.who(&old.hash(), start()), &budget), (None, &saved));
    let new = mint(&mut budget).expect("minted anew");
    assert!(new.new && new.token != old);
    assert_eq!(budget.who(&old.hash(), start()), None);
    assert_eq!(budget.who(&new.token.hash(), start()), Some(web));
    // Also when nothing remembers the first one.
    budget.servers.clear();
    let third = mint(&mut budget).expect("minted anew").token;
    assert!(third != old && third != new.token);
    let unknown = BudgetError::Unknown { kind: Kind::Server, id: id("nobody") };
    assert_eq!(budget.revoke_server(&id("nobody"), start()), Err(unknown));
    assert!(budget.revoke_invite(&id("web"), start()).is_err(), "a server token is no invite");
}

#[test]
fn a_token_is_of_its_deployment_and_of_its_admin_token() {
    let mint = |budget: &mut Budget, admin| {
        budget.mint_server(&admin, id("web"), server_terms(), start()).map(|minted| minted.token)
    };
    let (mut here, mut there) = (budget(), Budget::new([8; 32], start()));
    let token = mint(&mut here, admin()).expect("minted");
    assert_ne!(mint(&mut there, admin()).expect("minted"), token);
    let saved = here.clone();
    let changed = BudgetError::AdminChanged { kind: Kind::Server, id: id("web") };
    assert_eq!(mint(&mut here, token_of("another")), Err(changed));
    assert_eq!(here, saved);
}

#[test]
fn what_is_over_before_it_begins_is_not_minted() {
    let mut budget = budget();
    let terms = ServerTerms { expires_at: Some(start()), ..server_terms() };
    assert_eq!(budget.mint_server(&admin(), id("web"), terms, start()), Err(BudgetError::ExpiryPast));
    assert!(budget.servers.is_empty());
}

#[test]
fn the_number_of_tokens_is_limited_and_the_last_that_ended_are_remembered() {
    let mut budget = budget();
    let name = |number: usize| id(&format!("t-{number:04}"));
    let mint = |budget: &mut Budget, number| {
        budget.mint_invite(&admin(), name(number), invite_terms(1, 1), start()).map(|minted| minted.new)
    };
    for number in 0..MOST_LIVE {
        assert_eq!(mint(&mut budget, number), Ok(true));
    }
    let full = BudgetError::TooMany { kind: Kind::Invite, most: MOST_LIVE };
    assert_eq!(mint(&mut budget, MOST_LIVE), Err(full));
    assert_eq!(mint(&mut budget, 0), Ok(false), "it takes no room");
    for (number, second) in (0..500).zip(0..) {
        let now = start().plus(Duration::from_secs(second));
        budget.revoke_invite(&name(number), now).expect("revoked");
    }
    assert_eq!(mint(&mut budget, MOST_LIVE), Ok(true));
    assert_eq!(budget.invites.len(), 500 + 1 + MOST_OVER);
    assert!(!budget.invites.contains_key(&name(399)) && budget.invites.contains_key(&name(400)));
}
