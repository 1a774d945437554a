//! Webhooks on their way.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{http::HeaderMap, time::Timestamp};

/// A webhook to POST now. Redirects must not be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Id for [`Simulator::delivered`](super::Simulator::delivered).
    pub id: u64,
    /// Address to send to.
    pub url: Url,
    /// Headers: the content type, and the four that are signed or sign.
    pub headers: HeaderMap,
    /// Body, to the byte: the signature covers it.
    pub body: Vec<u8>,
    /// Time to wait for the answer.
    pub timeout: Duration,
}

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// An answer with this status came.
    Answered(u16),
    /// No answer came.
    NoAnswer,
}

/// A webhook that was ordered and has not arrived yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) id: u64,
    pub(super) request: String,
    pub(super) url: Url,
    /// Time of the next try; `None` means as soon as the request is over.
    pub(super) due: Option<Timestamp>,
    pub(super) attempts: u32,
    pub(super) payload_null: bool,
    pub(super) forged: bool,
}

impl Delivery {
    /// Returns the id of the request that the webhook is about.
    pub(super) fn request(&self) -> &str {
        &self.request
    }
}
