//! A call to the simulator: its body is read to the end, the simulator answers, the answer goes out or is withheld.

use std::{
    convert::Infallible,
    io::{self, Cursor, Seek as _},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http_body_util::{BodyExt as _, Either, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming as RequestBody},
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderValue,
    },
};
use likeness_core::{
    http::Response as Whole,
    simulator::{Body as SimulatorBody, EventStream, Incoming, KeptFile, Reply},
};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::{io::AsyncWriteExt as _, sync::mpsc};

use super::{files, server::Server};
use crate::streamed::Streamed;

/// The error that closes the connection without an answer, as the simulator wants it or since the bytes were not a
/// call.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error("the simulator cut it")]
    Dropped,
    #[error("the call was not whole: {0}")]
    Incomplete(#[source] hyper::Error),
}

type AnswerBody = Either<Full<Bytes>, Either<EventBody, Streamed>>;

pub(super) async fn answer(
    server: Arc<Server>,
    request: Request<RequestBody>,
) -> Result<Response<AnswerBody>, Cut> {
    let mut line = Line {
        server: Arc::clone(&server),
        call: format!("{} {}", request.method(), request.uri().path()),
        end: "no answer: the caller left before the call was whole".to_owned(),
    };
    let answer = respond(&server, request, &mut line).await;
    line.end = match &answer {
        Ok(answer) => answer.status().as_u16().to_string(),
        Err(cut) => format!("no answer: {cut}"),
    };
    answer.map(for_browsers)
}

/// The log line of a call. It is written however the call ends: a caller that goes away may end it at any point, and
/// its orders stay ordered.
struct Line {
    server: Arc<Server>,
    call: String,
    end: String,
}

impl Drop for Line {
    fn drop(&mut self) {
        log::info!("{} {}", self.call, self.end);
        self.server.changed.notify_one();
    }
}

async fn respond(
    server: &Arc<Server>,
    request: Request<RequestBody>,
    line: &mut Line,
) -> Result<Response<AnswerBody>, Cut> {
    let (head, body) = request.into_parts();
    // fal's JavaScript client also runs in browsers, which ask first. The simulator has nothing to protect.
    if head.method == Method::OPTIONS {
        return Ok(whole(StatusCode::NO_CONTENT, Bytes::new()));
    }
    let incoming = Incoming { method: head.method, url: head.uri.to_string(), headers: head.headers };
    let received = receive(server, body).await;
    "no answer: the caller left".clone_into(&mut line.end);
    let reply = match received {
        Ok(body) => reply(server, incoming, body).await,
        Err(NotReceived::Cut(error)) => return Err(Cut::Incomplete(error)),
        Err(NotReceived::TooLarge) => {
            return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"));
        }
        Err(NotReceived::Storage(error)) => Err(error),
    };
    match reply {
        Ok(Reply::Whole(response)) => Ok(of(response)),
        Ok(Reply::Late { after, response }) => {
            // A webhook must not wait for the late answer.
            server.changed.notify_one();
            tokio::time::sleep(after).await;
            Ok(of(response))
        }
        Ok(Reply::Dropped) => Err(Cut::Dropped),
        Ok(Reply::Events(stream)) => Ok(events(server, stream)),
        Ok(Reply::Kept(file)) => Ok(kept(server, file)),
        Err(error) => {
            log::error!("the simulator's state could not be kept: {error}");
            Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR, "The simulator's state could not be kept"))
        }
    }
}

enum NotReceived {
    Cut(hyper::Error),
    TooLarge,
    Storage(io::Error),
}

/// Receives the body, if there is one, into a file of the spool that is removed unless it is kept.
async fn receive(server: &Arc<Server>, mut body: RequestBody) -> Result<Option<NamedTempFile>, NotReceived> {
    if body.is_end_stream() {
        return Ok(None);
    }
    let most = server.max_body_bytes;
    if body.size_hint().lower() > most {
        return Err(NotReceived::TooLarge);
    }
    let spool = Arc::clone(server);
    let part = tokio::task::spawn_blocking(move || spool.spool.part()).await;
    let part = part.map_err(io::Error::other).flatten().map_err(NotReceived::Storage)?;
    let mut file = tokio::fs::File::from_std(part.reopen().map_err(NotReceived::Storage)?);
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(NotReceived::Cut)?.into_data() else { continue };
        received += chunk.len() as u64;
        if received > most {
            return Err(NotReceived::TooLarge);
        }
        file.write_all(&chunk).await.map_err(NotReceived::Storage)?;
    }
    // tokio buffers writes: the bytes must be in the file before it is read.
    file.flush().await.map_err(NotReceived::Storage)?;
    Ok(Some(part))
}

