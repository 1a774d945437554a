//! Preparation of a photo: from the bucket and back to it, clean.

use js_sys::Uint8Array;
use likeness_core::{
    avatar::{PrepareError, Prepared, Sha256Sum},
    error::{StorageError, StorageErrorKind},
    imager::Preparation,
    limits::{PhotoLimits, TRANSFER_TIMEOUT},
    photo::{PhotoProblem, Treatment, inspect, too_many_bytes},
    storage::{self, Asked, ETag},
};

use likeness_platform::{Deadline, again, append, ask, tell};

use crate::{
    photo_slot::{Full, PhotoSlotGuard, at_the_desk},
    room,
};

/// The reason why there is no clean photo: [`PrepareError`] for the report, or the slot was lost.
enum Stopped {
    Report(PrepareError),
    Lost,
}

impl From<PrepareError> for Stopped {
    fn from(error: PrepareError) -> Self {
        Self::Report(error)
    }
}

impl From<PhotoProblem> for Stopped {
    fn from(problem: PhotoProblem) -> Self {
        Self::Report(PrepareError::Photo(problem))
    }
}

/// A look at a photo's headers as soon as they are there, so that a photo that will be refused is not read to its end.
struct Look {
    /// Number of bytes to wait for until the next look.
    next: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self { next: 64 << 10 }
    }
}

impl Look {
    /// Looks at the beginning of a photo of `length` bytes.
    fn at(&mut self, bytes: &[u8], limits: PhotoLimits, length: u64) -> Result<(), PhotoProblem> {
        if bytes.len() < self.next {
            return Ok(());
        }
        match inspect(bytes) {
            Ok(info) => {
                info.check(&info.limits_in_the_imager(limits, length))?;
                self.next = usize::MAX;
            }
            Err(PhotoProblem::Truncated { .. }) => self.next = bytes.len().saturating_mul(4),
            Err(problem) => return Err(problem),
        }
        Ok(())
    }
}

/// Prepares a photo, once it is its turn.
pub(crate) async fn prepare(job: &Preparation) -> Result<Result<Prepared, PrepareError>, Full> {
    at_the_desk(async |place| match prepared(job, place).await {
        Ok(prepared) => Some(Ok(prepared)),
        Err(Stopped::Report(error)) => Some(Err(error)),
        Err(Stopped::Lost) => None,
    })
    .await
}

async fn prepared(job: &Preparation, place: &PhotoSlotGuard) -> Result<Prepared, Stopped> {
    read(job, place).await?;
    let (prepared, jpeg) = normalised(job, place)?;
    let etag = write(job, &jpeg).await?;
    Ok(Prepared { etag, ..prepared })
}

/// Reads the photo's bytes into the slot's buffer, at most as many as the limit.
async fn read(job: &Preparation, place: &PhotoSlotGuard) -> Result<(), Stopped> {
    let limit = job.limits.max_bytes;
    let mut incoming =
        ask(&job.photo, || Deadline::after(TRANSFER_TIMEOUT)).await.map_err(|_| unreachable(job))?;
    let asked = Asked::at(&job.photo.url, job.place.as_str());
    if !asked.is_given(incoming.status, &incoming.headers) {
        return Err(failed(incoming.refusal(&asked).await));
    }
    let announced = storage::head_of(&incoming.headers).length;
    let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let mut length = announced.unwrap_or(0);
    let room = usize::try_from(length).unwrap_or(usize::MAX);
    if length <= limit {
        room::make(length).map_err(|free| cramped(length, free))?;
        place.with(|bytes| bytes.reserve_exact(room)).ok_or(Stopped::Lost)?;
    }
    let mut look = Look::default();
    let mut received = 0;
    loop {
        if let Some(bytes) = too_many_bytes(announced, received, limit) {
            return Err(PhotoProblem::TooManyBytes { bytes, max: limit }.into());
        }
        let Some(chunk) = incoming.chunk().await.map_err(|_| unreachable(job))? else {
            // A body that ends early does not always show as an error of the connection.
            let whole = announced.is_none_or(|announced| received == announced);
            return if whole { Ok(()) } else { Err(unreachable(job)) };
        };
        let so_far: Option<Result<u64, Stopped>> = place.with(|bytes| {
            // Without an announced length the buffer grows on the way.
            let more = usize::try_from(chunk.length()).unwrap_or(usize::MAX);
            if bytes.capacity() - bytes.len() < more {
                let needed = (bytes.len() as u64).saturating_add(more as u64).saturating_mul(2);
                room::make(needed).map_err(|free| cramped(needed, free))?;
            }
            append(bytes, &chunk, most);
            // If the photo's sum is known, other bytes than these say nothing about the photo.
            if job.sha256.is_none() {
                look.at(bytes, job.limits, length)?;
            }
            Ok(bytes.len() as u64)
        });
        received = so_far.ok_or(Stopped::Lost)??;
        length = length.max(received);
    }
}

/// Makes the clean photo, outside of the linear memory.
fn normalised(job: &Preparation, place: &PhotoSlotGuard) -> Result<(Prepared, Uint8Array), Stopped> {
    let sum = place.with(|bytes| Sha256Sum::of(bytes)).ok_or(Stopped::Lost)?;
    if job.sha256.is_some_and(|expected| expected != sum) {
        return Err(not_read(job, StorageErrorKind::Changed));
    }
    let bytes = place.clear();
    let length = bytes.len() as u64;
    let info = inspect(&bytes).ok();
    let limits =
        info.map_or(job.limits.in_the_imager(length), |info| info.limits_in_the_imager(job.limits, length));
    // Nothing else runs from here until the photo is clean, so the memory that is free now is free then.
    let needed = info.map_or(0, |info| info.memory_within(&limits, job.form));
    if needed <= limits.max_memory {
        room::make(needed).map_err(|free| cramped(needed, free))?;
    }
    // A file that only seemed to need no pixels must not take more than there is room for.
    let limits = PhotoLimits { max_memory: limits.max_memory.min(needed), ..limits };
    let treatment = Treatment { form: job.form, face_check: job.face_check };
    // A new one for each photo: what it kept would lie between the photos' pixels, and the next would find holes.
    let (photo, report) = treatment.prepare(&mut treatment.normaliser(), &bytes, &limits)?;
    drop(bytes);
    let prepared = Prepared::of(&photo, job.file.clone(), Some(sum)).with_report(report);
    Ok((prepared, Uint8Array::from(photo.jpeg())))
}

async fn write(job: &Preparation, jpeg: &Uint8Array) -> Result<Option<ETag>, Stopped> {
    let asked = Asked::at(&job.target.url, job.file.as_str());
    // A repeat is harmless: it writes the same bytes under the same name.
    let answer = again(async || tell(&job.target, jpeg, Deadline::after(TRANSFER_TIMEOUT)).await).await;
    let answer = answer.map_err(|_| failed(asked.error(StorageErrorKind::Unreachable)))?;
    if !asked.is_given(answer.status, &answer.headers) {
        return Err(failed(answer.refusal(&asked).await));
    }
    Ok(storage::head_of(&answer.headers).etag)
}

fn unreachable(job: &Preparation) -> Stopped {
    not_read(job, StorageErrorKind::Unreachable)
}

fn not_read(job: &Preparation, kind: StorageErrorKind) -> Stopped {
    failed(StorageError::new(kind, job.place.as_str()))
}

fn cramped(needed: u64, free: u64) -> Stopped {
    Stopped::Report(PrepareError::Cramped { needed, free })
}

fn failed(error: StorageError) -> Stopped {
    Stopped::Report(PrepareError::Storage(error))
}
