//! Our webhook address, for those who can be reached: fal's message wakes the job that it is about. Whom to
//! believe and what to answer is decided in the core.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use likeness_core::{
    avatar::{AvatarId, Event, addressee},
    fal::{
        Origins,
        inbox::{Inbox, Verdict},
        webhook::{self, MAX_WEBHOOK_BYTES},
    },
};
use tokio::{net::TcpListener, sync::Mutex, task::JoinHandle};
use url::Url;

use crate::{
    clock,
    exit::{Exit, Failure},
    shell::{Link, Shell},
    transport::Transport,
};

/// Listens until it is dropped.
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
    link: Link,
    mailbox: Mailbox,
}

/// Where fal's messages arrive, whoever listens for them.
#[derive(Debug, Default)]
pub(crate) struct Mailbox(Mutex<Inbox>);

/// How long a caller may take to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// How long a caller may take to send its body.
const BODY_WITHIN: Duration = Duration::from_secs(15);

/// Begins to listen.
pub(crate) async fn listen(shell: Shell, link: Link, address: SocketAddr) -> Result<Webhooks, Failure> {
    let unheard = |error: &std::io::Error| {
        Failure::new(Exit::Usage, "usage.listen", format!("{address} cannot be listened at"))
            .why(error.to_string())
            .next("choose another address with --listen-webhook")
    };
    let listener = TcpListener::bind(address).await.map_err(|error| unheard(&error))?;
    let server = Arc::new(Server { shell, link, mailbox: Mailbox::default() });
    let listening = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let server = Arc::clone(&server);
                    let service = service_fn(move |request| answer(Arc::clone(&server), request));
                    let mut http = http1::Builder::new();
                    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
                    let connection = http.serve_connection(TokioIo::new(stream), service);
                    // A caller that breaks off calls again; nothing of ours depends on it.
                    tokio::spawn(async move { connection.await.ok() });
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
    request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, std::convert::Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = server.status(request).await;
    Ok(response)
}

impl Server {
    async fn status(&self, request: Request<Incoming>) -> StatusCode {
        if request.method() != Method::POST {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_WEBHOOK_BYTES).collect();
        let Ok(Ok(body)) = tokio::time::timeout(BODY_WITHIN, body).await else {
            return StatusCode::PAYLOAD_TOO_LARGE;
        };
        let (transport, origins) = (&self.link.transport, self.link.account.origins());
        let message =
            Message { headers: &parts.headers, target: &parts.uri.to_string(), body: &body.to_bytes() };
        self.mailbox.take(&self.shell, transport, origins, message).await.0
    }
}

/// A message as it arrived.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// Its headers.
    pub(crate) headers: &'a HeaderMap,
    /// The path with its query.
    pub(crate) target: &'a str,
    /// What it says.
    pub(crate) body: &'a [u8],
}

impl Mailbox {
    /// Judges a message, has the avatar that it is for told, and says what to answer. `transport` and `origins` are
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
            let mut inbox = self.0.lock().await;
            if let Ok(answer) = keys {
                inbox.keys_answered(webhook::parse(answer), clock::now());
            }
            verdict = inbox.judge(headers, body, clock::now());
        }
        match verdict {
            Verdict::Wake(request_id) => {
                let base = Url::parse("http://webhook.invalid").ok();
                let url = base.and_then(|base| base.join(target).ok());
                let knows = |id| shell.store.load(id).is_ok_and(|avatar| avatar.is_some());
                // A message about an avatar of nobody's is no reason for fal to come again.
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