/// Runs the simulator. The part of the body that it keeps lies in the spool before the answer leaves.
async fn reply(
    server: &Arc<Server>,
    incoming: Incoming,
    mut part: Option<NamedTempFile>,
) -> io::Result<Reply> {
    let spool = Arc::clone(server);
    let change = server.simulated.change(move |simulator, now| {
        let mut nothing = Cursor::new([]);
        let body: &mut dyn SimulatorBody = match &mut part {
            Some(part) => {
                part.as_file_mut().rewind()?;
                part.as_file_mut()
            }
            None => &mut nothing,
        };
        let reply = simulator.answer(&incoming, body, now);
        let keeping = simulator.take_keeping();
        let kept = keeping.keep.as_ref().zip(part).map_or(Ok(()), |(name, part)| {
            spool.spool.keep(part, name).inspect_err(|_| {
                simulator.lost(name).iter().for_each(|name| spool.spool.forget(name));
            })
        });
        keeping.forget.iter().for_each(|name| spool.spool.forget(name));
        kept.map(|()| reply)
    });
    change.await.flatten()
}

fn kept(server: &Arc<Server>, file: KeptFile) -> Response<AnswerBody> {
    let length = file.length();
    let head = file.head;
    let mut answer = if length == 0 {
        whole(head.status, Bytes::new())
    } else {
        let body = files::body(Arc::clone(server), file.pieces, length);
        let mut answer = Response::new(Either::Right(Either::Right(body)));
        *answer.status_mut() = head.status;
        answer
    };
    *answer.headers_mut() = head.headers;
    answer
}

fn whole(status: StatusCode, body: Bytes) -> Response<AnswerBody> {
    let mut response = Response::new(Either::Left(Full::new(body)));
    *response.status_mut() = status;
    response
}

fn of(response: Whole) -> Response<AnswerBody> {
    let mut answer = whole(response.status, response.body.into());
    *answer.headers_mut() = response.headers;
    answer
}

/// Makes a refusal in fal's own form.
fn refusal(status: StatusCode, detail: &str) -> Response<AnswerBody> {
    of(Whole::json(status, &json!({ "detail": detail })))
}

fn for_browsers(mut answer: Response<AnswerBody>) -> Response<AnswerBody> {
    let headers = answer.headers_mut();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        // The star does not cover Authorization (Fetch standard, CORS-preflight fetch).
        (ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization"),
        (ACCESS_CONTROL_EXPOSE_HEADERS, "*"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Streams server-sent events until the simulator has no more or the caller is gone.
fn events(server: &Arc<Server>, stream: EventStream) -> Response<AnswerBody> {
    let id = HeaderValue::from_str(stream.request_id());
    let (sender, receiver) = mpsc::channel(1);
    let server = Arc::clone(server);
    drop(tokio::spawn(async move {
        let mut stream = stream;
        // A state that cannot be read ends the stream: the caller asks again.
        while let Ok((continued, bytes, next)) = server.simulated.events(stream).await {
            if !bytes.is_empty() && sender.send(Bytes::from(bytes)).await.is_err() {
                return;
            }
            let Some(next) = next else { return };
            tokio::select! {
                () = tokio::time::sleep(server.simulated.until(next)) => {}
                () = sender.closed() => return,
            }
            stream = continued;
        }
    }));
    let mut answer = Response::new(Either::Right(Either::Left(EventBody(receiver))));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EventStream::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(id) = id {
        headers.insert("x-fal-request-id", id);
    }
    answer
}

pub(super) struct EventBody(mpsc::Receiver<Bytes>);

impl Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().0.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}
