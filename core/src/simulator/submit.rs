//! Submit: the call that costs money.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{
    FaultKind, InputErrors, Simulator,
    account::Account,
    body::{Body, read_json},
    call::Call,
    contents::Contents,
    generation::Pictures,
    job::{Failure, Job, Model, Phase, Work},
    kept::MOST_REQUESTS,
    random,
    reply::{self, Reply, Stop},
    training::Training,
};
use crate::{http::StatusCode, time::Timestamp};

impl Simulator {
    pub(super) fn submit(
        &mut self,
        call: &Call<'_>,
        endpoint: &str,
        body: &mut dyn Body,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        let missing = format!(
            "Cannot access application \"{endpoint}\". Authentication is required to access this application."
        );
        let account = self.account(call, &missing)?;
        let Some(model) = Model::named(endpoint) else {
            return Err(reply::refusal(404, &format!("Application \"{endpoint}\" not found")).into());
        };
        self.not_taken(call, now)?;
        let input = read_json(body)?;
        let bytes = body.stream_position().unwrap_or(0);
        let job = Job { bytes, ..self.job(call, account, model, input, now)? };
        self.order_webhook(call, &job)?;
        let response = self.accepted_response(&job);
        self.jobs.push(job);
        self.forget_requests(now);
        if self.faults.take(FaultKind::SubmitAcceptedThenDropped) {
            return Ok(Reply::Dropped);
        }
        if self.faults.take(FaultKind::SubmitAcceptedThenFailed) {
            return Ok(reply::nginx(StatusCode::BAD_GATEWAY).into());
        }
        if self.faults.take(FaultKind::SubmitLate) {
            return Ok(Reply::Late { after: self.plan.late, response });
        }
        Ok(response.into())
    }

    /// Stops a submit that is not taken, for every reason there is.
    fn not_taken(&mut self, call: &Call<'_>, now: Timestamp) -> Result<(), Stop> {
        if self.faults.take(FaultKind::BalanceExhausted) {
            return Err(reply::refusal(403, reply::BALANCE_EXHAUSTED).into());
        }
        if self.faults.take(FaultKind::RateLimited) {
            return Err(too_many("Too many requests. Please retry later."));
        }
        if self.faults.take(FaultKind::SubmitServerError) {
            return Err(reply::refusal(500, "Internal Server Error").into());
        }
        if self.faults.take(FaultKind::SubmitUnavailable) {
            return Err(reply::nginx(StatusCode::SERVICE_UNAVAILABLE).into());
        }
        if self.faults.take(FaultKind::SubmitDropped) {
            return Err(Reply::Dropped.into());
        }
        let longest = call.target.query("fal_max_queue_length").and_then(|text| text.parse::<usize>().ok());
        let queued = |job: &&Job| matches!(job.phase(now), Phase::Queued { .. });
        let full = self.jobs.len() >= MOST_REQUESTS;
        if full || longest.is_some_and(|longest| self.jobs.iter().filter(queued).count() >= longest) {
            return Err(too_many("Queue length exceeded"));
        }
        Ok(())
    }

    /// Makes the request of these, with its whole life.
    fn job(
        &mut self,
        call: &Call<'_>,
        account: Account,
        model: Model,
        input: Value,
        now: Timestamp,
    ) -> Result<Job, Stop> {
        let id = self.next_id("request");
        let (work, mut failure) = match self.work(model, &input, &id, now) {
            Ok(work) => (work, None),
            Err(detail) => (Work::Nothing, Some(Failure::Model { status: 422, detail })),
        };
        if let (Work::Nothing, Some(failure), InputErrors::AtSubmit) =
            (&work, &failure, self.plan.input_errors)
        {
            return Err(failure.response().into());
        }
        failure = failure.or_else(|| self.source_failure(&work, now)).or_else(|| self.planned_failure(&work));
        let run = match (&work, &failure) {
            // A failure that is the input's comes early.
            (_, Some(Failure::Model { status: 422, .. })) => {
                self.plan.generation.min(self.plan.training) / 10
            }
            (Work::Training(_), _) => self.plan.training,
            _ => self.plan.generation,
        };
        let (mut wait, mut position) = (self.plan.queue, self.plan.queue_position);
        if self.faults.take(FaultKind::StuckInQueue) {
            (wait, position) = (Duration::from_secs(u64::from(u32::MAX)), 0);
        }
        let mut job = Job {
            id,
            account: account.id,
            model,
            input: (call.header("x-fal-store-io") != Some("0")).then_some(input),
            submitted: now,
            started: now.plus(wait),
            finished: now.plus(wait).plus(run),
            cancelled: None,
            position,
            work,
            failure,
            lifetime: call.lifetime(),
            deleted: false,
            bytes: 0,
        };
        let deadline = call.header("x-fal-request-timeout").and_then(|text| text.parse().ok());
        if let Some(deadline) = deadline.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            && deadline < wait
        {
            // The user's own deadline for the start ends the wait.
            (job.started, job.finished) = (now.plus(deadline), now.plus(deadline));
            job.failure = Some(request_failure(504, "request_timeout", "Request timed out"));
        }
        Ok(job)
    }

