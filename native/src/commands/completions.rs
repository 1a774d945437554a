//! `likeness completions`: the completion script of a shell, and its answers to the Tab key: commands, flags
//! and files by clap's own engine, and the jobs of this machine.

use std::{
    env,
    ffi::OsStr,
    io::{self, Write as _},
};

use clap::Command;
use clap_complete::{
    ArgValueCompleter, CompleteEnv, CompletionCandidate, Shell,
    env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh},
};
use likeness_core::{avatar::Avatar, words::Audience};

use crate::{
    args::{self, Global},
    clock,
    driver::shell::Shell as Store,
    failure::Failure,
    jobs::{For, called, last_attempt, short_id},
    output::unwritten,
    printable::printable,
    settings::Settings,
    words::stage,
};

/// The environment variable by which a completion script asks, set to the shell's name.
const ASKED_BY: &str = "LIKENESS_COMPLETE";

/// Writes the script to standard output.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    // Made in memory first, so that the printed script is whole.
    let mut script = Vec::new();
    write_script(shell, &mut script).map_err(|error| unwritten(&error))?;
    let mut out = io::stdout().lock();
    out.write_all(&script).and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}

/// Answers a shell's completion script, if one calls, and tells whether one did. Then there is nothing else to do.
pub(crate) fn answer() -> bool {
    let folder = env::current_dir().ok();
    // A script whose call goes wrong cannot show an error.
    CompleteEnv::with_factory(command)
        .var(ASKED_BY)
        .try_complete(env::args_os(), folder.as_deref())
        .unwrap_or(true)
}

/// Writes the script that makes a shell ask.
fn write_script(shell: Shell, out: &mut dyn io::Write) -> io::Result<()> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        _ => return Err(io::Error::other("there is no script for this shell")),
    };
    completer.write_registration(ASKED_BY, "likeness", "likeness", "likeness", out)
}

/// The commands whose argument `job` names a job, each with its purpose.
const NAME_A_JOB: [(&str, For); 6] = [
    ("status", For::Seeing),
    ("download", For::ItsModel),
    ("generate", For::ItsModel),
    ("cancel", For::Good),
    ("resolve", For::Good),
    ("erase", For::Erasing),
];

/// Makes the command line, with jobs as completions where one is to be named.
fn command() -> Command {
    NAME_A_JOB.into_iter().fold(args::command(), |command, (name, wanted)| {
        let offered = ArgValueCompleter::new(move |typed: &OsStr| candidates(typed, wanted));
        command.mut_subcommand(name, |command| command.mut_arg("job", |job| job.add(offered)))
    })
}

fn candidates(typed: &OsStr, wanted: For) -> Vec<CompletionCandidate> {
    let settings = Settings::read(&Global::default(), &|name| env::var_os(name));
    let Some(shell) = settings.ok().and_then(|settings| Store::looking(&settings)) else { return Vec::new() };
    let Ok(avatars) = shell.store.load_all() else { return Vec::new() };
    let typed = typed.to_string_lossy().to_lowercase();
    let mut candidates = Vec::new();
    let named = avatars.iter().filter(|avatar| avatar.person().is_some());
    for avatar in named.filter(|avatar| wanted != For::ItsModel || avatar.trigger().is_some()) {
        let id = short_id(avatar.id(), &avatars);
        let name = called(&shell.store, avatar, last_attempt(avatar), wanted);
        // A job whose name would have to be quoted is offered by its id; so is one when the typed word begins an id.
        let begun = |word: &String| word.to_lowercase().starts_with(&typed) && !word.starts_with('\'');
        if let Some(word) = [name, id].into_iter().find(begun) {
            candidates.push(CompletionCandidate::new(word).help(Some(about(&shell, avatar).into())));
        }
    }
    candidates
}

fn about(shell: &Store, avatar: &Avatar) -> String {
    let name = avatar.person().map_or("", |person| person.name.as_str());
    let status = avatar.status(last_attempt(avatar), clock::now(), Audience::Terminal);
    let stage = status.map_or_else(
        || "a given model".to_owned(),
        |status| stage(&status, shell.store.is_attended(avatar.id())),
    );
    format!("{}: {stage}", printable(name))
}

#[cfg(test)]
mod tests {
    use super::{NAME_A_JOB, command};

    #[test]
    fn jobs_are_offered_wherever_one_is_named() {
        let command = command();
        let naming =
            command.get_subcommands().filter(|one| one.get_arguments().any(|arg| arg.get_id() == "job"));
        let mut naming: Vec<_> = naming.map(clap::Command::get_name).collect();
        naming.sort_unstable();
        let mut listed = NAME_A_JOB.map(|(name, _)| name);
        listed.sort_unstable();
        assert_eq!(naming, listed);
    }
}
