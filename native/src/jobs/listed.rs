//! Several jobs in a list, for a person whose word named all of them.

use likeness_core::{avatar::Avatar, words::Audience};
use serde_json::{Value, json};

use super::{
    called::short_id,
    meaning::{last_attempt, person},
};
use crate::{
    clock,
    files::store::Store,
    printable::printable,
    words::{age, day, stage},
};

/// Describes a job in a line: its id as far as it must be typed, date, stage, number of photos; and its name, where
/// that was not the word that named them all.
pub(crate) fn line(store: &Store, avatar: &Avatar, all: &[Avatar], with_name: bool) -> String {
    let now = clock::now();
    let name = person(avatar).filter(|_| with_name).map(|name| format!("{}, ", printable(name)));
    let at = avatar.trainings().last().map_or(avatar.created_at(), |training| training.order.ordered_at());
    let stage = match avatar.status(last_attempt(avatar), now, Audience::Terminal) {
        _ if person(avatar).is_none() => "erased".to_owned(),
        Some(status) => stage(&status, store.is_attended(avatar.id())),
        None => "a given model".to_owned(),
    };
    let photos = match avatar.photos().photos().len() {
        0 => String::new(),
        1 => ", 1 photo".to_owned(),
        count => format!(", {count} photos"),
    };
    let (id, name) = (short_id(avatar.id(), all), name.unwrap_or_default());
    format!("{id}  {name}{} ({}): {stage}{photos}", day(at), age(at, now))
}

/// Makes the job's document for programs.
pub(super) fn document(avatar: &Avatar) -> Value {
    let attempt = last_attempt(avatar);
    let status = avatar.status(attempt, clock::now(), Audience::Terminal);
    json!({
        "job": avatar.id(), "name": person(avatar), "photos": avatar.photos().photos().len(),
        "created_at": status.as_ref().map_or(avatar.created_at(), |status| status.created_at),
        "stage": status.map(|status| status.stage),
    })
}
