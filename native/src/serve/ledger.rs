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
        self.0.spend(entropy()?, clock::now(), change)
    }

    /// Looks at the budget as it was saved last, and waits for nobody who changes it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Budget) -> T) -> Result<T, StorageError> {
        let saved = self.0.budget()?;
        let budget = saved.map_or_else(|| Ok(Budget::new(entropy()?, clock::now())), Ok)?;
        Ok(look(&budget))
    }
}

fn entropy() -> Result<[u8; 32], StorageError> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|error| {
        let place = format!("the system's random numbers: {error}");
        StorageError::new(StorageErrorKind::Broken, place)
    })?;
    Ok(entropy)
}
