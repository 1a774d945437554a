//! Work of an avatar's tasks in this shell. The core decides what an outcome means.

use std::{path::Path, sync::Arc};

use likeness_core::{
    api::{notification, taken},
    avatar::{
        AvatarId, Content, Dataset, Kept, OrderKey, OrderStep, Outcome, Photo, PrepareError, Prepared,
        Sha256Sum, TaskKind, UploadSource, Work,
    },
    download::{Fetched, RemoteFile},
    error::{Error, NetworkError, StorageError, StorageErrorKind},
    fal::upload::{Upload, UploadStep},
    http::NoAnswer,
    photo::{PhotoProblem, Treatment},
    storage::ObjectPlace,
};
use url::Url;

use super::{
    refetch,
    shell::{Connection, Shell},
};
use crate::{
    clock,
    disk::{private_folder, storage_error, write_private},
    files::{album, download::DownloadError, kept::Unusable, store::WORKING},
    photos::{
        archive::{ArchiveSource, Contents},
        on_disk::{FileProblem, read_back, read_bounded, read_source},
        parallel::MemoryPool,
        prepare::{inspect_and_clean, limits_of_this_machine},
    },
    transport::{
        ByteSource, FileSource, SendError,
        moving::{BrokenOff, Moving},
        objects::{Objects, ReadError, carried},
    },
};

/// Does the work of one task. A transfer notes in `moving` that its bytes move.
pub(crate) async fn perform(
    shell: &Shell,
    connection: &Connection,
    id: AvatarId,
    work: Work,
    moving: &Moving,
) -> Outcome {
    match work {
        Work::Prepare { photo, file } => {
            let prepared = if let Some(place) = photo.object() {
                prepare_object(shell, connection, photo, place, file).await
            } else {
                let (folder, memory) = (shell.folder(id), Arc::clone(&shell.memory));
                let treatment = shell.treatment();
                on_a_thread(move || prepare(&photo, &folder, file, treatment, &memory)).await
            };
            Outcome::Prepared(prepared)
        }
        Work::Call(request) => {
            let answer = match connection.transport.send(request, None).await {
                Ok(answer) => answer,
                Err(error) => {
                    log::error!("{error}");
                    Err(not_sent(&error))
                }
            };
            Outcome::Answered { answer, held_elsewhere: false }
        }
        Work::Send { upload, upload_source } => {
            let sent = match source(shell, connection, id, upload_source).await {
                Ok((source, length)) => send(connection, *upload, &moving.noted(source, length)).await,
                Err(error) => Err(Error::Storage(error)),
            };
            Outcome::Sent(sent)
        }
        Work::Fetch { file, name, copy } => {
            let folder = shell.folder(id);
            let fetched = match private_folder(&folder) {
                Ok(()) => fetch(shell, connection, file, &folder.join(&name), moving).await,
                Err(error) => Err(error.into()),
            };
            Outcome::Fetched(match fetched {
                // The paid file is ours from here on, whatever becomes of the copy.
                Ok(Fetched { length, sha256 }) => {
                    let copy = copied(connection, copy, &folder.join(&name), moving).await;
                    Ok(Kept { name, length, sha256, copy })
                }
                Err(error) => Err(error),
            })
        }
        Work::Clear { bucket_folder, what } => {
            let result = match &bucket_folder {
                Some(folder) => match &connection.objects {
                    Some(objects) => objects.clear(folder, what).await.map(drop),
                    None => folder.clear(what, None).map(drop),
                },
                None => album::clear(&shell.folder(id), what),
            };
            Outcome::Cleared { bucket_folder, what, result }
        }
        Work::Discard { sources } => {
            let result = discard(shell, connection, id, &sources).await;
            Outcome::Discarded { sources, result }
        }
        Work::Notify { order, number } => Outcome::Notified(notify(shell, id, order, number).await),
        // Not wanted here: the operator's overview is made from the store itself.
        Work::Report { .. } => Outcome::Reported(Ok(())),
    }
}

