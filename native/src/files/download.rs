//! Download of a file: a trained model, a picture. A file that appears under its name is whole and on the disk.

use std::{
    collections::HashMap,
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use likeness_core::{
    download::{Download, DownloadStep, Fetched, RemoteFile},
    error::{NetworkError, StorageError},
    http::NoAnswer,
};
use reqwest::header::CONTENT_LENGTH;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use crate::{
    disk::{locked_part_of, put_off_thread, storage_error},
    transport::{
        Bytes, Incoming, SendError, Transport,
        moving::{Direction, Moving, Transfer},
    },
};

/// Number of pieces of the network's size that wait for the disk.
const CHUNKS_AHEAD: usize = 8;

/// The most memory for checking a picture, in bytes: enough for some 40 megapixels.
const PICTURE_MEMORY: u64 = 256 << 20;

/// The files that are being fetched, with the halves of those that broke off: the next try of the same process goes on
/// behind them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Downloads {
    halves: Arc<Mutex<HashMap<PathBuf, Half>>>,
}

/// A file that is not whole yet. Only a process that was killed leaves one behind.
#[derive(Debug)]
struct Half {
    download: Download,
    part: NamedTempFile,
}

/// The reason why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    /// A file that did not come, or is not the one that was promised.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A file that could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A request that could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Downloads {
    /// Fetches a file to `path`. No key is sent. An existing file stays until the new one is whole.
    pub(crate) async fn fetch(
        &self,
        transport: &Transport,
        file: RemoteFile,
        path: &Path,
        moving: &Moving,
    ) -> Result<Fetched, DownloadError> {
        let mut half = match self.taken_up(&file, path) {
            Some(half) => half,
            None => Half::new(file, path)?,
        };
        let mut body = None;
        loop {
            match half.download.step() {
                DownloadStep::Ask(request) => match transport.fetch(*request).await? {
                    Ok(incoming) => {
                        half.download.answered(Ok((incoming.status, &incoming.headers)));
                        body = Some(incoming);
                    }
                    Err(why) => half.download.answered(Err(why)),
                },
                DownloadStep::Read { from } => half = half.read(from, body.take(), path, moving).await?,
                DownloadStep::Pause(time) => {
                    tokio::time::sleep(time).await;
                    half.download.paused();
                }
                DownloadStep::Done(fetched) => {
                    put_off_thread(half.part, path).await?;
                    return Ok(fetched);
                }
                DownloadStep::Failed(why) => {
                    if half.download.is_of_use() {
                        self.halves().insert(path.to_owned(), half);
                    }
                    return Err(why.into());
                }
            }
        }
    }

    /// Removes the halves of files in this folder.
    pub(crate) fn forget(&self, folder: &Path) {
        self.halves().retain(|path, _| !path.starts_with(folder));
    }

    /// Takes the half of a file that an earlier try left, when it is of the same file and useful.
    fn taken_up(&self, file: &RemoteFile, path: &Path) -> Option<Half> {
        let Half { download, part } = self.halves().remove(path)?;
        let download = download.again().filter(|download| download.file() == file)?;
        // A missing part means that its folder was removed, perhaps on purpose: do not make it again.
        part.path().exists().then_some(Half { download, part })
    }

    fn halves(&self) -> MutexGuard<'_, HashMap<PathBuf, Half>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message to the writer. A channel that closes without an end means that the file is not wanted.
enum Message {
    Chunk(Bytes),
    End(Result<(), NoAnswer>),
}

impl Half {
    fn new(file: RemoteFile, path: &Path) -> Result<Self, StorageError> {
        Ok(Self { download: Download::new(file, PICTURE_MEMORY), part: locked_part_of(path)? })
    }

    /// Reads the body of an answer. Hashing, writing and decoding are done on a thread that may block.
    async fn read(
        self,
        from: u64,
        body: Option<Incoming>,
        path: &Path,
        moving: &Moving,
    ) -> Result<Self, StorageError> {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let writer = tokio::task::spawn_blocking(move || self.write(from, receiver));
        if let Some(mut body) = body {
            let length =
                body.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            let total = length.and_then(|length: u64| from.checked_add(length));
            let mut done = from;
            loop {
                let message = match body.chunk().await {
                    Ok(Some(chunk)) => Message::Chunk(chunk),
                    Ok(None) => Message::End(Ok(())),
                    Err(why) => Message::End(Err(why)),
                };
                if let Message::Chunk(chunk) = &message {
                    done = done.saturating_add(chunk.len() as u64);
                }
                moving.note_at(Transfer { way: Direction::Down, done, total });
                let end = matches!(message, Message::End(_));
                // A writer that has ended returns the reason itself.
                if sender.send(message).await.is_err() || end {
                    break;
                }
            }
        }
        drop(sender);
        let written = writer.await.map_err(io::Error::other).flatten();
        written.map_err(|error| storage_error(path, &error))
    }

    fn write(mut self, from: u64, mut messages: mpsc::Receiver<Message>) -> io::Result<Self> {
        let file = self.part.as_file_mut();
        file.set_len(from)?;
        file.seek(SeekFrom::Start(from))?;
        while let Some(message) = messages.blocking_recv() {
            match message {
                Message::Chunk(chunk) if self.download.received(&chunk) => file.write_all(&chunk)?,
                Message::Chunk(_) => break,
                Message::End(ended) => self.download.ended(ended),
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
