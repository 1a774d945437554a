//! Test mode in one process: fal and, where no bucket is set, the bucket are answered by the avatar's own object. The
//! imager reaches both by HTTP, as it reaches real ones; so its code is the same.
//!
//! Only a front that is built with the feature `simulator` carries what answers. One without it still lists and deletes
//! what test mode has left, so that what was begun with the other can be erased.

mod bucket;
mod fal;
mod spool;

use std::rc::Rc;

use futures_util::future::{LocalBoxFuture, ready};
use likeness_core::{
    api::ApiProblem,
    http::{self, Answer, Request, StatusCode},
};
use serde_json::json;
use worker::{Response, Result};

use crate::{object::Object, response::respond, settings::CARRIES_SIMULATOR};

/// Answers a request of this object itself, when it is one to its own test box.
pub(crate) async fn serve(object: &Rc<Object>, request: &Request) -> Result<Option<Answer>> {
    let Some(test) = object.test_box()? else { return Ok(None) };
    let id = object.avatar_id()?;
    let is_for = |part| request.url.as_str().starts_with(&test.address(id, part));
    if is_for("bucket/") {
        return bucket::serve(&object.rows(), request).map(Some);
    }
    if !is_for("fal/") {
        return Ok(None);
    }
    let answer: LocalBoxFuture<'_, Result<Answer>> = if CARRIES_SIMULATOR {
        Box::pin(fal::serve(object, request))
    } else {
        Box::pin(ready(Ok(Ok(forgotten()))))
    };
    answer.await.map(Some)
}

/// Makes the answer of a fal.ai that no longer knows a request.
fn forgotten() -> http::Response {
    http::Response::json(StatusCode::NOT_FOUND, &json!({ "detail": "Request not found" }))
}

/// Answers a request that came by HTTP: `/test/{avatar}/{secret}/fal/…` or `…/bucket/…`.
pub(crate) async fn answer(object: &Rc<Object>, request: worker::Request) -> Result<Response> {
    let url = request.url()?;
    let mut parts = url.path().splitn(6, '/').skip(3);
    let (secret, part) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let ours = object.deployment()?.test_mode && object.test_box()?.is_some_and(|test| test.secret == secret);
    let answer: LocalBoxFuture<'_, Result<Response>> = match part {
        "fal" | "bucket" if ours && !CARRIES_SIMULATOR => {
            Box::pin(ready(respond(ApiProblem::NoSimulator.into(), false)))
        }
        "fal" if ours => Box::pin(fal::answer(object, request, &url)),
        "bucket" if ours => Box::pin(bucket::answer(object.rows(), request, &url)),
        // Answered as if there were no test mode.
        _ => Box::pin(ready(respond(ApiProblem::NoRoute.into(), false))),
    };
    answer.await
}
