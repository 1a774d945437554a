//! Refusals by fal, and which of them end an order.

use std::time::Duration;

use super::super::{
    Command, Event, GivenUp, Goal, OrderKey, OrderStep, Outcome, Stage, State, Step, TaskKind,
};
use super::{Hand, answer, completed};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    download::FileProblem,
    error::{Error, NetworkError},
    fal::RequestId,
    http::NoAnswer,
    language::Audience,
};

/// Fetches a spoilt file: a command tries a few times more, a server goes on until fal's copy has expired.
#[test]
fn what_is_not_whole_is_fetched_again_and_never_called_done() {
    let mut hand = Hand::ordering();
    hand.collects();
    let problem = FileProblem::Length { promised: 89_745_224, arrived: 89_745_223 };
    let spoilt = || Err(Error::Network(NetworkError::NotWhole(problem.clone())));
    let begun = hand.moment.now;
    for tries in 1..=8 {
        let given_up = Goal::Trained(1).given_up(&hand.avatar, hand.moment.now);
        assert_eq!(given_up, None, "after {tries} tries");
        let task = hand.begins();
        hand.fetched(&task, spoilt());
        let status = hand.avatar.status(1, hand.moment.now, Audience::Terminal).expect("a status");
        assert_eq!(status.code.as_deref(), Some("network.not_whole"));
        assert!(status.message.contains("89,745,224 bytes, and 89,745,223 came"), "{}", status.message);
        assert!(!matches!(status.status, State::Completed | State::Error));
        let until = hand.avatar.training(1).and_then(|one| one.order.retry()).expect("an error").until;
        assert!(until > hand.moment.now, "at once again");
        hand.moment.now = until;
    }
    let given_up = Goal::Trained(1).given_up(&hand.avatar, hand.moment.now);
    assert_eq!(given_up, Some(GivenUp::Failed(spoilt().expect_err("spoilt"))));
    // A week and a day later neither we nor fal have the file any more.
    hand.moment.now = begun.plus(Duration::from_hours(8 * 24));
    let task = hand.begins();
    hand.fetched(&task, spoilt());
    let status = hand.avatar.status(1, hand.moment.now, Audience::Terminal).expect("a status");
    assert_eq!((status.status, status.code.as_deref()), (State::Error, Some("network.expired")));
}

#[test]
fn a_refusal_without_a_reason_that_fal_signed_ends_the_order_and_is_asked_about_again() {
    for status in [400, 410, 422] {
        let mut hand = Hand::ordering();
        hand.completes();
        hand.answers(OrderStep::Collect, &answer(status, "{}", true));
        assert!(matches!(hand.stage(), Stage::Failed { doubt: Some(_), .. }), "{:?}", hand.stage());
        assert!(matches!(hand.avatar.next_step(&hand.account, &hand.moment, |_, _| true), Step::Idle));
        // The person looks, in vain at first.
        for body in ["{}", ""] {
            hand.happens(Event::Asked(Command::Look(OrderKey::Training(1))));
            assert!(!Goal::Seen(1).is_reached(&hand.avatar));
            hand.answers(OrderStep::Collect, &answer(status, body, true));
            assert!(matches!(hand.stage(), Stage::Failed { doubt: Some(_), .. }), "{:?}", hand.stage());
            assert!(Goal::Seen(1).is_reached(&hand.avatar));
        }
        hand.happens(Event::Asked(Command::Look(OrderKey::Training(1))));
        let model = r#"{"diffusers_lora_file":{"url":"http://fal.test/files/model.safetensors"}}"#;
        hand.answers(OrderStep::Collect, &answer(200, model, true));
        assert!(matches!(hand.stage(), Stage::Keeping { .. }), "{:?}", hand.stage());
    }
}

#[test]
fn a_reason_that_fal_gives_later_is_the_last_word() {
    let mut hand = Hand::ordering();
    hand.completes();
    hand.answers(OrderStep::Collect, &answer(422, "{}", true));
    hand.happens(Event::Asked(Command::Look(OrderKey::Training(1))));
    let reason = r#"{"detail":[{"loc":["body","images_data_url"],"msg":"no","type":"invalid_archive"}]}"#;
    hand.answers(OrderStep::Collect, &answer(422, reason, true));
    let Stage::Failed { error, doubt: None, .. } = hand.stage() else { panic!("{:?}", hand.stage()) };
    assert_eq!(error.code(), "fal.invalid_archive");
}

