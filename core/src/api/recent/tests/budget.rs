//! Messages to the budget that come twice.

use serde_json::{Value, json};

use super::{ID, Objects, Sent, message, refused, shown};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    api::{Admission, BudgetAnswer, BudgetApi, Caller, Spent},
    avatar::{AvatarId, OrderKey},
    budget::{Budget, Payer, Purchase},
};

#[test]
fn a_token_is_minted_and_revoked_once() {
    let mut objects = Objects::new();
    let mint = objects.message("PUT", "/v1/tokens/web", &json!({}), Caller::Admin);
    let revoke = objects.message("DELETE", "/v1/tokens/web", &Value::Null, Caller::Admin);
    let mut arrives = |sent: &Sent| {
        let BudgetAnswer::Reply(reply) = objects.budget_arrives(sent) else { panic!("an admission") };
        shown(&reply)
    };
    let first = arrives(&mint);
    assert_eq!(arrives(&mint).1["token"], first.1["token"]);
    assert_eq!(arrives(&revoke).0, 204);
    assert_eq!(arrives(&revoke).0, 204);
    // A revoked token does not come back by itself.
    refused(&arrives(&mint), 409, "api.repeated");
    let token = first.1["token"].as_str().expect("a token");
    let text = serde_json::to_string(&objects.budget_recent).expect("JSON");
    assert!(!text.contains(token), "{text}");
    let (status, second) = objects.admin("PUT", "/v1/tokens/web", &json!({}));
    assert_eq!(status, 201);
    let minted = objects.budget.clone();
    objects.budget_arrives(&revoke);
    assert_eq!(objects.budget, minted, "the second token was revoked by a message about the first");
    assert_ne!(second["token"], first.1["token"]);
}

/// Redeems an invite and turns its avatar away; the invite's one use is free again.
#[test]
fn an_invite_is_redeemed_and_given_back_once() {
    let mut objects = Objects::new();
    let invite = objects.invite();
    let redeem = objects.redeem(&invite);
    let admission = |answer: BudgetAnswer| {
        let BudgetAnswer::Admit(admission) = answer else { panic!("{answer:?}") };
        admission
    };
    let first = admission(objects.budget_arrives(&redeem));
    let again = admission(objects.budget_arrives(&redeem));
    assert_eq!(first.capability, again.capability);
    let away = message(200);
    let turn_away = |objects: &mut Objects, admission: &Admission| {
        objects.told(away, |_, budget| admission.turn_away(budget));
    };
    turn_away(&mut objects, &first);
    let free = objects.budget.clone();
    let BudgetAnswer::Reply(reply) = objects.budget_arrives(&redeem) else { panic!("redeemed again") };
    refused(&shown(&reply), 409, "api.repeated");
    assert_eq!(objects.budget, free, "a use is lost");
    // The avatar is the caller's after all: the earlier refusal must not be repeated.
    let later = objects.redeem(&invite);
    admission(objects.budget_arrives(&later));
    let redeemed = objects.budget.clone();
    turn_away(&mut objects, &first);
    assert_eq!(objects.budget, redeemed);
}

#[test]
fn what_is_reserved_and_given_back_counts_once() {
    let mut objects = Objects::new();
    let avatar: AvatarId = ID.parse().expect("an id");
    let reserve = |objects: &mut Objects, id| {
        let reserve = |api: &BudgetApi<'_>, budget: &mut Budget| {
            let reserved = api.reserve(budget, avatar, Purchase::Training(1), Payer::Server);
            reserved.map_err(|problem| problem.code)
        };
        objects.told(message(id), reserve)
    };
    let give_back = |objects: &mut Objects, id| {
        objects.told(message(id), |_, budget| Spent::Nothing.tell(budget, avatar, OrderKey::Training(1)));
    };
    assert_eq!(reserve(&mut objects, 1), Ok(()));
    let reserved = objects.budget.clone();
    assert_eq!(reserve(&mut objects, 1), Ok(()));
    assert_eq!(objects.budget, reserved);
    give_back(&mut objects, 2);
    let free = objects.budget.clone();
    assert_eq!(reserve(&mut objects, 1), Ok(()));
    assert_eq!(objects.budget, free, "it is reserved for good, and nobody will give it back");
    assert_eq!(reserve(&mut objects, 3), Ok(()));
    let reserved = objects.budget.clone();
    give_back(&mut objects, 2);
    assert_eq!(objects.budget, reserved, "a purchase is made that does not count");
}
