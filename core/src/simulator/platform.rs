//! The platform's calls: the list of requests, prices, deleting payloads.

use serde_json::{Value, json};

use super::{
    FaultKind, Simulator,
    call::Call,
    job::{Job, Model, Phase},
    reply::{self, Reply, Stop},
};
use crate::time::Timestamp;

/// The number of days that the list covers without `start`.
const LIST_DAYS: i64 = 1;

/// The simulator's prices, as fal's list has been seen (2026-11): a trainer's is ten times that of a step, in a
/// unit that fal explains nowhere.
const PRICES: [(Model, f64, &str); 2] =
    [(Model::PortraitTrainer, 0.024, "train units"), (Model::FluxLora, 0.035, "megapixels")];

impl Simulator {
    /// Lists the caller's requests of an endpoint, the last to end first.
    pub(super) fn requests(&mut self, call: &Call<'_>, now: Timestamp) -> Result<Reply, Stop> {
        let account = self.account(call, reply::HEADER_REQUIRED)?;
        if self.faults.take(FaultKind::ListUnavailable) {
            let error =
                json!({ "type": "service_unavailable", "message": "Service temporarily unavailable" });
            return Ok(reply::answer(503, &json!({ "error": error })).into());
        }
        let query = |name: &str| call.target.query(name);
        let invalid = |name: &str| Stop::from(reply::refusal(400, &format!("Invalid value for {name}")));
        let moment =
            |name: &str| query(name).map(|text| text.parse::<Timestamp>().map_err(|_| invalid(name)));
        let endpoint = query("endpoint_id").ok_or_else(|| invalid("endpoint_id"))?;
        let earliest = Timestamp::from_millis(now.millis().saturating_sub(LIST_DAYS * 24 * 3_600_000));
        let start = moment("start").transpose()?.unwrap_or(earliest);
        let end = moment("end").transpose()?;
        let limit = query("limit").map_or(Some(50), |text| text.parse().ok());
        let limit: usize = limit.filter(|limit| (1..=100).contains(limit)).ok_or_else(|| invalid("limit"))?;
        let skip: usize =
            query("cursor").map_or(Some(0), |text| text.parse().ok()).ok_or_else(|| invalid("cursor"))?;
        let expand = call.target.queries("expand").any(|text| text.split(',').any(|word| word == "payloads"));
        let listed = |job: &&Job| {
            job.account == account.id
                && job.model.id() == endpoint
                && job.submitted >= start
                && end.is_none_or(|end| job.submitted <= end)
                && query("request_id").is_none_or(|id| job.id == id)
                && query("status").is_none_or(|status| status_word(job) == status)
                && (self.plan.list_unfinished || job.phase(now) == Phase::Completed)
        };
        let mut jobs: Vec<&Job> = self.jobs.iter().filter(listed).collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.end()));
        let more = jobs.len() > skip.saturating_add(limit);
        let page = jobs.into_iter().skip(skip).take(limit);
        let value = json!({
            "items": page.map(|job| self.item(job, expand, now)).collect::<Vec<_>>(),
            "next_cursor": more.then(|| (skip + limit).to_string()),
            "has_more": more,
        });
        Ok(reply::answer(200, &value).into())
    }

    pub(super) fn pricing(&mut self, call: &Call<'_>) -> Result<Reply, Stop> {
        self.account(call, reply::HEADER_REQUIRED)?;
        let asked: Vec<&str> = call.target.queries("endpoint_id").flat_map(|ids| ids.split(',')).collect();
        let prices = PRICES.iter().filter(|(model, ..)| asked.is_empty() || asked.contains(&model.id()));
        let prices: Vec<Value> = prices
            .map(|(model, price, unit)| {
                json!({ "endpoint_id": model.id(), "unit_price": price, "unit": unit, "currency": "USD" })
            })
            .collect();
        if prices.is_empty() {
            let error = json!({ "type": "not_found", "message": "Endpoint not found" });
            return Ok(reply::answer(404, &json!({ "error": error })).into());
        }
        Ok(reply::answer(200, &json!({ "prices": prices, "next_cursor": null, "has_more": false })).into())
    }

    /// Forgets input and output. Input files stay: fal never deletes those.
    pub(super) fn delete_payloads(&mut self, call: &Call<'_>, request: &str) -> Result<Reply, Stop> {
        let account = self.account(call, reply::HEADER_REQUIRED)?;
        if !account.admin {
            return Err(reply::refusal(403, "This action requires an admin API key").into());
        }
        let Some(index) = self.jobs.iter().position(|job| job.id == request) else {
            return Err(reply::refusal(404, "Request not found").into());
        };
        let links =
            self.jobs.get(index).and_then(|job| self.output(job)).map_or(Vec::new(), |output| links(&output));
        if let Some(job) = self.jobs.get_mut(index) {
            job.input = None;
            job.deleted = true;
        }
        let results = links.into_iter().map(|link| json!({ "link": link, "exception": null }));
        Ok(reply::answer(200, &json!({ "cdn_delete_results": results.collect::<Vec<_>>() })).into())
    }

    fn item(&self, job: &Job, expand: bool, now: Timestamp) -> Value {
        let over = job.phase(now) == Phase::Completed;
        let failure = job.failure();
        let mut item = json!({
            "request_id": job.id,
            "endpoint_id": job.model.id(),
            "sent_at": job.submitted,
            "started_at": (now >= job.started && job.started <= job.end()).then_some(job.started),
            "ended_at": over.then(|| job.end()),
            "status_code": over.then(|| failure.as_ref().map_or(200, super::job::Failure::status)),
            "duration": over.then(|| job.end().since(job.started).as_secs_f64()),
        });
        if let (Some(fields), true) = (item.as_object_mut(), expand) {
            let output = match failure {
                Some(failure) => Some(failure.body()),
                None => self.output(job),
            };
            fields.insert("json_input".to_owned(), json!(job.input));
            fields.insert("json_output".to_owned(), json!(output.filter(|_| over && !job.deleted)));
        }
        item
    }
}

fn status_word(job: &Job) -> &'static str {
    match job.failure().map(|failure| failure.status()) {
        None => "success",
        Some(400..500) => "user_error",
        Some(_) => "error",
    }
}

/// Lists every address in an output.
fn links(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(url) if name == "url" => vec![url.clone()],
                other => links(other),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(links).collect(),
        _ => Vec::new(),
    }
}
