//! What a task makes the shell do. What the outcome means is decided in the core.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use likeness_core::{
    avatar::{
        AvatarId, Content, Dataset, Kept, Outcome, Parcel, Photo, PrepareError, Prepared, Sha256Sum, Work,
    },
    error::{Error, NetworkError, StorageError, StorageErrorKind},
    fal::upload::{Upload, UploadStep},
    http::NoAnswer,
    photo::{PhotoProblem, inspect},
};
use url::Url;

use crate::{
    archive_source::{ArchiveSource, Contents},
    download::{DownloadError, Expected, download},
    parallel::Budget,
    photos_on_disk::{FileProblem, read_bounded},
    prepare::{clean, limits_within},
    shell::{Link, Shell, read_back},
    storage::storage_error,
    store::private_folder,
    transport::{ByteSource, FileSource, SendError},
};

/// Does the work of one task. `name` is unlike that of every other task of the avatar.
pub(crate) async fn perform(shell: &Shell, link: &Link, id: AvatarId, name: &str, work: Work) -> Outcome {
    match work {
        Work::Prepare(photo) => {
            let (folder, budget) = (shell.working_folder(id), Arc::clone(&shell.budget));
            let file = format!("{name}.jpg");
            let prepared = tokio::task::spawn_blocking(move || prepare(&photo, &folder, file, &budget)).await;
            // A decoder that panics spoils one photo, not the set.
            Outcome::Prepared(prepared.unwrap_or(Err(PrepareError::Photo(PhotoProblem::NotEncoded))))
        }
        Work::Call(request) => {
            let answer = match link.transport.send(request, None).await {
                Ok(answer) => answer,
                Err(error) => {
                    log::error!("{error}");
                    Err(not_sent(&error))
                }
            };
            Outcome::Answered { answer, held_elsewhere: false }
        }
        Work::Send { upload, parcel } => {
            let sent = match source(&shell.working_folder(id), &shell.folder(id), parcel) {
                Ok(source) => send(link, *upload, &source).await,
                Err(error) => Err(Error::Storage(error)),
            };
            Outcome::Sent(sent)
        }
        Work::Fetch { url, name } => Outcome::Fetched(fetch(shell, link, id, url, name).await),
    }
}

/// Nothing of a call without a body of ours was sent when the transport itself failed; a simulator whose state
/// could not be saved has taken nothing either.
fn not_sent(error: &SendError) -> NoAnswer {
    match error {
        SendError::Unsendable(_) | SendError::Simulator(_) => NoAnswer::NotConnected,
        SendError::Source(_) => NoAnswer::Interrupted,
    }
}

fn prepare(photo: &Photo, folder: &Path, file: String, budget: &Budget) -> Result<Prepared, PrepareError> {
    let limits = limits_within(budget);
    let source = read_back(&photo.source);
    let bytes = read_bounded(&source, limits.max_bytes).map_err(|problem| unreadable(&source, &problem))?;
    if Sha256Sum::of(&bytes) != photo.sha256 {
        return Err(PrepareError::Storage(at(&source, StorageErrorKind::Changed)));
    }
    let info = inspect(&bytes).map_err(PrepareError::Photo)?;
    info.check(&limits).map_err(PrepareError::Photo)?;
    let normalised = clean(&bytes, info.memory(), &limits, budget).map_err(PrepareError::Photo)?;
    let (width, height) = (normalised.width(), normalised.height());
    let (crc32, changes) = (normalised.crc32(), normalised.changes().to_vec());
    let jpeg = normalised.into_jpeg();
    write_private(folder, &file, &jpeg).map_err(PrepareError::Storage)?;
    Ok(Prepared { file, length: jpeg.len() as u64, crc32, width, height, changes })
}

fn unreadable(path: &Path, problem: &FileProblem) -> PrepareError {
    let kind = match problem {
        FileProblem::TooLarge { bytes, limit } => {
            return PrepareError::Photo(PhotoProblem::TooManyBytes { bytes: *bytes, max: *limit });
        }
        FileProblem::Missing | FileProblem::LinkLoop => StorageErrorKind::Missing,
        FileProblem::Forbidden => StorageErrorKind::Denied,
        FileProblem::NotAFile(_) | FileProblem::Caption(_) => StorageErrorKind::Changed,
        FileProblem::Unreadable(_) => StorageErrorKind::Broken,
    };
    PrepareError::Storage(at(path, kind))
}

