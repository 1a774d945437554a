//! The real network.
//!
//! Three things that the client library must not do, with the means against each:
//!
//! - follow redirects: [`reqwest::redirect::Policy::none`]. A redirected purchase is not known to be taken.
//! - send again by itself: [`reqwest::retry::never`], and no connection is kept for a later request. A kept
//!   connection that the server has just closed is where HTTP libraries repeat a request, or report one that
//!   the server may have read as one that was never sent.
//! - speak HTTP/2, whose GOAWAY is another such place.
//!
//! TLS is rustls with the *ring* provider. Certificates are judged by the platform: on Linux by its certificate store,
//! or by the files in `SSL_CERT_FILE` and `SSL_CERT_DIR`, where a private authority belongs. `HTTPS_PROXY`,
//! `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are respected, for loopback addresses too: a person who sets `HTTP_PROXY`
//! and serves a simulator lists `127.0.0.1` in `NO_PROXY`.

use std::{io, ops::Range, pin::pin, sync::Arc, time::Duration};

use likeness_core::{
    http::{Body, HeaderMap, NoAnswer, Request, StatusCode, check_early},
    limits::TRANSFER_TIMEOUT,
};
use reqwest::header::CONTENT_LENGTH;
use tokio::time::Instant;
use url::Url;

use super::{
    error::{SendError, SetupError},
    obstacle::{self, Attempt, Proxies},
    source::{ByteSource, Held},
    upload::{Progress, Upload},
};

/// Time for making a connection: name, TCP and TLS together. It is shorter than every request's own time, so that an
/// address where no server answers is reported as such.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// An HTTP/1.1 client that sends each request once, on a connection of its own.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    proxies: Option<Arc<Proxies>>,
}

/// An answer whose body is still on its way.
#[derive(Debug)]
pub(super) struct Arriving {
    response: reqwest::Response,
    patience: Patience,
    upload: Option<Arc<Progress>>,
}

/// The limits of waiting.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// The end of the whole exchange.
    deadline: Option<Instant>,
    /// The longest time without a byte.
    silence: Option<Duration>,
}

impl Http {
    pub(super) fn new(use_proxies: bool) -> Result<Self, SetupError> {
        // It fails only where the process has a provider already: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("likeness/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .http1_only()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT);
        let builder = if use_proxies { builder } else { builder.no_proxy() };
        let client = builder.build().map_err(|error| SetupError(sentence(error)))?;
        let proxies = use_proxies.then(|| Arc::new(Proxies::of_environment()));
        Ok(Self { client, proxies })
    }

    /// Returns the proxy that leads to this address.
    pub(super) fn proxy_to(&self, url: &Url) -> Option<String> {
        self.proxies.as_ref().and_then(|proxies| proxies.to(url))
    }

    /// Reads the library's error. Only an error of the connecting itself (name, TCP, proxy, TLS) proves that nothing
    /// was sent: the request is written after that. Every other error leaves it open.
    fn no_answer(&self, error: reqwest::Error, url: &Url) -> NoAnswer {
        let why = if error.is_connect() {
            let attempt = Attempt {
                unknown_name: error.is_dns(),
                proxied: self.proxy_to(url).is_some(),
                unusable_proxy: self.proxies.is_some() && obstacle::unusable_proxy(url).is_some(),
            };
            obstacle::of(&error, attempt)
        } else if obstacle::is_not_http(&error) {
            NoAnswer::NotHttp
        } else {
            NoAnswer::Interrupted
        };
        log::debug!("{why}: {}", sentence(error));
        why
    }

    /// Sends the request and waits for the answer's headers.
    pub(super) async fn send(
        &self,
        request: Request,
        source: Option<Arc<dyn ByteSource>>,
    ) -> Result<Result<Arriving, NoAnswer>, SendError> {
        let (patience, url) = (Patience::of(&request), request.url.clone());
        let mut builder = self.client.request(request.method, request.url).headers(request.headers);
        let mut upload = None;
        builder = match request.body {
            Body::Empty => builder,
            Body::Bytes(bytes) if patience.silence.is_none() => builder.body(bytes),
            // Bytes in memory are streamed too, so that their progress is known.
            Body::Bytes(bytes) => {
                let length = bytes.len() as u64;
                let (body, progress) = Upload::new(Arc::new(Held(bytes.into())), 0..length);
                upload = Some(progress);
                builder.header(CONTENT_LENGTH, length).body(reqwest::Body::wrap(body))
            }
            Body::Stream { start, length } => {
                let range = stream_range(start, length)?;
                let (body, progress) = Upload::new(source.ok_or_else(no_source)?, range);
                upload = Some(progress);
                builder.header(CONTENT_LENGTH, length).body(reqwest::Body::wrap(body))
            }
        };
        let request = builder.build().map_err(|error| SendError::Unsendable(sentence(error)))?;
        let sent = patience.while_moving(upload.as_deref(), self.client.execute(request)).await;
        match sent.and_then(|sent| sent.map_err(|error| self.no_answer(error, &url))) {
            Ok(response) => Ok(Ok(Arriving { response, patience, upload })),
            Err(why) => match upload.and_then(|upload| upload.take_failure()) {
                Some(failure) => Err(SendError::Source(failure)),
                None => Ok(Err(why)),
            },
        }
    }
}

impl Arriving {
    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Returns the next bytes; `None` when the answer is whole.
    pub(super) async fn chunk(&mut self) -> Result<Option<hyper::body::Bytes>, NoAnswer> {
        let chunk = self.patience.while_moving(None, self.response.chunk()).await?;
        chunk.map_err(|error| {
            let why = NoAnswer::Interrupted;
            log::debug!("{why}: {}", sentence(error));
            why
        })
    }

