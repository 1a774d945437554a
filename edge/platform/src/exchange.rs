//! Requests to other servers, and their answers.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::ACCEPT_ENCODING};
use js_sys::{BigInt, Reflect, Uint8Array};
use likeness_core::{
    error::StorageError,
    http::{Answer, Body, NoAnswer, Request},
    limits::MAX_ANSWER_BYTES,
    storage::{Asked, MAX_REFUSAL_BYTES},
};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Headers, ReadableStreamDefaultReader, RequestInit, RequestRedirect, Response, TransformStream,
    WorkerGlobalScope,
};
use worker::worker_sys::FixedLengthStream;

use crate::deadline::Deadline;

const USER_AGENT: &str = concat!("likeness/", env!("CARGO_PKG_VERSION"));

/// An answer whose body is still on its way.
#[derive(Debug)]
pub struct Incoming {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    reader: Option<ReadableStreamDefaultReader>,
    deadline: Deadline,
}

/// Sends a request without a body that only reads, with a deadline for each try.
pub async fn ask(request: &Request, within: impl Fn() -> Deadline) -> Result<Incoming, NoAnswer> {
    // The bytes are compared with lengths and sums: they must not be compressed on the way.
    let request = request.clone().header(ACCEPT_ENCODING, "identity");
    again(async || exchange(&request, None, within()).await).await
}

/// Sends a request that may be sent twice, twice if need be. While a photo is worked on, this isolate does not see that
/// a server closes a connection kept for the next request; that request then breaks off at once.
pub async fn again<T>(work: impl AsyncFn() -> Result<T, NoAnswer>) -> Result<T, NoAnswer> {
    match work().await {
        Err(NoAnswer::Interrupted) => work().await,
        done => done,
    }
}

/// Sends a request with this body: bytes, or a stream that knows its length.
pub async fn tell(request: &Request, body: &JsValue, deadline: Deadline) -> Result<Incoming, NoAnswer> {
    exchange(request, Some(body), deadline).await
}

/// Sends a request of the core's, which carries no stream, and reads the whole answer within the time that it has.
///
/// The platform does not tell the reasons apart for which a request failed, so a failure never counts as "nothing was
/// sent".
pub async fn send(request: &Request) -> Answer {
    let body: Option<JsValue> = match &request.body {
        Body::Empty => None,
        Body::Bytes(bytes) => Some(Uint8Array::from(bytes.as_slice()).into()),
        // Streams are poured, piece by piece.
        Body::Stream { .. } => return Err(NoAnswer::NotConnected),
    };
    let deadline = Deadline::after(request.timeout).with_silence(request.silence);
    exchange(request, body.as_ref(), deadline).await?.whole().await
}

async fn exchange(
    request: &Request,
    body: Option<&JsValue>,
    deadline: Deadline,
) -> Result<Incoming, NoAnswer> {
    let response = fetched(request, body, &deadline).await?;
    let reader = response.body().map(|body| body.get_reader().unchecked_into());
    let status = StatusCode::from_u16(response.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    Ok(Incoming { status, headers: header_map(&response.headers()), reader, deadline })
}

async fn fetched(
    request: &Request,
    body: Option<&JsValue>,
    deadline: &Deadline,
) -> Result<Response, NoAnswer> {
    // Headers that cannot be made into a request were not sent.
    let request = made(request, body, Some(deadline)).map_err(|_| NoAnswer::NotConnected)?;
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let answer = deadline.within(JsFuture::from(scope.fetch_with_request(&request))).await?;
    Ok(answer.map_err(|error| broken(&error))?.unchecked_into())
}

/// Sends a request without a body that only reads, for code that hands the answer's body on as a stream. The deadline's
/// end breaks the stream off.
pub async fn opened(request: &Request, deadline: &Deadline) -> Result<Response, NoAnswer> {
    fetched(request, None, deadline).await
}

/// Makes a request as the platform sends it, for code that hands its answer on as it comes. Redirects are not followed.
pub fn outgoing(request: &Request) -> Result<web_sys::Request, JsValue> {
    made(request, None, None)
}

fn made(
    request: &Request,
    body: Option<&JsValue>,
    deadline: Option<&Deadline>,
) -> Result<web_sys::Request, JsValue> {
    let headers = headers_of(&request.headers)?;
    headers.set("user-agent", USER_AGENT)?;
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(deadline.map(Deadline::signal).map(|signal| &**signal));
    if let Some(body) = body {
        init.set_body(body);
    }
    web_sys::Request::new_with_str_and_init(request.url.as_str(), &init)
}

fn broken(error: &JsValue) -> NoAnswer {
    worker::console_debug!("no answer: {error:?}");
    NoAnswer::Interrupted
}

/// Converts headers of the core's type, leaving out values that are not text.
pub fn headers_of(map: &HeaderMap) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in map {
        if let Ok(value) = value.to_str() {
            headers.set(name.as_str(), value)?;
        }
    }
    Ok(headers)
}

