//! Calls on an accepted request: its status, its result, its cancel.

use serde_json::{Value, json};

use super::{
    EventStream, FaultKind, Simulator,
    call::Call,
    job::{Job, Phase, Work},
    reply::{self, Reply, Stop},
};
use crate::{
    http::{Response, StatusCode},
    time::Timestamp,
};

impl Simulator {
    /// Answers 202 until the request is COMPLETED, then 200: fal's SDK goes by the code, its other clients by the
    /// body.
    pub(super) fn status(&mut self, call: &Call<'_>, request: &str, now: Timestamp) -> Result<Reply, Stop> {
        let index = self.owned(call, request)?;
        if self.faults.take(FaultKind::StatusDropped) {
            return Ok(Reply::Dropped);
        }
        if self.faults.take(FaultKind::StatusUnavailable) {
            return Ok(reply::nginx(StatusCode::SERVICE_UNAVAILABLE).into());
        }
        let Some(job) = self.jobs.get(index) else { return Err(not_found()) };
        let mut value = self.status_of(job, logs_asked(call), now);
        let status = if job.phase(now) == Phase::Completed { 200 } else { 202 };
        let id = job.id.clone();
        if self.faults.take(FaultKind::StatusUnknown)
            && let Some(word) = value.get_mut("status")
        {
            *word = json!("HIBERNATING");
        }
        Ok(reply::with(reply::answer(status, &value), reply::REQUEST_ID, &id).into())
    }

    pub(super) fn status_stream(&mut self, call: &Call<'_>, request: &str) -> Result<Reply, Stop> {
        self.owned(call, request)?;
        Ok(Reply::Events(EventStream::new(request, logs_asked(call))))
    }

    /// Answers with the model's bare output, or with the request's failure.
    pub(super) fn result(&mut self, call: &Call<'_>, request: &str, now: Timestamp) -> Result<Reply, Stop> {
        let index = self.owned(call, request)?;
        if self.faults.take(FaultKind::ResultDropped) {
            return Ok(Reply::Dropped);
        }
        let unready = self.jobs.get(index).is_none_or(|job| job.phase(now) != Phase::Completed);
        if !unready && self.faults.take(FaultKind::ResultForeign) {
            return Ok(reply::nginx(StatusCode::BAD_REQUEST).into());
        }
        let response = if !unready && self.faults.take(FaultKind::ResultBare) {
            reply::answer(422, &json!({}))
        } else if unready || self.faults.take(FaultKind::ResultNotReady) {
            reply::refusal(400, "Request is still in progress")
        } else {
            self.jobs.get(index).map_or_else(not_found_response, |job| self.outcome(job))
        };
        Ok(reply::with(response, reply::REQUEST_ID, request).into())
    }

    /// Answers 202, 400 or 404. A request that runs takes [`super::Plan::cancelling`] to notice.
    pub(super) fn cancel(&mut self, call: &Call<'_>, request: &str, now: Timestamp) -> Result<Reply, Stop> {
        let index = self.owned(call, request)?;
        let Some(job) = self.jobs.get_mut(index) else { return Err(not_found()) };
        let (status, word) = match job.phase(now) {
            Phase::Completed => (400, "ALREADY_COMPLETED"),
            phase => {
                if !self.faults.take(FaultKind::CancelTooLate) {
                    let at = if phase == Phase::Running { now.plus(self.plan.cancelling) } else { now };
                    job.cancelled = Some(job.cancelled.map_or(at, |earlier| earlier.min(at)));
                }
                (202, "CANCELLATION_REQUESTED")
            }
        };
        Ok(reply::with(reply::answer(status, &json!({ "status": word })), reply::REQUEST_ID, request).into())
    }

    /// Writes the status body.
    pub(super) fn status_of(&self, job: &Job, logs: bool, now: Timestamp) -> Value {
        let mut value = self.addresses(job);
        let phase = job.phase(now);
        let Some(fields) = value.as_object_mut() else { return value };
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if let Phase::Queued { position } = phase {
            set("status", json!("IN_QUEUE"));
            set("queue_position", json!(position));
            return value;
        }
        // The key is always there: fal's Python client fails without it.
        set("logs", if logs { Value::Array(job.logs(now)) } else { Value::Null });
        if phase == Phase::Running {
            set("status", json!("IN_PROGRESS"));
            return value;
        }
        set("status", json!("COMPLETED"));
        set("metrics", json!({ "inference_time": job.end().since(job.started).as_secs_f64() }));
        if let Some(failure) = job.failure() {
            set("error", json!(failure.message()));
            set("error_type", json!(failure.error_type()));
        }
        value
    }

    /// Returns the result of a request that is over.
    fn outcome(&self, job: &Job) -> Response {
        match (job.failure(), self.output(job)) {
            (Some(failure), _) => failure.response(),
            (None, Some(output)) if !job.deleted => reply::answer(200, &output),
            (None, _) => not_found_response(),
        }
    }

    /// Writes the bare output of a request that does not fail.
    pub(super) fn output(&self, job: &Job) -> Option<Value> {
        match &job.work {
            Work::Training(training) => Some(training.output(&job.id, &self.plan)),
            Work::Pictures(pictures) => {
                Some(pictures.output(&job.id, job.finished.since(job.started), &self.plan))
            }
            Work::Nothing => None,
        }
    }

    /// Finds a request of the caller's, and returns its index.
    fn owned(&mut self, call: &Call<'_>, request: &str) -> Result<usize, Stop> {
        let account = self.account(call, "Authentication is required to access this application.")?;
        let mine = |job: &Job| job.id == request && job.account == account.id;
        self.jobs.iter().position(mine).ok_or_else(not_found)
    }
}

fn not_found() -> Stop {
    not_found_response().into()
}

fn not_found_response() -> Response {
    reply::answer(404, &json!({ "status": "NOT_FOUND" }))
}

/// Reads whether logs are asked for: Python sends true or false, JavaScript and the SDK 1 or 0.
fn logs_asked(call: &Call<'_>) -> bool {
    call.target.query("logs").is_some_and(|value| matches!(value, "1" | "true" | "True"))
}
