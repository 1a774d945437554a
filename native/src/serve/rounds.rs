//! Rounds that wake avatars whose work is due though no call arrives: at the start those that are unfinished, and later
//! those whose moment has come, such as the end of a retention time.

use std::{sync::Arc, time::Duration};

use likeness_core::{error::StorageError, time::Timestamp};
use tokio::sync::watch;

use super::drivers::{Drivers, ROUND};
use crate::{
    clock,
    files::{orphans, store::Store},
};

/// The most by which a clock that was set back wakes avatars early: the longest pause between two tries. To wake an
/// avatar early costs a look.
const FURTHEST: Duration = Duration::from_mins(75);

/// The clock that the rounds go by.
pub(super) struct Rounds {
    pub(super) store: Arc<Store>,
    pub(super) drivers: Arc<Drivers>,
    /// True if there is a backend that gets notices.
    pub(super) notices: bool,
}

impl Rounds {
    /// Makes rounds until the server stops.
    pub(super) async fn go(self, mut stop: watch::Receiver<bool>) {
        let store = Arc::clone(&self.store);
        // Removes files that killed processes left, without waiting for the end.
        drop(tokio::task::spawn_blocking(move || orphans::sweep(&store)));
        let mut last = None;
        while !*stop.borrow() {
            let now = clock::now();
            match self.wake(last, now) {
                Ok(()) => last = Some(now),
                Err(error) => log::error!("unfinished avatars could not be looked for: {error}"),
            }
            let _ = tokio::time::timeout(ROUND, stop.wait_for(|stop| *stop)).await;
        }
    }

    fn wake(&self, last: Option<Timestamp>, now: Timestamp) -> Result<(), StorageError> {
        // Where the clock was set back, drivers that ended wait for moments that are further off than they were.
        let due = match last.filter(|last| *last > now) {
            Some(last) => self.store.due(None, last.plus(FURTHEST), self.notices)?,
            None => self.store.due(last, now, self.notices)?,
        };
        let erased = if last.is_none() { self.store.half_erased()? } else { Vec::new() };
        for id in due.into_iter().chain(erased) {
            self.drivers.wake(id);
        }
        Ok(())
    }
}