fn at(path: &Path, kind: StorageErrorKind) -> StorageError {
    StorageError { kind, place: path.display().to_string() }
}

/// Writes a file that only its owner can read, whole or not at all as far as the journal is concerned: it is
/// synced before anything says that it is there.
fn write_private(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
    private_folder(folder)?;
    let path = folder.join(name);
    let written =
        OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path).and_then(
            |mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            },
        );
    written.map_err(|error| {
        // Half a photo is of no use to anybody; if it stays, the sweep takes it.
        let _ = fs::remove_file(&path);
        storage_error(&path, &error)
    })
}

fn source(working: &Path, folder: &Path, parcel: Parcel) -> Result<Arc<dyn ByteSource>, StorageError> {
    match parcel {
        Parcel::Archive(dataset) => {
            let changed = || at(working, StorageErrorKind::Changed);
            let archive = dataset.archive().map_err(|_| changed())?;
            let source = ArchiveSource::new(archive, contents(working, dataset)).map_err(|_| changed())?;
            Ok(Arc::new(source))
        }
        Parcel::Model(file) => {
            let path = folder.join(file);
            Ok(Arc::new(FileSource::new(&path).map_err(|error| storage_error(&path, &error))?))
        }
    }
}

fn contents(working: &Path, dataset: Dataset) -> Vec<Contents> {
    let contents = dataset.parts.into_iter().map(|part| match part.content {
        Content::Photo { file } => Contents::File(working.join(file)),
        Content::Caption(text) => Contents::Bytes(text.into_bytes()),
    });
    contents.collect()
}

async fn send(link: &Link, mut upload: Upload, source: &Arc<dyn ByteSource>) -> Result<Url, Error> {
    loop {
        match upload.step() {
            UploadStep::Call(request) => match link.transport.send(request, Some(Arc::clone(source))).await {
                Ok(answer) => upload.answered(answer),
                Err(error) => return Err(own_failure(error)),
            },
            UploadStep::Done(url) => return Ok(url),
            UploadStep::Failed(error) => return Err(error.into()),
        }
    }
}

fn own_failure(error: SendError) -> Error {
    match error {
        SendError::Source(error) => Error::Storage(storage_error(Path::new("the prepared photos"), &error)),
        SendError::Simulator(error) => Error::Storage(storage_error(Path::new("the simulator"), &error)),
        SendError::Unsendable(why) => {
            log::error!("{why}");
            Error::Network(NetworkError::NoAnswer(NoAnswer::NotConnected))
        }
    }
}

async fn fetch(shell: &Shell, link: &Link, id: AvatarId, url: Url, name: String) -> Result<Kept, Error> {
    let folder = shell.folder(id);
    private_folder(&folder)?;
    let path: PathBuf = folder.join(&name);
    let expected = Expected::at_most(MAX_FILE_BYTES);
    let file = download(&link.transport, &url, &path, expected).await.map_err(not_fetched)?;
    Ok(Kept { name, length: file.length, sha256: Sha256Sum::from_bytes(file.sha256) })
}

fn not_fetched(error: DownloadError) -> Error {
    log::debug!("{error}");
    match error {
        DownloadError::NoAnswer(why) => Error::Network(NetworkError::NoAnswer(why)),
        DownloadError::Status(status) => Error::Network(NetworkError::Unreadable { status }),
        DownloadError::Size { .. } | DownloadError::Length { .. } => {
            Error::Network(NetworkError::NoAnswer(NoAnswer::Interrupted))
        }
        DownloadError::Storage(error) => Error::Storage(error),
        DownloadError::Send(error) => own_failure(error),
    }
}

/// The largest file that is fetched: twenty times a usual LoRA (90 MB).
const MAX_FILE_BYTES: u64 = 2 << 30;
