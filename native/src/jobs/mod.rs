//! From what a person calls a job to the job, and back.

mod called;
mod listed;
pub(crate) mod lost;

use likeness_core::{
    avatar::{self, Avatar, JobId, Name},
    fal::RequestId,
};
use serde_json::json;

pub(crate) use self::{
    called::{called, short_id},
    listed::line,
};
use crate::{
    args::JobName,
    driver::shell::Shell,
    failure::{self, Exit, Failure},
    printable::printable,
};

/// What a job is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// To be shown: a name means the person's newest job.
    Seeing,
    /// For its model: a name means the person's newest job that has one.
    ItsModel,
    /// To be stopped: a name that means several jobs is not enough.
    Good,
    /// To be erased: neither is the beginning of a name, nor less than eight characters of an id.
    Erasing,
}

/// How much of an id is enough to erase what it names.
const ENOUGH_OF_ID: usize = 8;

/// The job that is meant: by its id, its request id, its person's name, or an unambiguous beginning of its id
/// or name.
pub(crate) fn find(shell: &Shell, name: &JobName, wanted: For) -> Result<(Avatar, u32), Failure> {
    if let Some(found) = by_id(shell, name)? {
        return Ok(found);
    }
    let avatars = shell.store.load_all().map_err(failure::storage)?;
    by_name(shell, &avatars, name, wanted)
        .or_else(|failure| by_number(shell, &avatars, name, wanted).ok_or(failure))
}

/// The job that `NAME/2`, or the beginning of an id with a number behind it, means.
fn by_number(shell: &Shell, avatars: &[Avatar], name: &JobName, wanted: For) -> Option<(Avatar, u32)> {
    let (of, number) = name.as_str().rsplit_once('/')?;
    let (avatar, _) = by_name(shell, avatars, &of.parse().ok()?, wanted).ok()?;
    let attempt = number.parse().ok().filter(|attempt| avatar.training(*attempt).is_some())?;
    Some((avatar, attempt))
}

/// The job whose whole id, or whose request's, this is.
fn by_id(shell: &Shell, name: &JobName) -> Result<Option<(Avatar, u32)>, Failure> {
    let text = name.as_str();
    if let Ok(job) = text.parse::<JobId>()
        && let Some(avatar) = shell.store.load(job.avatar).map_err(failure::storage)?
    {
        // Without a number the last attempt is meant.
        let numbered = text.contains('/');
        let attempt = if numbered { job.attempt } else { last_attempt(&avatar) };
        return match avatar.training(attempt) {
            None if numbered => Err(unknown(name)),
            _ => Ok(Some((avatar, attempt))),
        };
    }
    if let Ok(request_id) = text.parse::<RequestId>()
        && let Some(id) = shell.store.holder(&request_id).map_err(failure::storage)?
    {
        let avatar = shell.load(id)?;
        let held = |training: &&avatar::TrainingJob| training.order.request_id() == Some(&request_id);
        let attempt = avatar.trainings().iter().find(held).map(|training| training.attempt);
        let attempt = attempt.unwrap_or_else(|| last_attempt(&avatar));
        return Ok(Some((avatar, attempt)));
    }
    Ok(None)
}

/// The job that a person's name means, or the beginning of one or of an id.
fn by_name(shell: &Shell, avatars: &[Avatar], name: &JobName, wanted: For) -> Result<(Avatar, u32), Failure> {
    let text = name.as_str();
    let wanted_name = folded(text);
    let is_named = |avatar: &&Avatar| person(avatar).is_some_and(|name| folded(name) == wanted_name);
    let named: Vec<&Avatar> = avatars.iter().filter(is_named).collect();
    let begins = |avatar: &&Avatar| {
        avatar.id().to_string().starts_with(&wanted_name)
            || person(avatar).is_some_and(|name| folded(name).starts_with(&wanted_name))
    };
    let begin: Vec<&Avatar> = avatars.iter().filter(begins).collect();
    let usable = |avatar: &&&Avatar| wanted != For::ItsModel || avatar.trigger().is_some();
    let newest = named.iter().filter(usable).max_by_key(|avatar| newest(avatar)).or(named.first());
    let is_enough = |avatar: &Avatar| {
        wanted != For::Erasing
            || text.len() >= ENOUGH_OF_ID && avatar.id().to_string().starts_with(&wanted_name)
    };
    let found = |avatar: &Avatar| Ok((avatar.clone(), last_attempt(avatar)));
    match (newest, named.as_slice(), begin.as_slice()) {
        (_, several @ [_, _, ..], _) if matches!(wanted, For::Good | For::Erasing) => {
            Err(ambiguous(shell, avatars, text, several))
        }
        (Some(avatar), ..) => found(avatar),
        (None, _, [avatar]) if is_enough(avatar) => found(avatar),
        (None, _, [avatar]) => Err(too_short(shell, avatars, text, avatar)),
        (None, _, []) => Err(unknown(name)),
        (None, _, several) => Err(ambiguous(shell, avatars, text, several)),
    }
}

/// A name as it is compared: in one form, whatever its case.
fn folded(text: &str) -> String {
    Name::new(text).map_or_else(|_| text.to_lowercase(), |name| name.folded())
}

fn ambiguous(shell: &Shell, all: &[Avatar], text: &str, several: &[&Avatar]) -> Failure {
    let sentence = format!("`{}` may mean several jobs", printable(text));
    let failure = Failure::new(Exit::Usage, "job.ambiguous", sentence);
    let differ = several.iter().any(|avatar| person(avatar) != several.first().and_then(|one| person(one)));
    let lines = several.iter().map(|avatar| listed::line(shell, avatar, all, differ));
    let documents: Vec<_> = several.iter().map(|avatar| listed::document(avatar)).collect();
    lines
        .fold(failure, Failure::why)
        .next("name the one that is meant by its id, as it stands above")
        .details(json!({ "jobs": documents }))
}

fn too_short(shell: &Shell, all: &[Avatar], text: &str, avatar: &Avatar) -> Failure {
    let whole = called(shell, avatar, last_attempt(avatar), For::Erasing);
    let sentence = format!("`{}` is not enough to erase something by", printable(text));
    Failure::new(Exit::Usage, "job.not_whole", sentence)
        .why(format!("it is the beginning of {}", listed::line(shell, avatar, all, true)))
        .next(format!("give the whole name, or at least eight characters of the id: likeness erase {whole}"))
        .details(json!({ "jobs": [listed::document(avatar)] }))
}

/// Its last attempt; an avatar whose model was trained elsewhere has none.
pub(crate) fn last_attempt(avatar: &Avatar) -> u32 {
    avatar.trainings().last().map_or(1, |training| training.attempt)
}

fn person(avatar: &Avatar) -> Option<&str> {
    avatar.person().map(|person| person.name.as_str())
}

fn newest(avatar: &Avatar) -> Option<likeness_core::time::Timestamp> {
    avatar.trainings().last().map(|training| training.order.ordered_at())
}

fn unknown(name: &JobName) -> Failure {
    Failure::new(Exit::Data, "job.unknown", format!("there is no job `{}`", printable(name.as_str())))
        .next("`likeness jobs` lists those of this machine")
}
