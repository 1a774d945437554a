//! Connections from outside: their number, their order of eviction, and the silence that each may keep.

mod pace;
mod patient;
mod places;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::HttpService,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::{Notify, watch},
    time::Instant,
};

pub(crate) use likeness_core::api::Origin;

use self::patient::Patient;
pub(crate) use self::{
    pace::{Pace, Paced, Slow},
    places::{Place, Places},
};

/// The most connections there may be, and the time that each may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Number of connections that have shown a valid credential.
    pub(crate) known: usize,
    /// Number of connections that have not.
    pub(crate) unknown: usize,
    /// Number of these from one address that tells callers apart. A proxy's may take all places.
    pub(crate) unknown_of_one: usize,
    /// Time for which a connection that asks for nothing keeps its place when others need it.
    pub(crate) grace: Duration,
    /// Time that others wait for a place while every call is being worked on.
    pub(crate) patience: Duration,
    /// Time that a caller may take to send the head of a call, also of the next call on its connection.
    pub(crate) head_within: Duration,
    /// Time for which a caller may leave written bytes unread.
    pub(crate) silence: Duration,
    /// Longest life of a connection: a model takes a while on a slow line, but not for ever.
    pub(crate) longest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            known: 1000,
            unknown: 1024,
            unknown_of_one: 64,
            grace: Duration::from_millis(250),
            patience: Duration::from_secs(5),
            head_within: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            longest: Duration::from_hours(1),
        }
    }
}

impl Limits {
    /// Fits the limits to the number of files and connections that this process may open. Half of them are for its own
    /// work.
    pub(crate) fn with_files(self, files: u64) -> Self {
        let most = usize::try_from(files / 2).unwrap_or(usize::MAX);
        let unknown = self.unknown.min(most / 3).max(8);
        Self {
            known: self.known.min(most.saturating_sub(unknown)).max(8),
            unknown,
            unknown_of_one: self.unknown_of_one.min(unknown / 2),
            ..self
        }
    }
}

/// The largest head of a call, in bytes. An address alone may have 64 KiB (hyper refuses a longer one with 414).
const LARGEST_HEAD: usize = 128 << 10;

/// All connections. When all places are taken, the next connection takes that of one that asks for nothing and has shown no
/// credential; of its own address where that has its share already. A call that is being worked on keeps its place, and
/// the next connection waits to be accepted. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    seats: Mutex<Seats>,
    /// A place may have become free.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    known: usize,
    /// Connections without a valid credential, by their age.
    unknown: BTreeMap<u64, Stranger>,
    of: HashMap<Origin, usize>,
}

#[derive(Debug)]
struct Stranger {
    origin: Origin,
    stage: Stage,
    /// The moment in which the stage began.
    since: Instant,
    /// Signal that the connection has to end.
    leave: Arc<Notify>,
}

/// A connection's part in a call. The first is sent away first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// No call has come, or not its whole head.
    Waiting,
    /// The body of its call is awaited.
    Reading,
    /// The connection's call is being worked on.
    Answering,
}

/// The outcome of looking for a place.
#[derive(Clone, Copy, Debug)]
enum Room {
    Free,
    /// Nobody can be sent away before this moment. `None`: not before a call is answered.
    Later(Option<Instant>),
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    shared: Arc<Shared>,
    number: u64,
    origin: Origin,
    leave: Arc<Notify>,
    is_known: Mutex<bool>,
}

/// A mark that a call is being answered: other connections are evicted first while it lives.
#[derive(Debug)]
pub(crate) struct Busy<'a>(&'a Seat);

/// A guard that marks its connection as waiting for the body of a call.
#[derive(Debug)]
pub(crate) struct Reading<'a>(&'a Seat);

