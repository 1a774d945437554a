//! What the imager is asked, and what it says.
//!
//! At the edge photos are prepared and files are moved by a Worker of its own, which knows no key and decides
//! nothing: each job carries presigned addresses, and its report is all that comes back. Both are JSON: job in the
//! body of a POST, report in the answer's (status 200, also when the job failed for a reason that the report names).

use std::collections::BTreeMap;

use http::{HeaderName, Method};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    avatar::{Kept, PrepareError, Prepared, Sha256Sum},
    error::{Error, StorageError},
    http::{Body, NoAnswer, Request, Response},
    limits::{PhotoLimits, TRANSFER_TIMEOUT},
};

/// One thing for the imager to do. It holds signed addresses, so it is never stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "job")]
pub enum ImagerJob {
    /// Read a photo, hold its headers against the limits, make it clean, write the JPEG.
    Prepare {
        /// Reads the photo.
        photo: SignedRequest,
        /// What its bytes must be, when they were read before.
        sha256: Option<Sha256Sum>,
        /// How the photo is called in errors.
        place: String,
        /// What it may be.
        limits: PhotoLimits,
        /// Writes the clean JPEG.
        target: SignedRequest,
        /// How the clean JPEG is called.
        file: String,
    },
    /// Send these pieces, one after the other, as the body of one request.
    Send {
        /// The pieces.
        pieces: Vec<SentPiece>,
        /// How many bytes they are together: the Content-Length.
        length: u64,
        /// Where they go.
        to: SignedRequest,
    },
    /// Copy a file from one address to another.
    Fetch {
        /// Reads it. The answer must say how long it is.
        from: SignedRequest,
        /// The most bytes that it may have.
        max_bytes: u64,
        /// Writes it.
        target: SignedRequest,
        /// How the copy is called.
        file: String,
    },
}

/// A part of what is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentPiece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// An object, or a part of it.
    Object {
        /// Reads it; a part is asked for by the range in its headers.
        from: SignedRequest,
        /// How many bytes it must have.
        length: u64,
        /// The CRC-32 of these bytes, when it is known.
        crc32: Option<u32>,
        /// How it is called in errors.
        place: String,
    },
}

/// A request without a body that carries its own permission.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignedRequest {
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: Url,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
}

/// What came of a job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImagerReport {
    /// Of [`ImagerJob::Prepare`].
    Prepared(Result<Prepared, PrepareError>),
    /// Of [`ImagerJob::Send`]: what was answered, or why there is no answer.
    Sent(Result<SentAnswer, SendFailure>),
    /// Of [`ImagerJob::Fetch`].
    Fetched(Result<Kept, Error>),
}

/// An answer, as text.
#[derive(Debug, Serialize, Deserialize)]
pub struct SentAnswer {
    /// The status code.
    pub status: u16,
    /// The headers that are text.
    pub headers: BTreeMap<String, String>,
    /// The body, as far as it is text.
    pub body: String,
}

/// Why bytes could not be sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendFailure {
    /// No whole answer came.
    NoAnswer(NoAnswer),
    /// A piece could not be read, or is not what it was.
    Source(StorageError),
}

impl ImagerJob {
    /// What a job needs in time, whatever its size.
    pub const TIMEOUT: std::time::Duration = TRANSFER_TIMEOUT;
}

impl SignedRequest {
    /// The request, without what it carries. Headers that are no text are left out: none of ours is.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let text = |(name, value): (&HeaderName, &http::HeaderValue)| {
            Some((name.to_string(), value.to_str().ok()?.to_owned()))
        };
        let headers = request.headers.iter().filter_map(text).collect();
        Self { method: request.method.to_string(), url: request.url.clone(), headers }
    }

    /// The request again, with the time that a transfer has. `None` for a method that is none.
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let mut request = Request::new(method, self.url.clone(), TRANSFER_TIMEOUT);
        for (name, value) in &self.headers {
            request = request.header(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        Some(Request { body: Body::Empty, ..request })
    }
}

/// Without the address, which is signed.
impl std::fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, crate::http::without_query(&self.url))
    }
}

impl SentAnswer {
    /// The answer as text.
    #[must_use]
    pub fn of(response: &Response) -> Self {
        let text = |(name, value): (&HeaderName, &http::HeaderValue)| {
            Some((name.to_string(), value.to_str().ok()?.to_owned()))
        };
        Self {
            status: response.status.as_u16(),
            headers: response.headers.iter().filter_map(text).collect(),
            body: String::from_utf8_lossy(&response.body).into_owned(),
        }
    }

    /// The answer again.
    #[must_use]
    pub fn response(self) -> Response {
        let mut headers = http::HeaderMap::new();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_str(value))
            {
                headers.insert(name, value);
            }
        }
        let status = http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
        Response { status, headers, body: self.body.into_bytes() }
    }
}
