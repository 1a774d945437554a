//! The core's errors as endings of the program.

use std::{io, path::Path};

use likeness_core::{
    avatar::AvatarId,
    error::{Class, DataError, Error, StorageError},
    words::Audience,
};

use crate::{
    exit::{Exit, Failure},
    printable::printable,
    storage::{making_error, storage_error},
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

/// The ending of a command that cannot write to the place that was named. A folder that is missing is made, and not put
/// back.
pub(crate) fn target(path: &Path, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return storage(storage_error(path, error));
    }
    if folder_of(path).is_dir() {
        return storage(making_error(path, error));
    }
    let folder = folder_of(path).display().to_string();
    Failure::new(Exit::Storage, "storage.missing", format!("there is no folder {}", printable(&folder)))
        .next("make it, or name another place")
}

/// The folder in which a file lies.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// No avatar has this id.
pub(crate) fn no_avatar(id: AvatarId) -> Failure {
    Failure::new(Exit::Data, "job.unknown", format!("there is no job {id}"))
        .next("`likeness jobs` lists those of this machine")
}
