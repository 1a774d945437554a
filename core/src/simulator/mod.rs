//! fal in a box: fal.ai's queue, file store, webhooks and platform calls, as one piece of serialisable data.
//!
//! The simulator does no IO and has no clock. A shell passes in each call with its time ([`Simulator::answer`]), saves
//! the simulator, and only then lets the answer leave; the shell asks for webhooks ([`Simulator::due`]). The same plan
//! and the same calls give the same answers. Faults are part of the plan, and each is used up as it happens.
//!
//! The wire formats here were written from fal's documentation and from the bytes of its official clients, apart
//! from [`crate::fal`]: the two are independent readings of one contract, and check each other.
//!
//! ```
//! use std::io::Cursor;
//!
//! use likeness_core::{
//!     http::{HeaderMap, Method},
//!     simulator::{Incoming, Plan, Reply, Simulator},
//!     time::Timestamp,
//! };
//!
//! let mut fal = Simulator::new(Plan::new("http://127.0.0.1:8089".parse()?));
//! let mut headers = HeaderMap::new();
//! headers.insert("authorization", "Key id:secret".parse()?);
//! let submit = Incoming { method: Method::POST, url: "/fal-ai/flux-lora".to_owned(), headers };
//! let mut body = Cursor::new(r#"{"prompt": "a portrait"}"#);
//! let Reply::Whole(answer) = fal.answer(&submit, &mut body, Timestamp::from_millis(0)) else { panic!() };
//! assert_eq!(answer.status, 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod clock;
#[cfg(test)]
mod conformance;
mod contents;
pub mod drawing;
mod events;
mod fault;
mod files;
mod generation;
mod input;
mod job;
mod kept;
mod piece;
mod plan;
mod platform;
mod queue;
mod random;
mod ranges;
mod reply;
mod route;
mod safetensors;
mod storage;
mod submit;
mod training;
mod webhooks;

use std::{
    fmt,
    io::{Read, Seek},
};

use serde::{Deserialize, Serialize};

use self::{
    clock::Clock,
    fault::Pending,
    job::Job,
    reply::Stop,
    route::{Route, Target},
    storage::Upload,
    webhooks::Delivery,
};
pub use self::{
    events::{EventStream, Events},
    fault::{Fault, FaultError, FaultKind},
    kept::{Keeping, KeptFile},
    plan::{Addresses, DOCUMENTED_MIN_IMAGES, InputErrors, Plan},
    reply::Reply,
    webhooks::{DeliveryOutcome, WebhookDelivery},
};
use crate::{
    api::doubled,
    http::{HeaderMap, Method, Request},
    time::Timestamp,
};

/// fal in a box: the whole state, without keys, models, pictures or large uploads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulator {
    plan: Plan,
    faults: Pending,
    /// Number of ids that were given out.
    counter: u64,
    jobs: Vec<Job>,
    uploads: Vec<Upload>,
    deliveries: Vec<Delivery>,
    #[serde(default)]
    clock: Clock,
    /// Work with files that the shell must do before the answer to the last call leaves.
    #[serde(skip)]
    keeping: Keeping,
}

/// A call as it arrives.
#[derive(Clone)]
pub struct Incoming {
    /// HTTP method.
    pub method: Method,
    /// Path with its query, or the whole address; the host does not matter.
    pub url: String,
    /// Headers of the call.
    pub headers: HeaderMap,
}

/// The body of a call. It is read from its beginning, in any order, and never kept whole in memory.
pub trait Body: Read + Seek {}

impl<T: Read + Seek + ?Sized> Body for T {}

/// Shows neither the query nor the headers, since both may hold keys.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.split('?').next().unwrap_or_default())
    }
}

/// Describes the request; its body is handed over beside the description.
impl From<&Request> for Incoming {
    fn from(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.to_string(),
            headers: request.headers.clone(),
        }
    }
}

/// A request that was accepted: at the real fal, paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// fal's id of the request.
    pub request_id: String,
    /// Endpoint of the model.
    pub endpoint: &'static str,
    /// Time of acceptance.
    pub at: Timestamp,
}

