//! Any calls of the API, one after the other, about one avatar: each is answered, the stored avatar can be read
//! again, and nothing is bought that was not reserved.
//!
//! A call is a line with method and target, lines of its body, and an empty line.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use likeness_core::{
    api::{Answer, ApiProblem, AvatarApi, Call, Caller, Deployment, Given, Reply},
    avatar::{Avatar, Moment, Stored},
    http::{HeaderMap, Method, NoAnswer},
    time::Timestamp,
};

fn setting(name: &str) -> Option<String> {
    let value = match name {
        "FAL_KEY" => "kid:hush",
        "MINIO_ENDPOINT" => "http://127.0.0.1:9000",
        "MINIO_BUCKET" => "photos",
        "MINIO_ACCESS_KEY" | "MINIO_SECRET_KEY" => "hush",
        _ => return None,
    };
    Some(value.to_owned())
}

fuzz_target!(|text: &str| {
    let deployment = Deployment::read(setting).expect("settings");
    let connection = deployment.connection().expect("a key");
    let mut now = Timestamp::from_millis(1_800_000_000_000);
    let mut avatar: Option<Avatar> = None;
    for said in text.split("\n\n").take(20) {
        now = now.plus(Duration::from_secs(1));
        let (line, body) = said.split_once('\n').unwrap_or((said, ""));
        let Some((method, target)) = line.split_once(' ') else { continue };
        let Ok(method) = method.parse::<Method>() else { continue };
        let call = match Call::parse(&method, target, &HeaderMap::new(), now) {
            Ok(call) => call,
            Err(problem) => {
                is_answer(&problem.into());
                continue;
            }
        };
        let moment = Moment { now, poll: connection.poll, photo_slots: 2, entropy: [7; 16] };
        let api = AvatarApi { deployment: &deployment, connection: Some(&connection), moment };
        let mut given = Given { body: body.as_bytes().to_vec(), ..Given::default() };
        // A call that is asked to reserve or to receive comes again, at most once for each. Some have no budget
        // left.
        let reserved = if body.ends_with(' ') { Err(ApiProblem::Forbidden.into()) } else { Ok(()) };
        for round in 0.. {
            assert!(round < 3, "{method} {target} is never answered");
            let orders = orders(avatar.as_ref());
            let (after, answer) = api.answer(avatar, &call, Caller::Server, &given);
            avatar = after.map(|avatar| {
                let text = Stored::write(&avatar).expect("a text");
                let read = Stored::read(&text).expect("an avatar");
                assert_eq!(read, avatar);
                read
            });
            let bought = self::orders(avatar.as_ref()) > orders;
            assert!(!bought || given.reserved == Some(Ok(())), "{method} {target} was not reserved");
            match answer {
                Answer::Reserve(_) => given.reserved = Some(reserved.clone()),
                Answer::Receive { .. } => given.received = Some(Ok(())),
                Answer::Ask(_) => given.asked = Some(Err(NoAnswer::TimedOut)),
                Answer::Reply(reply) => {
                    is_answer(&reply);
                    break;
                }
                Answer::Hold | Answer::File(_) => break,
            }
        }
    }
});

fn orders(avatar: Option<&Avatar>) -> usize {
    avatar.map_or(0, |avatar| avatar.trainings().len() + avatar.pictures().len())
}

/// Checks that a refusal has a code and a sentence.
fn is_answer(reply: &Reply) {
    if reply.status.is_client_error() || reply.status.is_server_error() {
        let document: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        let code = document["code"].as_str().expect("a code");
        assert_ne!(code, ApiProblem::Internal.code(), "{document}");
        assert!(document["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{document}");
    }
}
