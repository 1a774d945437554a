//! Cancelling a request at fal.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Account, CallError, Endpoint, RequestId, error::object};
use crate::{
    http::{Answer, Method, Request},
    limits::READ_TIMEOUT,
};

/// fal's answer to a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancelled {
    /// fal will try to cancel. A waiting request is removed; one in progress may still complete.
    Requested,
    /// The request had completed before.
    AlreadyCompleted,
    /// fal does not know the request.
    NotFound,
}

/// Asks fal to cancel the request.
#[must_use]
pub fn request(account: &Account, endpoint: &Endpoint, id: &RequestId) -> Request {
    account.queue(Method::PUT, &format!("{}/requests/{id}/cancel", endpoint.app()), READ_TIMEOUT)
}

/// Reads the answer (fal.ai/docs/documentation/model-apis/inference/queue): 202 `CANCELLATION_REQUESTED`,
/// 400 `ALREADY_COMPLETED`, 404 `NOT_FOUND`. fal's `OpenAPI` has `200 {"success":true}` instead, so any success
/// with a JSON object or without a body is taken, unless it says `"success":false`.
pub fn parse(answer: Answer) -> Result<Cancelled, CallError> {
    let response = answer.map_err(CallError::NoAnswer)?;
    let body = object(&response);
    let field = |name: &str| body.as_ref().and_then(|body| body.get(name));
    let text = |name: &str| field(name).and_then(Value::as_str).unwrap_or_default();
    let completed = text("detail").to_ascii_lowercase().contains("already completed");
    match (response.status.as_u16(), text("status")) {
        (_, "ALREADY_COMPLETED") => Ok(Cancelled::AlreadyCompleted),
        (_, "NOT_FOUND") => Ok(Cancelled::NotFound),
        (400, _) if completed => Ok(Cancelled::AlreadyCompleted),
        (404, _) if body.is_some() => Ok(Cancelled::NotFound),
        (200..=299, _)
            if (body.is_some() || response.body.is_empty())
                && field("success") != Some(&Value::Bool(false)) =>
        {
            Ok(Cancelled::Requested)
        }
        _ => Err(CallError::of(&response)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Cancelled, parse, request};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{
            CallError,
            fixtures::{account, answer, described, id, javascript, made, python, trainer, with, without},
        },
        http::{NoAnswer, Response, StatusCode},
    };

    #[test]
    fn it_is_what_fals_clients_send() {
        let ours = described(&request(&account(), &trainer(), &id()));
        assert_eq!(ours, without(javascript("cancel").remove(0), "content-type"));
        assert_eq!(ours, with(python("cancel").remove(0), "accept", "application/json"));
    }

    #[test]
    fn all_of_fals_answers_are_read() {
        let empty =
            Response { status: StatusCode::NO_CONTENT, headers: http::HeaderMap::new(), body: vec![] };
        for (response, expected) in [
            (answer("cancel_requested"), Cancelled::Requested),
            (answer("cancel_by_openapi"), Cancelled::Requested),
            (empty, Cancelled::Requested),
            (answer("cancel_too_late"), Cancelled::AlreadyCompleted),
            (made(400, &json!({"detail": "Request is already completed"})), Cancelled::AlreadyCompleted),
            (answer("request_unknown"), Cancelled::NotFound),
            (made(404, &json!({"detail": "Request not found"})), Cancelled::NotFound),
        ] {
            assert_eq!(parse(Ok(response)), Ok(expected));
        }
    }

    #[test]
    fn what_is_not_fals_cancels_nothing() {
        for name in ["gateway_page", "redirected"] {
            let response = answer(name);
            let status = response.status.as_u16();
            assert_eq!(parse(Ok(response)), Err(CallError::Unreadable { status }), "{name}");
        }
        assert_eq!(parse(Ok(answer("proxy_page"))), Err(CallError::Page { status: 403 }));
        assert_eq!(parse(Ok(made(200, &json!("a page")))), Err(CallError::Unreadable { status: 200 }));
        assert_eq!(
            parse(Ok(made(200, &json!({"success": false})))),
            Err(CallError::Unreadable { status: 200 })
        );
        assert_eq!(parse(Ok(made(404, &json!("a page")))), Err(CallError::Unreadable { status: 404 }));
        assert_eq!(parse(Err(NoAnswer::NotConnected)), Err(CallError::NoAnswer(NoAnswer::NotConnected)));
        assert_eq!(parse(Ok(answer("key_unknown"))).expect_err("no").code(), "fal.unauthorized");
    }
}