impl Simulator {
    /// Begins with nothing but a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let faults = Pending::new(&plan.faults);
        Self {
            plan,
            faults,
            counter: 0,
            jobs: Vec::new(),
            uploads: Vec::new(),
            deliveries: Vec::new(),
            clock: Clock::default(),
            keeping: Keeping::default(),
        }
    }

    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Changes the simulator's address, when a shell learns its port only after the simulator has begun.
    pub fn move_to(&mut self, base: url::Url) {
        self.plan.base = base;
    }

    /// Sets the durations of this plan for orders from now on.
    pub fn set_pace(&mut self, pace: &Plan) {
        self.plan.queue = pace.queue;
        self.plan.training = pace.training;
        self.plan.generation = pace.generation;
        self.plan.cancelling = pace.cancelling;
    }

    /// Drops all faults that are still to come.
    #[must_use]
    pub fn without_faults(self) -> Self {
        Self { faults: Pending::new(&[]), ..self }
    }

    /// Lists the faults that are still to come.
    #[must_use]
    pub fn faults_left(&self) -> &[Fault] {
        self.faults.left()
    }

    /// Lists every request that was accepted, in order, whether or not the caller learned of it.
    pub fn accepted(&self) -> impl Iterator<Item = Accepted> {
        self.jobs.iter().map(|job| Accepted {
            request_id: job.id.clone(),
            endpoint: job.model.id(),
            at: job.submitted,
        })
    }

    /// Carries out a call, and returns the reply. Any call at all may be made; a body that cannot be read to its
    /// end counts as cut: nothing is done and nothing is answered.
    pub fn answer(&mut self, incoming: &Incoming, body: &mut dyn Body, now: Timestamp) -> Reply {
        let now = self.clock.tick(now);
        let mut reply = match self.call(incoming, body, now) {
            Ok(reply) => reply,
            Err(stop) => stop.into_reply(),
        };
        if let Reply::Whole(response) | Reply::Late { response, .. } = &mut reply {
            let json = response.header("content-type").is_some_and(|kind| kind == "application/json");
            if json && !response.headers.contains_key(reply::REQUEST_ID) {
                let id = self.next_id("call");
                *response = reply::with(response.clone(), reply::REQUEST_ID, &id);
            }
            if incoming.method == Method::HEAD {
                response.body.clear();
            }
        }
        if let (Reply::Kept(file), true) = (&mut reply, incoming.method == Method::HEAD) {
            file.pieces.clear();
        }
        reply
    }

    fn call(&mut self, incoming: &Incoming, body: &mut dyn Body, now: Timestamp) -> Result<Reply, Stop> {
        let call = Call::read(incoming, &self.plan)?;
        match call.target.route(&incoming.method) {
            Route::Submit { endpoint } => self.submit(&call, &endpoint, body, now),
            Route::Status { request } => self.status(&call, &request, now),
            Route::StatusStream { request } => self.status_stream(&call, &request),
            Route::Result { request } => self.result(&call, &request, now),
            Route::Cancel { request } => self.cancel(&call, &request, now),
            Route::Token => self.upload_token(&call, body, now),
            Route::Initiate => self.initiate(&call, body, false, now),
            Route::InitiateMultipart => self.initiate(&call, body, true, now),
            Route::Put { upload } => self.put(&call, &upload, body, now),
            Route::Part { upload, number } => self.put_part(&call, &upload, number, body),
            Route::PartAddress { upload, number } => self.part_address(&call, &upload, number),
            Route::Complete { upload } => self.complete(&call, &upload, body, now),
            Route::CdnUpload => self.cdn_upload(&call, body, now),
            Route::CdnMultipart => self.cdn_multipart(&call, now),
            Route::CdnPart { upload, number } => self.cdn_part(&call, &upload, number, body),
            Route::CdnComplete { upload } => self.cdn_complete(&call, &upload, body, now),
            Route::File { path } => self.file(&call, &path, now),
            Route::Jwks => Ok(self.jwks().into()),
            Route::Meta => Ok(reply::answer(200, &serde_json::json!({ "webhook_ip_ranges": [] })).into()),
            Route::Requests => self.requests(&call, now),
            Route::Pricing => self.pricing(&call),
            Route::DeletePayloads { request } => self.delete_payloads(&call, &request),
            Route::WrongMethod => Ok(reply::refusal(405, "Method Not Allowed").into()),
            Route::Unknown => Ok(reply::refusal(404, "Not Found").into()),
        }
    }

    fn next_id(&mut self, purpose: &str) -> String {
        self.counter = self.counter.wrapping_add(1);
        random::uuid(self.plan.seed, purpose, self.counter)
    }
}

