//! From what a person calls a job to the job.

use likeness_core::{
    avatar::{self, Avatar, JobId},
    fal::RequestId,
};

use crate::{
    args::JobName,
    exit::{Exit, Failure},
    failures,
    printable::printable,
    shell::Shell,
};

/// What a job is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// To be shown: a name means the person's newest job.
    Seeing,
    /// For its model: a name means the person's newest job that has one.
    ItsModel,
    /// To be stopped or erased: a name that means several jobs is not enough.
    Good,
}

/// The job that is meant: by its id, its request id, its person's name, or an unambiguous beginning of its id
/// or name.
pub(crate) fn find(shell: &Shell, name: &JobName, wanted: For) -> Result<(Avatar, u32), Failure> {
    let text = name.as_str();
    if let Ok(job) = text.parse::<JobId>()
        && let Some(avatar) = shell.store.load(job.avatar).map_err(failures::storage)?
    {
        // Without a number the last attempt is meant.
        let numbered = text.contains('/');
        let attempt = if numbered { job.attempt } else { last_attempt(&avatar) };
        return match avatar.training(attempt) {
            None if numbered => Err(unknown(name)),
            _ => Ok((avatar, attempt)),
        };
    }
    if let Ok(request_id) = text.parse::<RequestId>()
        && let Some(id) = shell.store.holder(&request_id).map_err(failures::storage)?
    {
        let avatar = shell.load(id)?;
        let held = |training: &&avatar::TrainingJob| training.order.request_id() == Some(&request_id);
        let attempt = avatar.trainings().iter().find(held).map(|training| training.attempt);
        let attempt = attempt.unwrap_or_else(|| last_attempt(&avatar));
        return Ok((avatar, attempt));
    }
    let avatars = shell.store.load_all().map_err(failures::storage)?;
    let wanted_name = text.to_lowercase();
    let named: Vec<&Avatar> = avatars
        .iter()
        .filter(|avatar| person(avatar).is_some_and(|name| name.to_lowercase() == wanted_name))
        .collect();
    let begin: Vec<&Avatar> = avatars
        .iter()
        .filter(|avatar| {
            avatar.id().to_string().starts_with(&wanted_name)
                || person(avatar).is_some_and(|name| name.to_lowercase().starts_with(&wanted_name))
        })
        .collect();
    let usable = |avatar: &&&Avatar| wanted != For::ItsModel || avatar.trigger().is_some();
    let newest = named.iter().filter(usable).max_by_key(|avatar| newest(avatar)).or(named.first());
    match (newest, named.as_slice(), begin.as_slice()) {
        (_, several @ [_, _, ..], _) if wanted == For::Good => Err(ambiguous(text, several)),
        (Some(avatar), ..) | (None, _, [avatar]) => Ok(((*avatar).clone(), last_attempt(avatar))),
        (None, _, []) => Err(unknown(name)),
        (None, _, several) => Err(ambiguous(text, several)),
    }
}

fn ambiguous(text: &str, several: &[&Avatar]) -> Failure {
    let sentence = format!("`{}` may mean several jobs", printable(text));
    let failure = Failure::new(Exit::Usage, "job.ambiguous", sentence);
    let named = several.iter().map(|avatar| match person(avatar) {
        Some(name) => format!("{} ({})", avatar.id(), printable(name)),
        None => avatar.id().to_string(),
    });
    named.fold(failure, Failure::why).next("name the one that is meant by its id")
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
