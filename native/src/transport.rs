//! The transport of requests: the real network and the simulated fal behind one type.

mod error;
mod http;
pub mod moving;
pub(crate) mod objects;
mod obstacle;
mod simulated;
mod source;
#[cfg(test)]
mod tests;
mod upload;

use std::{fmt, sync::Arc};

pub use hyper::body::Bytes;
use likeness_core::{
    http::{Answer, HeaderMap, NoAnswer, Request, Response, StatusCode, shown_path},
    limits::MAX_ANSWER_BYTES,
};
use url::Url;

pub use self::{
    error::{SendError, SetupError},
    simulated::{Clock, MemoryStore, SimulatorStore},
    source::{ByteSource, FileSource},
};
pub(crate) use self::{obstacle::unusable_proxy, simulated::Simulated, source::open_unchanged};

/// A sender of requests. Cheap to clone; clones share the network or the simulator.
///
/// Every request is sent at most once, whatever happens, and redirects are answers like any other.
#[derive(Clone, Debug)]
pub struct Transport(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Http(http::Http),
    Simulated(Simulated),
}

/// An answer whose body is read piece by piece, for bodies that are too large to be held whole.
pub struct Incoming {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    body: IncomingBody,
}

enum IncomingBody {
    Http(http::Arriving),
    Whole(Option<Bytes>),
}

impl Transport {
    /// Makes a transport over the real network, through the proxies that the environment names.
    pub fn http() -> Result<Self, SetupError> {
        Ok(Self(Kind::Http(http::Http::new(true)?)))
    }

    /// Makes a transport over the real network without any proxy.
    pub fn direct() -> Result<Self, SetupError> {
        Ok(Self(Kind::Http(http::Http::new(false)?)))
    }

    /// Makes a transport to the simulated fal with the state in this store, at the machine's own time. One transport
    /// must be made for each store and cloned: calls through it wait for each other, calls past it are lost.
    #[must_use]
    pub fn simulated(store: Arc<dyn SimulatorStore>) -> Self {
        Self::simulated_at(store, Arc::new(crate::clock::now))
    }

    /// Makes a transport to the simulated fal, at the time that this clock tells.
    #[must_use]
    pub fn simulated_at(store: Arc<dyn SimulatorStore>, clock: Clock) -> Self {
        Self(Kind::Simulated(Simulated::new(store, clock)))
    }

    /// Returns the proxy that leads to this address, without its name and password.
    #[must_use]
    pub fn proxy_to(&self, url: &Url) -> Option<String> {
        match &self.0 {
            Kind::Http(http) => http.proxy_to(url),
            Kind::Simulated(_) => None,
        }
    }

    /// Sends the request and reads the whole answer. A streamed body comes from `source`.
    ///
    /// An answer longer than [`MAX_ANSWER_BYTES`] is given up and counts as [`NoAnswer::Interrupted`]: the request may
    /// have been carried out, but there is no whole answer to say so.
    pub async fn send(
        &self,
        request: Request,
        source: Option<Arc<dyn ByteSource>>,
    ) -> Result<Answer, SendError> {
        let mut incoming = match self.open(request, source).await? {
            Ok(incoming) => incoming,
            Err(why) => return Ok(Err(why)),
        };
        let body = incoming.rest().await;
        let body = incoming.to_all_that_was_sent(body)?;
        Ok(body.map(|body| Response { status: incoming.status, headers: incoming.headers, body }))
    }

    /// Sends the request, whose body must not be a streamed one, and hands the answer's body over as it
    /// arrives. The request's time is that of the whole transfer, and its silence that between two pieces.
    pub async fn fetch(&self, request: Request) -> Result<Result<Incoming, NoAnswer>, SendError> {
        self.open(request, None).await
    }

    async fn open(
        &self,
        request: Request,
        source: Option<Arc<dyn ByteSource>>,
    ) -> Result<Result<Incoming, NoAnswer>, SendError> {
        // Without the query, which may hold a signature or a token, and without a bot's token.
        let host = request.url.host_str().unwrap_or_default();
        let line = format!("{} {host}{}", request.method, shown_path(&request.url));
        let opened = self.exchange(request, source).await;
        match &opened {
            Ok(Ok(incoming)) => log::debug!("{line} {}", incoming.status.as_u16()),
            Ok(Err(why)) => log::debug!("{line} {why}"),
            Err(error) => log::debug!("{line} {error}"),
        }
        opened
    }

    async fn exchange(
        &self,
        request: Request,
        source: Option<Arc<dyn ByteSource>>,
    ) -> Result<Result<Incoming, NoAnswer>, SendError> {
        match &self.0 {
            Kind::Http(http) => Ok(http.send(request, source).await?.map(|arriving| Incoming {
                status: arriving.status(),
                headers: arriving.headers().clone(),
                body: IncomingBody::Http(arriving),
            })),
            Kind::Simulated(simulated) => {
                Ok(simulated.send(request, source).await?.map(|response| Incoming {
                    status: response.status,
                    headers: response.headers,
                    body: IncomingBody::Whole(Some(response.body.into())),
                }))
            }
        }
    }
}

impl Incoming {
    /// Returns the next bytes; `None` when the answer is whole.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, NoAnswer> {
        match &mut self.body {
            IncomingBody::Http(arriving) => arriving.chunk().await,
            IncomingBody::Whole(body) => Ok(body.take().filter(|body| !body.is_empty())),
        }
    }

    async fn rest(&mut self) -> Result<Vec<u8>, NoAnswer> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                log::debug!("an answer of more than {MAX_ANSWER_BYTES} bytes was given up");
                return Err(NoAnswer::Interrupted);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn to_all_that_was_sent<T>(&self, body: Result<T, NoAnswer>) -> Result<Result<T, NoAnswer>, SendError> {
        match &self.body {
            IncomingBody::Http(arriving) => Ok(arriving.check()?.and(body)),
            IncomingBody::Whole(_) => Ok(body),
        }
    }
}

/// Shows the status alone: the body may be a person's portrait, and headers may hold secrets.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({})", self.status)
    }
}
