//! Repair of an avatar's kept files, such as its model: fetched again when ours is gone or was changed.

use std::{fs::File, io, path::Path};

use likeness_core::{
    avatar::{Avatar, Elsewhere, Kept},
    download::{Expected, FileCheck, RemoteFile},
    error::{StorageError, StorageErrorKind},
    storage::ObjectPlace,
};

use super::shell::Shell;
use crate::{
    clock,
    disk::{locked_part_of, private_folder, put_off_thread, storage_error},
    files::kept::{Lost, Unusable},
    transport::{Transport, moving::Moving},
};

/// Opens a file of this avatar. A file that is gone or was changed is fetched again first. `transport` is the one of
/// the avatar's present driver.
pub(crate) async fn open(
    shell: &Shell,
    avatar: &Avatar,
    file: &Kept,
    transport: Option<&Transport>,
) -> Result<File, Lost> {
    let here = match whole(shell, avatar, file).await {
        Ok(file) => return Ok(file),
        Err(here) => here,
    };
    let _turn = shell.kept.turn_to_fetch().await;
    // Another task may have fetched the file meanwhile.
    if let Ok(file) = whole(shell, avatar, file).await {
        return Ok(file);
    }
    // Rarely needed, and large.
    Box::pin(fetch_again(shell, avatar, file, here, transport)).await?;
    whole(shell, avatar, file).await.map_err(|here| Lost { here, elsewhere: Vec::new() })
}

async fn whole(shell: &Shell, avatar: &Avatar, file: &Kept) -> Result<File, Unusable> {
    shell.store.follow_no_link(avatar.id()).map_err(Unusable::Unreadable)?;
    let (kept, expected) = (shell.kept.clone(), Expected::copy_of(file));
    let path = shell.folder(avatar.id()).join(&file.name);
    let at = path.clone();
    let opened = tokio::task::spawn_blocking(move || kept.open(&path, &expected)).await;
    opened.unwrap_or_else(|error| Err(Unusable::Unreadable(storage_error(&at, &io::Error::other(error)))))
}

/// Fetches a file again whose copy `here` is useless.
async fn fetch_again(
    shell: &Shell,
    avatar: &Avatar,
    file: &Kept,
    here: Unusable,
    transport: Option<&Transport>,
) -> Result<(), Lost> {
    let (folder, mut elsewhere) = (shell.folder(avatar.id()), Vec::new());
    let path = folder.join(&file.name);
    for place in avatar.elsewhere(file, clock::now()) {
        let fetched = match (private_folder(&folder), place) {
            (Err(error), _) => Err(Unusable::Unreadable(error)),
            (Ok(()), Elsewhere::Bucket(place)) => from_bucket(shell, avatar, &place, file, &path).await,
            (Ok(()), Elsewhere::Fal(remote)) => {
                log::warn!("{here}; it is fetched from fal.ai again");
                from_fal(shell, avatar, remote, &path, transport).await
            }
        };
        match fetched {
            Ok(()) => return still_wanted(shell, avatar, &path).map_err(|here| Lost { here, elsewhere }),
            Err(why) => elsewhere.push(why),
        }
    }
    Err(Lost { here, elsewhere })
}

async fn from_fal(
    shell: &Shell,
    avatar: &Avatar,
    remote: RemoteFile,
    path: &Path,
    transport: Option<&Transport>,
) -> Result<(), Unusable> {
    let fetch = async |transport: &Transport| {
        let fetched = shell.downloads.fetch(transport, remote, path, &Moving::default()).await;
        fetched.map(drop).map_err(Unusable::NotFetched)
    };
    if let Some(transport) = transport {
        return fetch(transport).await;
    }
    let busy = || StorageError::new(StorageErrorKind::Busy, path.display().to_string());
    // Calls to a simulator that another process drives would be lost.
    let lock = shell.store.lock(avatar.id()).map_err(Unusable::Unreadable)?;
    if avatar.test_mode() && lock.is_none() {
        return Err(Unusable::Unreadable(busy()));
    }
    let transport = shell.transport_of(avatar).map_err(|failure| {
        log::warn!("{}", failure.brief());
        Unusable::Unreadable(busy())
    })?;
    fetch(&transport).await
}

async fn from_bucket(
    shell: &Shell,
    avatar: &Avatar,
    place: &ObjectPlace,
    file: &Kept,
    path: &Path,
) -> Result<(), Unusable> {
    let elsewhere = |kind| Unusable::Unreadable(StorageError::new(kind, place.to_string()));
    let objects = shell.objects().ok();
    let objects = objects.filter(|objects| {
        objects.bucket().name() == place.bucket
            && avatar.bucket_folders().iter().any(|folder| folder.is_in(objects.bucket()))
    });
    let objects = objects.ok_or_else(|| elsewhere(StorageErrorKind::Denied))?;
    log::warn!("{} is gone or was changed; the copy in the bucket is taken", path.display());
    let unwritten = |error: io::Error| Unusable::Unreadable(storage_error(path, &error));
    let part = locked_part_of(path).map_err(Unusable::Unreadable)?;
    let mut incoming = objects.fetch(&place.key).await.map_err(Unusable::Unreadable)?;
    let mut check = FileCheck::new(&Expected::copy_of(file), 0);
    let mut writer = tokio::fs::File::from_std(part.as_file().try_clone().map_err(unwritten)?);
    let problem = |problem| Unusable::Spoilt { place: place.to_string(), problem };
    loop {
        match incoming.chunk().await {
            Ok(Some(piece)) => {
                check.add(&piece).map_err(problem)?;
                tokio::io::AsyncWriteExt::write_all(&mut writer, &piece).await.map_err(unwritten)?;
            }
            Ok(None) => break,
            Err(why) => {
                log::debug!("{place}: {why}");
                return Err(elsewhere(StorageErrorKind::Unreachable));
            }
        }
    }
    check.finish().map_err(problem)?;
    // Bytes may still be on their way to a thread that writes.
    tokio::io::AsyncWriteExt::flush(&mut writer).await.map_err(unwritten)?;
    put_off_thread(part, path).await.map_err(Unusable::Unreadable)
}

/// Removes a file that was fetched for a person who was forgotten meanwhile.
fn still_wanted(shell: &Shell, avatar: &Avatar, path: &Path) -> Result<(), Unusable> {
    let known = shell.store.load(avatar.id()).map_err(Unusable::Unreadable)?;
    if known.is_some_and(|avatar| avatar.person().is_some()) {
        return Ok(());
    }
    drop(std::fs::remove_file(path));
    if let Some(folder) = path.parent() {
        drop(std::fs::remove_dir(folder));
    }
    Err(Unusable::Unreadable(StorageError::new(StorageErrorKind::Missing, path.display().to_string())))
}
