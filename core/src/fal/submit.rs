//! Purchases: the one call that must not be sent twice.
//!
//! fal has no idempotency key, and a submit that was taken costs money whether or not its answer arrived. So an
//! answer is read for one question first: does it prove that fal took nothing? See [`Submitted`].

use std::time::Duration;

use http::HeaderName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    Account, ApiError, Endpoint, RequestId,
    error::{ErrorKind, object},
};
use crate::{
    http::{Answer, Method, NoAnswer, Request, Response},
    limits::{EXPIRY_AT_FAL, SUBMIT_TIMEOUT},
};

/// The outcome of a submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// fal took the request, under this id.
    Accepted(RequestId),
    /// fal took nothing and says why: a 4xx in fal's own shape.
    Refused(ApiError),
    /// fal took nothing, and the same request may be sent again: a 429 in fal's own shape.
    TryAgain {
        /// Time that fal asks to wait, if any.
        after: Option<Duration>,
        /// Refusal in fal's words.
        why: ApiError,
    },
    /// Nothing was sent: no connection was made, for this reason.
    NotSent(NoAnswer),
    /// The request may have been taken, so it must not be sent again.
    Unclear(Unclear),
}

/// The reason why it is unknown whether fal took a submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Unclear {
    /// No answer came in time.
    TimedOut,
    /// The connection broke before the answer was complete.
    Interrupted,
    /// The answer proves nothing: a 5xx, a redirect, a 4xx that is not in fal's shape or speaks of a request that
    /// was already there.
    Status {
        /// HTTP status.
        status: u16,
    },
    /// The answer is a success without a readable request id.
    Unreadable {
        /// HTTP status.
        status: u16,
    },
}

/// Submits `input` to `endpoint`; fal calls `webhook` when the request has ended.
///
/// The request's outputs expire at fal after [`EXPIRY_AT_FAL`]. The stored input stays (no `X-Fal-Store-IO`), since
/// recovering an unclear purchase needs it; and unlike fal's JavaScript client no queue priority is sent, since fal
/// takes "normal" without one.
#[must_use]
pub fn request(account: &Account, endpoint: &Endpoint, input: &Value, webhook: Option<&Url>) -> Request {
    let mut request = account.queue(Method::POST, endpoint.as_str(), SUBMIT_TIMEOUT).json(input);
    if let Some(webhook) = webhook {
        request.url.query_pairs_mut().append_pair("fal_webhook", webhook.as_str());
    }
    request.header(LIFECYCLE_OF_OUTPUTS, &lifecycle())
}

/// Reads the answer to a submit.
///
/// A 4xx in fal's own shape proves that nothing was taken, with these exceptions, which are [`Unclear`]:
/// 408, 425 and 499 tell of time and connections, not of the request; 409 may mean that the same request is
/// already there; a body with a `request_id`, or an `error_type` that tells of a request's run, shows that one
/// was made. fal's Python client sends a submit again after 408 and 409; ours must not. A 429 may be sent
/// again unless fal says that it may not (`X-Fal-Needs-Retry: 0`).
#[must_use]
pub fn parse(answer: Answer) -> Submitted {
    let response = match answer {
        Ok(response) => response,
        Err(why @ (NoAnswer::NotConnected | NoAnswer::Blocked(_))) => return Submitted::NotSent(why),
        Err(NoAnswer::TimedOut) => return Submitted::Unclear(Unclear::TimedOut),
        Err(NoAnswer::Interrupted | NoAnswer::NotHttp) => return Submitted::Unclear(Unclear::Interrupted),
    };
    let status = response.status.as_u16();
    if response.status.is_success() {
        return match request_id(&response) {
            Some(id) => Submitted::Accepted(id),
            None => Submitted::Unclear(Unclear::Unreadable { status }),
        };
    }
    match refusal(&response) {
        Some(why) if status == 429 && why.retryable != Some(false) => {
            Submitted::TryAgain { after: why.wait(), why }
        }
        Some(why) => Submitted::Refused(why),
        None => Submitted::Unclear(Unclear::Status { status }),
    }
}

/// The header that says how long fal keeps a request's outputs
/// (fal.ai/docs/documentation/model-apis/media-expiration).
pub(super) const LIFECYCLE_OF_OUTPUTS: HeaderName =
    HeaderName::from_static("x-fal-object-lifecycle-preference");

/// Writes the lifecycle header's value.
pub(super) fn lifecycle() -> String {
    format!("{{\"expiration_duration_seconds\":{}}}", EXPIRY_AT_FAL.as_secs())
}

fn request_id(response: &Response) -> Option<RequestId> {
    object(response)?.get("request_id")?.as_str()?.parse().ok()
}

