//! Working files are gone as soon as nothing can resume from them, on the disk and in the bucket: after each command
//! those of its avatar, and at the start of the next one those that a killed process left.

use std::{fs, io::ErrorKind, path::Path};

use likeness_core::avatar::{Avatar, AvatarId, Cleared, Event};

use crate::{
    objects::Objects,
    shell::{Shell, WORKING},
    store::Store,
};

/// Removes what no avatar can resume from: prepared photos of avatars that are over or unknown, and halves of
/// fetched files. Avatars that some process is at work on are left alone. What cannot be removed is no reason to
/// stop: the next start tries again.
pub(crate) fn orphans(store: &Store) {
    // Nothing was ever made.
    let Ok(folders) = fs::read_dir(store.folders()) else { return };
    for folder in folders.flatten() {
        let path = folder.path();
        let Some(id) = folder.file_name().to_str().and_then(|name| name.parse::<AvatarId>().ok()) else {
            continue;
        };
        let (parts, working) = (parts(&path), path.join(WORKING));
        if parts.is_empty() && !working.exists() {
            continue;
        }
        let Ok(Some(_lock)) = store.lock(id) else { continue };
        // An avatar that cannot be read may still need its files.
        let Ok(avatar) = store.load(id) else { continue };
        for part in parts {
            log::debug!("half a file is removed: {}", part.display());
            drop(fs::remove_file(part));
        }
        if avatar.as_ref().is_none_or(|avatar| !avatar.needs_working_files()) {
            log::debug!("orphaned working files are removed: {}", working.display());
            remove(&working);
        }
        if avatar.is_none() {
            // Only if nothing else is in it: a model whose database was lost is still somebody's.
            drop(fs::remove_dir(&path));
        }
    }
}

/// Removes the prepared photos of an avatar that needs them no more. Only where no other process is at work on it,
/// and as it is now: another attempt may have begun meanwhile.
pub(crate) async fn after(shell: &Shell, avatar: &Avatar) {
    let id = avatar.id();
    let Ok(Some(_lock)) = shell.store.lock(id) else { return };
    let Ok(Some(avatar)) = shell.store.load(id) else { return };
    if avatar.needs_working_files() {
        return;
    }
    remove(&shell.working_folder(id));
    if let Ok(objects) = shell.objects() {
        depots(shell, &objects, &avatar).await;
    }
}

/// Removes from the bucket what killed processes left there.
pub(crate) async fn in_bucket(shell: &Shell) {
    let (Ok(objects), Ok(avatars)) = (shell.objects(), shell.store.load_all()) else { return };
    for avatar in avatars.iter().filter(|avatar| !avatar.needs_working_files()) {
        if avatar.depots().iter().any(|depot| depot.holds_working_files() && depot.is_in(objects.bucket())) {
            let Ok(Some(_lock)) = shell.store.lock(avatar.id()) else { continue };
            depots(shell, &objects, avatar).await;
        }
    }
}

async fn depots(shell: &Shell, objects: &Objects, avatar: &Avatar) {
    let here = avatar.depots().iter().filter(|depot| depot.is_in(objects.bucket()));
    for depot in here.filter(|depot| depot.holds_working_files()) {
        let (depot, normalised) = (depot.address().to_owned(), depot.prefix().normalised());
        match objects.clear(&normalised).await {
            Ok(_) => {
                // What could not be noted is swept once more next time.
                drop(shell.tell(avatar.id(), Event::Cleared { depot, what: Cleared::WorkingFiles }));
            }
            Err(error) => log::warn!("prepared photos could not be removed from the bucket: {error}"),
        }
    }
}

fn parts(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_part = |name: &str| name.starts_with('.') && name.strip_suffix(".part").is_some();
    let parts = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_part));
    parts.map(|entry| entry.path()).collect()
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            log::warn!("{} could not be removed: {error}", folder.display());
        }
        _ => {}
    }
}
