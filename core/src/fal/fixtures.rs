//! Calls of fal's own clients and fal's answers, for the tests; `fixtures/CREDITS.md` names the sources.

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use url::Position;

use super::{Account, Endpoint, Origins, RequestId};
use crate::{
    http::{Body, Request, Response},
    secret::Secret,
};

const PYTHON: &str = include_str!("fixtures/sent_by_python.json");
const JAVASCRIPT: &str = include_str!("fixtures/sent_by_javascript.json");
const ANSWERS: &str = include_str!("fixtures/answers.json");

/// Makes the account of the captured calls.
pub(super) fn account() -> Account {
    let key = Secret::new("kid:secret").expect("a key");
    let origins = Origins::single(&"http://127.0.0.1:9".parse().expect("a URL")).expect("an address");
    Account::new(key, origins).expect("an account")
}

/// Returns the request of the captured calls and of the answers.
pub(super) fn id() -> RequestId {
    "764cabcf-b745-4b3e-ae38-1200304cf45b".parse().expect("an id")
}

pub(super) fn trainer() -> Endpoint {
    super::trainers::portrait::endpoint()
}

/// Reads the requests that the Python client sent in this call.
pub(super) fn python(call: &str) -> Vec<Value> {
    sent(PYTHON, call)
}

/// Reads the requests that the JavaScript client sent in this call.
pub(super) fn javascript(call: &str) -> Vec<Value> {
    sent(JAVASCRIPT, call)
}

fn sent(client: &str, call: &str) -> Vec<Value> {
    let client: Value = serde_json::from_str(client).expect("a fixture");
    client["calls"][call].as_array().expect(call).clone()
}

/// Describes a request of ours in the words of the captured ones.
pub(super) fn described(request: &Request) -> Value {
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").into()))
        .collect();
    let mut described = json!({
        "method": request.method.as_str(),
        "target": &request.url[Position::BeforePath..],
        "headers": headers,
    });
    match &request.body {
        Body::Empty => described["length"] = json!(0),
        Body::Stream { length, .. } => described["length"] = json!(length),
        Body::Bytes(bytes) => described["json"] = serde_json::from_slice(bytes).expect("JSON"),
    }
    described
}

/// Removes a header that we do not send from a captured request.
pub(super) fn without(mut request: Value, header: &str) -> Value {
    let removed = request["headers"].as_object_mut().expect("headers").remove(header);
    assert!(removed.is_some(), "the client did not send {header}");
    request
}

/// Sets a header in a captured request to the value that we send.
pub(super) fn with(mut request: Value, header: &str, value: &str) -> Value {
    request["headers"][header] = value.into();
    request
}

/// Reads fal's answer of this name.
pub(super) fn answer(name: &str) -> Response {
    answers().into_iter().find(|(known, _)| known == name).expect(name).1
}

/// Reads all of fal's answers.
pub(super) fn answers() -> Vec<(String, Response)> {
    let answers: Vec<Value> = serde_json::from_str(ANSWERS).expect("a fixture");
    answers
        .iter()
        .map(|entry| (entry["name"].as_str().expect("a name").to_owned(), response(entry)))
        .collect()
}

fn response(entry: &Value) -> Response {
    assert!(entry["source"].is_string(), "{entry} names no source");
    let status = u16::try_from(entry["status"].as_u64().expect("a status")).expect("a status");
    let mut response = Response::json(StatusCode::from_u16(status).expect("a status"), &entry["body"]);
    if let Some(text) = entry["text"].as_str() {
        text.as_bytes().clone_into(&mut response.body);
        response.headers.clear();
    }
    for (name, value) in entry["headers"].as_object().into_iter().flatten() {
        let value = HeaderValue::from_str(value.as_str().expect("text")).expect("a value");
        response.headers.insert(name.parse::<HeaderName>().expect("a name"), value);
    }
    response
}

/// Makes an answer on the spot.
pub(super) fn made(status: u16, body: &Value) -> Response {
    Response::json(StatusCode::from_u16(status).expect("a status"), body)
}