async fn discard(
    shell: &Shell,
    connection: &Connection,
    id: AvatarId,
    sources: &[String],
) -> Result<(), StorageError> {
    for source in sources {
        match source.parse::<ObjectPlace>() {
            Ok(place) => objects(connection, &place)?.delete(&place.key).await?,
            Err(_) => album::discard(&shell.folder(id), source)?,
        }
    }
    Ok(())
}

/// Tells the backend how the order stands now, which may be later than when the notice arose.
async fn notify(shell: &Shell, id: AvatarId, order: OrderKey, number: u64) -> Result<(), Error> {
    let Some(notify) = &shell.notify else { return Ok(()) };
    let avatar = shell.store.load(id)?;
    let request = avatar.and_then(|avatar| notification(notify, &avatar, order, number, clock::now()));
    let Some(request) = request else { return Ok(()) };
    // The backend is a real one, also where fal is simulated.
    let sent = match shell.http() {
        Ok(transport) => transport.send(request, None).await,
        Err(failure) => Err(SendError::Unsendable(failure.brief())),
    };
    match sent {
        Ok(answer) => Ok(taken(answer)?),
        Err(error) => Err(own_failure(error)),
    }
}

/// Returns the answer for a call that the transport itself failed to send: without a body of ours nothing was sent, and
/// a simulator whose state could not be saved has taken nothing either.
fn not_sent(error: &SendError) -> NoAnswer {
    match error {
        SendError::Unsendable(_) | SendError::Simulator(_) => NoAnswer::NotConnected,
        SendError::Source(_) => NoAnswer::Interrupted,
    }
}

/// Does work on a thread that may block. A decoder that panics spoils one photo, not the set.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PrepareError> + Send + 'static,
) -> Result<T, PrepareError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(PrepareError::Photo(PhotoProblem::NotEncoded)))
}

/// Prepares a photo from and to a file; `folder` is the avatar's own.
fn prepare(
    photo: &Photo,
    folder: &Path,
    file: String,
    treatment: Treatment,
    memory: &MemoryPool,
) -> Result<Prepared, PrepareError> {
    let limit = limits_of_this_machine().max_bytes;
    let source = match &photo.id {
        Some(_) => album::file(folder, &photo.source).map_err(PrepareError::Storage)?,
        None => read_back(&photo.source),
    };
    let bytes = match read_source(&photo.source, limit).filter(|_| photo.id.is_none()) {
        Some(member) => member,
        None => read_bounded(&source, limit),
    };
    let bytes = bytes.map_err(|problem| unreadable(&source, &problem))?;
    let (prepared, jpeg) = normalised(photo, &bytes, file, treatment, memory)?;
    let working = folder.join(WORKING);
    private_folder(&working)
        .and_then(|()| write_private(&working.join(&prepared.file), &jpeg))
        .map_err(PrepareError::Storage)?;
    Ok(prepared)
}

/// Prepares a photo from a bucket and back to it.
async fn prepare_object(
    shell: &Shell,
    connection: &Connection,
    photo: Photo,
    place: ObjectPlace,
    file: String,
) -> Result<Prepared, PrepareError> {
    let objects = objects(connection, &place).map_err(PrepareError::Storage)?;
    let limit = limits_of_this_machine().max_bytes;
    let bytes = objects.read(&place.key, limit).await.map_err(|error| match error {
        ReadError::TooLarge { bytes } => {
            PrepareError::Photo(PhotoProblem::TooManyBytes { bytes, max: limit })
        }
        ReadError::Storage(error) => PrepareError::Storage(error),
    })?;
    let (memory, treatment) = (Arc::clone(&shell.memory), shell.treatment());
    let normalised = move || normalised(&photo, &bytes, file, treatment, &memory);
    let (prepared, jpeg) = on_a_thread(normalised).await?;
    // The core names an object as the target of a photo that came from one.
    let Ok(target) = prepared.file.parse::<ObjectPlace>() else {
        return Err(PrepareError::Storage(at(Path::new(&prepared.file), StorageErrorKind::Refused)));
    };
    let etag = objects.write(&target.key, jpeg, "image/jpeg").await.map_err(PrepareError::Storage)?;
    Ok(Prepared { etag, ..prepared })
}

