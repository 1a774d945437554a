//! Trouble of this machine and of slow callers, as callers of the API are told of it.

use likeness_core::{
    api::{ApiProblem, Problem},
    error::{Error, StorageError},
};

use super::connections::Slow;

/// A failure of storage as callers see it: where things lie on this machine is for the log.
pub(super) fn shown(error: StorageError) -> Problem {
    log::error!("{error}");
    Problem::from(&Error::Storage(StorageError { place: "the deployment's storage".to_owned(), ..error }))
}

/// A body that did not come whole, as its caller sees it.
pub(super) fn unfinished(why: Slow) -> Problem {
    match why {
        Slow::Slow => too_slow(),
        Slow::Broken(error) => ApiProblem::Body { why: format!("it broke off: {error}") }.into(),
    }
}

/// A body that took too long, as its caller sees it.
pub(super) fn too_slow() -> Problem {
    ApiProblem::Body { why: "it did not come in time".to_owned() }.into()
}
