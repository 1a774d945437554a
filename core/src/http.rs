//! HTTP as plain data: the core describes a request, a shell sends it and hands the answer back.

pub mod wire;

use std::{fmt, time::Duration};

pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::limits::{TRANSFER_CEILING, TRANSFER_SILENCE, TRANSFER_TIMEOUT};

/// A request to send. Redirects are never followed, whatever the shell's HTTP client would like.
///
/// As JSON it is for a Worker that knows no key: method, address and headers, none of them secret. Its body goes another
/// way, and it has the time of a transfer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Request {
    /// HTTP method.
    #[serde(with = "wire::method")]
    pub method: Method,
    /// Whole address.
    pub url: Url,
    /// Every header that matters; the shell adds `Host`, `Content-Length` and its `User-Agent`.
    #[serde(with = "wire::headers")]
    pub headers: HeaderMap,
    /// Body to send.
    #[serde(skip)]
    pub body: Body,
    /// Time after which the shell gives up, from the start until the whole answer has arrived.
    #[serde(skip, default = "time_of_a_transfer")]
    pub timeout: Duration,
    /// Longest time without a byte in a transfer, in either direction, before the shell gives up. The `timeout` of
    /// a transfer only ends one that trickles for ever.
    #[serde(skip)]
    pub silence: Option<Duration>,
}

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// Bytes in memory.
    Bytes(Vec<u8>),
    /// A number of bytes that the shell streams: part or whole of the archive or model file of the task at hand,
    /// beginning at `start`.
    Stream {
        /// Position of the first byte in the whole.
        start: u64,
        /// Number of bytes that follow; sent as Content-Length.
        length: u64,
    },
}

fn time_of_a_transfer() -> Duration {
    TRANSFER_TIMEOUT
}

impl Request {
    /// Makes a request without headers or body.
    #[must_use]
    pub fn new(method: Method, url: Url, timeout: Duration) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Body::Empty, timeout, silence: None }
    }

    /// Makes a request that moves a file, in either direction, and is limited by silence.
    #[must_use]
    pub fn transfer(method: Method, url: Url) -> Self {
        Self { silence: Some(TRANSFER_SILENCE), ..Self::new(method, url, TRANSFER_CEILING) }
    }

    /// Returns the time limit of an answer that comes in one piece.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.silence.unwrap_or(self.timeout)
    }

    /// Adds a header. A value that is not legal in a header is left out, since it could only have come from a
    /// configuration that was checked before.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a header that `Debug` must not show.
    #[must_use]
    pub fn secret_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(mut self, value: &serde_json::Value) -> Self {
        self.body = Body::Bytes(value.to_string().into_bytes());
        self.header(http::header::CONTENT_TYPE, "application/json")
    }
}

/// Shows the request's address, but neither query nor headers, which may hold signatures and keys.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, without_query(&self.url))
    }
}

/// Returns the address as it may be logged: no query (signatures live there), no fragment, no user, and no token of a
/// Telegram bot, which stands in the path.
#[must_use]
pub fn without_query(url: &Url) -> String {
    let query = url.query().map_or("", |_| "?…");
    format!("{}{}{query}", url.origin().ascii_serialization(), shown_path(url))
}

/// Returns the path of the address as it may be logged.
#[must_use]
pub fn shown_path(url: &Url) -> String {
    url.path().split('/').map(without_bot_token).collect::<Vec<_>>().join("/")
}

/// Leaves out the token in a part of a path such as `bot123456789:AA…`.
fn without_bot_token(part: &str) -> &str {
    let token = part.strip_prefix("bot").unwrap_or_default();
    let id = token.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let colon = id.starts_with(':') || id.get(..3).is_some_and(|colon| colon.eq_ignore_ascii_case("%3a"));
    if colon && id.len() < token.len() { "bot…" } else { part }
}

/// An answer with its whole body. As JSON, its headers and body are there as far as they are text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status.
    #[serde(with = "wire::status")]
    pub status: StatusCode,
    /// Headers of the answer.
    #[serde(with = "wire::headers")]
    pub headers: HeaderMap,
    /// Whole body; the shell reads at most [`crate::limits::MAX_ANSWER_BYTES`].
    #[serde(with = "wire::text")]
    pub body: Vec<u8>,
}