/// A call whose address was understood.
#[derive(Debug)]
struct Call<'a> {
    target: Target,
    headers: &'a HeaderMap,
    /// True if the call came by fal's proxy protocol, whose server adds the key itself.
    proxied: bool,
}

impl<'a> Call<'a> {
    /// Reads the address; that of a proxied call is in `x-fal-target-url`, and must be one of fal's hosts (as in
    /// `@fal-ai/server-proxy`).
    fn read(incoming: &'a Incoming, plan: &Plan) -> Result<Self, Stop> {
        let invalid = || Stop::from(reply::refusal(400, "Invalid request"));
        let headers = &incoming.headers;
        let Some(target) = headers.get("x-fal-target-url") else {
            let target = Target::parse(&incoming.url, &plan.base).ok_or_else(invalid)?;
            return Ok(Self { target, headers, proxied: false });
        };
        let url: url::Url = target.to_str().ok().and_then(|url| url.parse().ok()).ok_or_else(invalid)?;
        let host = url.host_str().unwrap_or_default();
        let fal = ["fal.run", "fal.ai", "fal.media"].iter().any(|domain| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if !fal && url.origin() != plan.base.origin() {
            return Err(invalid());
        }
        let target = Target::parse(url.as_str(), &plan.base).ok_or_else(invalid)?;
        Ok(Self { target, headers, proxied: true })
    }

    /// Returns a header's value, when it is there and is text.
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Reads a JSON body. One that ends early is a cut connection.
fn read_json(body: &mut dyn Body) -> Result<serde_json::Value, Stop> {
    /// The longest input, in bytes. fal takes small files as data URIs in the input.
    const LONGEST_INPUT: u64 = 8 << 20;
    let mut bytes = Vec::new();
    let read = Read::take(&mut *body, LONGEST_INPUT + 1).read_to_end(&mut bytes);
    read.map_err(|_| Stop::from(Reply::Dropped))?;
    if bytes.len() as u64 > LONGEST_INPUT {
        return Err(reply::refusal(413, "Request body too large").into());
    }
    let unreadable = |column: usize| {
        let loc = serde_json::json!(["body", column]);
        let none = serde_json::Value::Null;
        let detail = reply::detail(&loc, "json_invalid", "JSON decode error", &none, &none);
        Stop::from(reply::invalid(&[detail]))
    };
    let value = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.column()))?;
    // A field that is there twice has two values, and which of them counts depends on who reads.
    if doubled(&bytes).is_some() { Err(unreadable(0)) } else { Ok(value) }
}

/// Reads a JSON body that must be an object, or is not there at all: fal's clients send `{}` where they have nothing to say.
fn read_object_or_nothing(body: &mut dyn Body) -> Result<(), Stop> {
    let is_empty =
        std::io::copy(&mut Read::take(&mut *body, 1), &mut std::io::sink()).is_ok_and(|read| read == 0);
    body.rewind().map_err(|_| Stop::from(Reply::Dropped))?;
    if is_empty { Ok(()) } else { read_object(body).map(drop) }
}

/// Reads a JSON body that must be an object.
fn read_object(body: &mut dyn Body) -> Result<serde_json::Value, Stop> {
    let value = read_json(body)?;
    input::Input::new(&value).map_err(|mistakes| Stop::from(reply::invalid(&mistakes)))?;
    Ok(value)
}
