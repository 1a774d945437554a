//! Requests to others.

use std::{pin::pin, time::Duration};

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use js_sys::Uint8Array;
use likeness_core::{
    http::{Answer, Body, NoAnswer, Request, Response},
    limits::MAX_ANSWER_BYTES,
};
use worker::{AbortController, Delay, Fetch, Headers, Method, RequestInit, RequestRedirect};

const USER_AGENT: &str = concat!("likeness/", env!("CARGO_PKG_VERSION"));

/// Sends a request that carries no stream, and reads the whole answer. The time that it has is enforced here: what is
/// still under way then is broken off.
///
/// Why a request failed the platform does not tell apart, so a failure never counts as "nothing was sent".
pub(crate) async fn send(request: Request) -> Answer {
    let timeout = request.timeout;
    let abort = AbortController::default();
    let signal = abort.signal();
    let work = pin!(async {
        let outgoing = outgoing(&request).map_err(|_| NoAnswer::NotConnected)?;
        let mut response = Fetch::Request(outgoing).send_with_signal(&signal).await.map_err(|error| {
            worker::console_debug!("[FAL AI] DEBUG no answer: {error}");
            NoAnswer::Interrupted
        })?;
        read(&mut response).await
    });
    match select(work, pin!(Delay::from(timeout.max(Duration::from_secs(1))))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            abort.abort();
            Err(NoAnswer::TimedOut)
        }
    }
}

async fn read(response: &mut worker::Response) -> Answer {
    let status = StatusCode::from_u16(response.status_code()).map_err(|_| NoAnswer::Interrupted)?;
    let headers = header_map(response.headers());
    let mut body = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend(chunk.map_err(|_| NoAnswer::Interrupted)?);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(NoAnswer::Interrupted);
            }
        }
    }
    Ok(Response { status, headers, body })
}

fn outgoing(request: &Request) -> worker::Result<worker::Request> {
    let headers = Headers::new();
    headers.set("user-agent", USER_AGENT)?;
    for (name, value) in &request.headers {
        if let Ok(value) = value.to_str() {
            headers.set(name.as_str(), value)?;
        }
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.to_string()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    match &request.body {
        Body::Empty => {}
        Body::Bytes(bytes) => {
            init.with_body(Some(Uint8Array::from(bytes.as_slice()).into()));
        }
        Body::Stream { .. } => return Err("a streamed body is the imager's".into()),
    }
    worker::Request::new_with_init(request.url.as_str(), &init)
}

/// Headers as the core knows them.
pub(crate) fn header_map(headers: &Headers) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers.entries() {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            map.append(name, value);
        }
    }
    map
}
