//! The Worker that prepares photos and moves files at the edge.
//!
//! It is a Worker of its own since a photo takes most of the memory that Cloudflare gives an isolate, and since a panic
//! ends every request of the isolate in which it happens: neither may touch the front. It knows no key and decides
//! nothing: see [`likeness_core::imager`].
//!
//! Only the front's service binding leads here. `POST /jobs` does a job. `GET /memory` reports the size of the linear
//! memory, which tests hold against the limit.

mod answer;
mod body_writer;
mod copy;
mod job;
mod photo_slot;
mod prepare;
mod room;
mod send;
mod sums;

use worker::{Context, Env, Request, Response, Result, event};

/// Answers a request.
#[event(fetch)]
async fn fetch(request: Request, _env: Env, _context: Context) -> Result<Response> {
    answer::answer(request).await
}
