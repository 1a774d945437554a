//! A connection with a limited patience, which explains the refusals that hyper leaves bare.

use std::{
    future::Future as _,
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use likeness_core::api::{ApiProblem, Reply};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// A connection that ends when the caller does not read what is written.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    /// Longest time for which written bytes may stay unread.
    silence: Duration,
    /// Timer that runs while bytes wait to be written.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Explanation of a refusal, as far as it is not written yet.
    explanation: Vec<u8>,
    written: usize,
    /// Timer that runs once a refusal is written. A connection that is closed while its caller still sends is reset,
    /// and the refusal would be lost with it.
    farewell: Option<Pin<Box<Sleep>>>,
    has_refused: bool,
}

/// The time that a caller whose call was refused may go on sending.
const FAREWELL: Duration = Duration::from_secs(2);

impl<S> Patient<S> {
    pub(super) fn new(stream: S, silence: Duration) -> Self {
        Self {
            stream,
            silence,
            waiting: None,
            explanation: Vec::new(),
            written: 0,
            farewell: None,
            has_refused: false,
        }
    }

    /// Passes on the result of a write, and ends the wait for a caller that reads nothing.
    fn watched<T>(&mut self, context: &mut Context<'_>, wrote: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.waiting = None;
            return wrote;
        }
        let silence = self.silence;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(silence)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> Patient<S> {
    /// Writes the rest of an explanation.
    fn explain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.explanation.get(self.written..).filter(|rest| !rest.is_empty()) {
            let wrote = Pin::new(&mut self.stream).poll_write(context, rest);
            match ready!(self.watched(context, wrote))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.explain(context))?;
        if let Some(problem) = bare_refusal(bytes) {
            this.explanation = explained(problem);
            this.written = 0;
            this.has_refused = true;
            return Poll::Ready(Ok(bytes.len()));
        }
        let wrote = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.watched(context, wrote)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.explain(context))?;
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.watched(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.explain(context))?;
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        ready!(this.watched(context, shut))?;
        if !this.has_refused {
            return Poll::Ready(Ok(()));
        }
        let farewell = this.farewell.get_or_insert_with(|| Box::pin(tokio::time::sleep(FAREWELL)));
        let mut unread = [0; 4096];
        while farewell.as_mut().poll(context).is_pending() {
            let mut unread = ReadBuf::new(&mut unread);
            let read = ready!(Pin::new(&mut this.stream).poll_read(context, &mut unread));
            if read.is_err() || unread.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

/// Recognises the refusal that hyper itself writes when the bytes are not a call, and which it lets no code extend: a
/// head without a body, and without a type. Every refusal of ours has both.
fn bare_refusal(bytes: &[u8]) -> Option<ApiProblem> {
    let head = std::str::from_utf8(bytes.strip_suffix(b"\r\n\r\n")?).ok()?;
    let (status, headers) = head.strip_prefix("HTTP/1.1 ")?.split_once("\r\n")?;
    let problem = match status.get(..3)? {
        "400" => ApiProblem::Malformed,
        "414" => ApiProblem::UriTooLong,
        "431" => ApiProblem::HeadTooLarge,
        _ => return None,
    };
    let bare = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        matches!((name, value), ("connection", "close") | ("content-length", "0") | ("date", _))
    };
    headers.split("\r\n").all(bare).then_some(problem)
}

/// Writes the problem document, with its head.
fn explained(problem: ApiProblem) -> Vec<u8> {
    let Reply { status, headers, body } = problem.into();
    let mut answer =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in &headers {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(&body);
    answer
}

#[cfg(test)]
mod tests {
    use likeness_core::api::ApiProblem;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{Duration, ErrorKind, Patient, bare_refusal, explained};

    #[tokio::test(start_paused = true)]
    async fn only_whoever_reads_nothing_for_too_long_is_given_up() {
        const SILENCE: Duration = Duration::from_secs(30);
        let read = |pause: Duration| async move {
            let (server, mut caller) = tokio::io::duplex(1024);
            let mut server = Patient::new(server, SILENCE);
            tokio::spawn(async move {
                let mut piece = [0; 1024];
                loop {
                    tokio::time::sleep(pause).await;
                    if !matches!(caller.read(&mut piece).await, Ok(1..)) {
                        return;
                    }
                }
            });
            server.write_all(&vec![0; 100 * 1024]).await.map_err(|error| error.kind())
        };
        // Nearly an hour, and never silent for long.
        assert_eq!(read(Duration::from_secs(29)).await, Ok(()));
        assert_eq!(read(Duration::from_secs(31)).await, Err(ErrorKind::TimedOut));
    }

    #[test]
    fn only_a_refusal_that_says_nothing_is_explained() {
        let bare = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: Thu, 1 Jan 1970 00:00:00 GMT\r\n\r\n";
        assert_eq!(bare_refusal(bare.as_bytes()), Some(ApiProblem::HeadTooLarge));
        let own = explained(ApiProblem::Malformed);
        assert_eq!(bare_refusal(&own), None);
        for other in [
            bare.replace("431", "404"),
            bare.replace("431", "200"),
            bare.replace("date", "content-type"),
            format!("{bare}more"),
            format!(" {bare}"),
        ] {
            assert_eq!(bare_refusal(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn an_explanation_is_a_whole_answer() {
        let answer = String::from_utf8(explained(ApiProblem::UriTooLong)).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 414 URI Too Long\r\n"), "{head}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(document["code"], "api.uri_too_long");
    }
}