fn normalised(
    photo: &Photo,
    bytes: &[u8],
    file: String,
    treatment: Treatment,
    memory: &MemoryPool,
) -> Result<(Prepared, Vec<u8>), PrepareError> {
    let sum = Sha256Sum::of(bytes);
    if photo.sha256.is_some_and(|known| known != sum) {
        let place = photo
            .object()
            .map_or_else(|| read_back(&photo.source).display().to_string(), |place| place.to_string());
        return Err(PrepareError::Storage(StorageError::new(StorageErrorKind::Changed, place)));
    }
    let limits = limits_of_this_machine();
    let (_, cleaned) = inspect_and_clean(bytes, &limits, (treatment, &mut treatment.normaliser()), memory);
    let (normalised, report) = cleaned.map_err(PrepareError::Photo)?;
    let original = photo.sha256.is_none().then_some(sum);
    let prepared = Prepared::of(&normalised, file, original).with_report(report);
    Ok((prepared, normalised.into_jpeg()))
}

/// Returns the bucket that an object lies in, when it is the one of the settings.
fn objects<'a>(connection: &'a Connection, place: &ObjectPlace) -> Result<&'a Arc<Objects>, StorageError> {
    let of_that_name = |objects: &&Arc<Objects>| objects.bucket().name() == place.bucket;
    connection.objects.as_ref().filter(of_that_name).ok_or_else(|| {
        log::error!(
            "{place} cannot be reached: MINIO_ENDPOINT, MINIO_BUCKET and their keys are not set as they were"
        );
        StorageError::new(StorageErrorKind::Denied, place.to_string())
    })
}

fn unreadable(path: &Path, problem: &FileProblem) -> PrepareError {
    let kind = match problem {
        FileProblem::TooLarge { bytes, limit } => {
            return PrepareError::Photo(PhotoProblem::TooManyBytes { bytes: *bytes, max: *limit });
        }
        FileProblem::Missing | FileProblem::LinkLoop => StorageErrorKind::Missing,
        FileProblem::Forbidden => StorageErrorKind::Denied,
        FileProblem::NotAFile(_) | FileProblem::Caption(_) | FileProblem::Captions(_) => {
            StorageErrorKind::Changed
        }
        FileProblem::Unreadable(_) => StorageErrorKind::Broken,
    };
    PrepareError::Storage(at(path, kind))
}

fn at(path: &Path, kind: StorageErrorKind) -> StorageError {
    StorageError::new(kind, path.display().to_string())
}

async fn source(
    shell: &Shell,
    connection: &Connection,
    id: AvatarId,
    upload_source: UploadSource,
) -> Result<(Arc<dyn ByteSource>, u64), StorageError> {
    match upload_source {
        UploadSource::Archive(dataset) => {
            let working = shell.working_folder(id);
            let changed = || at(&working, StorageErrorKind::Changed);
            let archive = dataset.archive().map_err(|_| changed())?;
            let contents = contents(connection, &working, dataset)?;
            let source = ArchiveSource::new(archive, contents).map_err(|_| changed())?;
            let length = source.length();
            Ok((Arc::new(source), length))
        }
        UploadSource::Model(file) => {
            make_whole(shell, connection, id, &file).await?;
            let path = shell.folder(id).join(file);
            let source = FileSource::new(&path).map_err(|error| storage_error(&path, &error))?;
            let length = source.length();
            Ok((Arc::new(source), length))
        }
    }
}

