//! Transfers, which count as under way as long as their bytes move.

use std::{
    future::Future,
    io::{self, Read},
    ops::Range,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use likeness_core::limits::PROGRESS_INTERVAL;
use tokio::{
    sync::Notify,
    time::{Instant, interval_at},
};

use crate::transport::ByteSource;

/// A note that bytes of a transfer have moved. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Moving(Arc<AtomicBool>);

impl Moving {
    /// Notes that bytes have moved.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Wraps a source so that reading it is noted.
    pub(crate) fn noted(&self, source: Arc<dyn ByteSource>) -> Arc<dyn ByteSource> {
        Arc::new(Noted { source, moving: self.clone() })
    }

    /// Tells whether bytes have moved since the last time this was asked.
    pub(crate) fn have_moved(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

struct Noted {
    source: Arc<dyn ByteSource>,
    moving: Moving,
}

impl ByteSource for Noted {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let reader = self.source.open(range)?;
        Ok(Box::new(NotedReader { reader, moving: self.moving.clone() }))
    }
}

struct NotedReader {
    reader: Box<dyn Read + Send>,
    moving: Moving,
}

impl Read for NotedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.moving.note();
        self.reader.read(buffer)
    }
}

/// A reason for breaking a transfer off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokenOff {
    /// Its outcome is not awaited any more.
    Unawaited,
    /// Its time is up.
    TimeIsUp,
}

/// Does the work of a transfer, for so long at most. `tell` is called after each half-minute in which bytes moved, and tells
/// whether the transfer is still awaited; `stop` breaks it off at once.
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
    use std::{cell::Cell, future::pending, time::Duration};

    use tokio::{
        sync::Notify,
        time::{Instant, sleep},
    };

    use super::{BrokenOff, Moving, transfer};

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
}
