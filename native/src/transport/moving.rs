//! Transfers, which count as under way as long as their bytes move.

use std::{
    future::Future,
    io::{self, Read},
    ops::Range,
    pin::pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use likeness_core::limits::PROGRESS_INTERVAL;
use tokio::{
    sync::Notify,
    time::{Instant, interval_at},
};

use super::ByteSource;

/// A note that bytes of a transfer have moved, and how many. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Moving(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    moved: bool,
    transfer: Option<Transfer>,
}

/// The progress of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) way: Direction,
    /// Number of bytes that have moved.
    pub(crate) done: u64,
    /// Number of all bytes, where the other side said how many there are.
    pub(crate) total: Option<u64>,
}

/// The direction of a transfer, as seen from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl Moving {
    /// Notes that bytes have moved.
    pub fn note(&self) {
        self.state(|state| state.moved = true);
    }

    /// Notes the progress of the transfer.
    pub(crate) fn note_at(&self, now: Transfer) {
        self.state(|state| {
            state.moved = true;
            // A piece that is sent once more does not turn the transfer back.
            let before =
                state.transfer.filter(|before| before.way == now.way).map_or(0, |before| before.done);
            let done = now.done.max(before).min(now.total.unwrap_or(u64::MAX));
            state.transfer = Some(Transfer { done, ..now });
        });
    }

    /// Returns the transfer's progress, once it has begun.
    pub(crate) fn so_far(&self) -> Option<Transfer> {
        self.state(|state| state.transfer)
    }

    /// Wraps a source of this length, so that reading is noted.
    pub(crate) fn noted(&self, source: Arc<dyn ByteSource>, length: u64) -> Arc<dyn ByteSource> {
        Arc::new(Noted { source, length, moving: self.clone() })
    }

    /// Tells whether bytes have moved since the last call.
    pub(crate) fn have_moved(&self) -> bool {
        self.state(|state| std::mem::take(&mut state.moved))
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The transfers that are under way in this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transfers(Arc<Mutex<Vec<Weak<Mutex<State>>>>>);

impl Transfers {
    /// Begins a transfer, which is under way until the last clone is dropped.
    pub(crate) fn begin(&self) -> Moving {
        let moving = Moving::default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&moving.0));
        moving
    }

    /// Sums all transfers in the direction of the first; `None` where nothing is under way.
    pub(crate) fn now(&self) -> Option<Transfer> {
        let all: Vec<_> = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).map(Moving).collect()
        };
        let mut transfers = all.iter().filter_map(Moving::so_far);
        let first = transfers.next()?;
        Some(transfers.filter(|other| other.way == first.way).fold(first, |sum, other| Transfer {
            way: sum.way,
            done: sum.done.saturating_add(other.done),
            total: sum.total.zip(other.total).map(|(ours, theirs)| ours.saturating_add(theirs)),
        }))
    }
}

struct Noted {
    source: Arc<dyn ByteSource>,
    length: u64,
    moving: Moving,
}

impl ByteSource for Noted {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let (at, length, moving) = (range.start, self.length, self.moving.clone());
        Ok(Box::new(NotedReader { reader: self.source.open(range)?, at, length, moving }))
    }
}

struct NotedReader {
    reader: Box<dyn Read + Send>,
    at: u64,
    length: u64,
    moving: Moving,
}

impl Read for NotedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The bytes that were read before have been taken: the connection asks for more.
        self.moving.note_at(Transfer { way: Direction::Up, done: self.at, total: Some(self.length) });
        let read = self.reader.read(buffer)?;
        self.at = self.at.saturating_add(read as u64);
        if self.at >= self.length {
            // No reader asks for bytes behind the last one.
            self.moving.note_at(Transfer { way: Direction::Up, done: self.at, total: Some(self.length) });
        }
        Ok(read)
    }
}

/// The reason for breaking a transfer off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokenOff {
    /// An outcome that is not awaited any more.
    Unawaited,
    /// The end of its time.
    TimeIsUp,
}

