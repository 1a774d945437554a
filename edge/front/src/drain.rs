//! The rest of a refused call's body.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use js_sys::Reflect;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};
use worker::Delay;

/// The longest pause of a caller who is still listened to.
const PATIENCE: Duration = Duration::from_millis(250);

/// The most pieces that are read, of some ten kilobytes each: more than any body that Cloudflare lets through.
const MOST_PIECES: u32 = 16_384;

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
