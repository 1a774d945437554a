//! The job that a name means.

use likeness_core::{
    avatar::{self, Avatar, JobId, Name},
    fal::RequestId,
    time::Timestamp,
};

use crate::{
    args::JobName,
    failure::{self, Exit, Failure},
    files::store::Store,
    printable::printable,
};

/// The purpose for which a job is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// A look: a name means the person's newest job.
    Seeing,
    /// Use of its model: a name means the person's newest job that has one.
    ItsModel,
    /// Stopping: a name that means several jobs is not enough.
    Good,
    /// Erasing: the beginning of a name is not enough either, nor are less than eight characters of an id.
    Erasing,
}

/// The reasons why a name means no job.
pub(super) enum Unmeant {
    Unknown,
    /// Several jobs that the name may mean.
    Ambiguous(Vec<Avatar>),
    /// A job whose name or id begins so, which is not enough to erase the job.
    TooShort(Box<Avatar>),
}

/// Number of characters of an id that are enough to erase the job.
const ENOUGH_OF_ID: usize = 8;

/// Finds the job with this whole id, or with this request.
pub(super) fn by_id(store: &Store, name: &JobName) -> Result<Option<(Avatar, u32)>, Failure> {
    let text = name.as_str();
    if let Ok(job) = text.parse::<JobId>()
        && let Some(avatar) = store.load(job.avatar).map_err(failure::storage)?
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
        && let Some(id) = store.holder(&request_id).map_err(failure::storage)?
    {
        let avatar = store.load(id).map_err(failure::storage)?.ok_or_else(|| failure::no_avatar(id))?;
        let held = |training: &&avatar::TrainingJob| training.order.request_id() == Some(&request_id);
        let attempt = avatar.trainings().iter().find(held).map(|training| training.attempt);
        let attempt = attempt.unwrap_or_else(|| last_attempt(&avatar));
        return Ok(Some((avatar, attempt)));
    }
    Ok(None)
}

/// Finds the job that a person's name means, or the beginning of one or of an id.
pub(super) fn by_name(avatars: &[Avatar], name: &JobName, wanted: For) -> Result<(Avatar, u32), Unmeant> {
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
    let ambiguous = |several: &[&Avatar]| Unmeant::Ambiguous(several.iter().copied().cloned().collect());
    let found = |avatar: &Avatar| Ok((avatar.clone(), last_attempt(avatar)));
    match (newest, named.as_slice(), begin.as_slice()) {
        (_, several @ [_, _, ..], _) if matches!(wanted, For::Good | For::Erasing) => Err(ambiguous(several)),
        (Some(avatar), ..) => found(avatar),
        (None, _, [avatar]) if is_enough(avatar) => found(avatar),
        (None, _, [avatar]) => Err(Unmeant::TooShort(Box::new((*avatar).clone()))),
        (None, _, []) => Err(Unmeant::Unknown),
        (None, _, several) => Err(ambiguous(several)),
    }
}

/// Returns the form of a name that is compared, the same for every case.
fn folded(text: &str) -> String {
    Name::new(text).map_or_else(|_| text.to_lowercase(), |name| name.folded())
}

/// Returns the number of the avatar's last attempt; 1 for an avatar whose model was trained elsewhere.
pub(crate) fn last_attempt(avatar: &Avatar) -> u32 {
    avatar.trainings().last().map_or(1, |training| training.attempt)
}

pub(super) fn person(avatar: &Avatar) -> Option<&str> {
    avatar.person().map(|person| person.name.as_str())
}

fn newest(avatar: &Avatar) -> Option<Timestamp> {
    avatar.trainings().last().map(|training| training.order.ordered_at())
}

/// Makes the failure for a name that no job has.
pub(super) fn unknown(name: &JobName) -> Failure {
    Failure::new(Exit::Data, "job.unknown", format!("there is no job `{}`", printable(name.as_str())))
        .next("`likeness jobs` lists those of this machine")
}
