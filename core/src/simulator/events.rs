//! The status as a stream of server-sent events.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Simulator, job::Phase};
use crate::time::Timestamp;

/// A stream that a caller holds open; [`Simulator::events`] says what to write to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventStream {
    request: String,
    logs: bool,
    /// How many lines of the log were told.
    told: usize,
    /// The last event's data without its lines: one that says nothing new is not sent.
    last: String,
}

/// What to write to a stream now, and when to ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// The bytes, perhaps none.
    pub bytes: Vec<u8>,
    /// When there may be more; `None` ends the stream.
    pub next: Option<Timestamp>,
}

/// How often a stream looks for something new.
const TICK: Duration = Duration::from_millis(500);

impl EventStream {
    /// The content type of the answer that carries it.
    pub const CONTENT_TYPE: &'static str = "text/event-stream";

    pub(super) fn new(request: &str, logs: bool) -> Self {
        Self { request: request.to_owned(), logs, told: 0, last: String::new() }
    }

    /// The request whose status it tells, for the header `x-fal-request-id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request
    }
}

impl Simulator {
    /// What a stream says at this moment. Each line of the log is told once: fal's JavaScript client puts the
    /// lines of all events together (<https://github.com/fal-ai/fal-js/pull/71>).
    pub fn events(&self, stream: &mut EventStream, now: Timestamp) -> Events {
        let now = self.clock.own(now);
        let Some(job) = self.jobs.iter().find(|job| job.id == stream.request) else {
            return Events { bytes: Vec::new(), next: None };
        };
        let mut status = self.status_of(job, stream.logs, now);
        let lines = match status.get_mut("logs") {
            Some(Value::Array(lines)) => std::mem::take(lines),
            _ => Vec::new(),
        };
        let new = lines.get(stream.told..).unwrap_or_default();
        let bare = status.to_string();
        let bytes = if new.is_empty() && bare == stream.last {
            Vec::new()
        } else {
            if let Some(logs @ Value::Array(_)) = status.get_mut("logs") {
                *logs = json!(new);
            }
            format!("data: {status}\n\n").into_bytes()
        };
        stream.told = lines.len();
        stream.last = bare;
        let next = (job.phase(now) != Phase::Completed).then(|| {
            let tick = now.plus(TICK);
            // The end is told at once; anything between waits for the tick.
            self.clock.of_machine(if job.end() > now { tick.min(job.end()) } else { tick })
        });
        Events { bytes, next }
    }
}
