//! Stored budgets, and texts that are never shown.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{admin, avatar, budget, content, id, invite_terms, server_terms, start};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    budget::{
        Budget, DailyCaps, InviteTerms, Kind, Payer, PurchaseId, ServerTerms, Stored, TokenText, Uses,
        rows::Rows,
    },
    ids::OrderKey,
    sha256::Sha256Sum,
};

/// A budget as the first version wrote it.
const ONE: &str = include_str!("../fixtures/stored_1.json");

/// That budget as rows, by their names. Deployments have such rows: a change of the code must keep these readable.
const ROWS: &str = include_str!("../fixtures/rows_1.json");

const CAPS: DailyCaps = DailyCaps { trainings: 5, pictures: 50 };

/// Makes a budget with everything that one can hold, and the tokens.
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
    for (number, order, payer) in [
        (1, OrderKey::Training(1), Payer::Avatar),
        (1, OrderKey::Pictures(1), Payer::Avatar),
        (3, OrderKey::Pictures(2), Payer::Server),
    ] {
        let purchase = PurchaseId { avatar: avatar(number), order };
        budget.reserve(purchase.avatar, content(purchase, 4), payer, CAPS, now).expect("reserved");
    }
    budget.settle(PurchaseId { avatar: avatar(1), order: OrderKey::Training(1) });
    budget.forget(avatar(2));
    (budget, tokens)
}

/// Reads the value of a row; an empty one says all by its name.
fn json(text: &str) -> Value {
    match text {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    }
}

fn hash(token: &TokenText) -> String {
    Sha256Sum::of(token.expose().as_bytes()).to_string()
}

#[test]
fn what_the_first_version_stored_is_read_and_written_alike() {
    let (budget, tokens) = full();
    let read = Stored::read(ONE).expect("a budget");
    assert_eq!(read, budget);
    // Taken over, each part is a row of its own, and nothing is lost.
    let rows = Stored::rows(ONE).expect("rows");
    assert_eq!(rows.budget().expect("read"), Some(budget));
    let written: BTreeMap<_, Value> = rows.0.iter().map(|(name, text)| (name, json(text))).collect();
    assert_eq!(json(ROWS), json!(written));
    let web = id("web");
    assert_eq!(read.who(&tokens[0].hash(), start()), Some(web));
    for token in &tokens[1..] {
        assert_eq!(read.who(&token.hash(), start()), None, "{token:?}");
    }
    // The tokens' texts, as their holders have had them since.
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
    let stored = format!("{:?}", Rows::of(&budget).expect("stored"));
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
