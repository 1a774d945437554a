//! Removal of working files as soon as nothing can resume from them, on the disk and in the bucket: after each command
//! those of its avatar, and at the start of the next one those that a killed process left.

use likeness_core::{
    avatar::{Avatar, AvatarId, Event, FolderPart},
    storage::BucketFolder,
};

use super::{refetch, shell::Shell};
use crate::{
    disk::remove_folder,
    transport::{moving::Moving, objects::Objects},
};

/// Removes the prepared photos of an avatar that needs them no more, and makes up for a copy that could not be made. A
/// model that is gone or was changed is fetched again.
pub(crate) async fn after(shell: &Shell, avatar: &Avatar) {
    settle(shell, shell.objects().ok().as_ref(), avatar.id()).await;
    for file in avatar.kept_models() {
        if let Err(lost) = refetch::open(shell, avatar, file, None).await {
            log::debug!("no whole copy of the model is left: {lost}");
        }
    }
}

/// Tidies up after every avatar with something to do in the bucket, which killed processes left there.
pub(crate) async fn in_bucket(shell: &Shell) {
    let (Ok(objects), Ok(avatars)) = (shell.objects(), shell.store.load_all()) else { return };
    // `likeness serve` tidies up after avatars behind the API itself.
    for avatar in avatars.into_iter().filter(|avatar| !avatar.is_hosted()) {
        let swept = !avatar.bucket_folders().iter().any(BucketFolder::holds_working_files)
            || avatar.needs_working_files();
        // The person was forgotten, and the erase did not come to its end.
        let half_erased = avatar.person().is_none() && !avatar.bucket_folders().is_empty();
        if !swept || half_erased || avatar.missing_copies().next().is_some() {
            settle(shell, Some(&objects), avatar.id()).await;
        }
    }
}

/// Tidies up after an avatar that no other process is at work on. The avatar is loaded anew: another attempt may have
/// begun meanwhile.
async fn settle(shell: &Shell, objects: Option<&Objects>, id: AvatarId) {
    let Ok(Some(_lock)) = shell.store.lock(id) else { return };
    // Tasks of a process that died are not under way.
    let Ok(avatar) = shell.tell(id, Event::Restarted) else { return };
    if let Some(objects) = objects {
        copies(shell, objects, &avatar).await;
    }
    if avatar.needs_working_files() {
        return;
    }
    remove_folder(&shell.working_folder(id));
    let Some(objects) = objects else { return };
    let here = avatar.bucket_folders().iter().filter(|bucket_folder| bucket_folder.is_in(objects.bucket()));
    let forgotten = avatar.person().is_none();
    for bucket_folder in here.filter(|bucket_folder| forgotten || bucket_folder.holds_working_files()) {
        let what = if forgotten { FolderPart::Everything } else { FolderPart::WorkingFiles };
        match objects.clear(bucket_folder, what).await {
            Ok(_) => {
                let bucket_folder = bucket_folder.clone();
                // A deletion that could not be noted is made once more next time.
                drop(shell.tell(id, Event::Cleared { bucket_folder, what }));
            }
            Err(error) => log::warn!("prepared photos could not be removed from the bucket: {error}"),
        }
    }
}

/// Makes up for copies of models that could not be made.
pub(crate) async fn copies(shell: &Shell, objects: &Objects, avatar: &Avatar) {
    for (attempt, file, place) in avatar.missing_copies() {
        let here = avatar.bucket_folders().iter().any(|bucket_folder| {
            bucket_folder.is_in(objects.bucket()) && bucket_folder.prefix().holds(&place.key)
        });
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
