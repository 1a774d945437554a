//! From a job to the shortest word that names it, for what is suggested to be typed.

use likeness_core::avatar::{Avatar, AvatarId, JobId, OrderKey};

use super::meaning::{For, by_id, by_name, last_attempt, person};
use crate::{
    args::JobName,
    files::store::Store,
    printable::{columns, printable},
    words::quoted,
};

/// The fewest characters of an id that are shown: the first group of a UUID.
const SHORT: usize = 8;

/// The widest name that is suggested, in columns. A wider one is not typed again.
const TYPED: usize = 30;

/// Returns the word that names this job for this purpose: the person's name where it means this very job, else the
/// beginning of the job's id.
pub(crate) fn called(store: &Store, avatar: &Avatar, attempt: u32, wanted: For) -> String {
    let job = JobId { avatar: avatar.id(), attempt };
    let Ok(all) = store.load_all() else { return job.to_string() };
    if attempt != last_attempt(avatar) {
        return job.to_string();
    }
    let means_it = |name: &JobName| match by_id(store, name) {
        Ok(None) => by_name(&all, name, wanted)
            .is_ok_and(|(found, number)| (found.id(), number) == (job.avatar, attempt)),
        _ => false,
    };
    // A name that begins with a hyphen would be read as a flag, and one that is not shown as it is cannot be typed.
    let name = person(avatar)
        .filter(|name| columns(name) <= TYPED && !name.starts_with('-') && printable(name) == *name)
        .filter(|name| name.parse().is_ok_and(|name| means_it(&name)));
    name.map_or_else(|| short_id(avatar.id(), &all), |name| quoted(name).into_owned())
}

/// Names an order in the log.
pub(crate) fn order_name(avatar: AvatarId, order: OrderKey) -> String {
    match order {
        OrderKey::Training(attempt) => JobId { avatar, attempt }.to_string(),
        OrderKey::Pictures(number) => format!("{avatar} pictures {number}"),
    }
}

/// Returns the shortest beginning of the id that no other job has, at least eight characters.
pub(crate) fn short_id(id: AvatarId, all: &[Avatar]) -> String {
    let whole = id.to_string();
    let shared = |other: &Avatar| {
        let other = other.id().to_string();
        whole.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
    };
    let others = all.iter().filter(|other| other.id() != id);
    let length = others.map(shared).max().map_or(SHORT, |shared| SHORT.max(shared + 1));
    whole.get(..length).unwrap_or(&whole).trim_end_matches('-').to_owned()
}
