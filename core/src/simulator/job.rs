//! One request that was accepted: its whole life is decided when it is, only time (or a cancel) passes.

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
    /// Whose it is: others are told that it does not exist.
    pub(super) account: String,
    pub(super) model: Model,
    /// As it was sent; `None` when it was not to be stored, or was deleted.
    pub(super) input: Option<Value>,
    pub(super) submitted: Timestamp,
    pub(super) started: Timestamp,
    /// When it ends, unless it is cancelled before.
    pub(super) finished: Timestamp,
    /// When a cancel takes effect.
    pub(super) cancelled: Option<Timestamp>,
    /// How many requests were ahead when it was submitted.
    pub(super) position: u32,
    pub(super) work: Work,
    /// How it fails, when it does.
    pub(super) failure: Option<Failure>,
    /// How many seconds its outputs are kept.
    pub(super) lifetime: Option<u64>,
    /// Whether its payloads were deleted.
    pub(super) deleted: bool,
    /// How many bytes it was ordered with.
    #[serde(default)]
    pub(super) bytes: u64,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Work {
    Training(Training),
    Pictures(Pictures),
    /// Its input could not be understood.
    Nothing,
}

/// How a request fails. fal has no failed state: the request is COMPLETED, and its result is this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Failure {
    /// The model says no.
    Model { status: u16, detail: Vec<Value> },
    /// The infrastructure lost it.
    Request { status: u16, error_type: String, message: String },
}

/// Where a request stands.
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

    /// When it is over.
    pub(super) fn end(&self) -> Timestamp {
        self.cancelled.map_or(self.finished, |cancelled| cancelled.min(self.finished))
    }

    /// How it ends: well when `None`.
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

    /// When a file that it made expires, if ever.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        Some(self.end().plus(std::time::Duration::from_secs(self.lifetime?)))
    }

    /// Every log line so far, as fal sends them: whole on every look.
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
    /// The status that its result has.
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

    /// The body that its result has, and its webhook's payload.
    pub(super) fn body(&self) -> Value {
        match self {
            Self::Model { detail, .. } => json!({ "detail": detail }),
            Self::Request { error_type, message, .. } => {
                json!({ "detail": message, "error_type": error_type })
            }
        }
    }

    /// Its result: the model's own status, never 200.
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