impl Response {
    /// Makes an answer with a JSON body, for the simulator and tests.
    #[must_use]
    pub fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status, headers, body: value.to_string().into_bytes() }
    }

    /// Returns a header's value, when it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Judges an answer that came before the whole request was sent: a refusal counts, a success does not, since the server
/// cannot have everything.
pub fn check_early(status: StatusCode) -> Result<(), NoAnswer> {
    if status.is_success() { Err(NoAnswer::Interrupted) } else { Ok(()) }
}

/// The reason why no complete answer arrived. Each case says whether the request may have been taken: that decides
/// whether a purchase may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum NoAnswer {
    /// No connection was made, so nothing was sent: safe to repeat, even a purchase.
    NotConnected,
    /// No connection was made, for a known reason: nothing was sent, as with [`Self::NotConnected`].
    Blocked(Obstacle),
    /// The time was up before the whole answer had arrived. The request may have been taken.
    TimedOut,
    /// The connection ended before the whole answer had arrived. The request may have been taken.
    Interrupted,
    /// The answer is not HTTP. The request may have been taken all the same.
    NotHttp,
}

/// An obstacle that keeps a connection from being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum Obstacle {
    /// The server's name could not be looked up.
    UnknownName,
    /// The proxy's address cannot be read, and the server was not reached without one.
    ProxyAddress,
    /// The proxy could not be reached.
    ProxyUnreachable,
    /// The proxy asks for a name and a password.
    ProxyLogin,
    /// The proxy would not connect, or is not one.
    ProxyRefused,
    /// No trusted authority has issued the server's certificate.
    UnknownIssuer,
    /// The certificate is that of another server.
    OtherServer,
    /// The certificate is not valid at the time that the clock shows.
    Clock,
    /// The certificate cannot be used for another reason.
    Certificate,
    /// The server does not speak TLS.
    NotTls,
}

/// An answer, or the reason why there is none.
pub type Answer = Result<Response, NoAnswer>;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Method, NoAnswer, Obstacle, Request};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn what_was_stored_before_obstacles_were_named_is_read() {
        for (stored, why) in [
            ("\"not_connected\"", NoAnswer::NotConnected),
            ("\"timed_out\"", NoAnswer::TimedOut),
            ("\"interrupted\"", NoAnswer::Interrupted),
            ("{\"blocked\":\"proxy_login\"}", NoAnswer::Blocked(Obstacle::ProxyLogin)),
        ] {
            assert_eq!(serde_json::from_str::<NoAnswer>(stored).expect("a cause"), why);
            assert_eq!(serde_json::to_string(&why).expect("text"), stored);
        }
    }

    #[test]
    fn a_request_shows_neither_its_signature_nor_its_key() {
        let url = "https://bucket.example/a.jpg?X-Amz-Signature=abc".parse().expect("url");
        let request = Request::new(Method::GET, url, Duration::from_secs(1))
            .secret_header(http::header::AUTHORIZATION, "Key kid:hush");
        assert_eq!(format!("{request:?}"), "GET https://bucket.example/a.jpg?…");
        assert!(!format!("{:?}", request.headers).contains("hush"));
    }

    #[test]
    fn the_token_of_a_bot_is_not_shown() {
        for (path, shown) in [
            ("/bot123:AAsecret/getMe", "/bot…/getMe"),
            ("/file/bot123:AAsecret/photos/1.jpg", "/file/bot…/photos/1.jpg"),
            ("/bot123%3AAAsecret/getMe", "/bot…/getMe"),
            ("/bots/bot/bottle:1/bot12", "/bots/bot/bottle:1/bot12"),
        ] {
            let url = format!("https://api.telegram.org{path}").parse().expect("a URL");
            assert_eq!(super::without_query(&url), format!("https://api.telegram.org{shown}"));
        }
    }

    #[test]
    fn a_request_with_a_key_is_not_written_for_another_worker() {
        let url = "https://bucket.example/a.jpg?X-Amz-Signature=abc".parse().expect("url");
        let request = Request::transfer(Method::GET, url).header(http::header::RANGE, "bytes=0-9");
        let text = serde_json::to_string(&request).expect("JSON");
        let read: Request = serde_json::from_str(&text).expect("the same");
        assert_eq!(
            (&read.method, &read.url, &read.headers),
            (&request.method, &request.url, &request.headers)
        );
        let keyed = request.secret_header(http::header::AUTHORIZATION, "Key kid:hush");
        assert!(serde_json::to_string(&keyed).is_err());
    }
}
