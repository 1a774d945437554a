//! Working files are gone as soon as nothing can resume from them: after each command those of its avatar, and at
//! the start of the next one those that a killed process left.

use std::{fs, io::ErrorKind, path::Path};

use likeness_core::avatar::{Avatar, AvatarId};

use crate::{shell::WORKING, store::Store};

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
            // Only if nothing else is in it.
            drop(fs::remove_dir(&path));
        }
    }
}

/// Removes the prepared photos of an avatar that needs them no more.
pub(crate) fn after(avatar: &Avatar, working: &Path) {
    if !avatar.needs_working_files() {
        remove(working);
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