impl Connections {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared { limits, seats: Mutex::default(), freed: Notify::new() }))
    }

    /// Finds a place for a connection from there. While every place is taken by calls that are worked on, it is waited for,
    /// but not for ever.
    pub(crate) async fn sit(&self, origin: Origin) -> Arc<Seat> {
        let until = Instant::now() + self.0.limits.patience;
        loop {
            let now = Instant::now();
            // Made before the look, so that what becomes free between the two is heard of.
            let freed = self.0.freed.notified();
            let room = self.0.seats().room(origin, &self.0.limits, now, now >= until);
            match room {
                Room::Free => return self.take(origin, now),
                Room::Later(at) => {
                    let at = at.map_or(until, |at| at.min(until));
                    let _ = tokio::time::timeout_at(at, freed).await;
                }
            }
        }
    }

    /// Connections are accepted one after the other, so nobody takes the place between the look and this.
    fn take(&self, origin: Origin, now: Instant) -> Arc<Seat> {
        let leave = Arc::new(Notify::new());
        let mut seats = self.0.seats();
        let number = seats.next;
        seats.next += 1;
        let stranger = Stranger { origin, stage: Stage::Waiting, since: now, leave: Arc::clone(&leave) };
        seats.unknown.insert(number, stranger);
        *seats.of.entry(origin).or_default() += 1;
        drop(seats);
        Arc::new(Seat { shared: Arc::clone(&self.0), number, origin, leave, is_known: Mutex::new(false) })
    }

    /// Answers the calls of one connection, until it ends, is evicted, or lasts too long.
    pub(crate) async fn serve<S>(
        &self,
        seat: &Seat,
        stream: TcpStream,
        service: S,
        mut closing: watch::Receiver<bool>,
    ) where
        S: HttpService<Incoming>,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::ResBody: 'static,
        <S::ResBody as Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Limits { head_within, silence, longest, .. } = self.0.limits;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(head_within).max_buf_size(LARGEST_HEAD);
        let connection = http.serve_connection(TokioIo::new(Patient::new(stream, silence)), service);
        tokio::pin!(connection);
        let ended = async {
            tokio::select! {
                ended = &mut connection => return ended,
                _ = closing.wait_for(|closing| *closing) => {}
            }
            connection.as_mut().graceful_shutdown();
            connection.await
        };
        let early = |why: &dyn Display| log::debug!("a connection ended early: {why}");
        tokio::select! {
            ended = tokio::time::timeout(longest, ended) => match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => early(&error),
                Err(_) => early(&"it lasted too long"),
            },
            () = seat.leave.notified() => early(&"others needed its place"),
        }
    }
}

impl Shared {
    /// Locks the seats, also after a panic elsewhere: their content is right after every step.
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    /// Makes room for a connection of this origin. With `must`, other connections are closed for that.
    fn room(&mut self, origin: Origin, limits: &Limits, now: Instant, must: bool) -> Room {
        let has_its_share = origin.tells_callers_apart()
            && self.of.get(&origin).is_some_and(|of| *of >= limits.unknown_of_one);
        if !has_its_share && self.unknown.len() < limits.unknown {
            return Room::Free;
        }
        let from = if has_its_share { Some(origin) } else { self.fullest() };
        let first = self.first(from).or_else(|| self.first(None));
        // One address must not hold up the others: there, nothing is waited for.
        let spared = first.filter(|_| !must && !has_its_share).and_then(|number| {
            let stranger = self.unknown.get(&number)?;
            let until = stranger.since + limits.grace;
            match stranger.stage {
                Stage::Answering => Some(None),
                Stage::Waiting | Stage::Reading => (until > now).then_some(Some(until)),
            }
        });
        if let Some(later) = spared {
            return Room::Later(later);
        }
        if let Some(stranger) = first.and_then(|number| self.remove(number)) {
            stranger.leave.notify_one();
        }
        Room::Free
    }

    /// Returns the connection to close first: of those that ask for nothing, the one that has been idle for longest.
    fn first(&self, from: Option<Origin>) -> Option<u64> {
        let of_it = self.unknown.iter().filter(|(_, one)| from.is_none_or(|from| one.origin == from));
        of_it.min_by_key(|(number, one)| (one.stage, one.since, **number)).map(|(number, _)| *number)
    }

    /// Returns the address with the most connections without a credential.
    fn fullest(&self) -> Option<Origin> {
        self.of.iter().max_by_key(|(_, of)| **of).map(|(origin, _)| *origin)
    }

    fn remove(&mut self, number: u64) -> Option<Stranger> {
        let stranger = self.unknown.remove(&number)?;
        if let Some(of) = self.of.get_mut(&stranger.origin) {
            *of -= 1;
            if *of == 0 {
                self.of.remove(&stranger.origin);
            }
        }
        Some(stranger)
    }
}

impl Seat {
    /// Returns the address that the connection comes from.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// Notes that the caller has shown a valid credential: the connection is not evicted any more.
    pub(crate) fn is_known(&self) {
        let mut is_known = self.is_known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seats = self.shared.seats();
        if !*is_known && seats.known < self.shared.limits.known && seats.remove(self.number).is_some() {
            seats.known += 1;
            *is_known = true;
            drop(seats);
            self.shared.freed.notify_one();
        }
    }

    /// Marks that a call is being answered, for as long as the result lives.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.set(Stage::Answering);
        Busy(self)
    }

    /// Marks the connection as waiting for the body of a call, until the guard is dropped.
    pub(crate) fn reading(&self) -> Reading<'_> {
        self.set(Stage::Reading);
        Reading(self)
    }

    fn set(&self, stage: Stage) {
        let mut seats = self.shared.seats();
        let Some(stranger) = seats.unknown.get_mut(&self.number) else { return };
        (stranger.stage, stranger.since) = (stage, Instant::now());
        drop(seats);
        if stage != Stage::Answering {
            self.shared.freed.notify_one();
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(Stage::Waiting);
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.set(Stage::Answering);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let is_known = *self.is_known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seats = self.shared.seats();
        if is_known {
            seats.known -= 1;
        } else {
            drop(seats.remove(self.number));
        }
        drop(seats);
        self.shared.freed.notify_one();
    }
}