    fn work(&mut self, model: Model, input: &Value, id: &str, now: Timestamp) -> Result<Work, Vec<Value>> {
        Ok(match model {
            Model::PortraitTrainer => {
                let mut training = Training::read(input)?;
                if let Some(Contents::Archive { images, captions, looks, .. }) =
                    self.stored(&training.images_data_url, now)
                {
                    (training.images, training.captions) = (*images, *captions);
                    training.looks.clone_from(looks);
                }
                Work::Training(training)
            }
            Model::FluxLora => {
                let mut pictures = Pictures::read(input, random::number(self.plan.seed, "seed", id))?;
                pictures.looks =
                    pictures.loras.iter().find_map(|lora| self.trained_looks(lora, now)).cloned();
                pictures.blanked = self.faults.take(FaultKind::PictureBlanked);
                Work::Pictures(pictures)
            }
        })
    }

    /// Finds what is wrong with the files that the input names. Only the running model finds out.
    fn source_failure(&self, work: &Work, now: Timestamp) -> Option<Failure> {
        let (field, url) = match work {
            Work::Training(training) => (json!(["body", "images_data_url"]), &training.images_data_url),
            Work::Pictures(pictures) => {
                // A LoRA may lie anywhere; only an address of ours can be checked without a network.
                let lost =
                    |url: &&String| self.plan.own_path(url).is_some_and(|path| !self.file_exists(path, now));
                let index = pictures.loras.iter().position(|url| lost(&url))?;
                (json!(["body", "loras", index, "path"]), pictures.loras.get(index)?)
            }
            Work::Nothing => return None,
        };
        let fail = |kind: &str, msg: &str, ctx: &Value| {
            let detail = vec![reply::detail(&field, kind, msg, ctx, &json!(url))];
            Some(Failure::Model { status: 422, detail })
        };
        let no_download = "Failed to download the file. Please check if the URL is accessible and try again.";
        if matches!(work, Work::Pictures(_)) {
            return fail("file_download_error", no_download, &Value::Null);
        }
        let supported = json!([".zip", ".tar.gz"]);
        match self.stored(url, now) {
            None => fail("file_download_error", no_download, &Value::Null),
            Some(Contents::Broken) => {
                fail("invalid_archive", INVALID_ARCHIVE, &json!({ "supported_extensions": supported }))
            }
            Some(Contents::Archive { images, .. }) if *images < self.plan.min_images => fail(
                "archive_file_count_below_minimum",
                &format!("Archive contains {images} files, at least {} are required", self.plan.min_images),
                &json!({
                    "min_count": self.plan.min_images,
                    "provided_count": images,
                    "supported_extensions": [".jpg", ".jpeg", ".png", ".webp"],
                }),
            ),
            Some(Contents::Archive { .. } | Contents::Unread) => None,
        }
    }

    /// Takes the failure that the plan asks for, if any.
    fn planned_failure(&mut self, work: &Work) -> Option<Failure> {
        let model = |status, field: &str, kind: &str, msg: &str| {
            let detail = vec![reply::detail(&json!(["body", field]), kind, msg, &Value::Null, &Value::Null)];
            Some(Failure::Model { status, detail })
        };
        if self.faults.take(FaultKind::RunnerLost) {
            return Some(request_failure(503, "runner_disconnected", "Runner disconnected"));
        }
        match work {
            Work::Training(_) if self.faults.take(FaultKind::TrainingFailed) => {
                model(500, "steps", "internal_server_error", "The training failed: the loss is not a number")
            }
            Work::Training(_) if self.faults.take(FaultKind::InvalidArchive) => {
                model(422, "images_data_url", "invalid_archive", INVALID_ARCHIVE)
            }
            Work::Pictures(_) if self.faults.take(FaultKind::GenerationFailed) => {
                model(422, "prompt", "no_media_generated", "No image was generated")
            }
            _ => None,
        }
    }

    /// Answers with the four addresses and the place in the queue. They carry the application's id alone, as fal's
    /// do.
    fn accepted_response(&self, job: &Job) -> crate::http::Response {
        let mut value = self.addresses(job);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("status".to_owned(), json!("IN_QUEUE"));
            fields.insert("queue_position".to_owned(), json!(job.position));
        }
        reply::with(reply::answer(200, &value), reply::REQUEST_ID, &job.id)
    }

    /// Lists the request's id and the addresses of the calls on it.
    pub(super) fn addresses(&self, job: &Job) -> Value {
        let url = self.plan.queue_url(&format!("/{}/requests/{}", job.model.id(), job.id));
        json!({
            "request_id": job.id,
            "response_url": url,
            "status_url": format!("{url}/status"),
            "cancel_url": format!("{url}/cancel"),
        })
    }

    fn order_webhook(&mut self, call: &Call<'_>, job: &Job) -> Result<(), Stop> {
        let Some(text) = call.target.query("fal_webhook") else { return Ok(()) };
        let url = text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| Stop::from(reply::refusal(400, "Invalid webhook URL")))?;
        self.schedule(job, &url);
        Ok(())
    }
}

const INVALID_ARCHIVE: &str = "The archive is invalid or cannot be opened";

fn request_failure(status: u16, error_type: &str, message: &str) -> Failure {
    Failure::Request { status, error_type: error_type.to_owned(), message: message.to_owned() }
}

fn too_many(text: &str) -> Stop {
    let response = reply::answer(429, &json!({ "detail": text, "error_type": "concurrent_requests_limit" }));
    reply::with(response, reply::NEEDS_RETRY, "1").into()
}