    /// Tells whether the answer, now that all of it has arrived, counts. A server may answer before it has read everything.
    pub(super) fn check(&self) -> Result<Result<(), NoAnswer>, SendError> {
        let Some(upload) = &self.upload else { return Ok(Ok(())) };
        if let Some(failure) = upload.take_failure() {
            return Err(SendError::Source(failure));
        }
        Ok(if upload.is_whole() { Ok(()) } else { check_early(self.status()) })
    }
}

/// Stops the upload: a server that answers early would otherwise be sent the rest of the body for nothing.
impl Drop for Arriving {
    fn drop(&mut self) {
        if let Some(upload) = &self.upload {
            upload.stop();
        }
    }
}

/// Returns the range of bytes that a streamed body asks for.
pub(super) fn stream_range(start: u64, length: u64) -> Result<Range<u64>, SendError> {
    let end = start.checked_add(length);
    end.map(|end| start..end).ok_or_else(|| SendError::Unsendable("a body beyond 16 EiB".to_owned()))
}

/// Makes the error of a streamed body without a source.
pub(super) fn no_source() -> SendError {
    SendError::Source(io::Error::new(io::ErrorKind::NotFound, "there is nothing to stream the body from"))
}

impl Patience {
    fn of(request: &Request) -> Self {
        Self { deadline: Instant::now().checked_add(request.timeout), silence: request.silence }
    }

    /// Waits for the work as long as bytes of the request's body move.
    async fn while_moving<T>(
        self,
        upload: Option<&Progress>,
        work: impl Future<Output = T>,
    ) -> Result<T, NoAnswer> {
        let (begun, mut work) = (Instant::now(), pin!(work));
        loop {
            let Some(until) = self.until(begun, upload) else { return Ok(work.await) };
            match tokio::time::timeout_at(until, &mut work).await {
                Ok(done) => return Ok(done),
                // Unless more bytes have left meanwhile.
                Err(_) if self.until(begun, upload).is_some_and(|until| until <= Instant::now()) => {
                    return Err(NoAnswer::TimedOut);
                }
                Err(_) => {}
            }
        }
    }

    fn until(self, begun: Instant, upload: Option<&Progress>) -> Option<Instant> {
        let quiet = self.silence.and_then(|silence| match upload {
            // Bytes that were handed over may still lie in this machine, and storage takes its time over the whole
            // file.
            Some(upload) if upload.is_whole() => upload.moved_at().checked_add(TRANSFER_TIMEOUT.max(silence)),
            Some(upload) => upload.moved_at().checked_add(silence),
            None => begun.checked_add(silence),
        });
        [self.deadline, quiet].into_iter().flatten().min()
    }
}

/// Writes the error with its causes and without the address, whose query may hold a signature.
fn sentence(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use likeness_core::{
        http::{Method, NoAnswer, Request},
        limits::{TRANSFER_CEILING, TRANSFER_SILENCE, TRANSFER_TIMEOUT},
    };
    use tokio::time::{Instant, sleep};

    use super::{Patience, Progress};

    fn patience() -> Patience {
        let url = "http://storage.test/".parse().expect("an address");
        Patience::of(&Request::transfer(Method::PUT, url))
    }

    #[tokio::test(start_paused = true)]
    async fn what_keeps_moving_is_not_cut_off() {
        let (begun, progress) = (Instant::now(), Progress::of(1000));
        let sending = async {
            // Five hours of it, by a very slow line.
            for _ in 0..300 {
                sleep(Duration::from_secs(TRANSFER_SILENCE.as_secs() - 1)).await;
                progress.moved(1);
            }
            7
        };
        assert_eq!(patience().while_moving(Some(&progress), sending).await, Ok(7));
        assert!(begun.elapsed() > 12 * TRANSFER_TIMEOUT);
        let endless = async {
            loop {
                sleep(Duration::from_secs(1)).await;
                progress.moved(0);
            }
        };
        let begun = Instant::now();
        let ended: Result<(), NoAnswer> = patience().while_moving(Some(&progress), endless).await;
        assert_eq!((ended, begun.elapsed().as_secs()), (Err(NoAnswer::TimedOut), TRANSFER_CEILING.as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_silent_is_given_up_and_what_is_whole_is_waited_for() {
        let given_up = async |progress: Option<Progress>| {
            let begun = Instant::now();
            let ended: Result<(), NoAnswer> = patience().while_moving(progress.as_ref(), pending()).await;
            assert_eq!(ended, Err(NoAnswer::TimedOut));
            begun.elapsed().as_secs()
        };
        assert_eq!(given_up(Some(Progress::of(1000))).await, TRANSFER_SILENCE.as_secs());
        assert_eq!(given_up(Some(Progress::of(0))).await, TRANSFER_TIMEOUT.as_secs());
        assert_eq!(given_up(None).await, TRANSFER_SILENCE.as_secs());
    }

    /// Sends a purchase, which keeps its total time.
    #[tokio::test(start_paused = true)]
    async fn a_call_has_its_time_and_no_more() {
        let url = "http://fal.test/".parse().expect("an address");
        let call = Request::new(Method::POST, url, Duration::from_mins(5));
        let begun = Instant::now();
        let ended: Result<(), NoAnswer> = Patience::of(&call).while_moving(None, pending()).await;
        assert_eq!((ended, begun.elapsed()), (Err(NoAnswer::TimedOut), Duration::from_mins(5)));
    }
}
