//! Our webhook address, for machines that fal can reach: fal's message wakes the job that it is about. The core decides
//! which message to believe and how to answer.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Empty;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    service::service_fn,
};
use likeness_core::{
    api::{WebhookIntake, WebhookStep},
    avatar::AvatarId,
    fal::{
        Origins,
        webhook::{self, MAX_WEBHOOK_BYTES},
        webhook_verifier::WebhookVerifier,
    },
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, watch},
    task::JoinHandle,
};

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
        let message = WebhookIntake::new(&parts.headers, &parts.uri.to_string(), &body);
        self.verifier.take(&self.shell, transport, origins, message).await.0
    }
}

impl SharedVerifier {
    /// Judges a message, reports it to the avatar that it is for, and returns the answer. `transport` and `origins` are
    /// for fal's public keys.
    pub(crate) async fn take(
        &self,
        shell: &Shell,
        transport: &Transport,
        origins: &Origins,
        mut message: WebhookIntake<'_>,
    ) -> (StatusCode, Option<AvatarId>) {
        loop {
            let step = message.step(&mut *self.0.lock().await, clock::now());
            match step {
                WebhookStep::FetchKeys => {
                    if let Ok(keys) = transport.send(webhook::request(origins), None).await {
                        self.0.lock().await.keys_answered(webhook::parse(keys), clock::now());
                    }
                }
                WebhookStep::Tell(id, hint) => {
                    log::debug!("a webhook names request {}", hint.request_id);
                    let known = shell.store.load(id).is_ok_and(|avatar| avatar.is_some());
                    let told = if known { shell.tell(id, hint.into()).map(drop) } else { Ok(()) };
                    if let Err(failure) = &told {
                        log::warn!("a webhook could not be saved: {failure:?}");
                    }
                    let status = message.told(told.is_ok(), &mut *self.0.lock().await, clock::now());
                    return (status, Some(id).filter(|_| known && told.is_ok()));
                }
                WebhookStep::Answer(status) => {
                    log::debug!("a webhook is answered with {status}");
                    return (status, None);
                }
            }
        }
    }
}
