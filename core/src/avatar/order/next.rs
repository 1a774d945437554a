//! The next step of an order.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{Bought, Cancel, Doubt, Order, Product, ProductFile, Stage};
use crate::{
    avatar::{
        Moment, OrderKey, TaskId,
        order::{Accepted, Seen},
        task::{Lease, OrderStep, Step, Task, TaskKind, TaskRecord, TokenHash, UploadSource, Work},
    },
    download::RemoteFile,
    fal::{Account, Endpoint, cancel, requests, result, status, submit, upload::Upload},
    http::Request,
    limits::TRANSFER_TIMEOUT,
    retry::has_come,
    storage::ObjectPlace,
    time::Timestamp,
};

/// The plan of an order: the part that differs between a model and pictures.
pub(in crate::avatar) struct Plan<'a> {
    /// The order.
    pub(in crate::avatar) order: OrderKey,
    /// Endpoint that is called.
    pub(in crate::avatar) endpoint: Endpoint,
    /// Function from the upload's address to the input.
    pub(in crate::avatar) input: &'a dyn Fn(&Url) -> Value,
    /// Predicate: an input in fal's list of requests is this order's.
    pub(in crate::avatar) is_input: &'a dyn Fn(&Url, &Value) -> bool,
    /// Source of the upload's bytes, with their length.
    pub(in crate::avatar) upload_source: &'a dyn Fn() -> Option<(UploadSource, u64)>,
    /// Function from the token to the webhook's address.
    pub(in crate::avatar) webhook: &'a dyn Fn(&str) -> Option<Url>,
    /// Function to the name under which a bought file is kept.
    pub(in crate::avatar) file_name: &'a dyn Fn(usize, &ProductFile<'_>) -> String,
    /// Function from the name of a bought file to the place of its copy.
    pub(in crate::avatar) copy: &'a dyn Fn(&str) -> Option<ObjectPlace>,
    /// Number of steps that the log lines count to, if they count.
    pub(in crate::avatar) steps: Option<u32>,
}

/// The question for what is due, with the number that the next task gets.
#[derive(Clone, Copy)]
pub(in crate::avatar) struct DueQuery<'a> {
    pub(in crate::avatar) account: &'a Account,
    pub(in crate::avatar) moment: &'a Moment,
    pub(in crate::avatar) task: TaskId,
}

impl DueQuery<'_> {
    /// Answers that this task is due.
    pub(in crate::avatar) fn begin(
        self,
        task_kind: TaskKind,
        work: Work,
        lease: Lease,
        token: Option<TokenHash>,
    ) -> Step {
        let mark = TaskRecord::new(self.task, task_kind, lease, token, self.moment.now);
        Step::Begin(Box::new(Task { mark, work }))
    }
}

/// Time for the shell around a task, beyond the timeout of what the task sends.
const SLACK: Duration = Duration::from_mins(1);

