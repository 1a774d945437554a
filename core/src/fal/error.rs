//! Errors of calls at fal.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::detail::Objection;
pub use self::{api::ApiError, detail::Detail, kind::ErrorKind};
use crate::http::{Answer, NoAnswer, Response};

mod api;
mod detail;
mod kind;

/// The reason why a call brought nothing that can be used. A purchase has [its own
/// answer](super::submit::Submitted), since there it matters what may have been taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum CallError {
    /// No complete answer arrived.
    NoAnswer(NoAnswer),
    /// fal refused the call.
    Api(ApiError),
    /// The answer is not one that fal gives: a proxy's page, a redirect, a broken or unknown body.
    Unreadable {
        /// HTTP status.
        status: u16,
    },
    /// A web page came instead of fal's answer: a proxy's, or the login page of a network.
    Page {
        /// HTTP status.
        status: u16,
    },
}

impl CallError {
    /// Reads the error from an answer without success.
    pub(super) fn of(response: &Response) -> Self {
        ApiError::read(response).map_or_else(|| Self::unreadable(response), Self::Api)
    }

    /// Makes the error for an answer that fal does not give.
    pub(super) fn unreadable(response: &Response) -> Self {
        let status = response.status.as_u16();
        // fal's own gateway shows a page when it has a problem, so a page with a 5xx may be fal's.
        if status < 500 && is_page(response) { Self::Page { status } } else { Self::Unreadable { status } }
    }

    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "fal.unreachable",
            Self::Api(error) => error.code(),
            Self::Unreadable { .. } | Self::Page { .. } => "fal.unreadable",
        }
    }

    /// Returns the time that fal asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.wait(),
            Self::NoAnswer(_) | Self::Unreadable { .. } | Self::Page { .. } => None,
        }
    }
}

/// Returns the JSON object of a 2xx answer, or the error of any other.
pub(super) fn success(answer: Answer) -> Result<(u16, Map<String, Value>), CallError> {
    let response = answer.map_err(CallError::NoAnswer)?;
    if !response.status.is_success() {
        return Err(CallError::of(&response));
    }
    let status = response.status.as_u16();
    object(&response).map(|body| (status, body)).ok_or_else(|| CallError::unreadable(&response))
}

fn is_page(response: &Response) -> bool {
    let is_html = |kind: &str| kind.trim_start().to_ascii_lowercase().starts_with("text/html");
    let start = response.body.trim_ascii_start();
    let begins =
        |tag: &str| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()));
    response.header("content-type").is_some_and(is_html) || begins("<!doctype html") || begins("<html")
}

/// Parses the body; `None` when it is not a JSON object.
pub(super) fn object(response: &Response) -> Option<Map<String, Value>> {
    serde_json::from_slice(&response.body).ok()
}

/// Reads the type of a request error: in the body, or in the header alone.
pub(super) fn error_type<'a>(response: &'a Response, body: &'a Map<String, Value>) -> Option<&'a str> {
    body.get("error_type").and_then(Value::as_str).or_else(|| response.header("x-fal-error-type"))
}

/// Returns the words of a text, or of an object that holds them in one of the usual fields. Other fields are not
/// shown: they may echo the input.
pub(super) fn words(value: &Value) -> &str {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    value.as_str().or_else(|| text("message")).or_else(|| text("msg")).unwrap_or_default()
}
