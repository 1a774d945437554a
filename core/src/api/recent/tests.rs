//! Messages that come twice, at once and after others.

mod budget;

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use url::Url;

use super::{Known, MOST, MOST_BYTES, Message, MessageId, Recent};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    api::{
        Answer, AvatarApi, BudgetAnswer, BudgetApi, Call, Caller, ConnectionSettings, Deployment, Given,
        Operation, Place, ROUTES, Reply, test_bucket,
    },
    avatar::{Avatar, Moment},
    budget::Budget,
    limits::MESSAGES_REMEMBERED_FOR,
    time::Timestamp,
};

const ID: &str = "3f0e8a52-7c7e-5c59-9d3c-0a4b8c2f6d11";

fn message(number: u8) -> MessageId {
    MessageId::new([number; 16])
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
}

/// An avatar's object and the budget's, with the messages that both remember.
struct Objects {
    deployment: Deployment,
    connection: ConnectionSettings,
    avatar: Option<Avatar>,
    recent: Recent,
    budget: Budget,
    budget_recent: Recent,
    now: Timestamp,
    /// Number of messages so far.
    sent: u8,
    /// True for the reckless twin, which remembers nothing.
    forgetful: bool,
}

/// A call with its message, on its way.
#[derive(Clone)]
struct Sent {
    call: Call,
    caller: Caller,
    given: Given,
}

impl Sent {
    /// Repeats the message, once its purchase is reserved.
    fn reserved(&self) -> Self {
        let given = Given { reserved: Some(Ok(())), ..self.given.clone() };
        Self { given, ..self.clone() }
    }
}

fn person() -> Value {
    json!({ "user_id": "u", "name": "Anna", "training_config": { "min_photos": 1 } })
}

