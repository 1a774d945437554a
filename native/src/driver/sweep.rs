//! Working files are gone as soon as nothing can resume from them, on the disk and in the bucket: after each command
//! those of its avatar, and at the start of the next one those that a killed process left.

use std::{fs, io::ErrorKind, path::Path};

use likeness_core::{
    avatar::{Avatar, AvatarId, Cleared, Event},
    storage::Depot,
};

use crate::{
    driver::shell::{Shell, WORKING},
    files::{kept, look, store::Store},
    transport::{moving::Moving, objects::Objects},
};

/// Removes what no avatar can resume from: prepared photos of avatars that are over or unknown, and halves of
/// fetched files. Avatars that some process is at work on are left alone. What cannot be removed is no reason to
/// stop: the next start tries again.
pub(crate) fn orphans(store: &Store) {
    look::sweep(store.home());
    // Nothing was ever made.
    let Ok(folders) = fs::read_dir(store.folders()) else { return };
    for folder in folders.flatten() {
        let path = folder.path();
        // A link leads to files that are not ours.
        if !folder.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let Some(id) = folder.file_name().to_str().and_then(|name| name.parse::<AvatarId>().ok()) else {
            continue;
        };
        let (parts, working) = (parts(&path), path.join(WORKING));
        if parts.is_empty() && !working.exists() {
            continue;
        }
        let needs_them = |avatar: &Avatar| avatar.may_need_working_files();
        if parts.is_empty() && store.load(id).is_ok_and(|avatar| avatar.as_ref().is_some_and(needs_them)) {
            continue;
        }
        let Ok(Some(_lock)) = store.lock(id) else { continue };
        // An avatar that cannot be read may still need its files.
        let Ok(avatar) = store.load(id) else { continue };
        // A photo that somebody is uploading now is locked.
        let abandoned =
            |part: &std::path::PathBuf| fs::File::open(part).is_ok_and(|file| file.try_lock().is_ok());
        for part in parts.into_iter().filter(abandoned) {
            log::debug!("half a file is removed: {}", part.display());
            drop(fs::remove_file(part));
        }
        if !avatar.as_ref().is_some_and(needs_them) {
            log::debug!("orphaned working files are removed: {}", working.display());
            remove(&working);
        }
        if avatar.is_none() {
            // Only if nothing else is in it: a model whose database was lost is still somebody's.
            drop(fs::remove_dir(&path));
        }
    }
}

/// Removes the prepared photos of an avatar that needs them no more, and makes up for a copy that could not be made. A model
/// that is gone or was changed is fetched again.
pub(crate) async fn after(shell: &Shell, avatar: &Avatar) {
    settle(shell, shell.objects().ok().as_ref(), avatar.id()).await;
    for file in avatar.kept_models() {
        if let Err(lost) = kept::open(shell, avatar, file, None).await {
            log::debug!("no whole copy of the model is left: {lost}");
        }
    }
}

/// The same for every avatar with something to do in the bucket: what killed processes left there.
pub(crate) async fn in_bucket(shell: &Shell) {
    let (Ok(objects), Ok(avatars)) = (shell.objects(), shell.store.load_all()) else { return };
    // Whoever serves avatars behind the API tidies up after them as well.
    for avatar in avatars.into_iter().filter(|avatar| !avatar.is_hosted()) {
        let swept = !avatar.depots().iter().any(Depot::holds_working_files) || avatar.needs_working_files();
        // Its person was forgotten, and the erase did not come to its end.
        let half_erased = avatar.person().is_none() && !avatar.depots().is_empty();
        if !swept || half_erased || avatar.missing_copies().next().is_some() {
            settle(shell, Some(&objects), avatar.id()).await;
        }
    }
}

/// Only where no other process is at work on it, and as it is now: another attempt may have begun meanwhile.
async fn settle(shell: &Shell, objects: Option<&Objects>, id: AvatarId) {
    let Ok(Some(_lock)) = shell.store.lock(id) else { return };
    // What a process that died had under way is not under way.
    let Ok(avatar) = shell.tell(id, Event::Restarted) else { return };
    if let Some(objects) = objects {
        copies(shell, objects, &avatar).await;
    }
    if avatar.needs_working_files() {
        return;
    }
    remove(&shell.working_folder(id));
    let Some(objects) = objects else { return };
    let here = avatar.depots().iter().filter(|depot| depot.is_in(objects.bucket()));
    let forgotten = avatar.person().is_none();
    for depot in here.filter(|depot| forgotten || depot.holds_working_files()) {
        let (prefix, what) = if forgotten {
            (depot.prefix().clone(), Cleared::Everything)
        } else {
            (depot.prefix().normalised(), Cleared::WorkingFiles)
        };
        match objects.clear(&prefix).await {
            Ok(_) => {
                let depot = depot.clone();
                // What could not be noted is swept once more next time.
                drop(shell.tell(id, Event::Cleared { depot, what }));
            }
            Err(error) => log::warn!("prepared photos could not be removed from the bucket: {error}"),
        }
    }
}

/// Makes up for copies of models that could not be made.
pub(crate) async fn copies(shell: &Shell, objects: &Objects, avatar: &Avatar) {
    for (attempt, file, place) in avatar.missing_copies() {
        let here = avatar
            .depots()
            .iter()
            .any(|depot| depot.is_in(objects.bucket()) && depot.prefix().holds(&place.key));
        if !here {
            continue;
        }
        match objects.write_file(&place.key, &shell.folder(avatar.id()).join(file), &Moving::default()).await
        {
            Ok(()) => drop(shell.tell(avatar.id(), Event::Copied(attempt))),
            Err(error) => log::warn!("the model could not be copied to the bucket yet: {error}"),
        }
    }
}

fn parts(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_part = |name: &str| name.starts_with('.') && name.strip_suffix(".part").is_some();
    let parts = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_part));
    parts.map(|entry| entry.path()).collect()
}

pub(crate) fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            log::warn!("{} could not be removed: {error}", folder.display());
        }
        _ => {}
    }
}
