//! The core's errors as endings of the program.

use likeness_core::{
    avatar::AvatarId,
    error::{Class, DataError, Error, StorageError},
    words::Audience,
};

use crate::{
    exit::{Exit, Failure},
    printable::printable,
};

/// The ending that an error means.
pub(crate) fn of(error: &Error) -> Failure {
    let exit = match error.class() {
        Class::Network => Exit::Network,
        Class::Api => Exit::Api,
        Class::Data => Exit::Data,
        Class::Storage => Exit::Storage,
    };
    let failure = match error {
        Error::Data(DataError::Dataset(problems)) => {
            let failure = Failure::new(exit, error.code(), "the photos do not make a set");
            problems.iter().fold(failure, |failure, problem| failure.why(printable(&problem.to_string())))
        }
        _ => Failure::new(exit, error.code(), error.to_string()),
    };
    failure.next(error.advice(Audience::Terminal))
}

/// The ending that a storage error means.
pub(crate) fn storage(error: StorageError) -> Failure {
    of(&Error::Storage(error))
}

/// No avatar has this id.
pub(crate) fn no_avatar(id: AvatarId) -> Failure {
    Failure::new(Exit::Data, "job.unknown", format!("there is no job {id}"))
        .next("`likeness jobs` lists those of this machine")
}
