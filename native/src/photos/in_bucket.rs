//! Photos in a bucket, found by their typed names.

use std::sync::Arc;

use likeness_core::{
    avatar::{Photo, PhotoSet, PhotoState, Prepared, Sha256Sum},
    error::StorageErrorKind,
    http::without_query,
    limits::PhotoLimits,
    photo::{PhotoProblem, Treatment},
    storage::ObjectKey,
};
use url::Url;

use super::{parallel::MemoryPool, prepare};
use crate::{
    context::Context,
    failure::{self, Exit, Failure},
    output::Unit,
    printable::printable,
    transport::objects::{Objects, ReadError, patiently},
};

/// Reads every photo once, in the order given: its sum, and its headers. All faults of the names are reported at once.
pub(crate) async fn read(
    texts: &[String],
    objects: &Objects,
    context: &Context,
) -> Result<PhotoSet, Failure> {
    let mut problems = Vec::new();
    let mut keys = Vec::new();
    for text in texts {
        match objects.bucket().locate(text) {
            Ok(key) => keys.push(key),
            // Without a password and the query, which may hold a signature.
            Err(why) => {
                let shown = Url::parse(text)
                    .ok()
                    .filter(|url| matches!(url.scheme(), "http" | "https"))
                    .map(|url| without_query(&url));
                let shown = shown.unwrap_or_else(|| text.split('?').next().unwrap_or_default().to_owned());
                problems.push(format!("{}: {why}", printable(&shown)));
            }
        }
    }
    if !problems.is_empty() {
        let failure =
            Failure::new(Exit::Usage, "usage.keys", "not everything that was named is in the bucket");
        return Err(problems
            .into_iter()
            .fold(failure, Failure::why)
            .next("name keys of the bucket MINIO_BUCKET, such as avatars/u/a/1.jpg"));
    }
    let progress = context.output.progress("Reading", keys.len() as u64, Unit::Photos);
    let mut photos = Vec::new();
    for key in keys {
        match patiently(async || photo(&key, objects).await, ReadError::storage).await {
            Ok(photo) => photos.push(photo),
            Err(ReadError::Storage(error)) if error.kind == StorageErrorKind::Missing => {
                problems.push(error.to_string());
            }
            Err(ReadError::Storage(error)) => return Err(failure::storage(error)),
            Err(ReadError::TooLarge { bytes }) => photos.push(too_large(&key, objects, bytes)),
        }
        progress.advance(1);
    }
    if problems.is_empty() {
        return Ok(PhotoSet::new(photos));
    }
    let failure = Failure::new(Exit::Data, "photos.unreadable", "not every photo can be read");
    Err(problems.into_iter().fold(failure, Failure::why).next("mend what is named, or leave it out"))
}

/// Reads the photos once more that may be a part of the set, and decodes them. Nothing is written: a clean photo is
/// made once more after the person said yes.
pub(crate) async fn judge(set: &PhotoSet, objects: &Objects, context: &Context) -> Result<PhotoSet, Failure> {
    let mut photos = set.photos().to_vec();
    let (memory, treatment) = (Arc::new(MemoryPool::of_this_machine()), context.settings.treatment());
    let progress = context.output.progress("Checking", photos.len() as u64, Unit::Photos);
    // If the photo of two that stays is rejected, the other takes its place.
    while let Some(index) = PhotoSet::new(photos.clone()).next_waiting() {
        context.interrupt.check()?;
        let Some(photo) = photos.get_mut(index) else { break };
        let Some(place) = photo.object() else { break };
        photo.state = match patiently(
            async || judged(&place.key, objects, treatment, &memory).await,
            ReadError::storage,
        )
        .await
        {
            Ok((sum, state)) => {
                photo.sha256 = Some(sum);
                state
            }
            Err(ReadError::TooLarge { bytes }) => PhotoState::Rejected(PhotoProblem::TooManyBytes {
                bytes,
                max: PhotoLimits::default().max_bytes,
            }),
            Err(ReadError::Storage(error)) => return Err(failure::storage(error)),
        };
        progress.advance(1);
    }
    Ok(PhotoSet::new(photos))
}

async fn judged(
    key: &ObjectKey,
    objects: &Objects,
    treatment: Treatment,
    memory: &Arc<MemoryPool>,
) -> Result<(Sha256Sum, PhotoState), ReadError> {
    let limits = prepare::limits_of_this_machine();
    let bytes = objects.read(key, limits.max_bytes).await?;
    let memory = Arc::clone(memory);
    let judged = tokio::task::spawn_blocking(move || {
        let mut normaliser = treatment.normaliser();
        let cleaned = prepare::inspect_and_clean(&bytes, &limits, (treatment, &mut normaliser), &memory).1;
        let state = match cleaned {
            Ok((clean, report)) => {
                PhotoState::Ready(Prepared::of(&clean, String::new(), None).with_report(report))
            }
            Err(problem) => PhotoState::Rejected(problem),
        };
        (Sha256Sum::of(&bytes), state)
    });
    // A decoder that panics spoils one photo, not the set.
    Ok(judged.await.unwrap_or_else(|_| {
        (Sha256Sum::of(key.to_string().as_bytes()), PhotoState::Rejected(PhotoProblem::NotEncoded))
    }))
}

async fn photo(key: &ObjectKey, objects: &Objects) -> Result<Photo, ReadError> {
    let bytes = objects.read(key, PhotoLimits::default().max_bytes).await?;
    let (_, state) = prepare::seen(&bytes, &prepare::limits_of_this_machine());
    Ok(named(key, objects, Sha256Sum::of(&bytes), state))
}

/// Takes the object as a photo that is left out: its bytes do not matter then; its key and size tell it from others.
fn too_large(key: &ObjectKey, objects: &Objects, bytes: u64) -> Photo {
    let max = PhotoLimits::default().max_bytes;
    let state = PhotoState::Rejected(PhotoProblem::TooManyBytes { bytes, max });
    named(key, objects, Sha256Sum::of(format!("{key} {bytes}").as_bytes()), state)
}

fn named(key: &ObjectKey, objects: &Objects, sha256: Sha256Sum, state: PhotoState) -> Photo {
    let source = objects.bucket().place(key.clone()).to_string();
    Photo {
        id: None,
        name: key.to_string(),
        source,
        sha256: Some(sha256),
        caption: None,
        crashes: 0,
        cramped: 0,
        state,
    }
}
