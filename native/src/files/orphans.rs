//! Files that a killed process left in the data folder, and that nothing can resume from.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use likeness_core::avatar::{Avatar, AvatarId};

use super::{
    look,
    store::{Store, WORKING},
};
use crate::disk::remove_folder;

/// Removes files that no avatar can resume from: prepared photos of avatars that are over or unknown, and halves of
/// fetched files. Avatars that a process is at work on are left alone. A failure does not stop the sweep: the next
/// start tries again.
pub(crate) fn sweep(store: &Store) {
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
        // A photo that is being uploaded now is locked.
        let abandoned = |part: &PathBuf| File::open(part).is_ok_and(|file| file.try_lock().is_ok());
        for part in parts.into_iter().filter(abandoned) {
            log::debug!("half a file is removed: {}", part.display());
            drop(fs::remove_file(part));
        }
        if !avatar.as_ref().is_some_and(needs_them) {
            log::debug!("orphaned working files are removed: {}", working.display());
            remove_folder(&working);
        }
        if avatar.is_none() {
            // Removed only if it is empty: a model whose database was lost still has an owner.
            drop(fs::remove_dir(&path));
        }
    }
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_part = |name: &str| name.starts_with('.') && name.strip_suffix(".part").is_some();
    let parts = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_part));
    parts.map(|entry| entry.path()).collect()
}