/// Does the work of a transfer, for at most this time. `tell` is called after each half-minute in which bytes moved,
/// and tells whether the transfer is still awaited; `stop` breaks it off at once.
pub(crate) async fn transfer<T>(
    work: impl Future<Output = T>,
    at_most: Duration,
    moving: &Moving,
    stop: &Notify,
    tell: impl Fn() -> bool,
) -> Result<T, BrokenOff> {
    let (mut work, mut end) = (pin!(work), pin!(tokio::time::sleep(at_most)));
    let mut ticks = interval_at(Instant::now() + PROGRESS_INTERVAL, PROGRESS_INTERVAL);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            () = stop.notified() => return Err(BrokenOff::Unawaited),
            () = &mut end => return Err(BrokenOff::TimeIsUp),
            _ = ticks.tick() => if moving.have_moved() && !tell() {
                return Err(BrokenOff::Unawaited);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::pending, io::Read as _, sync::Arc, time::Duration};

    use tokio::{
        sync::Notify,
        time::{Instant, sleep},
    };

    use super::{BrokenOff, Direction, Moving, Transfer, Transfers, transfer};
    use crate::transport::FileSource;

    const SECOND: Duration = Duration::from_secs(1);

    /// Moves bytes for so many seconds, then none for good.
    async fn moves(moving: &Moving, seconds: u32) {
        for _ in 0..seconds {
            moving.note();
            sleep(SECOND).await;
        }
        pending::<()>().await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_is_told_twice_a_minute_and_what_does_not_is_not() {
        let (moving, stop, told) = (Moving::default(), Notify::new(), Cell::new(0));
        let tell = || {
            told.set(told.get() + 1);
            true
        };
        let begun = Instant::now();
        let ended = transfer(moves(&moving, 3600), 7200 * SECOND, &moving, &stop, tell).await;
        assert_eq!((ended, begun.elapsed() / 3600), (Err(BrokenOff::TimeIsUp), 2 * SECOND));
        assert_eq!(told.get(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_awaited_any_more_ends_at_the_next_word_or_at_once() {
        let (moving, stop) = (Moving::default(), Notify::new());
        let begun = Instant::now();
        let ended = transfer(moves(&moving, 3600), 7200 * SECOND, &moving, &stop, || false).await;
        assert_eq!((ended, begun.elapsed()), (Err(BrokenOff::Unawaited), 30 * SECOND));
        stop.notify_one();
        let ended = transfer(moves(&moving, 3600), 7200 * SECOND, &moving, &stop, || true).await;
        assert_eq!((ended, begun.elapsed()), (Err(BrokenOff::Unawaited), 30 * SECOND));
        let done = transfer(async { 7 }, SECOND, &moving, &stop, || true).await;
        assert_eq!(done, Ok(7));
    }

    #[test]
    fn transfers_of_one_way_are_taken_together_while_they_last() {
        let transfers = Transfers::default();
        assert_eq!(transfers.now(), None);
        let (first, second) = (transfers.begin(), transfers.begin());
        let at = |done, total| Transfer { way: Direction::Down, done, total };
        first.note_at(at(5, Some(10)));
        second.note_at(at(7, Some(20)));
        assert_eq!(transfers.now(), Some(at(12, Some(30))));
        // A piece that is sent once more does not turn the transfer back.
        second.note_at(at(3, Some(20)));
        assert_eq!(transfers.now(), Some(at(12, Some(30))));
        second.note_at(Transfer { way: Direction::Up, done: 1, total: None });
        assert_eq!(transfers.now(), Some(at(5, Some(10))));
        drop(first);
        assert_eq!(transfers.now().map(|now| now.way), Some(Direction::Up));
        drop(second);
        assert_eq!(transfers.now(), None);
    }

    #[test]
    fn reading_a_source_tells_how_far_it_is() {
        let moving = Moving::default();
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), [7; 100]).expect("written");
        let source = moving.noted(Arc::new(FileSource::new(file.path()).expect("a source")), 100);
        let mut read = Vec::new();
        source.open(50..100).expect("open").read_to_end(&mut read).expect("read");
        assert_eq!(read.len(), 50);
        assert_eq!(moving.so_far(), Some(Transfer { way: Direction::Up, done: 100, total: Some(100) }));
    }
}