impl Objects {
    fn new() -> Self {
        let settings = |name: &str| {
            let value = match name {
                "ADMIN_TOKEN" => "an operator of more than 32 characters",
                "AVATAR_TEST_MODE" => "true",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let deployment = Deployment::read(settings).expect("settings");
        let address: Url = "http://bucket.test".parse().expect("an address");
        let fal: Url = "http://fal.test".parse().expect("an address");
        let connection = deployment.test_connection(&fal, test_bucket(&address)).expect("a way");
        let (recent, budget) = (Recent::default(), Budget::new([7; 32], at(0)));
        let budget_recent = recent.clone();
        let (avatar, now, sent, forgetful) = (None, at(0), 0, false);
        Self { deployment, connection, avatar, recent, budget, budget_recent, now, sent, forgetful }
    }

    fn created() -> Self {
        let mut objects = Self::new();
        assert_eq!(objects.server("PUT", "", &person()).0, 201);
        objects
    }

    /// Makes a message that was never sent before.
    fn message(&mut self, method: &str, path: &str, body: &Value, caller: Caller) -> Sent {
        self.sent += 1;
        let mut headers = HeaderMap::new();
        headers.insert("content-length", HeaderValue::from_static("5"));
        let method: Method = method.parse().expect("a method");
        let call = Call::parse(&method, path, &headers, self.now).expect("a call");
        let given = Given {
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            message: Some(message(self.sent)),
            ..Given::default()
        };
        Sent { call, caller, given }
    }

    fn of_avatar(&mut self, method: &str, rest: &str, body: &Value) -> Sent {
        self.message(method, &format!("/v1/avatars/{ID}{rest}"), body, Caller::Server)
    }

    fn arrives(&mut self, sent: &Sent) -> Answer {
        let entropy = [self.sent.wrapping_add(100); 16];
        let moment = Moment { now: self.now, poll: Duration::from_secs(1), photo_slots: 1, entropy };
        let api = AvatarApi { deployment: &self.deployment, connection: Some(&self.connection), moment };
        // The memory is saved, and read again.
        let text = serde_json::to_string(&self.recent).expect("JSON");
        let mut recent: Recent = serde_json::from_str(&text).expect("the same");
        if self.forgetful {
            recent.messages.clear();
        }
        let known = self.avatar.clone();
        let (avatar, answer) = api.answer_once(known, &mut recent, &sent.call, sent.caller, &sent.given);
        (self.avatar, self.recent) = (avatar, recent);
        answer
    }

    fn budget_arrives(&mut self, sent: &Sent) -> BudgetAnswer {
        let api = BudgetApi { deployment: &self.deployment, now: self.now };
        if self.forgetful {
            self.budget_recent.messages.clear();
        }
        let (budget, recent) = (self.budget.clone(), &mut self.budget_recent);
        let (budget, answer) = api.answer_once(budget, recent, &sent.call, &sent.given);
        self.budget = budget;
        answer
    }

    /// Makes a server's call with a new message; returns its status and document.
    fn server(&mut self, method: &str, rest: &str, body: &Value) -> (u16, Value) {
        let mut sent = self.of_avatar(method, rest, body);
        loop {
            match self.arrives(&sent) {
                Answer::Reply(reply) => return shown(&reply),
                Answer::Reserve(_) => sent.given.reserved = Some(Ok(())),
                Answer::Receive { .. } => {
                    // The report that the body was received is another message.
                    sent = self.of_avatar(method, rest, body);
                    sent.given.received = Some(Ok(()));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn admin(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let sent = self.message(method, path, body, Caller::Admin);
        let BudgetAnswer::Reply(reply) = self.budget_arrives(&sent) else { panic!("an admission") };
        shown(&reply)
    }

    fn invite(&mut self) -> String {
        let (_, minted) = self.admin("PUT", "/v1/invites/anna", &json!({ "trainings": 1, "pictures": 1 }));
        minted["token"].as_str().expect("a token").to_owned()
    }

    fn redeem(&mut self, invite: &str) -> Sent {
        let body = json!({ "invite": invite, "avatar_id": ID, "name": "A" });
        self.message("POST", "/v1/redeem", &body, Caller::Anyone)
    }

    /// Tells the budget a fact of an avatar.
    fn told<T: serde::Serialize + serde::de::DeserializeOwned>(
        &mut self,
        id: MessageId,
        change: impl FnOnce(&BudgetApi<'_>, &mut Budget) -> T,
    ) -> T {
        let api = BudgetApi { deployment: &self.deployment, now: self.now };
        if self.forgetful {
            self.budget_recent.messages.clear();
        }
        let budget = &mut self.budget;
        let work = || Ok::<_, serde_json::Error>(change(&api, budget));
        self.budget_recent.once(Some(id), self.now, work).expect("an answer")
    }
}

fn shown(reply: &Reply) -> (u16, Value) {
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap_or_default())
}

#[track_caller]
fn replied(answer: Answer) -> (u16, Value) {
    let Answer::Reply(reply) = answer else { panic!("{answer:?}") };
    shown(&reply)
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, code: &str) {
    assert_eq!((answer.0, &answer.1["code"]), (status, &json!(code)), "{}", answer.1);
}

/// A call that changes something, with the calls before it and those before its repeat.
struct Case {
    operation: Operation,
    method: &'static str,
    rest: &'static str,
    body: Value,
    before: fn(&mut Objects),
    between: fn(&mut Objects),
}

fn nothing(_: &mut Objects) {}

fn uncreated(objects: &mut Objects) {
    *objects = Objects::new();
}

fn photo(objects: &mut Objects) {
    assert_eq!(objects.server("PUT", "/photos/p", &Value::Null).0, 201);
}

fn removed(objects: &mut Objects) {
    assert_eq!(objects.server("DELETE", "/photos/p", &Value::Null).0, 204);
}

fn addressed(objects: &mut Objects) {
    assert_eq!(objects.server("POST", "/photos/p/address", &json!({})).0, 200);
}

fn started(objects: &mut Objects) {
    photo(objects);
    assert_eq!(objects.server("PUT", "/trainings/1", &json!({})).0, 202);
}

fn cases() -> Vec<Case> {
    use Operation as O;
    let case = |operation, method, rest, body, before: fn(&mut Objects), between: fn(&mut Objects)| Case {
        operation,
        method,
        rest,
        body,
        before,
        between,
    };
    let none = || json!({});
    vec![
        case(O::CreateAvatar, "PUT", "", person(), uncreated, nothing),
        case(O::CheckPhoto, "POST", "/photos/p/check", none(), addressed, removed),
        case(O::RemovePhoto, "DELETE", "/photos/p", none(), photo, photo),
        case(O::StartTraining, "PUT", "/trainings/1", none(), photo, nothing),
        case(O::CancelTraining, "POST", "/trainings/1/cancel", none(), started, nothing),
        case(O::IssueCapability, "POST", "/capability", none(), nothing, nothing),
    ]
}

#[test]
fn a_call_that_comes_twice_is_carried_out_once_and_answered_alike() {
    for Case { operation, method, rest, body, before, between } in cases() {
        let mut objects = Objects::created();
        before(&mut objects);
        let sent = objects.of_avatar(method, rest, &body);
        assert_eq!(sent.call.operation, operation);
        let first = match objects.arrives(&sent) {
            Answer::Reserve(_) => replied(objects.arrives(&sent.reserved())),
            answer => replied(answer),
        };
        assert!(first.0 < 300, "{operation:?}: {first:?}");
        let after = objects.avatar.clone();
        objects.now = at(5);
        assert_eq!(replied(objects.arrives(&sent)), first, "{operation:?}");
        assert_eq!(objects.avatar, after, "{operation:?}");

        // After other calls, even if they undid it.
        between(&mut objects);
        let other = objects.avatar.clone();
        assert_eq!(replied(objects.arrives(&sent)), first, "{operation:?}");
        assert_eq!(objects.avatar, other, "{operation:?}");
    }
}

/// Runs the reckless twin, which the cases above must catch.
#[test]
fn an_object_that_forgets_messages_carries_some_of_them_out_again() {
    let mut spoilt = Vec::new();
    for Case { operation, method, rest, body, before, between } in cases() {
        let mut objects = Objects { forgetful: true, ..Objects::created() };
        before(&mut objects);
        objects.forgetful = true;
        let sent = objects.of_avatar(method, rest, &body);
        if let Answer::Reserve(_) = objects.arrives(&sent) {
            objects.arrives(&sent.reserved());
        }
        between(&mut objects);
        let before = objects.avatar.clone();
        objects.arrives(&sent);
        if objects.avatar != before {
            spoilt.push(operation);
        }
    }
    assert_eq!(spoilt, [Operation::RemovePhoto]);
}

#[test]
fn an_upload_that_comes_twice_is_one_photo() {
    let mut objects = Objects::created();
    let announced = objects.of_avatar("PUT", "/photos/p", &Value::Null);
    let Answer::Receive { photo, .. } = objects.arrives(&announced) else { panic!("it is not received") };
    let Answer::Receive { photo: again, .. } = objects.arrives(&announced) else {
        panic!("it is not received")
    };
    assert_eq!(photo, again);
    let mut arrived = objects.of_avatar("PUT", "/photos/p", &Value::Null);
    arrived.given.received = Some(Ok(()));
    let first = replied(objects.arrives(&arrived));
    assert_eq!(first.0, 201);
    assert_eq!(replied(objects.arrives(&arrived)), first);
    assert_eq!(replied(objects.arrives(&announced)).0, 200);
    // A photo that was taken out does not come back either.
    removed(&mut objects);
    let without = objects.avatar.clone();
    assert_eq!(replied(objects.arrives(&arrived)), first);
    refused(&replied(objects.arrives(&announced)), 409, "api.repeated");
    assert_eq!(objects.avatar, without);
}

#[test]
fn an_address_that_is_asked_for_twice_is_for_one_place() {
    let mut objects = Objects::created();
    let sent = objects.of_avatar("POST", "/photos/p/address", &json!({}));
    let place = |(status, document): (u16, Value)| {
        assert_eq!(status, 200, "{document}");
        document["url"].as_str().and_then(|url| url.split_once('?')).map(|(place, _)| place.to_owned())
    };
    let first = place(replied(objects.arrives(&sent)));
    // Other calls come in between.
    objects.server("POST", "/photos/q/address", &json!({}));
    objects.now = at(30);
    assert_eq!(place(replied(objects.arrives(&sent))), first);
    let expected = objects.avatar.as_ref().map(|avatar| avatar.expected_photos().len());
    assert_eq!(expected, Some(2));
    removed(&mut objects);
    let without = objects.avatar.clone();
    refused(&replied(objects.arrives(&sent)), 409, "api.repeated");
    assert_eq!(objects.avatar, without);
}

/// Refuses a call for lack of money: nothing is bought for its message later either.
#[test]
fn what_was_refused_stays_refused() {
    let mut objects = Objects::created();
    let start = objects.of_avatar("PUT", "/trainings/1", &json!({}));
    let first = replied(objects.arrives(&start));
    refused(&first, 422, "data.too_few_photos");
    photo(&mut objects);
    let before = objects.avatar.clone();
    assert_eq!(replied(objects.arrives(&start)), first);
    assert_eq!(objects.avatar, before);
    // A new request is another message.
    assert_eq!(objects.server("PUT", "/trainings/1", &json!({})).0, 202);
}

#[test]
fn a_capability_is_issued_once_and_not_kept() {
    let mut objects = Objects::created();
    let sent = objects.of_avatar("POST", "/capability", &json!({}));
    let (_, first) = replied(objects.arrives(&sent));
    let token = first["capability"].as_str().expect("a token");
    assert!(!serde_json::to_string(&objects.recent).expect("JSON").contains(token));
    let issued = objects.avatar.clone();
    assert_eq!(replied(objects.arrives(&sent)), (200, first.clone()));
    // A capability that is issued later counts, and goes on counting.
    let (_, later) = objects.server("POST", "/capability", &json!({}));
    assert_ne!(later["capability"], first["capability"]);
    assert_ne!(objects.avatar, issued);
    let counts = objects.avatar.clone();
    refused(&replied(objects.arrives(&sent)), 409, "api.repeated");
    assert_eq!(objects.avatar, counts);
}

#[test]
fn with_a_person_goes_what_was_answered_about_them() {
    let mut objects = Objects::created();
    let sent = objects.of_avatar("PUT", "/photos/p", &Value::Null);
    objects.arrives(&sent);
    photo(&mut objects);
    assert_ne!(objects.recent, Recent::default());
    let erase = objects.of_avatar("DELETE", "", &Value::Null);
    let first = replied(objects.arrives(&erase));
    assert_eq!((first.0, objects.recent == Recent::default()), (202, true));
    assert_eq!(replied(objects.arrives(&erase)), first);
    refused(&replied(objects.arrives(&sent)), 410, "avatar.erased");
    assert_eq!(objects.recent, Recent::default());
}

#[test]
fn whoever_makes_something_up_leaves_nothing() {
    let mut objects = Objects::new();
    let sent = objects.of_avatar("DELETE", "/photos/p", &Value::Null);
    refused(&replied(objects.arrives(&sent)), 404, "avatar.not_found");
    let redeem = objects.redeem(&format!("lki_{}", "0".repeat(64)));
    objects.budget_arrives(&redeem);
    let mut objects = Objects { budget_recent: objects.budget_recent, ..Objects::created() };
    objects.recent = Recent::default();
    let mut by_another = objects.of_avatar("DELETE", "/photos/p", &Value::Null);
    by_another.caller =
        Caller::Capability(crate::budget::TokenText::new(crate::budget::Kind::Capability, [1; 32]).hash());
    refused(&replied(objects.arrives(&by_another)), 401, "api.unauthorized");
    assert_eq!((objects.recent, objects.budget_recent), (Recent::default(), Recent::default()));
}

#[test]
fn messages_are_remembered_for_ten_minutes() {
    let mut recent = Recent::default();
    let mut done = 0;
    let mut arrives = |now| {
        let work = || {
            done += 1;
            Ok::<_, serde_json::Error>(done)
        };
        recent.once(Some(message(1)), now, work).expect("an answer")
    };
    assert_eq!([arrives(at(0)), arrives(at(1)), arrives(at(599)), arrives(at(600))], [1, 1, 1, 2]);
    let mut recent = Recent::default();
    let failing = recent.once(Some(message(1)), at(0), || serde_json::from_str::<u8>("no number"));
    assert!(failing.is_err() && recent == Recent::default(), "what failed is tried again");
}

#[test]
fn what_is_remembered_is_bounded_in_number_and_size() {
    let id = |number: usize| MessageId::new((number as u128).to_le_bytes());
    let mut recent = Recent::default();
    for number in 0..MOST + 10 {
        recent.note(id(number), None, at(0));
    }
    assert_eq!(recent.messages.len(), MOST);
    assert_eq!((recent.known(id(9), at(0)), recent.known(id(10), at(0))), (Known::New, Known::Done));
    for number in 0..10 {
        recent.note(id(number), Some("x".repeat(MOST_BYTES / 3)), at(0));
    }
    let bytes: usize = recent.messages.iter().map(Message::bytes).sum();
    assert!(bytes <= MOST_BYTES && recent.messages.len() == 3, "{bytes} bytes in {}", recent.messages.len());
    // An answer that is too long to keep leaves the fact that the message was carried out.
    recent.note(id(10), Some("x".repeat(MOST_BYTES + 1)), at(0));
    assert_eq!(recent.known(id(10), at(0)), Known::Done);
    // Time empties the memory.
    recent.note(id(11), None, at(MESSAGES_REMEMBERED_FOR.as_secs()));
    assert_eq!(recent.messages.len(), 1);
}

/// Checks that each call that changes something comes twice above, or where the whole of both Workers runs
/// (`tests/edge/twice.test.mjs`).
#[test]
fn no_call_is_left_out() {
    use Operation as O;
    let mut here: Vec<O> = cases().iter().map(|case| case.operation).collect();
    here.extend([O::UploadPhoto, O::AddressPhoto, O::EraseAvatar, O::MintToken, O::RevokeToken, O::Redeem]);
    let elsewhere = [
        O::MintInvite,
        O::RevokeInvite,
        O::ResolveTraining,
        O::OrderPictures,
        O::CancelPictures,
        O::ResolvePictures,
    ];
    here.extend(elsewhere);
    for operation in ROUTES.iter().map(|entry| entry.operation).filter(|one| one.changes_something()) {
        let passed = !matches!(operation.place(), Place::Webhook | Place::Here);
        assert_eq!(here.contains(&operation), passed, "{operation:?}");
    }
}
