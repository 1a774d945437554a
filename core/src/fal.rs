//! fal's calls, as data: each file is one call, with `request()` that makes it and `parse()` that reads what
//! came back. Nothing here sends anything.
//!
//! - A [trainer's](trainers) or [`generate`] input is bought with [`submit`]; [`status`] tells how far the request is and
//!   [`result`](mod@result) what it made; [`cancel`] asks to stop the request.
//! - [`upload`] brings a file to fal.
//! - [`requests`] lists what an account has sent, [`pricing`] what a model costs, [`payloads`] deletes what fal
//!   stored of a request.
//! - [`webhook`] checks that a message really came from fal.
//!
//! Four rules hold everywhere:
//!
//! - **The key goes to configured addresses only.** [`Account`] alone attaches it. Addresses in fal's answers
//!   (`status_url`, `response_url`, …) are ignored; ours are built from checked names.
//! - **A submit is sent once.** Only [`submit::parse`] says whether fal's answer proves that nothing was taken.
//! - **A redirect is never a success**, and an answer is fal's only if it has fal's shape.
//! - **Nothing from fal is kept as it came**: texts are shortened, cleaned of control characters, and lose what
//!   looks like a key or a signature.

pub use self::{
    account::{Account, AccountError, Origins},
    endpoint::{Endpoint, NameError, RequestId},
    error::{ApiError, CallError, Detail, ErrorKind},
};

pub mod account;
pub mod cancel;
pub mod endpoint;
pub mod error;
#[cfg(test)]
mod fixtures;
pub mod generate;
#[cfg(test)]
mod mutation;
pub mod payloads;
pub mod pricing;
pub mod requests;
pub mod result;
pub mod status;
pub mod submit;
pub mod trainers;
pub mod upload;
pub mod webhook;
pub mod webhook_verifier;
