//! Bodies of calls: read up to a limit, or drained after a refusal.

use std::{pin::pin, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use js_sys::Reflect;
use likeness_core::api::ApiProblem;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};
use worker::{Delay, Request};

use crate::outcome::Answer;

/// The longest pause of a caller who is still listened to.
const PATIENCE: Duration = Duration::from_millis(250);

/// The most pieces that are read, of some ten kilobytes each: more than any body that Cloudflare lets through.
const MOST_PIECES: u32 = 16_384;

/// Reads the body, unless it is longer than it may be.
pub(crate) async fn read(request: &mut Request, max: u64) -> Answer<Vec<u8>> {
    let (mut stream, mut body) = (request.stream()?, Vec::new());
    while let Some(chunk) = stream.next().await {
        body.extend(chunk?);
        if body.len() as u64 > max {
            return Err(ApiProblem::TooLarge { max }.into());
        }
    }
    Ok(body)
}

/// Reads and drops the rest of a refused call's body, until it ends or pauses.
// A runtime that answers while a caller sends closes the connection, and Node's fetch then fails with EPIPE before it has
// read the answer.
pub(crate) async fn drain(body: Option<ReadableStream>) {
    let Some(body) = body.filter(|body| !body.locked()) else { return };
    let Ok(reader) = body.get_reader().dyn_into::<ReadableStreamDefaultReader>() else { return };
    for _ in 0..MOST_PIECES {
        let piece = pin!(JsFuture::from(reader.read()));
        let pause = pin!(Delay::from(PATIENCE));
        match select(piece, pause).await {
            Either::Left((Ok(piece), _)) if !is_the_end(&piece) => {}
            _ => return,
        }
    }
}

fn is_the_end(piece: &JsValue) -> bool {
    Reflect::get(piece, &JsValue::from_str("done")).is_ok_and(|done| done.is_truthy())
}
