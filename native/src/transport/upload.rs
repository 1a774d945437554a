//! A request's body, streamed from a [`ByteSource`]: read on a thread of its own, a few chunks ahead of the
//! network and never more, so that memory does not depend on the body's length.

use std::{
    io::{self, Read},
    ops::Range,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::{sync::mpsc, time::Instant};

use super::source::ByteSource;

/// Number of bytes that are read at once.
const CHUNK_BYTES: usize = 128 << 10;
/// Number of chunks that wait for the network.
const CHUNKS_AHEAD: usize = 2;

/// A streamed body. It yields exactly as many bytes as it promises, or fails: then the connection is cut, since the
/// promised Content-Length can no longer be kept.
pub(super) struct Upload {
    unopened: Option<(Arc<dyn ByteSource>, Range<u64>)>,
    chunks: Option<mpsc::Receiver<io::Result<Bytes>>>,
    progress: Arc<Progress>,
}

/// The progress of an [`Upload`], as seen from outside.
#[derive(Debug)]
pub(super) struct Progress {
    remaining: AtomicU64,
    moved_at: Mutex<Instant>,
    failure: Mutex<Option<io::Error>>,
    unwanted: AtomicBool,
}

impl Progress {
    pub(super) fn of(remaining: u64) -> Self {
        Self {
            remaining: AtomicU64::new(remaining),
            moved_at: Mutex::new(Instant::now()),
            failure: Mutex::default(),
            unwanted: AtomicBool::new(false),
        }
    }

    /// Notes that so many bytes were handed to the connection.
    pub(super) fn moved(&self, bytes: u64) {
        *self.moved_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.remaining.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Tells whether the last byte was handed to the connection.
    pub(super) fn is_whole(&self) -> bool {
        self.remaining.load(Ordering::Acquire) == 0
    }

    /// Returns the moment at which the last byte so far was handed to the connection.
    pub(super) fn moved_at(&self) -> Instant {
        *self.moved_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the body, since the answer came before its end. The connection is cut.
    pub(super) fn stop(&self) {
        self.unwanted.store(true, Ordering::Release);
    }

    /// Takes the reason why the source could not be read, if it could not.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Upload {
    /// Makes the body. The source is opened when the connection asks for the first bytes.
    pub(super) fn new(source: Arc<dyn ByteSource>, range: Range<u64>) -> (Self, Arc<Progress>) {
        let remaining = range.end.saturating_sub(range.start);
        let progress = Arc::new(Progress::of(remaining));
        (Self { unopened: Some((source, range)), chunks: None, progress: Arc::clone(&progress) }, progress)
    }

    fn remaining(&self) -> u64 {
        self.progress.remaining.load(Ordering::Acquire)
    }

    fn chunks(&mut self) -> Option<&mut mpsc::Receiver<io::Result<Bytes>>> {
        if let Some((source, range)) = self.unopened.take() {
            let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
            self.chunks = Some(receiver);
            drop(tokio::task::spawn_blocking(move || {
                if let Err(error) = read(source.as_ref(), range, &sender) {
                    // The receiver is gone when the request is over: then the error is of no interest.
                    let _ = sender.blocking_send(Err(error));
                }
            }));
        }
        self.chunks.as_mut()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let remaining = this.remaining();
        if remaining == 0 {
            return Poll::Ready(None);
        }
        if this.progress.unwanted.load(Ordering::Acquire) {
            this.chunks = None;
            return Poll::Ready(Some(Err(io::ErrorKind::Interrupted.into())));
        }
        let next = match this.chunks() {
            Some(chunks) => ready!(chunks.poll_recv(context)),
            None => None,
        };
        let failure = match next {
            Some(Ok(chunk)) if chunk.len() as u64 <= remaining => {
                this.progress.moved(chunk.len() as u64);
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
            Some(Ok(_)) => io::Error::new(io::ErrorKind::InvalidData, "more was read than was asked for"),
            Some(Err(error)) => error,
            None => io::Error::new(io::ErrorKind::UnexpectedEof, "reading stopped before the end"),
        };
        let kind = failure.kind();
        *this.progress.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        this.chunks = None;
        Poll::Ready(Some(Err(io::Error::from(kind))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining())
    }
}

/// Reads the whole range into the channel. Stops without an error when the receiver is gone.
fn read(
    source: &dyn ByteSource,
    range: Range<u64>,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    let mut remaining = range.end.saturating_sub(range.start);
    let mut reader = source.open(range)?;
    while remaining > 0 {
        let chunk = next_chunk(&mut reader, remaining)?;
        remaining -= chunk.len() as u64;
        if sender.blocking_send(Ok(chunk.into())).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads at least one byte, at most a chunk and at most the remaining ones.
pub(super) fn next_chunk(reader: &mut dyn Read, remaining: u64) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(usize::try_from(remaining).unwrap_or(usize::MAX).min(CHUNK_BYTES));
    reader.take(remaining.min(CHUNK_BYTES as u64)).read_to_end(&mut chunk)?;
    if chunk.is_empty() {
        let why = format!("what is being sent ended {remaining} bytes early");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
    }
    Ok(chunk)
}
