//! The chats with the bot that are driven.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use likeness_core::telegram::ChatId;
use tokio::sync::Notify;

/// The chats that are driven.
#[derive(Debug, Default)]
pub(super) struct Chats {
    driven: Mutex<HashMap<ChatId, Driven>>,
    ended: Notify,
}

#[derive(Debug)]
struct Driven {
    wakeup: Arc<Notify>,
    /// Number of wake-ups: none is lost between the last look and the end of a driver.
    woken: u64,
}

impl Chats {
    /// Wakes the driver of this chat; where there is none, returns what will wake the one that must be started.
    pub(super) fn wake(&self, id: ChatId) -> Option<Arc<Notify>> {
        let mut driven = self.driven();
        if let Some(driven) = driven.get_mut(&id) {
            driven.woken += 1;
            driven.wakeup.notify_one();
            return None;
        }
        let wakeup = Arc::new(Notify::new());
        driven.insert(id, Driven { wakeup: Arc::clone(&wakeup), woken: 0 });
        Some(wakeup)
    }

    /// Counts the times that the driver of this chat was woken.
    pub(super) fn woken(&self, id: ChatId) -> u64 {
        self.driven().get(&id).map_or(0, |driven| driven.woken)
    }

    /// Takes a driver off the list, unless it was woken since; an update that comes then starts another.
    pub(super) fn leave(&self, id: ChatId, woken: u64) -> bool {
        let mut driven = self.driven();
        let leaves = driven.get(&id).is_none_or(|driven| driven.woken == woken);
        if leaves {
            driven.remove(&id);
            self.ended.notify_waiters();
        }
        leaves
    }

    /// Waits until no chat is driven any more.
    pub(super) async fn ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.driven().is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn driven(&self) -> MutexGuard<'_, HashMap<ChatId, Driven>> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guard that takes a driver off the list when it ends, also by a panic.
pub(super) struct Leaving<'a> {
    chats: &'a Chats,
    id: ChatId,
    done: bool,
}

impl<'a> Leaving<'a> {
    pub(super) fn new(chats: &'a Chats, id: ChatId) -> Self {
        Self { chats, id, done: false }
    }

    /// Notes that the driver has left the list: another may be on it by now.
    pub(super) fn left(mut self) {
        self.done = true;
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.chats.driven().remove(&self.id);
            self.chats.ended.notify_waiters();
        }
    }
}
