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
mod answer;
mod body;
mod call;
mod clock;
#[cfg(test)]
mod conformance;
mod contents;
mod delivery;
pub mod drawing;
mod events;
mod fault;
mod files;
mod generation;
mod input;
mod job;
mod keeping;
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
mod seen;
mod state;
mod storage;
mod submit;
mod training;
mod upload;
mod webhooks;

pub use self::{
    body::Body,
    call::Incoming,
    delivery::{DeliveryOutcome, WebhookDelivery},
    fault::{Fault, FaultError, FaultKind},
    keeping::{Keeping, KeptFile},
    plan::{Addresses, InputErrors, Plan},
    reply::{EventStream, Events, Reply},
    state::{Accepted, Simulator},
};