/// Fetches a model again that is gone or was changed. Of a model that was given only the length is known.
async fn make_whole(
    shell: &Shell,
    connection: &Connection,
    id: AvatarId,
    file: &str,
) -> Result<(), StorageError> {
    let Some(avatar) = shell.store.load(id)? else { return Ok(()) };
    let Some(kept) = avatar.kept_models().find(|kept| kept.name == file) else { return Ok(()) };
    let Err(lost) = refetch::open(shell, &avatar, kept, Some(&connection.transport)).await else {
        return Ok(());
    };
    log::error!("no whole copy of the model is left: {lost}");
    Err(match lost.here {
        Unusable::Unreadable(error) => error,
        _ => at(&shell.folder(id).join(file), StorageErrorKind::Damaged),
    })
}

fn contents(
    connection: &Connection,
    working: &Path,
    dataset: Dataset,
) -> Result<Vec<Contents>, StorageError> {
    let contents = dataset.parts.into_iter().map(|part| match part.content {
        Content::Photo { file, etag: version } => match file.parse::<ObjectPlace>() {
            Ok(place) => Ok(Contents::Object {
                objects: Arc::clone(objects(connection, &place)?),
                key: place.key,
                version,
            }),
            Err(_) => Ok(Contents::File(working.join(file))),
        },
        Content::Caption(text) => Ok(Contents::Bytes(text.into_bytes())),
    });
    contents.collect()
}

async fn send(
    connection: &Connection,
    mut upload: Upload,
    source: &Arc<dyn ByteSource>,
) -> Result<Url, Error> {
    loop {
        match upload.step() {
            UploadStep::Call(request) => {
                match connection.transport.send(request, Some(Arc::clone(source))).await {
                    Ok(answer) => upload.answered(answer),
                    Err(error) => return Err(own_failure(error)),
                }
            }
            UploadStep::Done(url) => return Ok(url),
            UploadStep::Failed(error) => return Err(error.into()),
        }
    }
}

fn own_failure(error: SendError) -> Error {
    match error {
        SendError::Source(error) => Error::Storage(
            carried(&error).unwrap_or_else(|| storage_error(Path::new("the prepared photos"), &error)),
        ),
        SendError::Simulator(error) => Error::Storage(storage_error(Path::new("the simulator"), &error)),
        SendError::Unsendable(why) => {
            log::error!("{why}");
            Error::Network(NetworkError::NoAnswer(NoAnswer::NotConnected))
        }
    }
}

async fn fetch(
    shell: &Shell,
    connection: &Connection,
    file: RemoteFile,
    path: &Path,
    moving: &Moving,
) -> Result<Fetched, Error> {
    let fetched = shell.downloads.fetch(&connection.transport, file, path, moving).await;
    fetched.map_err(|error| match error {
        DownloadError::Network(error) => Error::Network(error),
        DownloadError::Storage(error) => Error::Storage(error),
        DownloadError::Send(error) => own_failure(error),
    })
}

/// Copies a file to the bucket, when a copy is to be made, and returns its place if that worked.
async fn copied(
    connection: &Connection,
    place: Option<ObjectPlace>,
    path: &Path,
    moving: &Moving,
) -> Option<ObjectPlace> {
    let place = place?;
    let copied = match objects(connection, &place) {
        Ok(objects) => objects.write_file(&place.key, path, moving).await,
        Err(error) => Err(error),
    };
    match copied {
        Ok(()) => Some(place),
        Err(error) => {
            log::warn!(
                "the model could not be copied to the bucket yet: {error}; the next command tries again"
            );
            None
        }
    }
}

/// Makes the outcome of a transfer that was broken off.
pub(crate) fn broken_off(task_kind: TaskKind, why: BrokenOff) -> Outcome {
    let why = match why {
        BrokenOff::Unawaited => NoAnswer::Interrupted,
        BrokenOff::TimeIsUp => NoAnswer::TimedOut,
    };
    let error = Error::Network(NetworkError::NoAnswer(why));
    match task_kind.step() {
        Some(OrderStep::Upload) => Outcome::Sent(Err(error)),
        _ => Outcome::Fetched(Err(error)),
    }
}