#[test]
fn a_refusal_without_a_reason_that_nobody_signed_must_come_thrice_over_ten_minutes() {
    let refusal = answer(400, "<html>Bad Request</html>", false);
    let mut hand = Hand::ordering();
    hand.completes();
    hand.answers(OrderStep::Collect, &refusal);
    let first = hand.moment.now;
    let mut came = 1;
    while !matches!(hand.stage(), Stage::Failed { .. }) {
        assert!(came < 20 && hand.moment.now.since(first) < Duration::from_mins(16));
        assert_eq!(Goal::Trained(1).given_up(&hand.avatar, hand.moment.now), None);
        hand.answers(OrderStep::Look, &completed());
        hand.answers(OrderStep::Collect, &refusal);
        came += 1;
    }
    assert!(came >= 3 && hand.moment.now.since(first) >= Duration::from_mins(10));

    // Ten minutes without three answers are not enough.
    let mut hand = Hand::ordering();
    hand.completes();
    for _ in 0..2 {
        hand.answers(OrderStep::Collect, &refusal);
        hand.answers(OrderStep::Look, &completed());
        hand.moment.now = hand.moment.now.plus(Duration::from_mins(11));
    }
    assert!(matches!(hand.stage(), Stage::Accepted(_)), "{:?}", hand.stage());
    hand.answers(OrderStep::Collect, &refusal);
    assert!(matches!(hand.stage(), Stage::Failed { doubt: Some(_), .. }), "{:?}", hand.stage());
}

/// Answers every call as a proxy would: its pages do not count while the status is not fal's either.
#[test]
fn a_refusal_counts_only_while_fal_calls_the_request_completed() {
    let refusal = answer(400, "", false);
    let mut hand = Hand::ordering();
    hand.completes();
    hand.answers(OrderStep::Collect, &refusal);
    for _ in 0..40 {
        hand.answers(OrderStep::Look, &refusal);
    }
    assert!(hand.moment.now.since(hand.avatar.created_at()) > Duration::from_hours(1));
    hand.answers(OrderStep::Look, &answer(200, r#"{"status":"IN_PROGRESS"}"#, true));
    hand.answers(OrderStep::Look, &completed());
    hand.answers(OrderStep::Collect, &refusal);
    hand.answers(OrderStep::Look, &completed());
    hand.answers(OrderStep::Collect, &refusal);
    assert!(matches!(hand.stage(), Stage::Accepted(_)), "{:?}", hand.stage());
}

#[test]
fn what_concerns_the_call_and_not_the_request_never_ends_it() {
    for status in [401, 402, 403, 404, 407, 408, 425, 429] {
        for (body, signed) in [("{}", true), ("", false), (r#"{"error":"no"}"#, true)] {
            let mut hand = Hand::ordering();
            hand.completes();
            for _ in 0..20 {
                hand.answers(OrderStep::Collect, &answer(status, body, signed));
            }
            assert!(matches!(hand.stage(), Stage::Accepted(_)), "{status} {body}: {:?}", hand.stage());
        }
    }
}

#[test]
fn that_fals_list_is_away_is_said_at_once_to_who_named_a_request() {
    let mut hand = Hand::ordering();
    hand.prepares();
    let upload = hand.begins();
    let url = "http://fal.test/files/photos.zip".parse().expect("an address");
    hand.happens(Event::Ended(upload.mark.id, Outcome::Sent(Ok(url))));
    hand.answers(OrderStep::Submit, &answer(502, "", false));
    let key = OrderKey::Training(1);
    let named: RequestId = "764cabcf".parse().expect("an id");
    hand.happens(Event::Asked(Command::Resolve(key, named.clone())));
    for (body, tries) in [("<html>503</html>", 1), (r#"{"error":{"type":"t","message":"m"}}"#, 2)] {
        hand.answers(OrderStep::Compare, &answer(503, body, false));
        assert_eq!(hand.avatar.training(1).and_then(|one| one.order.retry()).expect("an error").tries, tries);
        let given_up = Goal::Resolved(key).given_up(&hand.avatar, hand.moment.now);
        let Some(GivenUp::NotCompared { order, named: told, list: true, .. }) = given_up else {
            panic!("{given_up:?}")
        };
        assert_eq!((order, &told), (key, &named));
    }
    hand.answers(OrderStep::Compare, &answer(200, r#"{"items":[],"has_more":false}"#, true));
    // A person who names a request has not shown that it is at fal.
    let proof = TaskKind::Training(1, OrderStep::Prove);
    for silent in [Ok(answer(404, r#"{"detail":"no such request"}"#, true)), Err(NoAnswer::TimedOut)] {
        assert_eq!(hand.avatar.proven(proof, &silent), None, "{silent:?}");
    }
    assert_eq!(hand.avatar.proven(proof, &Ok(completed())), Some(&named));
    hand.answers(OrderStep::Prove, &completed());
    assert!(matches!(hand.stage(), Stage::Accepted(_)), "{:?}", hand.stage());
}
