//! The status of a request.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Account, CallError, Endpoint, RequestId,
    error::{ErrorKind, success, words},
};
use crate::{
    http::{Answer, Method, Request},
    limits::READ_TIMEOUT,
    text::clean,
    time::Timestamp,
};

/// The queue's word on a request. There is no "failed": a request that failed is completed as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum QueueStatus {
    /// The request waits for a machine.
    InQueue {
        /// Number of requests ahead, if fal says so.
        position: Option<u64>,
    },
    /// A machine works on the request.
    InProgress {
        /// Last log lines, oldest first; fal sends them whole on every look.
        logs: Vec<LogLine>,
    },
    /// The request has ended, well or not: only its result says which.
    Completed {
        /// Last log lines, oldest first.
        logs: Vec<LogLine>,
        /// Reason of a failure, if fal gives it here already.
        error: Option<RunError>,
    },
}

/// A line that the model wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Text, shortened and cleaned.
    pub message: String,
    /// `INFO`, `STDERR` and the like, as fal writes it; empty without one.
    pub level: String,
    /// Time of writing, if it can be read.
    pub at: Option<Timestamp>,
}

/// The reason of a failure in the status of a completed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// Kind of the error, if fal names a known one.
    pub kind: Option<ErrorKind>,
    /// fal's words, shortened and cleaned.
    pub message: String,
}

/// The number of last lines that are kept: they show the progress, nothing more.
const MOST_LOGS: usize = 200;
const LOG_LENGTH: usize = 500;
const MESSAGE_LENGTH: usize = 300;

/// Asks for the status, with logs.
#[must_use]
pub fn request(account: &Account, endpoint: &Endpoint, id: &RequestId) -> Request {
    let path = format!("{}/requests/{id}/status", endpoint.app());
    let mut request = account.queue(Method::GET, &path, READ_TIMEOUT);
    request.url.query_pairs_mut().append_pair("logs", "1");
    request
}

/// Reads the status. The body decides: fal answers 202 until the request has ended and 200 then, and both are
/// taken. A status of another name is [`CallError::Unreadable`]: neither done nor failed, so the caller looks
/// again.
pub fn parse(answer: Answer) -> Result<QueueStatus, CallError> {
    let (status, body) = success(answer)?;
    match body.get("status").and_then(Value::as_str) {
        Some("IN_QUEUE") => {
            Ok(QueueStatus::InQueue { position: body.get("queue_position").and_then(Value::as_u64) })
        }
        Some("IN_PROGRESS") => Ok(QueueStatus::InProgress { logs: logs(&body) }),
        Some("COMPLETED") => Ok(QueueStatus::Completed { logs: logs(&body), error: error(&body) }),
        _ => Err(CallError::Unreadable { status }),
    }
}

fn logs(body: &Map<String, Value>) -> Vec<LogLine> {
    let lines = body.get("logs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let last = lines.get(lines.len().saturating_sub(MOST_LOGS)..).unwrap_or_default();
    last.iter().filter_map(log_line).collect()
}

fn log_line(line: &Value) -> Option<LogLine> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let message = text("message").or_else(|| line.as_str())?;
    Some(LogLine {
        message: clean(message, LOG_LENGTH),
        level: clean(text("level").unwrap_or_default(), 16),
        at: text("timestamp").and_then(|at| at.parse().ok()),
    })
}

fn error(body: &Map<String, Value>) -> Option<RunError> {
    let kind = body.get("error_type").and_then(Value::as_str).and_then(ErrorKind::of_type);
    let error = body.get("error").filter(|error| !matches!(error, Value::Null | Value::Bool(false)));
    let message = clean(error.map(words).unwrap_or_default(), MESSAGE_LENGTH);
    (kind.is_some() || error.is_some_and(|error| error != "")).then_some(RunError { kind, message })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{QueueStatus, parse, request};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        error::Error,
        fal::{
            CallError, ErrorKind,
            fixtures::{account, answer, described, id, javascript, made, python, trainer, with, without},
        },
        http::NoAnswer,
    };

    #[test]
    fn it_is_what_fals_clients_send() {
        let ours = described(&request(&account(), &trainer(), &id()));
        // A GET has no content, so there is no type to send.
        assert_eq!(ours, without(javascript("status").remove(0), "content-type"));
        let mut theirs = with(python("status").remove(0), "accept", "application/json");
        let target = theirs["target"].as_str().expect("a target").replace("logs=true", "logs=1");
        theirs["target"] = target.into();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn the_three_statuses_are_read() {
        let parsed = |name| parse(Ok(answer(name))).expect(name);
        assert_eq!(parsed("status_in_queue"), QueueStatus::InQueue { position: Some(2) });
        match parsed("status_in_progress") {
            QueueStatus::InProgress { logs } => {
                assert_eq!((logs[0].message.as_str(), logs[0].level.as_str()), ("Loading model", "INFO"));
                assert_eq!(logs[0].at, "2026-02-17T10:30:01.123Z".parse().ok());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(parsed("status_in_progress_without_logs"), QueueStatus::InProgress { logs: vec![] });
        assert!(
            matches!(parsed("status_completed"), QueueStatus::Completed { logs, error: None } if logs.len() == 1)
        );
        match parsed("status_completed_with_error") {
            QueueStatus::Completed { error: Some(error), .. } => {
                assert_eq!(
                    (error.kind, error.message.as_str()),
                    (Some(ErrorKind::RequestTimeout), "Request timed out")
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_body_decides_not_the_code() {
        let completed = parse(Ok(made(202, &json!({"status": "COMPLETED"}))));
        assert_eq!(completed, Ok(QueueStatus::Completed { logs: vec![], error: None }));
        let queued = parse(Ok(made(200, &json!({"status": "IN_QUEUE"}))));
        assert_eq!(queued, Ok(QueueStatus::InQueue { position: None }));
    }

    #[test]
    fn an_unknown_status_is_neither_done_nor_failed() {
        for body in [json!({"status": "FAILED"}), json!({"status": 7}), json!({}), json!("COMPLETED")] {
            let error = parse(Ok(made(200, &body))).expect_err("no status");
            assert_eq!(error, CallError::Unreadable { status: 200 });
            assert!(Error::from(error).may_pass());
        }
    }

    #[test]
    fn fals_no_is_told_from_a_broken_way() {
        let failed = |name| parse(Ok(answer(name))).expect_err(name);
        assert_eq!(failed("request_unknown").code(), "fal.not_found");
        assert!(!Error::from(failed("request_unknown")).may_pass());
        assert_eq!(failed("key_unknown").code(), "fal.unauthorized");
        assert_eq!(failed("gateway_page"), CallError::Unreadable { status: 503 });
        assert_eq!(failed("redirected"), CallError::Unreadable { status: 302 });
        assert_eq!(parse(Err(NoAnswer::TimedOut)), Err(CallError::NoAnswer(NoAnswer::TimedOut)));
    }

    #[test]
    fn only_the_last_lines_of_a_long_log_are_kept() {
        let lines: Vec<_> = (0..1000).map(|line| json!({"message": format!("step {line}")})).collect();
        match parse(Ok(made(202, &json!({"status": "IN_PROGRESS", "logs": lines})))) {
            Ok(QueueStatus::InProgress { logs }) => {
                assert_eq!(logs.len(), super::MOST_LOGS);
                assert_eq!(logs.last().expect("a line").message, "step 999");
            }
            other => panic!("{other:?}"),
        }
    }
}
