//! The status of a request as a stream of server-sent events.

use std::time::Duration;

use serde_json::{Value, json};

use super::{EventStream, Events, Simulator, job::Phase};
use crate::time::Timestamp;

/// The pause between two looks at the request.
const TICK: Duration = Duration::from_millis(500);

impl Simulator {
    /// Returns the bytes that are due at this time. Each line of the log is sent once: fal's JavaScript client puts
    /// the lines of all events together (<https://github.com/fal-ai/fal-js/pull/71>).
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
            // The end is sent at once; anything between waits for the tick.
            self.clock.of_machine(if job.end() > now { tick.min(job.end()) } else { tick })
        });
        Events { bytes, next }
    }
}
