//! Callers of `likeness serve` that hold up no others: a thousand that say nothing, or read nothing, and bytes that
//! are not a call.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Barrier,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Place,
    running::Running,
    serve::{ADMIN, Api, SERVE, listening, of},
};

const THOUSAND: usize = 1000;

/// Tells whether the system allows as many files as a test needs that holds so many connections, after asking for
/// more.
fn may_open_many() -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = 2 * THOUSAND as u64;
    let limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.is_none_or(|most| most >= wanted);
    let enough = limit.current.is_none_or(|now| now >= wanted);
    let more = Rlimit { current: Some(wanted), maximum: limit.maximum };
    enough || allowed && setrlimit(Resource::Nofile, more).is_ok()
}

/// Makes one call on a connection of its own, and returns the status and the body.
fn raw(address: &str, bytes: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    // A call that is refused early may not be taken whole.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

fn health(address: &str) {
    let begun = Instant::now();
    let (head, _) = raw(address, b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    // Less than a head may take: health does not wait until others are thrown out.
    assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
}

#[test]
fn health_answers_beside_a_thousand_connections() {
    let place = Place::new();
    let running = Running::start(place.testing(&crate::serve::SERVE).env("ADMIN_TOKEN", ADMIN));
    let address = listening(&running);
    if !may_open_many() {
        return;
    }
    for said in [
        // Nothing, half a head, calls whose answers are not read, and half a message.
        String::new(),
        "GET /hea".to_owned(),
        "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(20),
        "POST /webhooks/fal HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{".to_owned(),
        "POST /v1/redeem HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{".to_owned(),
    ] {
        let mut connections = Vec::new();
        for _ in 0..THOUSAND {
            let mut stream = TcpStream::connect(&address).expect("a connection");
            stream.set_nonblocking(true).expect("set");
            // The server may have closed this connection by now.
            let _ = stream.write(said.as_bytes());
            connections.push(stream);
        }
        health(&address);
    }
    health(&address);
}

/// Behind a proxy all callers have one address. Every one of them is answered, however many come at once.
#[test]
fn a_burst_of_good_callers_from_one_address_is_answered() {
    const CALLERS: usize = 300;

    let place = Place::new();
    let api = Api::start(&mut place.testing(&SERVE));
    api.create().is(201);
    if !may_open_many() {
        return;
    }
    let call = format!(
        "GET {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        of(""),
        api.token
    );
    let all_connected = Barrier::new(CALLERS);
    let answered = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut stream = TcpStream::connect(&api.address).expect("a connection");
                    all_connected.wait();
                    stream.write_all(call.as_bytes()).expect("sent");
                    let mut answer = String::new();
                    stream.read_to_string(&mut answer).map(|_| answer.starts_with("HTTP/1.1 200 "))
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().expect("an end")).collect::<Vec<_>>()
    });
    let good = answered.iter().filter(|answer| matches!(answer, Ok(true))).count();
    assert_eq!(good, CALLERS);
}

#[test]
fn what_is_no_call_is_refused_with_a_document() {
    let place = Place::new();
    let running = Running::start(place.testing(&crate::serve::SERVE).env("ADMIN_TOKEN", ADMIN));
    let address = listening(&running);
    let long = "x".repeat(70_000);
    for (bytes, status, code) in [
        ("nonsense\r\n\r\n".to_owned(), 400, "api.malformed"),
        (format!("GET /{long} HTTP/1.1\r\nhost: a\r\n\r\n"), 414, "api.uri_too_long"),
        (format!("GET /health HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)), 431, "api.head_too_large"),
        (format!("GET /health HTTP/1.1\r\na: {}\r\n\r\n", long.repeat(10)), 431, "api.head_too_large"),
    ] {
        let (head, body) = raw(&address, bytes.as_bytes());
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        let document: Value =
            serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {head} {body}"));
        assert_eq!((&document["code"], &document["status"]), (&code.into(), &status.into()), "{document}");
    }
}
