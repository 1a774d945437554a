//! Jobs that lie in the data folder and that the database does not know, and rows that cannot be read.

use likeness_core::{
    avatar::{Avatar, Person},
    error::{StorageError, StorageErrorKind},
    words::Audience,
};
use serde_json::{Value, json};

use crate::{
    failure::{self, Failure},
    files::store::{FoundRecord, Store, Unclaimed, UnreadableRow},
    output::Output,
    printable::shown,
};

/// The advice on jobs that can be taken up.
pub(crate) const ADVICE: &str = "`likeness doctor --repair` takes them up, and orders nothing";

/// Describes in a line the files that lie there.
pub(crate) fn unclaimed_line(unclaimed: &Unclaimed) -> String {
    let id = unclaimed.id;
    match &unclaimed.record {
        FoundRecord::Readable(avatar) => {
            let name = avatar.person().map_or("(erased)", |person| person.name.as_str());
            let photos = avatar.photos().photos().len();
            format!("{}: {photos} photos, begun {}; {id}", shown(name), avatar.created_at())
        }
        FoundRecord::Unreadable(error) => {
            format!("{id}: its record cannot be used: {error}. {}", error.advice(Audience::Terminal))
        }
        FoundRecord::None => {
            format!("{id}: files without a record, such as a model; they stay where they are")
        }
    }
}

/// Describes in a line the row that cannot be read, with the reason.
pub(crate) fn unreadable_line(row: &UnreadableRow) -> String {
    format!("{}: {}. {}", shown(&row.id), row.error, row.error.advice(Audience::Terminal))
}

/// Makes the documents of both for programs.
pub(crate) fn documents(unclaimed: &[Unclaimed], unreadable: &[UnreadableRow]) -> (Value, Value) {
    let name = |unclaimed: &Unclaimed| match &unclaimed.record {
        FoundRecord::Readable(avatar) => avatar.person().map(|person| person.name.to_string()),
        _ => None,
    };
    let unclaimed = unclaimed.iter().map(|one| json!({ "job": one.id, "name": name(one) })).collect();
    let unreadable =
        unreadable.iter().map(|row| json!({ "job": row.id, "code": row.error.kind.code() })).collect();
    (unclaimed, unreadable)
}

/// Makes sure that no training of this person was lost: one that is begun again would be bought again. Lost jobs of
/// other persons are named.
pub(crate) fn none_is_lost(store: &Store, person: &Person, output: &Output) -> Result<(), Failure> {
    let unclaimed = store.unclaimed().map_err(failure::storage)?;
    let is_theirs = |avatar: &Avatar| {
        avatar
            .person()
            .is_some_and(|one| one.user == person.user && one.name.folded() == person.name.folded())
    };
    for one in &unclaimed {
        match &one.record {
            FoundRecord::Readable(avatar) if is_theirs(avatar) => {
                let folder = store.folder(one.id).display().to_string();
                let error = StorageError::new(StorageErrorKind::Unclaimed, folder);
                return Err(failure::storage(error).why(unclaimed_line(one)));
            }
            // The record may be any person's.
            FoundRecord::Unreadable(error) => {
                return Err(failure::storage(error.clone()).why(unclaimed_line(one)));
            }
            _ => {}
        }
    }
    if !unclaimed.is_empty() {
        output.note("The database does not know some jobs in the data folder:");
        for one in &unclaimed {
            output.note(format_args!("  {}", unclaimed_line(one)));
        }
        output.note(format_args!("  {ADVICE}."));
    }
    Ok(())
}
