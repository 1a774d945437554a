//! Health of the parts of a deployment, looked at rarely however often a caller asks: any caller may ask.

use std::{
    future::Future,
    io::Write as _,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use likeness_core::{
    api::{Failing, Part},
    avatar::{AvatarId, Name},
    error::{StorageError, StorageErrorKind},
    storage::Prefix,
};
use uuid::Uuid;

use crate::{disk::storage_error, driver::shell::Shell};

/// The pause between two looks at the disk.
const DISK_AGAIN: Duration = Duration::from_secs(5);

/// The pause between two looks at the bucket, which may cost money.
const BUCKET_AGAIN: Duration = Duration::from_secs(30);

/// The time that the bucket has for its answer.
const BUCKET_WITHIN: Duration = Duration::from_secs(3);

/// Number of bytes that must find room for a disk to count as writable.
const ROOM: usize = 64 * 1024;

/// The last look at every part that may fail.
#[derive(Debug, Default)]
pub(super) struct Health {
    database: Seen,
    disk: Seen,
    bucket: Seen,
}

impl Health {
    /// Looks at the parts that were not looked at for a while.
    ///
    /// # Errors
    ///
    /// Fails if the database cannot be read: then nothing works.
    pub(super) async fn look(&self, shell: &Shell, has_bucket: bool) -> Result<Vec<Failing>, StorageError> {
        let database = self.database.look(DISK_AGAIN, async || shell.store.answers().err()).await;
        if let Some(error) = database {
            return Err(error);
        }
        let home = shell.store.home();
        let disk = self.disk.look(DISK_AGAIN, async || unwritable(home).await).await;
        let bucket = if has_bucket {
            self.bucket.look(BUCKET_AGAIN, async || unreachable(shell).await).await
        } else {
            None
        };
        let failing = [(Part::Disk, disk), (Part::Bucket, bucket)];
        Ok(failing.into_iter().filter_map(|(part, error)| Some(Failing::new(part, &error?))).collect())
    }
}

/// The last look at one part.
#[derive(Debug, Default)]
struct Seen {
    last: Mutex<Option<(Instant, Option<StorageError>)>>,
    looking: tokio::sync::Mutex<()>,
}

impl Seen {
    /// Looks, unless that was done a moment ago. A look that is under way is not waited for.
    async fn look<F: Future<Output = Option<StorageError>>>(
        &self,
        again: Duration,
        look: impl FnOnce() -> F,
    ) -> Option<StorageError> {
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = last();
        if let Some((at, error)) = &known
            && at.elapsed() < again
        {
            return error.clone();
        }
        let Ok(_looking) = self.looking.try_lock() else { return known.and_then(|(_, error)| error) };
        let error = look().await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), error.clone()));
        error
    }
}

/// Writes a few bytes to a file without a name, and returns the error.
async fn unwritable(home: &Path) -> Option<StorageError> {
    let home = home.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        let written = tempfile::tempfile_in(&home).and_then(|mut file| file.write_all(&vec![0xa5; ROOM]));
        written.err().map(|error| storage_error(&home, &error))
    });
    written.await.unwrap_or_default()
}

/// Lists a prefix of the bucket under which there is nothing, and returns the error.
async fn unreachable(shell: &Shell) -> Option<StorageError> {
    let (objects, user) = (shell.objects().ok()?, Name::new("health").ok()?);
    let nowhere = Prefix::of(&user, AvatarId::new(Uuid::nil()));
    match tokio::time::timeout(BUCKET_WITHIN, objects.list(&nowhere)).await {
        Ok(listed) => listed.err(),
        Err(_) => Some(StorageError::new(StorageErrorKind::Unreachable, objects.bucket().name())),
    }
}
