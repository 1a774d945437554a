//! A refusal by fal, in fal's own shape.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ErrorKind, detail::Detail, error_type, object, words};
use crate::{http::Response, text::clean};

/// A refusal by fal, which has read the request: the answer is in fal's own words and shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Kind of objection.
    pub kind: ErrorKind,
    /// fal's own words, shortened and cleaned; empty when there were none.
    pub message: String,
    /// Objections to single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// fal's word in `X-Fal-Retryable` or `X-Fal-Needs-Retry` on whether the same request may succeed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// Seconds that fal asks to wait (`Retry-After`), a day at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

const MESSAGE_LENGTH: usize = 300;
const MOST_DETAILS: usize = 8;
const LONGEST_WAIT: u32 = 24 * 3600;

impl ApiError {
    /// Reads a 4xx or 5xx in fal's own shape: a JSON object with `detail`, as a text, a list or an object
    /// (fal.ai/docs/documentation/model-apis/errors and …/request-errors).
    pub(in crate::fal) fn with_detail(response: &Response) -> Option<Self> {
        let body = object(response)?;
        let detail = body.get("detail").filter(|detail| !detail.is_null())?;
        let (details, message) = match detail {
            Value::Array(entries) => {
                (entries.iter().take(MOST_DETAILS).map(Detail::read).collect(), String::new())
            }
            other => (vec![], clean(words(other), MESSAGE_LENGTH)),
        };
        Self::build(response, error_type(response, &body), message, details)
    }

    /// Reads a refusal in any of fal's shapes, beside `detail` these: `{"status":"NOT_FOUND"}` of the queue, and
    /// `{"error":{"type":…,"message":…}}` of the platform API. Any other JSON may be a proxy's.
    pub(in crate::fal) fn read(response: &Response) -> Option<Self> {
        Self::with_detail(response).or_else(|| {
            let body = object(response)?;
            let status = body.get("status").and_then(Value::as_str);
            if let Some(status @ ("NOT_FOUND" | "ALREADY_COMPLETED")) = status {
                return Self::build(response, None, status.to_owned(), vec![]);
            }
            let error = body.get("error")?;
            let text = |name: &str| error.get(name).and_then(Value::as_str);
            let (name, message) = (text("type")?, text("message")?);
            Self::build(response, Some(name), clean(message, MESSAGE_LENGTH), vec![])
        })
    }

    /// Makes the error for a refusal without a readable `detail`.
    pub(in crate::fal) fn unexplained(response: &Response) -> Self {
        let status = response.status.as_u16();
        let body = object(response).unwrap_or_default();
        let text =
            ["error", "message"].iter().find_map(|name| body.get(*name)).map(words).unwrap_or_default();
        let known = error_type(response, &body).and_then(ErrorKind::of_type);
        Self {
            status,
            kind: known.unwrap_or(ErrorKind::Unexplained),
            message: clean(text, MESSAGE_LENGTH),
            details: vec![],
            retryable: retryable(response),
            retry_after: retry_after(response),
        }
    }

    /// Tells whether the error holds any words of fal's.
    pub(in crate::fal) fn is_explained(&self) -> bool {
        !self.message.is_empty() || self.details.iter().any(|detail| !detail.sentence.is_empty())
    }

    fn build(response: &Response, name: Option<&str>, message: String, details: Vec<Detail>) -> Option<Self> {
        let status = response.status.as_u16();
        if !(400..600).contains(&status) {
            return None;
        }
        let of_details = || details.iter().find_map(|detail| ErrorKind::of_type(&detail.kind));
        let kind = name.and_then(ErrorKind::of_type).or_else(of_details);
        Some(Self {
            status,
            kind: kind.unwrap_or_else(|| ErrorKind::of_status(status, &message)),
            message,
            details,
            retryable: retryable(response),
            retry_after: retry_after(response),
        })
    }

    /// Returns the stable code, such as `fal.unauthorized`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Tells whether the same call may succeed later: by fal's own word where there is one, else by the status.
    #[must_use]
    pub(crate) fn worth_retrying(&self) -> bool {
        self.retryable.unwrap_or(matches!(self.status, 408 | 425 | 429 | 500..))
    }

    /// Returns the time that fal asks to wait.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after.map(|seconds| Duration::from_secs(seconds.into()))
    }
}

impl std::error::Error for ApiError {}

