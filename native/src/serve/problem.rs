//! Refusals for trouble of this machine and for slow callers.

use likeness_core::{
    api::{ApiProblem, Problem},
    error::{Error, StorageError},
};

use super::connections::Slow;

/// Converts a failure of storage for callers: paths and addresses are for the log only.
pub(super) fn shown(error: StorageError) -> Problem {
    log::error!("{error}");
    Problem::from(&Error::Storage(StorageError { place: "the deployment's storage".to_owned(), ..error }))
}

/// Makes the refusal of a body that did not come whole.
pub(super) fn unfinished(why: Slow) -> Problem {
    match why {
        Slow::Slow => too_slow(),
        Slow::Broken(error) => {
            log::debug!("a body broke off: {error}");
            ApiProblem::broken_body().into()
        }
    }
}

/// Makes the refusal of a body that took too long.
pub(super) fn too_slow() -> Problem {
    ApiProblem::late_body().into()
}
