//! Replies to calls, and the bodies of fal's refusals.

use std::time::Duration;

use serde_json::{Value, json};

use super::keeping::KeptFile;
use crate::{
    http::{Answer, HeaderName, HeaderValue, NoAnswer, Response, StatusCode},
    time::Timestamp,
};

/// The simulator's reply to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Whole(Response),
    /// An answer after a while.
    Late {
        /// Time that the caller waits.
        after: Duration,
        /// Answer at that time.
        response: Response,
    },
    /// An answer with bytes that the shell keeps: only where a plan says that it does.
    Kept(KeptFile),
    /// No answer: the connection is cut. The call may have been carried out nevertheless.
    Dropped,
    /// A stream of server-sent events, which [`Simulator::events`](super::Simulator::events) returns.
    Events(EventStream),
}

impl Reply {
    /// Returns the time that a caller with this timeout waits, and the answer that it gets then: for shells that
    /// answer from the simulator without a network between. A stream of events is of no use to such a caller, and
    /// it keeps no files; both count as a connection that broke.
    pub fn within(self, timeout: Duration) -> (Duration, Answer) {
        match self {
            Self::Whole(response) => (Duration::ZERO, Ok(response)),
            Self::Late { after, response } if after < timeout => (after, Ok(response)),
            Self::Late { .. } => (timeout, Err(NoAnswer::TimedOut)),
            Self::Dropped | Self::Events(_) | Self::Kept(_) => (Duration::ZERO, Err(NoAnswer::Interrupted)),
        }
    }
}

/// A stream that a caller holds open; [`Simulator::events`](super::Simulator::events) returns the bytes to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventStream {
    pub(super) request: String,
    pub(super) logs: bool,
    /// Number of the log's lines that were sent.
    pub(super) told: usize,
    /// Data of the last event without its lines, since an event that says nothing new is not sent.
    pub(super) last: String,
}

/// The bytes to write to a stream now, and the time of the next call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// Bytes, perhaps none.
    pub bytes: Vec<u8>,
    /// Time when there may be more; `None` ends the stream.
    pub next: Option<Timestamp>,
}

impl EventStream {
    /// The content type of the answer that carries the stream.
    pub const CONTENT_TYPE: &'static str = "text/event-stream";

    pub(super) fn new(request: &str, logs: bool) -> Self {
        Self { request: request.to_owned(), logs, told: 0, last: String::new() }
    }

    /// Returns the id of the request whose status is streamed, for the header `x-fal-request-id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request
    }
}

/// The end of a call before its own answer: the reply that is given instead.
#[derive(Debug)]
pub(super) struct Stop(Box<Reply>);

impl Stop {
    pub(super) fn into_reply(self) -> Reply {
        *self.0
    }
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(Reply::Whole(response)))
    }
}

impl From<Reply> for Stop {
    fn from(reply: Reply) -> Self {
        Self(Box::new(reply))
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Whole(response)
    }
}

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-fal-request-id");
pub(super) const RETRYABLE: HeaderName = HeaderName::from_static("x-fal-retryable");
pub(super) const NEEDS_RETRY: HeaderName = HeaderName::from_static("x-fal-needs-retry");
pub(super) const TIMEOUT_TYPE: HeaderName = HeaderName::from_static("x-fal-request-timeout-type");
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-fal-error-type");

/// The refusal of fal's REST host for a call without a key.
pub(super) const HEADER_REQUIRED: &str = "Authorization header is required";
/// The words of a refused submit and of a refused upload token.
pub(super) const BALANCE_EXHAUSTED: &str =
    "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.";

/// Makes a JSON answer with this status.
pub(super) fn answer(status: u16, value: &Value) -> Response {
    Response::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), value)
}

/// Makes `{"detail": text}`, fal's plainest refusal.
pub(super) fn refusal(status: u16, text: &str) -> Response {
    answer(status, &json!({ "detail": text }))
}

/// Adds a header; a value that a header cannot carry is left out.
pub(super) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers.insert(name, value);
    }
    response
}

/// Makes the page of the proxy before fal. fal's Python client knows it by the word `nginx` and by the missing
/// `x-fal-request-id`.
pub(super) fn nginx(status: StatusCode) -> Response {
    let title = match status {
        // nginx's own words where they differ from the RFC's.
        StatusCode::SERVICE_UNAVAILABLE => "503 Service Temporarily Unavailable".to_owned(),
        status => status.to_string(),
    };
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    file(status, "text/html", page.into_bytes())
}

/// Makes an answer with a body of another kind than JSON.
pub(super) fn file(status: StatusCode, content_type: &str, body: Vec<u8>) -> Response {
    let response = Response { status, headers: crate::http::HeaderMap::new(), body };
    with(response, http::header::CONTENT_TYPE, content_type)
}

/// Refuses an input, with an entry of `detail` for each mistake.
pub(super) fn invalid(mistakes: &[Value]) -> Response {
    with(answer(422, &json!({ "detail": mistakes })), RETRYABLE, "false")
}

/// Writes one entry of a model error's `detail` (fal's page of model errors).
pub(super) fn detail(loc: &Value, kind: &str, msg: &str, ctx: &Value, input: &Value) -> Value {
    let mut entry = json!({
        "loc": loc,
        "msg": msg,
        "type": kind,
        "url": format!("https://docs.fal.ai/errors/#{kind}"),
        "input": input,
    });
    if let (Some(entry), false) = (entry.as_object_mut(), ctx.is_null()) {
        entry.insert("ctx".to_owned(), ctx.clone());
    }
    entry
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Reply, refusal};
    use crate::http::NoAnswer;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_caller_waits_no_longer_than_it_wants_to() {
        let seconds = Duration::from_secs;
        let late = Reply::Late { after: seconds(5), response: refusal(400, "no") };
        assert_eq!(late.clone().within(seconds(6)), (seconds(5), Ok(refusal(400, "no"))));
        assert_eq!(late.within(seconds(5)), (seconds(5), Err(NoAnswer::TimedOut)));
        assert_eq!(Reply::Dropped.within(seconds(5)), (Duration::ZERO, Err(NoAnswer::Interrupted)));
    }
}