/// Reads the header under both names that fal's pages give it; `1` and `true` are yes.
fn retryable(response: &Response) -> Option<bool> {
    let value = response.header("x-fal-retryable").or_else(|| response.header("x-fal-needs-retry"))?;
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// Reads seconds, or a date (RFC 9110, section 10.2.3), which is counted from the answer's own `Date`.
fn retry_after(response: &Response) -> Option<u32> {
    let value = response.header("retry-after")?.trim();
    let seconds = value.parse().ok().or_else(|| {
        let moment = |text: &str| DateTimeParser::new().parse_timestamp(text).ok();
        let (until, sent) = (moment(value)?, moment(response.header("date")?)?);
        u32::try_from(until.as_second().saturating_sub(sent.as_second())).ok()
    });
    seconds.map(|seconds| seconds.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::ApiError;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        error::Error,
        fal::{
            CallError,
            fixtures::{answer, answers, made},
        },
        http::{NoAnswer, Response},
    };

    fn read(name: &str) -> ApiError {
        ApiError::read(&answer(name)).expect(name)
    }

    fn with_headers(status: u16, headers: &[(&'static str, &str)]) -> ApiError {
        let mut response: Response = made(status, &json!({"detail": "no"}));
        for (name, value) in headers {
            response.headers.insert(*name, value.parse().expect("a value"));
        }
        ApiError::read(&response).expect("an error")
    }

    #[test]
    fn each_shape_has_its_code_and_its_sentence() {
        for (name, code, sentence) in [
            (
                "key_unknown",
                "fal.unauthorized",
                "fal does not accept the key. fal says: No user found for Key ID and Secret",
            ),
            (
                "balance_exhausted",
                "fal.balance_exhausted",
                "The balance at fal is exhausted, so fal takes no new work. fal says: User is locked. Reason: \
                 Exhausted balance. Top up your balance at fal.ai/dashboard/billing.",
            ),
            (
                "application_unknown",
                "fal.unknown_application",
                "fal has no model of this name. fal says: Application \"x\" not found",
            ),
            ("request_unknown", "fal.not_found", "fal does not know this request. fal says: NOT_FOUND"),
            (
                "archive_too_small",
                "fal.archive_file_count_below_minimum",
                "The archive holds too few photos. In detail: it holds 3 files, at least 4 are needed.",
            ),
            (
                "archive_invalid",
                "fal.invalid_archive",
                "fal could not open the archive. In detail: its name must end in one of: .zip, .tar.gz.",
            ),
            (
                "steps_too_many",
                "fal.invalid_input",
                "fal refused the input. In detail: steps must be at most 10000.",
            ),
            (
                "fields_of_old",
                "fal.invalid_input",
                "fal refused the input. In detail: prompt: field required.",
            ),
            ("detail_as_text", "fal.invalid_input", "fal refused the input. fal says: Could not load image"),
            (
                "request_timed_out",
                "fal.request_timeout",
                "fal did not begin the work in time. fal says: Request timed out",
            ),
            (
                "runner_gone",
                "fal.runner_failed",
                "The machine that did the work at fal failed. fal says: Runner disconnected",
            ),
        ] {
            let error = read(name);
            assert_eq!((error.code(), error.to_string().as_str()), (code, sentence), "{name}");
        }
        let platform = ApiError::read(&made(
            400,
            &json!({"error": {"type": "validation_error", "message": "bad cursor"}}),
        ));
        assert_eq!(platform.expect("an error").message, "bad cursor");
    }

    #[test]
    fn both_names_of_the_retry_header_are_read() {
        assert_eq!(read("archive_too_small").retryable, Some(false));
        assert_eq!(read("archive_invalid").retryable, Some(false));
        assert_eq!(read("model_failed").retryable, Some(true));
        assert!(!with_headers(503, &[("x-fal-needs-retry", "0")]).worth_retrying());
        assert!(with_headers(400, &[("x-fal-retryable", "True")]).worth_retrying());
        for (status, again) in
            [(400, false), (404, false), (422, false), (408, true), (429, true), (500, true), (503, true)]
        {
            assert_eq!(with_headers(status, &[]).worth_retrying(), again, "{status}");
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let wait = |headers: &[(&'static str, &str)]| with_headers(429, headers).wait();
        assert_eq!(wait(&[("retry-after", "120")]), Some(Duration::from_mins(2)));
        assert_eq!(wait(&[("retry-after", "999999999")]), Some(Duration::from_hours(24)));
        let (sent, until) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT");
        assert_eq!(wait(&[("date", sent), ("retry-after", until)]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[("date", until), ("retry-after", sent)]), None);
        assert_eq!(wait(&[("retry-after", until)]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
        assert_eq!(
            CallError::Api(with_headers(429, &[("retry-after", "1")])).retry_after(),
            Some(Duration::from_secs(1))
        );
    }

    #[test]
    fn what_is_not_fals_is_no_error_of_fals() {
        for name in ["gateway_page", "proxy_page", "redirected", "result_model"] {
            let response = answer(name);
            assert_eq!(ApiError::read(&response), None, "{name}");
            let status = response.status.as_u16();
            let error = if name == "proxy_page" {
                CallError::Page { status }
            } else {
                CallError::Unreadable { status }
            };
            assert_eq!(CallError::of(&response), error);
        }
        for body in [
            json!([]),
            json!({}),
            json!({"detail": null}),
            json!({"error": 7}),
            json!({"error": "Forbidden"}),
            json!({"status": "error"}),
        ] {
            assert_eq!(ApiError::read(&made(422, &body)), None, "{body}");
        }
        assert!(Error::from(CallError::NoAnswer(NoAnswer::TimedOut)).may_pass());
        assert!(Error::from(CallError::Unreadable { status: 302 }).may_pass());
    }

    #[test]
    fn fals_texts_are_short_and_hold_no_secret() {
        let words = "Key kid:secret at https://a.b/c?X-Signature=s1\u{1b}[2J\n".repeat(1000);
        let entry = json!({"loc": ["body", words], "msg": words, "type": words, "ctx": {"le": words}, "input": "photo"});
        let known = json!({"loc": ["body"], "msg": words, "type": "less_than_equal", "ctx": {"le": words}});
        let entries: Vec<Value> = [vec![entry; 20], vec![known; 20]].concat();
        for detail in [json!(words), json!(entries), json!({"message": words})] {
            let error = ApiError::read(&made(422, &json!({"detail": detail, "error_type": words})))
                .expect("an error");
            let kept = format!("{error} {error:?} {}", serde_json::to_string(&error).expect("JSON"));
            for secret in ["kid:secret", "X-Signature", "\u{1b}", "\n", "photo\""] {
                assert!(!kept.contains(secret), "{secret:?} in {kept}");
            }
            assert!(error.to_string().chars().count() < 4000);
        }
    }

    #[test]
    fn an_error_survives_being_stored() {
        for (name, response) in answers() {
            let Some(error) = ApiError::read(&response) else { continue };
            let stored = serde_json::to_string(&CallError::Api(error.clone())).expect("JSON");
            assert_eq!(serde_json::from_str::<CallError>(&stored).expect(&name), CallError::Api(error));
        }
    }
}
