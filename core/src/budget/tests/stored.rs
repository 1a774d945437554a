//! What is stored, and what is never shown.

use std::time::Duration;

use serde_json::Value;

use super::{admin, avatar, budget, id, invite_terms, server_terms, start};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    avatar::{Name, Sha256Sum},
    budget::{
        Amount, Budget, DailyCaps, Holder, InviteTerms, Kind, MOST_INVITED, MOST_LIVE, MOST_OVER, Payer,
        PurchaseId, PurchaseKind, ServerTerms, Stored, TokenText, Uses,
    },
};

/// Written by the first version.
const ONE: &str = include_str!("../fixtures/stored_1.json");

const CAPS: DailyCaps = DailyCaps { trainings: 5, pictures: 50 };

/// Everything that a budget can hold, and the tokens.
fn full() -> (Budget, Vec<TokenText>) {
    let (mut budget, now) = (budget(), start());
    let soon = now.plus(Duration::from_hours(1000));
    let mut tokens = Vec::new();
    for (name, expires_at) in [("web", None), ("old", Some(soon))] {
        let terms = ServerTerms { expires_at, ..server_terms() };
        tokens.push(budget.mint_server(&admin(), id(name), terms, now).expect("minted").token);
    }
    budget.revoke_server(&id("old"), now).expect("revoked");
    let terms = InviteTerms { uses: Uses::new(3).expect("in range"), ..invite_terms(1, 20) };
    let invite = budget.mint_invite(&admin(), id("anna"), terms, now).expect("minted").token;
    for number in [1, 2] {
        tokens.push(budget.redeem(&invite, avatar(number), now).expect("redeemed").capability);
    }
    tokens.push(invite);
    for (number, kind, payer) in [
        (1, PurchaseKind::Training(1), Payer::Avatar),
        (1, PurchaseKind::Pictures(1), Payer::Avatar),
        (3, PurchaseKind::Pictures(2), Payer::Server),
    ] {
        let purchase = PurchaseId { avatar: avatar(number), kind };
        budget.reserve(purchase, 4, payer, CAPS, now).expect("reserved");
    }
    budget.settle(PurchaseId { avatar: avatar(1), kind: PurchaseKind::Training(1) });
    budget.forget(avatar(2));
    (budget, tokens)
}

fn hash(token: &TokenText) -> String {
    Sha256Sum::of(token.expose().as_bytes()).to_string()
}

#[test]
fn what_the_first_version_stored_is_read_and_written_alike() {
    let (budget, tokens) = full();
    let read = Stored::read(ONE).expect("a budget");
    let written = Stored::write(&read).expect("stored");
    assert_eq!(read, budget, "{written}");
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(json(&written), json(ONE));
    let web = Holder::Server { id: id("web") };
    assert_eq!(read.who(&tokens[0].hash(), start()), Some(web));
    for token in &tokens[1..] {
        assert_eq!(read.who(&token.hash(), start()), None, "{token:?}");
    }
    // The texts themselves, as their holders have had them since.
    for (token, text) in tokens.iter().zip([
        "lks_1bcaceb2bd90ca61850d42c80885fdfd3fd4e16065b683bf06a61e85c722f6a3",
        "lks_0ff93b726aec1ed7e295a63647f94db38132f7a9bae469942e3f58fe8ff43b26",
        "lkc_f8b0182cc7d8a3715042282ae8dd492fe2eb2a18395ad1d6abfe91a0fb5c1c93",
        "lkc_833fad573da75af55811c249072c22bd6d632aa83a5c77328e68e5bfae80517c",
        "lki_338075b1d962570b0d2bc81edf53852648510b797d6b460b29d323c8dca234ad",
    ]) {
        assert_eq!(token.expose(), text);
    }
    assert!(Stored::read(&ONE.replace(r#""version": "1""#, r#""version": "2""#)).is_err());
}

#[test]
fn no_secret_is_stored_or_shown() {
    let (budget, tokens) = full();
    let now = start();
    let stored = Stored::write(&budget).expect("stored");
    let listed = serde_json::to_string(&(budget.view(CAPS, now), budget.tokens(now), budget.invites(now)));
    let listed = listed.expect("listed");
    let shown = format!("{budget:?} {tokens:?} {:?}", admin());
    assert!(stored.contains(&hash(&tokens[0])) && listed.contains("web"));
    for text in [&stored, &listed, &shown] {
        for token in &tokens {
            assert!(!text.contains(&token.expose()[4..]), "{:?} in {text}", token.kind());
        }
        assert!(!text.contains("hush"), "{text}");
    }
    for token in &tokens {
        let hash = hash(token);
        assert!(!listed.contains(&hash) && !shown.contains(&hash), "a hash helps only who would guess");
        assert!(token.kind() != Kind::Capability || !stored.contains(&hash), "the avatar keeps that one");
    }
}

/// A row of a Durable Object holds two megabytes.
#[test]
fn a_full_budget_fits_into_a_row() {
    let (mut budget, now) = (budget(), start());
    let label = Name::new(&"x".repeat(50)).expect("a name");
    let caps = DailyCaps { trainings: 1000, pictures: 0 };
    let allowance = Amount { trainings: 10, pictures: 100 };
    let many = u128::try_from(MOST_INVITED / MOST_LIVE).expect("small");
    let uses = Uses::new(10).expect("in range");
    for number in 0..MOST_LIVE + MOST_OVER {
        let name = id(&format!("customer-{number:04}"));
        let server = ServerTerms { label: label.clone(), expires_at: None };
        budget.mint_server(&admin(), name.clone(), server, now).expect("minted");
        let terms = InviteTerms { label: label.clone(), allowance, uses, expires_at: None };
        let invite = budget.mint_invite(&admin(), name.clone(), terms, now).expect("minted").token;
        if number < MOST_OVER {
            budget.revoke_server(&name, now).expect("revoked");
            budget.revoke_invite(&name, now).expect("revoked");
            continue;
        }
        for member in 0..many {
            let member = avatar((number as u128) << 64 | member);
            budget.redeem(&invite, member, now).expect("redeemed");
        }
        let purchase = PurchaseId { avatar: avatar((number as u128) << 64), kind: PurchaseKind::Training(1) };
        budget.reserve(purchase, 0, Payer::Avatar, caps, now).expect("reserved");
    }
    let stored = Stored::write(&budget).expect("stored");
    assert!(stored.len() < 2_000_000, "{}", stored.len());
    assert_eq!(Stored::read(&stored).expect("a budget"), budget);
}

#[test]
fn a_changed_state_is_no_budget() {
    for (right, wrong) in [
        (r#""uses": 3"#, r#""uses": 0"#),
        ("/training/1", "/model/1"),
        (r#""anna""#, r#""Anna!""#),
        ("Z\"", "\""),
    ] {
        assert!(ONE.contains(right) && Stored::read(&ONE.replace(right, wrong)).is_err(), "{wrong}");
    }
}