/// Reads the refusal, when the answer proves that nothing was taken.
fn refusal(response: &Response) -> Option<ApiError> {
    let proves_nothing =
        !response.status.is_client_error() || matches!(response.status.as_u16(), 408 | 409 | 425 | 499);
    if proves_nothing || object(response)?.contains_key("request_id") {
        return None;
    }
    ApiError::with_detail(response).filter(|error| !ErrorKind::tells_of_a_run(error.kind))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Submitted, Unclear, parse, request};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{
            ErrorKind, Origins,
            fixtures::{account, answer, described, id, javascript, made, python, trainer, with, without},
        },
        http::{NoAnswer, Obstacle, Response},
        limits::SUBMIT_TIMEOUT,
    };

    fn input() -> Value {
        python("submit")[0]["json"].clone()
    }

    fn unclear(response: Response) -> bool {
        matches!(parse(Ok(response)), Submitted::Unclear(_))
    }

    #[test]
    fn it_is_what_fals_clients_send() {
        let webhook =
            "https://example.com/hooks/fal?avatar=0a1b%20c&attempt=t&n=%C3%BC".parse().expect("a URL");
        let ours = request(&account(), &trainer(), &input(), Some(&webhook));
        assert_eq!(ours.timeout, SUBMIT_TIMEOUT);
        let ours = described(&ours);
        // fal takes "normal" when no priority is sent.
        assert_eq!(ours, without(javascript("submit").remove(0), "x-fal-queue-priority"));
        let theirs = with(python("submit").remove(0), "accept", "application/json");
        let lifecycle = r#"{"expiration_duration_seconds":604800}"#; // Python puts a space after the colon
        assert_eq!(ours, with(theirs, "x-fal-object-lifecycle-preference", lifecycle));
    }

    #[test]
    fn a_success_with_an_id_is_accepted() {
        assert_eq!(parse(Ok(answer("submit_accepted"))), Submitted::Accepted(id()));
        assert_eq!(parse(Ok(made(202, &json!({"request_id": id()})))), Submitted::Accepted(id()));
    }

    #[test]
    fn fals_own_no_is_a_refusal() {
        for (name, kind) in [
            ("key_unknown", ErrorKind::Unauthorized),
            ("key_malformed", ErrorKind::Unauthorized),
            ("key_missing", ErrorKind::Unauthorized),
            ("balance_exhausted", ErrorKind::BalanceExhausted),
            ("application_unknown", ErrorKind::UnknownApplication),
            ("archive_invalid", ErrorKind::InvalidArchive),
            ("steps_too_many", ErrorKind::InvalidInput),
            ("fields_of_old", ErrorKind::InvalidInput),
        ] {
            match parse(Ok(answer(name))) {
                Submitted::Refused(error) => assert_eq!(error.kind, kind, "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn only_fals_429_may_be_sent_again() {
        match parse(Ok(answer("too_many_requests"))) {
            Submitted::TryAgain { after, why } => {
                assert_eq!(after, Some(Duration::from_secs(7)));
                assert_eq!(why.kind, ErrorKind::RateLimited);
            }
            other => panic!("{other:?}"),
        }
        let mut final_one = answer("too_many_requests");
        final_one.headers.insert("x-fal-needs-retry", "0".parse().expect("a value"));
        assert!(matches!(parse(Ok(final_one)), Submitted::Refused(_)));
        assert!(unclear(made(429, &json!({"error": "slow down"}))));
    }

    #[test]
    fn whatever_proves_nothing_is_unclear() {
        for name in [
            "gateway_page",
            "proxy_page",
            "redirected",
            "model_failed",
            "request_timed_out",
            "runner_gone",
            "cancelled",
        ] {
            let response = answer(name);
            let status = response.status.as_u16();
            assert_eq!(parse(Ok(response)), Submitted::Unclear(Unclear::Status { status }), "{name}");
        }
        for status in [408, 409, 425, 499, 500, 502] {
            assert!(unclear(made(status, &json!({"detail": "no"}))), "{status}");
        }
        assert!(unclear(made(422, &json!({"detail": "no", "request_id": id()}))));
        assert!(unclear(made(404, &json!({"status": "NOT_FOUND"}))));
        assert!(unclear(made(400, &json!({"detail": "no", "error_type": "runner_server_error"}))));
        for body in [json!({}), json!([]), json!({"request_id": "../x"}), json!({"request_id": 7})] {
            assert_eq!(parse(Ok(made(200, &body))), Submitted::Unclear(Unclear::Unreadable { status: 200 }));
        }
    }

    #[test]
    fn only_a_missing_connection_proves_that_nothing_was_sent() {
        for why in [NoAnswer::NotConnected, NoAnswer::Blocked(Obstacle::UnknownName)] {
            assert_eq!(parse(Err(why)), Submitted::NotSent(why));
        }
        // The server that answered may be a gateway that has passed the submit on.
        assert_eq!(parse(Err(NoAnswer::NotHttp)), Submitted::Unclear(Unclear::Interrupted));
        assert_eq!(parse(Err(NoAnswer::TimedOut)), Submitted::Unclear(Unclear::TimedOut));
        assert_eq!(parse(Err(NoAnswer::Interrupted)), Submitted::Unclear(Unclear::Interrupted));
    }

    #[test]
    fn the_reason_survives_being_stored() {
        let unclear = Unclear::Status { status: 503 };
        let stored = serde_json::to_value(unclear).expect("JSON");
        assert_eq!(stored, json!({"why": "status", "status": 503}));
        assert_eq!(serde_json::from_value::<Unclear>(stored).expect("a reason"), unclear);
    }

    #[test]
    fn it_goes_to_fal() {
        let account =
            crate::fal::Account::new(crate::secret::Secret::new("k:s").expect("a key"), Origins::fal());
        let ours = request(&account.expect("an account"), &trainer(), &json!({}), None);
        assert_eq!(ours.url.as_str(), "https://queue.fal.run/fal-ai/flux-lora-portrait-trainer");
    }
}
