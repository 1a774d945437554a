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
    /// Number of these from one address.
    pub(crate) unknown_of_one: usize,
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
            unknown: 512,
            unknown_of_one: 64,
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

/// All connections. A new one never waits for a place: when there is none, it takes that of a connection without a
/// credential, of its own address where that has its share already. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    seats: Mutex<Seats>,
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
    /// True while a call on the connection is being answered.
    is_busy: bool,
    /// Signal that the connection has to end.
    leave: Arc<Notify>,
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

impl Connections {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared { limits, seats: Mutex::default() }))
    }

    /// Makes a place for a connection from there. There always is one.
    pub(crate) fn sit(&self, origin: Origin) -> Arc<Seat> {
        let Limits { unknown, unknown_of_one, .. } = self.0.limits;
        let leave = Arc::new(Notify::new());
        let mut seats = self.0.seats();
        if seats.of.get(&origin).is_some_and(|of| *of >= unknown_of_one) {
            seats.send_away(origin);
        } else if seats.unknown.len() >= unknown
            && let Some(fullest) = seats.fullest()
        {
            seats.send_away(fullest);
        }
        let number = seats.next;
        seats.next += 1;
        let stranger = Stranger { origin, is_busy: false, leave: Arc::clone(&leave) };
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
    /// Evicts the oldest connection from there, preferring an idle one.
    fn send_away(&mut self, origin: Origin) {
        let of_it = || self.unknown.iter().filter(|(_, stranger)| stranger.origin == origin);
        let idle = of_it().find(|(_, stranger)| !stranger.is_busy);
        if let Some(number) = idle.or_else(|| of_it().next()).map(|(number, _)| *number)
            && let Some(stranger) = self.remove(number)
        {
            stranger.leave.notify_one();
        }
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
        }
    }

    /// Marks that a call is being answered, for as long as the result lives.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.set_busy(true);
        Busy(self)
    }

    fn set_busy(&self, is_busy: bool) {
        if let Some(stranger) = self.shared.seats().unknown.get_mut(&self.number) {
            stranger.is_busy = is_busy;
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set_busy(false);
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
    }
}
