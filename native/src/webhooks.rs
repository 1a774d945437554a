//! Our webhook address, for those who can be reached: fal's message wakes the job that it is about. Whom to
//! believe and what to answer is decided in the core.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use likeness_core::{
    avatar::{AvatarId, Event, addressee},
    fal::{
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
    inbox: Mutex<Inbox>,
}

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
    let server = Arc::new(Server { shell, link, inbox: Mutex::new(Inbox::default()) });
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
    fn knows(&self, id: AvatarId) -> bool {
        self.shell.store.load(id).is_ok_and(|avatar| avatar.is_some())
    }

    async fn status(&self, request: Request<Incoming>) -> StatusCode {
        if request.method() != Method::POST {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_WEBHOOK_BYTES).collect();
        let Ok(Ok(body)) = tokio::time::timeout(BODY_WITHIN, body).await else {
            return StatusCode::PAYLOAD_TOO_LARGE;
        };
        let body = body.to_bytes();
        let mut verdict = self.inbox.lock().await.judge(&parts.headers, &body, clock::now());
        if verdict == Verdict::FetchKeys {
            let keys = self.link.transport.send(webhook::request(self.link.account.origins()), None).await;
            let mut inbox = self.inbox.lock().await;
            if let Ok(answer) = keys {
                inbox.keys_answered(webhook::parse(answer), clock::now());
            }
            verdict = inbox.judge(&parts.headers, &body, clock::now());
        }
        match verdict {
            Verdict::Wake(request_id) => {
                let base = Url::parse("http://webhook.invalid").ok();
                let url = base.and_then(|base| base.join(&parts.uri.to_string()).ok());
                // A message about an avatar of nobody's is no reason for fal to come again.
                let ours = url.as_ref().and_then(addressee).filter(|(id, _)| self.knows(*id));
                if let Some((id, token)) = ours {
                    log::debug!("a webhook names request {request_id}");
                    let event = Event::Webhook { request_id, token: Some(token) };
                    if let Err(failure) = self.shell.tell(id, event) {
                        log::warn!("a webhook could not be saved: {failure:?}");
                        return StatusCode::SERVICE_UNAVAILABLE;
                    }
                }
                self.inbox.lock().await.delivered(&parts.headers, clock::now());
                StatusCode::OK
            }
            Verdict::Known => StatusCode::OK,
            Verdict::Refused(status) => {
                log::debug!("a webhook was refused with {status}");
                status
            }
            Verdict::FetchKeys => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
