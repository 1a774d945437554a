//! Fetches a file: a trained model, a picture. What appears under its name is whole and on the disk, or nothing
//! appears at all.

use std::{
    fs::File,
    io::Write,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use likeness_core::{
    error::StorageError,
    http::{Method, NoAnswer, Request},
    limits::TRANSFER_TIMEOUT,
};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use url::Url;

use crate::{
    storage::storage_error,
    transport::{Bytes, Incoming, SendError, Transport},
};

/// How many pieces of the network's size wait for the disk.
const CHUNKS_AHEAD: usize = 8;

/// What is known of a file before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// How many bytes it may have.
    pub bytes: RangeInclusive<u64>,
    /// How many bytes it has, where that was said elsewhere.
    pub length: Option<u64>,
}

impl Expected {
    /// From one byte up to this many.
    #[must_use]
    pub fn at_most(bytes: u64) -> Self {
        Self { bytes: 1..=bytes, length: None }
    }
}

/// What was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// How many bytes it has.
    pub length: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// No whole answer came.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The answer has another status than 200. Redirects are not followed, so they are among these.
    #[error("the answer was {0} instead of a file")]
    Status(u16),
    /// The file is smaller or larger than it may be.
    #[error("the file may have {min} to {max} bytes, but has {found} or more", min = allowed.start(), max = allowed.end())]
    Size {
        /// How many bytes it may have.
        allowed: RangeInclusive<u64>,
        /// How many were announced or had arrived.
        found: u64,
    },
    /// The file is not as long as was said.
    #[error("the file should have {expected} bytes, but has {found}")]
    Length {
        /// How many bytes it should have.
        expected: u64,
        /// How many were announced or had arrived.
        found: u64,
    },
    /// The file could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The request could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Fetches `url` to `path`, over whatever is there. No key is sent and no redirect followed.
///
/// Until it is whole the file is named `.NAME.….part`, in the same folder and readable by its owner alone, which it
/// stays. It is gone after every failure; only a process that was killed leaves one behind.
pub async fn download(
    transport: &Transport,
    url: &Url,
    path: &Path,
    expected: Expected,
) -> Result<Downloaded, DownloadError> {
    let request = Request::new(Method::GET, url.clone(), TRANSFER_TIMEOUT);
    let mut incoming = transport.fetch(request).await??;
    if incoming.status != 200 {
        return Err(DownloadError::Status(incoming.status.as_u16()));
    }
    if let Some(announced) = content_length(&incoming) {
        expected.check(announced)?;
    }
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let target = path.to_owned();
    let writer = tokio::task::spawn_blocking(move || write(&target, receiver));
    let sent = receive(&mut incoming, &expected, sender).await;
    let written = writer
        .await
        .map_err(|error| DownloadError::Storage(storage_error(path, &std::io::Error::other(error))))?;
    // A writer that failed is why nothing more could be handed to it.
    match (sent, written) {
        (_, Err(storage)) => Err(storage.into()),
        (Err(why), Ok(_)) => Err(why),
        (Ok(()), Ok(None)) => Err(NoAnswer::Interrupted.into()),
        (Ok(()), Ok(Some(downloaded))) => Ok(downloaded),
    }
}

impl Expected {
    fn check(&self, found: u64) -> Result<(), DownloadError> {
        if let Some(expected) = self.length.filter(|expected| *expected != found) {
            return Err(DownloadError::Length { expected, found });
        }
        if !self.bytes.contains(&found) {
            return Err(DownloadError::Size { allowed: self.bytes.clone(), found });
        }
        Ok(())
    }

    fn check_so_far(&self, found: u64) -> Result<(), DownloadError> {
        if let Some(expected) = self.length.filter(|expected| found > *expected) {
            return Err(DownloadError::Length { expected, found });
        }
        if found > *self.bytes.end() {
            return Err(DownloadError::Size { allowed: self.bytes.clone(), found });
        }
        Ok(())
    }
}

/// What the writer is told. A channel that closes without an end means that the file is not wanted.
enum Message {
    Chunk(Bytes),
    End,
}

fn content_length(incoming: &Incoming) -> Option<u64> {
    incoming.headers.get("content-length")?.to_str().ok()?.parse().ok()
}

async fn receive(
    incoming: &mut Incoming,
    expected: &Expected,
    sender: mpsc::Sender<Message>,
) -> Result<(), DownloadError> {
    let mut received = 0;
    while let Some(chunk) = incoming.chunk().await? {
        received += chunk.len() as u64;
        expected.check_so_far(received)?;
        if sender.send(Message::Chunk(chunk)).await.is_err() {
            return Ok(());
        }
    }
    expected.check(received)?;
    // Where the writer is gone, it says why.
    let _ = sender.send(Message::End).await;
    Ok(())
}

fn write(path: &Path, mut messages: mpsc::Receiver<Message>) -> Result<Option<Downloaded>, StorageError> {
    let failed = |error: &std::io::Error| storage_error(path, error);
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut part = part_file(&folder, path).map_err(|error| failed(&error))?;
    let (mut length, mut hasher) = (0, Sha256::new());
    while let Some(message) = messages.blocking_recv() {
        match message {
            Message::Chunk(chunk) => {
                part.write_all(&chunk).map_err(|error| failed(&error))?;
                hasher.update(&chunk);
                length += chunk.len() as u64;
            }
            Message::End => {
                part.as_file().sync_all().map_err(|error| failed(&error))?;
                part.persist(path).map_err(|error| failed(&error.error))?;
                sync_folder(&folder).map_err(|error| failed(&error))?;
                return Ok(Some(Downloaded { length, sha256: hasher.finalize().into() }));
            }
        }
    }
    Ok(None)
}

/// A file of its own for each download, for its owner alone (mode 0600 is what `tempfile` gives). It is removed
/// when it is dropped.
fn part_file(folder: &Path, path: &Path) -> std::io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".part").tempfile_in(folder)
}

/// A new name is on the disk once its folder is (fsync(2)).
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
