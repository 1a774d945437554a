//! Any answer to any call at fal: read or refused, and a purchase counts as taken only when fal said so.

#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness_core::{
    fal::{cancel, payloads, pricing, requests, result, status, submit, trainers::portrait, webhook},
    http::{Answer, HeaderMap, HeaderValue, Response, StatusCode},
};

const STATUSES: [u16; 16] = [200, 201, 202, 204, 301, 307, 400, 401, 403, 404, 408, 422, 429, 500, 503, 504];

fuzz_target!(|bytes: &[u8]| {
    let [call, selector, body @ ..] = bytes else { return };
    let number = STATUSES[usize::from(*selector) % STATUSES.len()];
    let mut headers = HeaderMap::new();
    // A header that fal sends with some of its refusals; its value comes from the body's end.
    if let Ok(value) = HeaderValue::from_bytes(&body[body.len().saturating_sub(8)..]) {
        headers.insert("retry-after", value.clone());
        headers.insert("x-fal-error-type", value);
    }
    let code = StatusCode::from_u16(number).expect("one of the list");
    let answer: Answer = Ok(Response { status: code, headers, body: body.to_vec() });

    let shown = match call % 9 {
        0 => {
            let submitted = submit::parse(answer);
            if matches!(submitted, submit::Submitted::Accepted(_)) {
                assert!(code.is_success(), "{number} is no acceptance");
            }
            if code.is_server_error() || code.is_redirection() {
                assert!(matches!(submitted, submit::Submitted::Unclear(_)), "{number} proves nothing");
            }
            None
        }
        1 => status::parse(answer).err().map(|error| error.to_string()),
        2 => result::parse_model(answer).err().map(|error| error.to_string()),
        3 => result::parse_pictures(answer).err().map(|error| error.to_string()),
        4 => cancel::parse(answer).err().map(|error| error.to_string()),
        5 => requests::parse(answer).err().map(|error| error.to_string()),
        6 => pricing::parse(answer, &portrait::endpoint()).err().map(|error| error.to_string()),
        7 => payloads::parse(answer).err().map(|error| error.to_string()),
        _ => webhook::parse(answer).err().map(|error| error.to_string()),
    };
    if let Some(shown) = shown {
        assert!(shown.len() < 64 << 10, "what fal wrote is shortened before it is kept");
        assert!(!shown.contains(char::is_control), "no control character reaches a terminal");
    }
});