impl<G: Product> Order<G> {
    /// Chooses the next step, given the steps that are under way.
    pub(in crate::avatar) fn next(
        &self,
        running: &[OrderStep],
        plan: &Plan<'_>,
        query: DueQuery<'_>,
    ) -> Step {
        let DueQuery { account, moment, .. } = query;
        let now = moment.now;
        let call = |step, request: Request| {
            let lease = Lease::Fixed(request.timeout + SLACK);
            query.begin(TaskKind::of_order(plan.order, step), Work::Call(request), lease, None)
        };
        // First, and beside any other step: a cancel must not wait for another call to end.
        if let Stage::Accepted(accepted) = &self.stage
            && self.cancel == Cancel::Asked
            && !running.contains(&OrderStep::Cancel)
            && self.rests_until(now).is_none()
        {
            return call(OrderStep::Cancel, cancel::request(account, &plan.endpoint, &accepted.request_id));
        }
        if running.iter().any(|step| *step != OrderStep::Cancel) {
            return Step::Idle;
        }
        if let Some(until) = self.rests_until(now) {
            return Step::Wait(until);
        }
        match &self.stage {
            Stage::Planned => match self.upload.as_ref().filter(|upload| upload.lasts(now)) {
                Some(upload) => order(&upload.url, plan, query),
                None => send(plan, query),
            },
            Stage::Unclear { candidate: Some(candidate), compared: false, .. } => {
                call(OrderStep::Compare, requests::request_of(account, &plan.endpoint, candidate))
            }
            Stage::Unclear { candidate: Some(candidate), compared: true, .. } => {
                call(OrderStep::Prove, status::request(account, &plan.endpoint, candidate))
            }
            Stage::Unclear { candidate: None, search, since, .. } if search.is_due(now) => {
                let from = Timestamp::from_millis(since.millis().saturating_sub(CLOCKS_DIFFER));
                call(
                    OrderStep::Search,
                    requests::request(account, &plan.endpoint, from, search.cursor.as_deref()),
                )
            }
            Stage::Unclear { candidate: None, search, .. } => Step::Wait(search.at),
            // Asks whether fal still calls the request completed.
            Stage::Accepted(Accepted {
                seen: Seen::Ended,
                unexplained: Some(unexplained),
                request_id,
                ..
            }) if !unexplained.confirmed => {
                call(OrderStep::Look, status::request(account, &plan.endpoint, request_id))
            }
            Stage::Accepted(Accepted { seen: Seen::Ended, request_id, .. })
            | Stage::Failed {
                bought: Bought::Ran(request_id),
                doubt: Some(Doubt { asking: true, .. }),
                ..
            } => call(OrderStep::Collect, result::request(account, &plan.endpoint, request_id)),
            Stage::Accepted(accepted) if has_come(accepted.look_at, moment.poll, now) => {
                call(OrderStep::Look, status::request(account, &plan.endpoint, &accepted.request_id))
            }
            Stage::Accepted(accepted) => Step::Wait(accepted.look_at),
            Stage::Keeping { product, kept, .. } => keep(product, kept.len(), plan, query),
            Stage::Preparing
            | Stage::Submitting { .. }
            | Stage::Done { .. }
            | Stage::Failed { .. }
            | Stage::Cancelled { .. } => Step::Idle,
        }
    }

    fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.retry.as_ref()?.rests_until(now)
    }
}

fn send(plan: &Plan<'_>, query: DueQuery<'_>) -> Step {
    let Some((upload_source, length)) = (plan.upload_source)() else { return Step::Idle };
    let (file_name, content_type) = match upload_source {
        UploadSource::Archive(_) => ("photos.zip", "application/zip"),
        UploadSource::Model(_) => ("model.safetensors", "application/octet-stream"),
    };
    let upload = Box::new(Upload::new(query.account, file_name, content_type, length));
    let parts = length / crate::limits::UPLOAD_PART_BYTES + 3;
    let lease = Lease::Transfer(TRANSFER_TIMEOUT * u32::try_from(parts).unwrap_or(u32::MAX) + SLACK);
    let task_kind = TaskKind::of_order(plan.order, OrderStep::Upload);
    query.begin(task_kind, Work::Send { upload, upload_source }, lease, None)
}

/// Makes the purchase.
fn order(upload: &Url, plan: &Plan<'_>, query: DueQuery<'_>) -> Step {
    let token = query.moment.token();
    let webhook = (plan.webhook)(&token);
    let request = submit::request(query.account, &plan.endpoint, &(plan.input)(upload), webhook.as_ref());
    let (lease, token) = (Lease::Fixed(request.timeout + SLACK), webhook.map(|_| TokenHash::of(&token)));
    query.begin(TaskKind::of_order(plan.order, OrderStep::Submit), Work::Call(request), lease, token)
}

/// Most that fal's clock may be behind ours, in milliseconds.
const CLOCKS_DIFFER: i64 = 600_000;

fn keep<G: Product>(product: &G, index: usize, plan: &Plan<'_>, query: DueQuery<'_>) -> Step {
    let Some(found) = product.files().into_iter().nth(index) else { return Step::Idle };
    let name = (plan.file_name)(index, &found);
    let copy = (plan.copy)(&name);
    let file = RemoteFile {
        url: found.url.clone(),
        expected: found.expected,
        plain: query.account.origins().plain_hosts(),
    };
    // The bytes travel twice: from fal to here, and from here to the bucket.
    let lease = Lease::Transfer(TRANSFER_TIMEOUT * 2 + SLACK);
    let task_kind = TaskKind::of_order(plan.order, OrderStep::Keep(index));
    query.begin(task_kind, Work::Fetch { file, name, copy }, lease, None)
}
