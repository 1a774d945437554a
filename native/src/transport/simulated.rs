//! The simulated fal behind the transport: nothing leaves the machine.

use std::{
    fmt,
    fs::File,
    io::{self, Cursor, Seek, Write},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use likeness_core::{
    http::{Body, HeaderMap, HeaderValue, NoAnswer, Request, Response, StatusCode},
    simulator::{EventStream, Incoming, Reply, Simulator},
    time::Timestamp,
};
use reqwest::header::CONTENT_TYPE;

use super::{
    error::SendError,
    http::{no_source, stream_range},
    source::ByteSource,
    upload::next_chunk,
};

/// A place for the simulator's state between two calls. Both functions are called on a thread that may block.
pub trait SimulatorStore: Send + Sync {
    /// Loads the state as it was saved last.
    fn load(&self) -> io::Result<Simulator>;
    /// Keeps the state. The answer leaves only after that, so that what was accepted is never forgotten.
    fn save(&self, simulator: &Simulator) -> io::Result<()>;

    /// Changes the state, and keeps it.
    fn change(&self, change: &mut dyn FnMut(&mut Simulator)) -> io::Result<()> {
        let mut simulator = self.load()?;
        change(&mut simulator);
        self.save(&simulator)
    }

    /// Looks at the state.
    fn look(&self, look: &mut dyn FnMut(&Simulator)) -> io::Result<()> {
        look(&self.load()?);
        Ok(())
    }
}

/// A store whose state ends with the process.
#[derive(Debug)]
pub struct MemoryStore(Mutex<Simulator>);

impl MemoryStore {
    /// Begins with this state.
    #[must_use]
    pub fn new(simulator: Simulator) -> Self {
        Self(Mutex::new(simulator))
    }
}

impl SimulatorStore for MemoryStore {
    fn load(&self) -> io::Result<Simulator> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn save(&self, simulator: &Simulator) -> io::Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = simulator.clone();
        Ok(())
    }

    /// Changes the state without a copy: it may be large, and calls are many.
    fn change(&self, change: &mut dyn FnMut(&mut Simulator)) -> io::Result<()> {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn look(&self, look: &mut dyn FnMut(&Simulator)) -> io::Result<()> {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }
}

/// A clock that tells the simulator the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A stored simulator that serves many callers, one after the other.
#[derive(Clone)]
pub(crate) struct Simulated {
    store: Arc<dyn SimulatorStore>,
    turn: Arc<Mutex<()>>,
    clock: Clock,
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Simulated")
    }
}

impl Simulated {
    pub(crate) fn new(store: Arc<dyn SimulatorStore>, clock: Clock) -> Self {
        Self { store, turn: Arc::default(), clock }
    }

    /// Changes the state and saves it. The result may be told to others.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Simulator, Timestamp) -> T + Send + 'static,
    ) -> io::Result<T> {
        let this = self.clone();
        blocking(move || {
            let _turn = this.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let (mut change, mut result) = (Some(change), None);
            this.store.change(&mut |simulator| {
                result = change.take().map(|change| change(simulator, (this.clock)()));
            })?;
            result.ok_or_else(not_called)
        })
        .await
    }

    /// Looks at the state without changing it.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Simulator, Timestamp) -> T + Send + 'static,
    ) -> io::Result<T> {
        let this = self.clone();
        blocking(move || {
            let _turn = this.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let (mut look, mut result) = (Some(look), None);
            this.store.look(&mut |simulator| {
                result = look.take().map(|look| look(simulator, (this.clock)()));
            })?;
            result.ok_or_else(not_called)
        })
        .await
    }

    /// Returns the time until this moment, by the simulator's clock.
    pub(crate) fn until(&self, moment: Timestamp) -> Duration {
        moment.since((self.clock)())
    }

    /// Answers as the network would have: late answers take their time, and no answer takes longer than the
    /// request has.
    pub(super) async fn send(
        &self,
        request: Request,
        source: Option<Arc<dyn ByteSource>>,
    ) -> Result<Result<Response, NoAnswer>, SendError> {
        let timeout = request.patience();
        match tokio::time::timeout(timeout, self.answer(request, source)).await {
            Ok(answer) => answer,
            Err(_) => Ok(Err(NoAnswer::TimedOut)),
        }
    }

    async fn answer(
        &self,
        request: Request,
        source: Option<Arc<dyn ByteSource>>,
    ) -> Result<Result<Response, NoAnswer>, SendError> {
        let incoming = Incoming::from(&request);
        let reply = match request.body {
            Body::Empty => self.reply(incoming, Cursor::new(Vec::new())).await,
            Body::Bytes(bytes) => self.reply(incoming, Cursor::new(bytes)).await,
            Body::Stream { start, length } => {
                let range = stream_range(start, length)?;
                let source = source.ok_or_else(no_source)?;
                let file = tokio::task::spawn_blocking(move || spool(source.as_ref(), range));
                let file = file.await.map_err(|error| SendError::Simulator(io::Error::other(error)))??;
                self.reply(incoming, file).await
            }
        };
        Ok(match reply.map_err(SendError::Simulator)? {
            Reply::Whole(response) => Ok(response),
            Reply::Late { after, response } => {
                tokio::time::sleep(after).await;
                Ok(response)
            }
            // Files are kept only where the simulator is served; there is no transport then.
            Reply::Dropped | Reply::Kept(_) => Err(NoAnswer::Interrupted),
            Reply::Events(stream) => Ok(self.all_events(stream).await.map_err(SendError::Simulator)?),
        })
    }

    /// Answers a call to the simulator.
    pub(crate) async fn reply(
        &self,
        incoming: Incoming,
        mut body: impl likeness_core::simulator::Body + Send + 'static,
    ) -> io::Result<Reply> {
        self.change(move |simulator, now| simulator.answer(&incoming, &mut body, now)).await
    }

    /// Returns the next events of a stream, and the time to ask again.
    pub(crate) async fn events(
        &self,
        mut stream: EventStream,
    ) -> io::Result<(EventStream, Vec<u8>, Option<Timestamp>)> {
        self.look(move |simulator, now| {
            let events = simulator.events(&mut stream, now);
            (stream, events.bytes, events.next)
        })
        .await
    }

    async fn all_events(&self, mut stream: EventStream) -> io::Result<Response> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(EventStream::CONTENT_TYPE));
        let mut body = Vec::new();
        loop {
            let (continued, bytes, next) = self.events(stream).await?;
            body.extend(bytes);
            let Some(next) = next else { return Ok(Response { status: StatusCode::OK, headers, body }) };
            tokio::time::sleep(self.until(next)).await;
            stream = continued;
        }
    }
}

/// Makes the error of a store that did not call the function it was given.
fn not_called() -> io::Error {
    io::Error::other("the store changed nothing")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Writes the body to a private file without a name, which is gone when it is closed.
fn spool(source: &dyn ByteSource, range: Range<u64>) -> Result<File, SendError> {
    let mut file = tempfile::tempfile().map_err(SendError::Simulator)?;
    let mut remaining = range.end.saturating_sub(range.start);
    let mut reader = source.open(range).map_err(SendError::Source)?;
    while remaining > 0 {
        let chunk = next_chunk(&mut reader, remaining).map_err(SendError::Source)?;
        remaining -= chunk.len() as u64;
        file.write_all(&chunk).map_err(SendError::Simulator)?;
    }
    file.rewind().map_err(SendError::Simulator)?;
    Ok(file)
}
