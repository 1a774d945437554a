//! Lookup of a job by the name that a person typed.

use likeness_core::avatar::Avatar;
use serde_json::json;

use super::{
    called::called,
    listed,
    meaning::{For, Unmeant, by_id, by_name, last_attempt, person, unknown},
};
use crate::{
    args::JobName,
    failure::{self, Exit, Failure},
    files::store::Store,
    printable::printable,
};

/// Finds the job by its id, its request id, its person's name, or an unambiguous beginning of its id or name.
pub(crate) fn find(store: &Store, name: &JobName, wanted: For) -> Result<(Avatar, u32), Failure> {
    if let Some(found) = by_id(store, name)? {
        return Ok(found);
    }
    let avatars = store.load_all().map_err(failure::storage)?;
    by_name(&avatars, name, wanted).or_else(|why| {
        by_number(&avatars, name, wanted).ok_or_else(|| match why {
            Unmeant::Unknown => unknown(name),
            Unmeant::Ambiguous(several) => ambiguous(store, &avatars, name.as_str(), &several),
            Unmeant::TooShort(avatar) => too_short(store, &avatars, name.as_str(), &avatar),
        })
    })
}

/// Finds the job that `NAME/2`, or the beginning of an id with a number behind it, means.
fn by_number(avatars: &[Avatar], name: &JobName, wanted: For) -> Option<(Avatar, u32)> {
    let (of, number) = name.as_str().rsplit_once('/')?;
    let (avatar, _) = by_name(avatars, &of.parse().ok()?, wanted).ok()?;
    let attempt = number.parse().ok().filter(|attempt| avatar.training(*attempt).is_some())?;
    Some((avatar, attempt))
}

fn ambiguous(store: &Store, all: &[Avatar], text: &str, several: &[Avatar]) -> Failure {
    let sentence = format!("`{}` may mean several jobs", printable(text));
    let failure = Failure::new(Exit::Usage, "job.ambiguous", sentence);
    let differ = several.iter().any(|avatar| person(avatar) != several.first().and_then(|one| person(one)));
    let lines = several.iter().map(|avatar| listed::line(store, avatar, all, differ));
    let documents: Vec<_> = several.iter().map(listed::document).collect();
    lines
        .fold(failure, Failure::why)
        .next("name the one that is meant by its id, as it stands above")
        .details(json!({ "jobs": documents }))
}

fn too_short(store: &Store, all: &[Avatar], text: &str, avatar: &Avatar) -> Failure {
    let whole = called(store, avatar, last_attempt(avatar), For::Erasing);
    let sentence = format!("`{}` is not enough to erase something by", printable(text));
    Failure::new(Exit::Usage, "job.not_whole", sentence)
        .why(format!("it is the beginning of {}", listed::line(store, avatar, all, true)))
        .next(format!("give the whole name, or at least eight characters of the id: likeness erase {whole}"))
        .details(json!({ "jobs": [listed::document(avatar)] }))
}