/// Converts headers to the core's type, leaving out values that are not text.
#[must_use]
pub fn header_map(headers: &Headers) -> HeaderMap {
    let mut all = HeaderMap::new();
    for entry in headers.entries().into_iter().flatten() {
        let pair: js_sys::Array = entry.unchecked_into();
        let text = |at| pair.get(at).as_string();
        if let (Some(name), Some(value)) = (text(0), text(1))
            && let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            all.append(name, value);
        }
    }
    all
}

impl Incoming {
    /// Returns the next bytes, still outside of the linear memory; `None` when the answer is whole.
    pub async fn chunk(&mut self) -> Result<Option<Uint8Array>, NoAnswer> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let read = self.deadline.within(JsFuture::from(reader.read())).await?;
        let read = read.map_err(|error| broken(&error))?;
        let value = Reflect::get(&read, &JsValue::from_str("value")).unwrap_or_default();
        if value.is_undefined() {
            self.reader = None;
            return Ok(None);
        }
        Ok(Some(value.unchecked_into()))
    }

    /// Reads the body, at most `most` bytes of it.
    pub async fn body(&mut self, most: usize) -> Result<Vec<u8>, NoAnswer> {
        let mut all = Vec::new();
        while all.len() < most
            && let Some(chunk) = self.chunk().await?
        {
            append(&mut all, &chunk, most);
        }
        Ok(all)
    }

    /// Reads the whole answer into the core's type. An answer that is too long counts as none.
    pub async fn whole(mut self) -> Result<likeness_core::http::Response, NoAnswer> {
        let body = self.body(MAX_ANSWER_BYTES + 1).await?;
        if body.len() > MAX_ANSWER_BYTES {
            return Err(NoAnswer::Interrupted);
        }
        let headers = std::mem::take(&mut self.headers);
        Ok(likeness_core::http::Response { status: self.status, headers, body })
    }

    /// Reads a bucket's refusal. The beginning of its body is enough, and a missing body does no harm.
    pub async fn refusal(mut self, asked: &Asked) -> StorageError {
        let body = self.body(MAX_REFUSAL_BYTES).await.unwrap_or_default();
        asked.refused(self.status, &self.headers, &body)
    }
}

/// A body that is not read to its end would keep the connection open, and the other side waiting.
impl Drop for Incoming {
    fn drop(&mut self) {
        if self.reader.is_some() {
            self.deadline.end();
        }
    }
}

/// Copies a chunk behind what is there, but not beyond `most` bytes.
pub fn append(all: &mut Vec<u8>, chunk: &Uint8Array, most: usize) {
    let start = all.len();
    let length = usize::try_from(chunk.length()).unwrap_or(usize::MAX).min(most.saturating_sub(start));
    let part = chunk.subarray(0, u32::try_from(length).unwrap_or(u32::MAX));
    all.resize(start + length, 0);
    if let Some(room) = all.get_mut(start..) {
        part.copy_to(room);
    }
}

