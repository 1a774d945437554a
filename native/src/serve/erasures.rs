//! Erases for which a full disk had no room at all: the files went first, and the rest is tried again until it is done, also
//! when nobody asks once more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use likeness_core::{
    api::{Call, Caller, Given, Problem},
    avatar::AvatarId,
    error::StorageErrorKind,
    http::StatusCode,
};
use tokio::sync::watch;

use super::server::Server;

/// The pause between two tries.
const AGAIN: Duration = Duration::from_secs(5);

/// The most erases that are remembered. A caller is told 503 all the same, and repeats the call.
const MOST: usize = 1000;

/// The erases that are still to begin, each with the call that asked for it.
#[derive(Debug, Default)]
pub(super) struct Erasures(Mutex<BTreeMap<AvatarId, (Call, Caller)>>);

impl Erasures {
    /// Remembers an erase that found no room. Any other refusal is final.
    pub(super) fn note(&self, id: AvatarId, call: &Call, caller: Caller, problem: &Problem) {
        let mut waiting = self.waiting();
        if problem.code == StorageErrorKind::Full.code() && waiting.len() < MOST {
            waiting.insert(id, (call.clone(), caller));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<AvatarId, (Call, Caller)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries the remembered erases again and again, until the server closes.
pub(super) async fn carry_on(server: Arc<Server>, mut closing: watch::Receiver<bool>) {
    while tokio::time::timeout(AGAIN, closing.wait_for(|closing| *closing)).await.is_err() {
        let waiting = server.erasures.waiting().clone();
        for (id, (call, caller)) in waiting {
            match server.ask(id, &call, caller, &Given::default()).await {
                Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
                    log::debug!("the erase of {id} could not begin yet: {}", problem.code);
                }
                ended => {
                    server.erasures.waiting().remove(&id);
                    log::info!(
                        "the erase of {id} that was put off {}",
                        if ended.is_ok() { "began" } else { "is refused" }
                    );
                }
            }
        }
    }
}
