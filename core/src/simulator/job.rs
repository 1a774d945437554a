//! A request that was accepted. Its whole life is decided on acceptance; afterwards only time (or a cancel) passes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{generation::Pictures, reply, training::Training};
use crate::{http::Response, time::Timestamp};

/// The models that are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Model {
    PortraitTrainer,
    FluxLora,
}

impl Model {
    pub(super) fn named(endpoint: &str) -> Option<Self> {
        [Self::PortraitTrainer, Self::FluxLora].into_iter().find(|model| model.id() == endpoint)
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::PortraitTrainer => "fal-ai/flux-lora-portrait-trainer",
            Self::FluxLora => "fal-ai/flux-lora",
        }
    }
}

/// An accepted request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    /// Id of the owner's account: other callers are told that the request does not exist.
    pub(super) account: String,
    pub(super) model: Model,
    /// Input as sent; `None` when it was not to be stored, or was deleted.
    pub(super) input: Option<Value>,
    pub(super) submitted: Timestamp,
    pub(super) started: Timestamp,
    /// End of the request, unless it is cancelled before.
    pub(super) finished: Timestamp,
    /// Time at which a cancel takes effect.
    pub(super) cancelled: Option<Timestamp>,
    /// Number of requests ahead at the time of submission.
    pub(super) position: u32,
    pub(super) work: Work,
    /// Failure with which the request ends, if any.
    pub(super) failure: Option<Failure>,
    /// Seconds for which the outputs are kept.
    pub(super) lifetime: Option<u64>,
    /// True if the payloads were deleted.
    pub(super) deleted: bool,
    /// Number of bytes of the submit.
    #[serde(default)]
    pub(super) bytes: u64,
}

/// The work of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Work {
    Training(Training),
    Pictures(Pictures),
    /// No work, since the input could not be understood.
    Nothing,
}

/// The failure of a request. fal has no failed state: the request is COMPLETED, and the failure is its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Failure {
    /// The model refuses the input.
    Model { status: u16, detail: Vec<Value> },
    /// The infrastructure lost the request.
    Request { status: u16, error_type: String, message: String },
}

/// The phase of a request's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Queued { position: u32 },
    Running,
    Completed,
}

impl Job {
    pub(super) fn phase(&self, now: Timestamp) -> Phase {
        if now >= self.end() {
            return Phase::Completed;
        }
        if now >= self.started {
            return Phase::Running;
        }
        let (wait, left) =
            (self.started.since(self.submitted).as_millis(), self.started.since(now).as_millis());
        let position = (u128::from(self.position) * left).checked_div(wait).unwrap_or(0);
        Phase::Queued { position: u32::try_from(position).unwrap_or(self.position) }
    }

    /// Returns the time of the end.
    pub(super) fn end(&self) -> Timestamp {
        self.cancelled.map_or(self.finished, |cancelled| cancelled.min(self.finished))
    }

    /// Returns the failure with which the request ends, or `None` when it ends well.
    pub(super) fn failure(&self) -> Option<Failure> {
        if self.cancelled.is_some_and(|cancelled| cancelled < self.finished) {
            return Some(Failure::Request {
                status: 499,
                error_type: "client_cancelled".to_owned(),
                message: "Request was cancelled by the client".to_owned(),
            });
        }
        self.failure.clone()
    }

    /// Returns the time when the request's files expire, if ever.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        Some(self.end().plus(std::time::Duration::from_secs(self.lifetime?)))
    }

    /// Lists every log line so far, as fal sends them: whole on every look.
    pub(super) fn logs(&self, now: Timestamp) -> Vec<Value> {
        let now = now.min(self.end());
        let run = self.finished.since(self.started);
        let mut lines = match &self.work {
            Work::Training(training) => training.log(run),
            Work::Pictures(_) => vec![(run / 10, "Loading LoRA weights".to_owned())],
            Work::Nothing => Vec::new(),
        };
        if let Some(failure) = &self.failure {
            lines.retain(|(after, _)| *after <= run * 6 / 10);
            lines.push((run * 9 / 10, failure.message()));
        }
        let log = lines.into_iter().map(|(after, message)| (self.started.plus(after), message));
        log.take_while(|(at, _)| *at <= now)
            .map(|(at, message)| {
                json!({ "message": message, "level": "INFO", "source": "USER", "timestamp": at.to_string() })
            })
            .collect()
    }
}

impl Failure {
    /// Returns the HTTP status of the result.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Model { status, .. } | Self::Request { status, .. } => *status,
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::Model { detail, .. } => {
                let first = detail.first().and_then(|detail| detail.get("msg")).and_then(Value::as_str);
                first.unwrap_or("The model failed").to_owned()
            }
            Self::Request { message, .. } => message.clone(),
        }
    }

    pub(super) fn error_type(&self) -> String {
        match self {
            Self::Model { detail, .. } => {
                let first = detail.first().and_then(|detail| detail.get("type")).and_then(Value::as_str);
                first.unwrap_or("internal_server_error").to_owned()
            }
            Self::Request { error_type, .. } => error_type.clone(),
        }
    }

    /// Returns the body of the result, which is the webhook's payload as well.
    pub(super) fn body(&self) -> Value {
        match self {
            Self::Model { detail, .. } => json!({ "detail": detail }),
            Self::Request { error_type, message, .. } => {
                json!({ "detail": message, "error_type": error_type })
            }
        }
    }

    /// Returns the result of the failed request: the model's own status, never 200.
    pub(super) fn response(&self) -> Response {
        let response = reply::answer(self.status(), &self.body());
        match self {
            Self::Model { .. } => reply::with(response, reply::RETRYABLE, "false"),
            Self::Request { error_type, .. } => {
                let response = reply::with(response, reply::ERROR_TYPE, error_type);
                if error_type == "request_timeout" {
                    return reply::with(response, reply::TIMEOUT_TYPE, "user");
                }
                response
            }
        }
    }
}
