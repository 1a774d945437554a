//! Erases for which a full disk had no room at all, until they begin.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use likeness_core::{
    api::{Call, Caller, Problem},
    avatar::AvatarId,
    error::StorageErrorKind,
};

/// The most erases that are remembered. A caller is told 503 all the same, and repeats the call.
const MOST: usize = 1000;

/// The erases that are still to begin, each with the call that asked for it.
#[derive(Debug, Default)]
pub(super) struct PostponedErases(Mutex<BTreeMap<AvatarId, (Call, Caller)>>);

impl PostponedErases {
    /// Remembers an erase that found no room. Any other refusal is final.
    pub(super) fn note(&self, id: AvatarId, call: &Call, caller: Caller, problem: &Problem) {
        let mut waiting = self.waiting();
        if problem.code == StorageErrorKind::Full.code() && waiting.len() < MOST {
            waiting.insert(id, (call.clone(), caller));
        }
    }

    /// Lists the erases that are still to begin.
    pub(super) fn all(&self) -> BTreeMap<AvatarId, (Call, Caller)> {
        self.waiting().clone()
    }

    /// Forgets an erase that began or was refused.
    pub(super) fn remove(&self, id: AvatarId) {
        self.waiting().remove(&id);
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<AvatarId, (Call, Caller)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
