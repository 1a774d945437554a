//! Files that were kept, such as a model: looked at before they are used, and fetched again when ours is gone or was
//! changed.

use std::{
    collections::HashMap,
    fmt,
    fs::File,
    io::{self, Read as _, Seek as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use likeness_core::{
    avatar::{Avatar, Elsewhere, Kept},
    download::{Expected, FileCheck, FileProblem},
    error::{StorageError, StorageErrorKind},
    storage::ObjectPlace,
};

use crate::{
    clock,
    disk::{folder_of, private_folder, storage_error},
    driver::shell::Shell,
    files::download::DownloadError,
    transport::{Transport, moving::Moving},
};

/// The size of the pieces in which files are read, in bytes.
const PIECE: usize = 64 << 10;

/// The kept files of this process: which were found whole, and which is being fetched again. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptFiles {
    whole: Arc<Mutex<HashMap<PathBuf, Stamp>>>,
    /// One file at a time is fetched again: who wants the same one finds it then.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

/// The marks of a file by which the system shows that its bytes are those of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    length: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

/// A copy that is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("{0}")]
    Unreadable(StorageError),
    #[error("{place}: {problem}")]
    Spoilt { place: String, problem: FileProblem },
    #[error("fal.ai: {0}")]
    NotFetched(DownloadError),
}

/// The reasons why no whole copy of a file is left: why ours is of no use, and why those elsewhere are not.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) here: Unusable,
    pub(crate) elsewhere: Vec<Unusable>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.here.fmt(f)?;
        self.elsewhere.iter().try_for_each(|one| write!(f, "; {one}"))
    }
}

impl KeptFiles {
    /// Opens the file at this path, if its bytes are the expected ones. They are all read, unless they were before and
    /// the file's size and times are as they were then. Blocks.
    pub(crate) fn open(&self, path: &Path, expected: &Expected) -> Result<File, Unusable> {
        let unreadable = |error: io::Error| Unusable::Unreadable(storage_error(path, &error));
        let mut file = File::open(path).map_err(unreadable)?;
        let stamp = Stamp::of(&file).map_err(unreadable)?;
        if self.whole().get(path) == Some(&stamp) {
            return Ok(file);
        }
        self.whole().remove(path);
        let mut check = FileCheck::new(expected, 0);
        read(&mut file, |piece| check.add(piece).is_ok()).map_err(unreadable)?;
        check.finish().map_err(|problem| spoilt(path, problem))?;
        file.rewind().map_err(unreadable)?;
        if Stamp::of(&file).map_err(unreadable)? == stamp {
            self.whole().insert(path.to_owned(), stamp);
        }
        Ok(file)
    }

    fn whole(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Stamp>> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            file: (found.dev(), found.ino()),
            length: found.len(),
            written: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

/// Reads a file to its end, or until no more is wanted.
pub(crate) fn read(file: &mut File, mut wanted: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read if wanted(buffer.get(..read).unwrap_or_default()) => {}
            _ => return Ok(()),
        }
    }
}

pub(crate) fn spoilt(path: &Path, problem: FileProblem) -> Unusable {
    Unusable::Spoilt { place: path.display().to_string(), problem }
}

/// Opens a file of this avatar. One that is gone or was changed is fetched again first. `transport` is the one of who
/// drives the avatar now.
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
    let _turn = shell.kept.fetching.lock().await;
    // Another may have fetched it meanwhile.
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

/// Fetches a file again that is of no use `here`.
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
    remote: likeness_core::download::RemoteFile,
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
    // Calls to a simulator that another drives would be lost.
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
            && avatar.depots().iter().any(|depot| depot.is_in(objects.bucket()))
    });
    let objects = objects.ok_or_else(|| elsewhere(StorageErrorKind::Denied))?;
    log::warn!("{} is gone or was changed; the copy in the bucket is taken", path.display());
    let unwritten = |error: io::Error| Unusable::Unreadable(storage_error(path, &error));
    let part = tempfile::Builder::new().prefix(".kept.").suffix(".part").tempfile_in(folder_of(path));
    // The lock tells a sweep that it is in use.
    let part = part.and_then(|part| part.as_file().lock().map(|()| part)).map_err(unwritten)?;
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
    let target = path.to_owned();
    writer.sync_all().await.map_err(unwritten)?;
    let put = tokio::task::spawn_blocking(move || {
        part.persist(&target).map_err(|error| error.error)?;
        File::open(folder_of(&target))?.sync_all()
    });
    put.await.map_err(io::Error::other).flatten().map_err(unwritten)
}

/// Removes what was fetched for a person who was forgotten meanwhile.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use likeness_core::{
        avatar::{Kept, Sha256Sum},
        download::Expected,
    };

    use super::KeptFiles;

    #[test]
    fn a_file_that_was_whole_is_looked_at_again_once_its_size_or_times_differ() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.safetensors");
        let file = Kept {
            name: "model.safetensors".to_owned(),
            length: 4,
            sha256: Sha256Sum::of(b"good"),
            copy: None,
        };
        let (kept, expected) = (KeptFiles::default(), Expected::copy_of(&file));
        kept.open(&path, &expected).expect_err("it is not there");
        fs::write(&path, b"good").expect("written");
        kept.open(&path, &expected).expect("whole");
        assert!(kept.whole().contains_key(&path));
        kept.open(&path, &expected).expect("whole");
        // Another file of the same length in its place.
        fs::write(folder.path().join("other"), b"evil").expect("written");
        fs::rename(folder.path().join("other"), &path).expect("renamed");
        kept.open(&path, &expected).expect_err("changed");
        assert!(!kept.whole().contains_key(&path));
    }
}