/// Makes a stream of this length. Only a stream of this class makes a request with a Content-Length instead of chunks,
/// which storage refuses.
pub fn fixed_length(length: u64) -> Result<TransformStream, JsValue> {
    let stream = match u32::try_from(length) {
        Ok(length) => FixedLengthStream::new(length),
        Err(_) => FixedLengthStream::new_big_int(BigInt::from(length)),
    };
    Ok(stream?.unchecked_into())
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use std::{cell::Cell, time::Duration};

    use http::{HeaderMap, StatusCode};
    use js_sys::Uint8Array;
    use likeness_core::{
        error::StorageErrorKind,
        http::{Method, NoAnswer, Request},
        limits::MAX_ANSWER_BYTES,
        storage::Asked,
    };
    use wasm_bindgen::JsCast as _;
    use wasm_bindgen_test::wasm_bindgen_test as test;
    use web_sys::{Headers, Response};

    use super::{Incoming, again, append, header_map, outgoing};
    use crate::Deadline;

    /// Makes an answer with this body.
    fn incoming(body: &mut [u8]) -> Incoming {
        let response = Response::new_with_opt_u8_array(Some(body)).expect("an answer");
        Incoming {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            reader: response.body().map(|body| body.get_reader().unchecked_into()),
            deadline: Deadline::after(Duration::from_mins(1)),
        }
    }

    #[test]
    async fn an_answer_is_read_whole_unless_it_is_too_long() {
        let answer = incoming(&mut [7; 5000]).whole().await.expect("an answer");
        assert_eq!((answer.status, answer.body), (StatusCode::OK, vec![7; 5000]));
        let long = incoming(&mut [b'x'; 50_000]);
        let refusal =
            long.refusal(&Asked::at(&"http://s3/a/b".parse().expect("an address"), "s3://a/b")).await;
        assert_eq!(refusal.kind, StorageErrorKind::NotS3);
        let fits = incoming(&mut vec![7; MAX_ANSWER_BYTES]).whole().await.expect("an answer");
        assert_eq!(fits.body.len(), MAX_ANSWER_BYTES);
        let long = incoming(&mut vec![7; MAX_ANSWER_BYTES + 1]).whole().await;
        assert_eq!(long.map(|answer| answer.body.len()), Err(NoAnswer::Interrupted));
    }

    #[test]
    async fn only_what_broke_off_is_sent_again_and_once() {
        for (why, times) in [(NoAnswer::Interrupted, 2), (NoAnswer::TimedOut, 1), (NoAnswer::NotConnected, 1)]
        {
            let sent = Cell::new(0);
            let answer = again(async || {
                sent.set(sent.get() + 1);
                Err::<(), _>(why)
            });
            assert_eq!(answer.await, Err(why));
            assert_eq!(sent.get(), times, "{why:?}");
        }
    }

    #[test]
    fn a_chunk_is_copied_as_far_as_there_is_room() {
        let mut all = vec![1, 2];
        append(&mut all, &Uint8Array::from(&[3, 4, 5][..]), 4);
        assert_eq!(all, [1, 2, 3, 4]);
        append(&mut all, &Uint8Array::from(&[6][..]), 4);
        append(&mut all, &Uint8Array::from(&[6][..]), 3);
        assert_eq!(all, [1, 2, 3, 4]);
    }

    #[test]
    fn headers_that_are_no_text_are_left_out() {
        let headers = Headers::new().expect("headers");
        headers.append("ETag", "\"a\"").expect("a header");
        headers.append("X-Name", "Zo\u{eb}").expect("a header");
        let map = header_map(&headers);
        assert_eq!(map.get("etag").and_then(|value| value.to_str().ok()), Some("\"a\""));
        assert!(map.get("x-name").is_none_or(|value| value.to_str().is_err()));
    }

    #[test]
    fn a_request_goes_out_as_it_was_signed_and_follows_nobody() {
        let url = "https://bucket.test/a%2Bb?sign=%D0%B0".parse().expect("an address");
        let request =
            Request::new(Method::PUT, url, Duration::from_secs(1)).header(http::header::IF_MATCH, "\"v1\"");
        let request = outgoing(&request).expect("a request");
        assert_eq!(request.url(), "https://bucket.test/a%2Bb?sign=%D0%B0");
        assert_eq!(
            (request.method().as_str(), request.redirect()),
            ("PUT", web_sys::RequestRedirect::Manual)
        );
        let header = |name: &str| request.headers().get(name).expect("a name");
        assert_eq!(header("if-match").as_deref(), Some("\"v1\""));
        assert!(header("user-agent").is_some_and(|agent| agent.starts_with("likeness/")));
    }
}
