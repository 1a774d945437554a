//! The deployment's one budget.

use std::sync::Arc;

use likeness_core::{
    budget::Budget,
    error::{StorageError, StorageErrorKind},
};

use crate::{clock, store::Store};

/// The budget in the store. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Ledger(Arc<Store>);

impl Ledger {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// Lets the budget change, and saves it before anything else can.
    pub(super) fn change<T>(&self, change: impl FnOnce(Budget) -> (Budget, T)) -> Result<T, StorageError> {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(|error| {
            let place = format!("the system's random numbers: {error}");
            StorageError::new(StorageErrorKind::Broken, place)
        })?;
        self.0.spend(entropy, clock::now(), change)
    }
}
