//! The deployment's one budget.

use std::sync::Arc;

use likeness_core::{
    api::Inquiry,
    budget::{Budget, Question},
    error::{StorageError, StorageErrorKind},
};

use crate::{clock, files::store::Store};

/// The budget in the store. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct StoredBudget(Arc<Store>);

impl StoredBudget {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// Lets the budget change, as far as a question asks for it, and saves it before anything else can.
    pub(super) fn change<T>(
        &self,
        question: Question,
        change: impl FnOnce(Budget) -> (Budget, T),
    ) -> Result<T, StorageError> {
        let inquiry = Inquiry::new(question, None, clock::now());
        self.0.spend(inquiry, entropy()?, |budget, _| change(budget))
    }

    /// Reads the budget as it was saved last, without waiting for changes.
    pub(super) fn look<T>(
        &self,
        question: Question,
        look: impl FnOnce(&Budget) -> T,
    ) -> Result<T, StorageError> {
        let inquiry = Inquiry::new(question, None, clock::now());
        self.0.ask(inquiry, entropy()?, look)
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
