//! Webhooks: their time, their body, their signature, and further tries.

use std::time::Duration;

use base16ct::lower;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use url::Url;

use super::{
    FaultKind, Simulator,
    delivery::{Delivery, DeliveryOutcome, WebhookDelivery},
    job::Job,
    random, reply,
};
use crate::{
    http::{HeaderMap, HeaderName, HeaderValue, Response},
    sha256::Sha256Sum,
    time::Timestamp,
};

/// The most tries of a delivery. fal's page of webhooks: ten tries within two hours, 15 seconds for each answer.
const ATTEMPTS: u32 = 10;
const TIMEOUT: Duration = Duration::from_secs(15);
/// The pause after the first try; it doubles each time, so that ten tries take 85 minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

impl Simulator {
    /// Orders the webhook of a request.
    pub(super) fn schedule(&mut self, job: &Job, url: &Url) {
        if self.faults.take(FaultKind::WebhookNever) {
            return;
        }
        let copies = if self.faults.take(FaultKind::WebhookTwice) { 2 } else { 1 };
        let due = self.faults.take(FaultKind::WebhookEarly).then_some(job.submitted);
        let payload_null = self.faults.take(FaultKind::WebhookPayloadNull);
        let forged = self.faults.take(FaultKind::WebhookForged);
        for _ in 0..copies {
            self.counter = self.counter.wrapping_add(1);
            self.deliveries.push(Delivery {
                id: self.counter,
                request: job.id.clone(),
                url: url.clone(),
                due,
                attempts: 0,
                payload_null,
                forged,
            });
        }
    }

    /// Lists the webhooks to send now. Each counts as tried: it is due again after a pause, unless
    /// [`Simulator::delivered`] says that it arrived.
    pub fn due(&mut self, now: Timestamp) -> Vec<WebhookDelivery> {
        let own = self.clock.tick(now);
        let mut deliveries = std::mem::take(&mut self.deliveries);
        deliveries.retain(|delivery| delivery.attempts < ATTEMPTS);
        let mut made = Vec::new();
        for delivery in &mut deliveries {
            if self.due_at(delivery).is_some_and(|at| at <= own) {
                made.extend(self.webhook(delivery, now));
                let pause = FIRST_PAUSE * 2_u32.saturating_pow(delivery.attempts.min(16));
                delivery.attempts += 1;
                delivery.due = Some(own.plus(TIMEOUT + pause));
            }
        }
        self.deliveries = deliveries;
        made
    }

    /// Takes the outcome of a delivery. Only a 2xx ends it well; a 3xx ends it too, since redirects are not
    /// followed.
    pub fn delivered(&mut self, id: u64, outcome: DeliveryOutcome, now: Timestamp) {
        let now = self.clock.tick(now);
        let over = matches!(outcome, DeliveryOutcome::Answered(200..400));
        self.deliveries.retain(|delivery| delivery.id != id || !(over || delivery.attempts >= ATTEMPTS));
        if let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.id == id) {
            let pause = FIRST_PAUSE * 2_u32.saturating_pow(delivery.attempts.saturating_sub(1).min(16));
            delivery.due = Some(now.plus(pause));
        }
    }

    /// Returns the time to ask for webhooks next.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.deliveries.iter().filter(|delivery| delivery.attempts < ATTEMPTS);
        let due = waiting.filter_map(|delivery| self.due_at(delivery)).min();
        due.map(|due| self.clock.of_machine(due))
    }

    /// Answers with the keys that webhooks are signed with.
    pub(super) fn jwks(&self) -> Response {
        let key = self.signing_key(false).verifying_key();
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "x": Base64UrlUnpadded::encode_string(key.as_bytes()) });
        reply::answer(200, &json!({ "keys": [key] }))
    }

    fn due_at(&self, delivery: &Delivery) -> Option<Timestamp> {
        delivery.due.or_else(|| self.request_of(delivery).map(Job::end))
    }

    fn request_of(&self, delivery: &Delivery) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == delivery.request)
    }

    fn webhook(&self, delivery: &Delivery, now: Timestamp) -> Option<WebhookDelivery> {
        let job = self.request_of(delivery)?;
        let body = self.payload(job, delivery.payload_null).to_string().into_bytes();
        let timestamp = now.millis().div_euclid(1_000).to_string();
        let message =
            [job.id.as_str(), &job.account, &timestamp, &Sha256Sum::of(&body).to_string()].join("\n");
        let signature = self.signing_key(delivery.forged).sign(message.as_bytes());
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json"),
            ("x-fal-webhook-request-id", &job.id),
            ("x-fal-webhook-user-id", &job.account),
            ("x-fal-webhook-timestamp", &timestamp),
            ("x-fal-webhook-signature", &lower::encode_string(&signature.to_bytes())),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
        }
        Some(WebhookDelivery { id: delivery.id, url: delivery.url.clone(), headers, body, timeout: TIMEOUT })
    }

    fn payload(&self, job: &Job, null: bool) -> Value {
        let mut value = json!({ "request_id": job.id, "gateway_request_id": job.id });
        let Some(fields) = value.as_object_mut() else { return value };
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        match job.failure() {
            Some(failure) => {
                set("status", json!("ERROR"));
                set("error", json!(format!("Invalid status code: {}", failure.status())));
                set("payload", failure.body());
            }
            None if null => {
                set("status", json!("OK"));
                set("payload", Value::Null);
                set("payload_error", json!(NOT_SERIALIZABLE));
            }
            None => {
                set("status", json!("OK"));
                set("payload", json!(self.output(job)));
            }
        }
        value
    }

    fn signing_key(&self, forged: bool) -> SigningKey {
        let purpose = if forged { "another key" } else { "webhook key" };
        SigningKey::from_bytes(&random::digest(self.plan.seed, purpose, ""))
    }
}

/// The words of fal's page of webhooks.
const NOT_SERIALIZABLE: &str = "Response payload is not JSON serializable. Either return a JSON serializable \
                                object or use the queue endpoint to retrieve the response.";
