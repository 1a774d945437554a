//! `likeness jobs --prune`: drops the jobs that stopped before anything was ordered, with the photos prepared for them.

use std::{fs, path::Path};

use crate::{
    args::Jobs,
    context::Context,
    driver::{shell::Shell, sweep},
    failure::{self, Failure},
    jobs,
    words::{bytes, counted},
};
use likeness_core::avatar::{Avatar, Command, Event, OrderKey};
use serde_json::json;

pub(crate) async fn run(args: &Jobs, context: &Context) -> Result<(), Failure> {
    let (shell, output) = (Shell::open(context)?, &context.output);
    let (avatars, _) = shell.store.load_readable().map_err(failure::storage)?;
    let stopped: Vec<&Avatar> = avatars.iter().filter(|avatar| is_stopped(&shell, avatar)).collect();
    if stopped.is_empty() {
        output.document(&json!({ "pruned": [], "bytes": 0 }))?;
        return output.line("Nothing to drop: no job stopped before its order.");
    }
    let kept = stopped.iter().map(|avatar| size_of(&shell.working_folder(avatar.id()))).sum();
    output.note("Stopped before anything was ordered:");
    for avatar in &stopped {
        output.note(format_args!("  {}", jobs::line(&shell.store, avatar, &avatars, true)));
    }
    let (them, photos) = (counted(stopped.len(), "job", "jobs"), bytes(kept));
    output.confirm(&format!("Drop {them} and {photos} of prepared photos?"), args.yes)?;
    let mut pruned = Vec::new();
    for avatar in stopped {
        if let Some(avatar) = drop_order(&shell, avatar)? {
            sweep::after(&shell, &avatar).await;
            pruned.push(avatar.id());
        }
    }
    output.document(&json!({ "pruned": pruned, "bytes": kept }))?;
    output.line(format_args!("Dropped: {}.", counted(pruned.len(), "job", "jobs")))
}

fn is_stopped(shell: &Shell, avatar: &Avatar) -> bool {
    !avatar.is_hosted() && avatar.is_unordered() && !shell.store.is_attended(avatar.id())
}

/// Calls the order off, unless another process has taken the job up meanwhile.
fn drop_order(shell: &Shell, avatar: &Avatar) -> Result<Option<Avatar>, Failure> {
    let id = avatar.id();
    let Some(_lock) = shell.store.lock(id).map_err(failure::storage)? else { return Ok(None) };
    let avatar = shell.tell(id, Event::Restarted)?;
    if !avatar.is_unordered() {
        return Ok(None);
    }
    shell.ask(id, Command::Cancel(OrderKey::Training(jobs::last_attempt(&avatar)))).map(Some)
}

/// Sums the lengths of all files in a folder of prepared photos, in bytes.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}
