//! Answers that are almost fal's: no reader may panic, and none may take such an answer for more than it is.

use http::StatusCode;
use serde_json::Value;

use super::{
    cancel,
    fixtures::{account, answers},
    generate, payloads, pricing, requests, result, status, submit,
    submit::Submitted,
    upload::{Upload, UploadStep},
    webhook,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{http::Response, limits::SINGLE_UPLOAD_BYTES};

/// xorshift64*, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or_default() % limit.max(1)
    }
}

fn read_by_all(response: &Response) {
    let _ = status::parse(Ok(response.clone()));
    let _ = result::parse_model(Ok(response.clone()));
    let _ = result::parse_pictures(Ok(response.clone()));
    let _ = cancel::parse(Ok(response.clone()));
    let _ = requests::parse(Ok(response.clone()));
    let _ = pricing::parse(Ok(response.clone()), &generate::endpoint());
    let _ = payloads::parse(Ok(response.clone()));
    let _ = webhook::parse(Ok(response.clone()));
    for length in [10, SINGLE_UPLOAD_BYTES + 1] {
        let mut upload = Upload::new(&account(), "a.zip", "application/zip", length);
        upload.answered(Ok(response.clone()));
        upload.answered(Ok(response.clone()));
        if let UploadStep::Call(request) = upload.step() {
            assert!(request.url.host_str().is_some());
        }
    }
    let success = response.status.is_success();
    let refusable = response.status.is_client_error()
        && matches!(serde_json::from_slice::<Value>(&response.body), Ok(Value::Object(body)) if body.contains_key("detail"));
    match submit::parse(Ok(response.clone())) {
        Submitted::Accepted(id) => assert!(success && !id.as_str().is_empty()),
        Submitted::Refused(_) | Submitted::TryAgain { .. } => assert!(refusable, "{response:?}"),
        Submitted::NotSent(_) => panic!("an answer came: {response:?}"),
        Submitted::Unclear(_) => {}
    }
}

/// Replaces one value somewhere in the tree.
fn disturb(value: &mut Value, random: &mut Random) {
    let odd = [
        Value::Null,
        Value::Bool(true),
        (-1).into(),
        u64::MAX.into(),
        1e300.into(),
        "".into(),
        "\u{202e}\u{0}é\u{1b}".into(),
        "https://u:p@[::1]:99999/?#".into(),
        Value::Array(vec![]),
        Value::Object(serde_json::Map::new()),
    ];
    match value {
        Value::Object(fields) if !fields.is_empty() && random.below(8) > 0 => {
            let at = random.below(fields.len());
            if let Some(field) = fields.values_mut().nth(at) {
                disturb(field, random);
            }
        }
        Value::Array(values) if !values.is_empty() && random.below(8) > 0 => {
            let at = random.below(values.len());
            if let Some(value) = values.get_mut(at) {
                disturb(value, random);
            }
        }
        other => *other = odd.get(random.below(odd.len())).cloned().unwrap_or_default(),
    }
}

#[test]
fn broken_answers_are_read_without_harm() {
    let mut random = Random(0x5eed);
    let statuses = [200, 202, 204, 302, 400, 401, 403, 404, 408, 409, 422, 429, 499, 500, 503];
    for (_, original) in answers() {
        read_by_all(&original);
        for _ in 0..150 {
            let mut response = original.clone();
            if random.below(2) == 0 {
                let status = statuses.get(random.below(statuses.len())).copied().unwrap_or(200);
                response.status = StatusCode::from_u16(status).expect("a status");
            }
            if let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) {
                for _ in 0..=random.below(3) {
                    disturb(&mut body, &mut random);
                }
                response.body = body.to_string().into_bytes();
            }
            read_by_all(&response);
            let at = random.below(response.body.len());
            match random.below(3) {
                0 => response.body.truncate(at),
                1 => {
                    if let Some(byte) = response.body.get_mut(at) {
                        *byte ^= 1 << random.below(8);
                    }
                }
                _ => response.body.extend(vec![b'['; 300]),
            }
            read_by_all(&response);
        }
    }
}
