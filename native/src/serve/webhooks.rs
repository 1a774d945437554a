//! Our webhook address, for machines that fal can reach: fal's message wakes the job that it is about. The core decides
//! which message to believe and how to answer.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Empty;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    service::service_fn,
};
use likeness_core::{
    avatar::{AvatarId, Event, addressee},
    fal::{
        Origins,
        webhook::{self, MAX_WEBHOOK_BYTES},
        webhook_verifier::{Verdict, WebhookVerifier},
    },
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, watch},
    task::JoinHandle,
};
use url::Url;

use super::connections::{Connections, Limits, Origin, Pace, Paced, Places};
use crate::{
    clock,
    driver::shell::{Connection, Shell},
    failure::{Exit, Failure},
    transport::Transport,
};

/// A listener that listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Webhooks {
    listening: JoinHandle<()>,
}

impl Drop for Webhooks {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

struct Server {
    shell: Shell,
    connection: Connection,
    verifier: SharedVerifier,
    messages: Places<Origin>,
    pace: Pace,
}

/// The receiver of fal's messages, for `--listen-webhook` and for `serve`.
#[derive(Debug, Default)]
pub(crate) struct SharedVerifier(Mutex<WebhookVerifier>);

/// The most connections there may be. Only fal calls here.
const LIMITS: Limits = Limits {
    known: 0,
    unknown: 64,
    unknown_of_one: 32,
    grace: Duration::from_millis(250),
    patience: Duration::from_secs(5),
    head_within: Duration::from_secs(10),
    silence: Duration::from_secs(30),
    longest: Duration::from_mins(10),
};

/// The most messages that may arrive at a time.
const MOST_MESSAGES: usize = 16;

/// Begins to listen.
pub(crate) async fn listen(
    shell: Shell,
    connection: Connection,
    address: SocketAddr,
) -> Result<Webhooks, Failure> {
    let unheard = |error: &std::io::Error| {
        Failure::new(Exit::Usage, "usage.listen", format!("{address} cannot be listened at"))
            .why(error.to_string())
            .next("choose another address with --listen-webhook")
    };
    let listener = TcpListener::bind(address).await.map_err(|error| unheard(&error))?;
    let messages = Places::new(MOST_MESSAGES, MOST_MESSAGES);
    let server =
        Server { shell, connection, verifier: SharedVerifier::default(), messages, pace: Pace::default() };
    let server = Arc::new(server);
    let connections = Connections::new(LIMITS);
    let listening = tokio::spawn(async move {
        // The listener has no way to be stopped: a caller that breaks off calls again, and nothing of ours depends on
        // it.
        let (_open, closing) = watch::channel(false);
        loop {
            match listener.accept().await {
                Ok((stream, address)) => {
                    let (server, connections) = (Arc::clone(&server), connections.clone());
                    let (origin, closing) = (Origin::from(address), closing.clone());
                    let seat = connections.sit(origin).await;
                    tokio::spawn(async move {
                        let service = service_fn(|request| {
                            let (server, seat) = (Arc::clone(&server), Arc::clone(&seat));
                            async move {
                                let _busy = seat.busy();
                                answer(server, origin, request).await
                            }
                        });
                        connections.serve(&seat, stream, service, closing).await;
                    });
                }
                Err(error) => {
                    log::warn!("no webhook could be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(Webhooks { listening })
}

async fn answer(
    server: Arc<Server>,
    origin: Origin,
    request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, std::convert::Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = server.status(origin, request).await;
    Ok(response)
}

impl Server {
    async fn status(&self, origin: Origin, request: Request<Incoming>) -> StatusCode {
        if request.method() != Method::POST {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        let (parts, body) = request.into_parts();
        let Some(place) = self.messages.take(origin) else { return StatusCode::TOO_MANY_REQUESTS };
        let body = tokio::select! {
            body = Paced::new(body, self.pace).whole(MAX_WEBHOOK_BYTES as u64) => body,
            () = place.lost() => return StatusCode::TOO_MANY_REQUESTS,
        };
        let body = match body {
            Ok(Some(body)) => body,
            Ok(None) => return StatusCode::PAYLOAD_TOO_LARGE,
            Err(_) => return StatusCode::REQUEST_TIMEOUT,
        };
        let (transport, origins) = (&self.connection.transport, self.connection.account.origins());
        let message = Message { headers: &parts.headers, target: &parts.uri.to_string(), body: &body };
        self.verifier.take(&self.shell, transport, origins, message).await.0
    }
}

/// A message as it arrived.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// Headers of the message.
    pub(crate) headers: &'a HeaderMap,
    /// Path with its query.
    pub(crate) target: &'a str,
    /// Body of the message.
    pub(crate) body: &'a [u8],
}

impl SharedVerifier {
    /// Judges a message, reports it to the avatar that it is for, and returns the answer. `transport` and `origins` are
    /// for fal's public keys.
    pub(crate) async fn take(
        &self,
        shell: &Shell,
        transport: &Transport,
        origins: &Origins,
        message: Message<'_>,
    ) -> (StatusCode, Option<AvatarId>) {
        let Message { headers, target, body } = message;
        let mut verdict = self.0.lock().await.judge(headers, body, clock::now());
        if verdict == Verdict::FetchKeys {
            let keys = transport.send(webhook::request(origins), None).await;
            let mut verifier = self.0.lock().await;
            if let Ok(answer) = keys {
                verifier.keys_answered(webhook::parse(answer), clock::now());
            }
            verdict = verifier.judge(headers, body, clock::now());
        }
        match verdict {
            Verdict::Wake(request_id) => {
                let base = Url::parse("http://webhook.invalid").ok();
                let url = base.and_then(|base| base.join(target).ok());
                let knows = |id| shell.store.load(id).is_ok_and(|avatar| avatar.is_some());
                // A message about an avatar that does not exist is answered with success all the same, or fal would
                // repeat it.
                let ours = url.as_ref().and_then(addressee).filter(|(id, _)| knows(*id));
                let woken = ours.as_ref().map(|(id, _)| *id);
                if let Some((id, token)) = ours {
                    log::debug!("a webhook names request {request_id}");
                    let event = Event::Webhook { request_id, token: Some(token) };
                    if let Err(failure) = shell.tell(id, event) {
                        log::warn!("a webhook could not be saved: {failure:?}");
                        return (StatusCode::SERVICE_UNAVAILABLE, None);
                    }
                }
                self.0.lock().await.delivered(headers, clock::now());
                (StatusCode::OK, woken)
            }
            Verdict::Known => (StatusCode::OK, None),
            Verdict::Refused(status) => {
                log::debug!("a webhook was refused with {status}");
                (status, None)
            }
            Verdict::FetchKeys => (StatusCode::SERVICE_UNAVAILABLE, None),
        }
    }
}
