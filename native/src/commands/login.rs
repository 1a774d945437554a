//! `likeness login` and `likeness logout`: the key that is stored on this machine.

use std::{
    io::{self, BufRead as _, Read as _},
    path::{Path, PathBuf},
};

use likeness_core::{fal::CallError, secret::Secret};
use serde_json::json;

use super::{
    probe::{ProbeError, probe},
    whoami::beginning,
};
use crate::{
    args::Login,
    context::Context,
    disk::remove_file,
    failure::{Exit, Failure},
    printable::shown,
    settings::{Origin, Settings, key_file},
    transport::Transport,
};

/// The longest key that is read, in bytes; a real key has some 70.
const MAX_BYTES: u64 = 4096;

pub(crate) async fn login(args: &Login, context: &Context) -> Result<(), Failure> {
    let (settings, output) = (&context.settings, &context.output);
    if settings.test_mode.value {
        let origin = &settings.test_mode.origin;
        return Err(Failure::new(Exit::Usage, "usage.test_mode", "test mode has no key to store")
            .why(format!("test mode is on, by {origin}; nothing leaves this machine in it"))
            .next("leave it out to store a key of fal.ai"));
    }
    let path = path(settings)?;
    let key = asked(context)?;
    let account = settings.account_of(Some(key.clone()))?;
    if !args.untried {
        let transport = Transport::http()?;
        probe(&account, &transport).await.listed.map_err(|error| refused(error, &key))?;
    }
    key_file::write(&path, &key).map_err(|error| unwritten(&path, &error))?;
    let place = settings.place(&account);
    output.document(&json!({ "path": path, "begins_with": beginning(&key), "tried": !args.untried }))?;
    if !args.untried {
        output.line(format_args!("{place} takes the key."))?;
    }
    output.line(format_args!("It is stored in {}, which only you may read.", display(&path)))?;
    match &settings.fal_key.origin {
        Origin::Environment(variable) => output.note(format_args!(
            "But {variable} is set in the environment, and counts before it: take that away to use the stored key."
        )),
        // Whether a settings file other than the standard one is always named is unknown.
        Origin::File(file) if settings.fal_key.value.as_ref() != Some(&key) => output.note(format_args!(
            "{} holds another key: the stored one counts before it, unless that file is named with --config.",
            display(file)
        )),
        _ => {}
    }
    Ok(())
}

pub(crate) fn logout(context: &Context) -> Result<(), Failure> {
    let (settings, output) = (&context.settings, &context.output);
    let path = path(settings)?;
    let was_there = remove_file(&path).map_err(|error| unwritten(&path, &error))?;
    output.document(&json!({ "path": path, "removed": was_there }))?;
    if was_there {
        output
            .line("The stored key is removed. It stays valid: https://fal.ai/dashboard/keys revokes it.")?;
    } else {
        output.line("No key was stored.")?;
    }
    if let (Some(_), origin @ (Origin::Environment(_) | Origin::File(_))) =
        (&settings.fal_key.value, &settings.fal_key.origin)
    {
        output.note(format_args!("A key is still set, by {}.", shown(&origin.to_string())));
    }
    Ok(())
}

fn path(settings: &Settings) -> Result<PathBuf, Failure> {
    settings.key_file.clone().ok_or_else(|| {
        Failure::new(Exit::Usage, "settings.config_missing", "no configuration folder is known")
            .why("neither XDG_CONFIG_HOME nor HOME is set")
            .next("set HOME, or give the key as FAL_KEY in the environment")
    })
}

/// Reads the key that a person types or standard input holds.
fn asked(context: &Context) -> Result<Secret, Failure> {
    let question = "fal.ai's key, from https://fal.ai/dashboard/keys (it is not shown): ";
    let typed = context.output.asked_hidden(question);
    let text = typed.unwrap_or_else(|| {
        let mut line = String::new();
        io::stdin().lock().take(MAX_BYTES).read_line(&mut line).map(|_| line)
    });
    let text = text.map_err(|error| no_key().why(error.to_string()))?;
    Secret::new(&text).ok_or_else(no_key)
}

fn no_key() -> Failure {
    Failure::new(Exit::Usage, "usage.key", "no key was given")
        .next("make one at https://fal.ai/dashboard/keys, and copy it whole")
        .next("it may also come from a file: likeness login < key.txt")
}

fn refused(error: ProbeError, key: &Secret) -> Failure {
    let said_no = matches!(error, ProbeError::Call(CallError::Api(_)));
    let failure = Failure::from(error).why("nothing was stored");
    match key.expose().split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() || !said_no => {
            if said_no {
                failure
            } else {
                failure.next("or store it without trying it: likeness login --untried")
            }
        }
        _ => failure.why("a whole key is written as id:secret, and this one is not"),
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::io("storage.key", format!("the stored key {} cannot be changed", display(path)), error)
}

fn display(path: &Path) -> String {
    shown(&path.display().to_string())
}
