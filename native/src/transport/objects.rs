//! A bucket's objects for this shell: bytes in and out, whatever they are for.

use std::{
    io::{self, Read},
    ops::Range,
    path::Path,
    sync::Arc,
};

use likeness_core::{
    error::{StorageError, StorageErrorKind},
    http::{Answer, Body, NoAnswer, Request},
    limits::PHOTO_TIMEOUT,
    photo::too_many_bytes,
    retry,
    storage::{
        self, Asked, Bucket, BucketFolder, DeletePrefixStep, ETag, FolderPart, MAX_REFUSAL_BYTES, ObjectKey,
        Prefix,
    },
};
use tokio::runtime::Handle;

use super::{ByteSource, Bytes, FileSource, Incoming, SendError, Transport, moving::Moving};
use crate::{clock, disk::storage_error};

/// A bucket with the transport to it.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    bucket: Bucket,
    transport: Transport,
}

/// The reason why an object gave no bytes.
#[derive(Debug, PartialEq)]
pub(crate) enum ReadError {
    /// More bytes than were wanted; at least so many.
    TooLarge { bytes: u64 },
    /// A bucket that refused or lost the object.
    Storage(StorageError),
}

impl ReadError {
    /// Returns the bucket's error, if it was the bucket.
    pub(crate) fn storage(&self) -> Option<&StorageError> {
        match self {
            Self::TooLarge { .. } => None,
            Self::Storage(error) => Some(error),
        }
    }
}

impl From<StorageError> for ReadError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl Objects {
    pub(crate) fn new(bucket: Bucket, transport: Transport) -> Self {
        Self { bucket, transport }
    }

    pub(crate) fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Reads a photo, never more than `limit` bytes of it.
    pub(crate) async fn read(&self, key: &ObjectKey, limit: u64) -> Result<Vec<u8>, ReadError> {
        let request = Request { timeout: PHOTO_TIMEOUT, ..self.bucket.get(key, None, None, clock::now()) };
        let mut incoming = self.begin(request, key).await?;
        let announced = storage::head_of(&incoming.headers).length;
        let mut all = Vec::new();
        loop {
            if let Some(bytes) = too_many_bytes(announced, all.len() as u64, limit) {
                return Err(ReadError::TooLarge { bytes });
            }
            match incoming.chunk().await.map_err(|why| self.broke_off(key, why))? {
                Some(chunk) => all.extend_from_slice(&chunk),
                None => return Ok(all),
            }
        }
    }

    /// Writes a photo and returns its version.
    pub(crate) async fn write(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<Option<ETag>, StorageError> {
        let request = self.bucket.put(key, Body::Bytes(bytes), content_type, clock::now());
        let request = Request { timeout: PHOTO_TIMEOUT, ..request };
        let answer = self.transport.send(request, None).await;
        let answer = self.asked(key).accepted(self.sent(key, answer)?)?;
        Ok(storage::head_of(&answer.headers).etag)
    }

    /// Copies a file to an object, and makes sure that it is whole there.
    pub(crate) async fn write_file(
        &self,
        key: &ObjectKey,
        path: &Path,
        moving: &Moving,
    ) -> Result<(), StorageError> {
        let source = FileSource::new(path).map_err(|error| storage_error(path, &error))?;
        let length = source.length();
        self.write_source(key, moving.noted(Arc::new(source), length), length).await?;
        let answer = self.transport.send(self.bucket.head(key, clock::now()), None).await;
        let answer = self.asked(key).accepted(self.sent(key, answer)?)?;
        match storage::head_of(&answer.headers).length {
            Some(there) if there == length => Ok(()),
            _ => Err(self.error(key, StorageErrorKind::Changed)),
        }
    }

    /// Copies bytes of this length to an object.
    pub(crate) async fn write_source(
        &self,
        key: &ObjectKey,
        source: Arc<dyn ByteSource>,
        length: u64,
    ) -> Result<(), StorageError> {
        let body = Body::Stream { start: 0, length };
        let request = self.bucket.put(key, body, "application/octet-stream", clock::now());
        let answer = self.transport.send(request, Some(source)).await;
        self.asked(key).accepted(self.sent(key, answer)?).map(drop)
    }

    /// Deletes an object. A missing one is not an error.
    pub(crate) async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let answer = self.transport.send(self.bucket.delete(key, clock::now()), None).await;
        self.asked(key).deleted(self.sent(key, answer)?)
    }

    /// Begins to read an object whole.
    pub(crate) async fn fetch(&self, key: &ObjectKey) -> Result<Incoming, StorageError> {
        self.begin(self.bucket.get(key, None, None, clock::now()), key).await
    }

    /// Deletes a part of a folder, until a listing shows nothing. Returns the number of objects.
    pub(crate) async fn clear(&self, folder: &BucketFolder, what: FolderPart) -> Result<usize, StorageError> {
        let mut clearing = folder.clear(what, Some(&self.bucket))?;
        loop {
            match clearing.step(clock::now()) {
                DeletePrefixStep::Call(request) => {
                    let answer = self.transport.send(*request, None).await;
                    clearing.answered(answer.map_err(|error| unsent(&error, clearing.place()))?);
                }
                DeletePrefixStep::Done(deleted) => return Ok(deleted),
                DeletePrefixStep::Failed(error) => return Err(error),
            }
        }
    }

    /// Lists the first page under a prefix: up to a thousand keys.
    pub(crate) async fn list(&self, prefix: &Prefix) -> Result<Vec<ObjectKey>, StorageError> {
        let answer = self.transport.send(self.bucket.list(prefix, None, clock::now()), None).await;
        let place = format!("s3://{}/{prefix}", self.bucket.name());
        let answer = answer.map_err(|error| unsent(&error, place.clone()))?;
        Ok(self.bucket.asked(place).listing(answer, prefix)?.keys)
    }

    /// Opens a part of that version of an object, of this length as a whole. Called on a thread that may block.
    pub(crate) fn open(
        &self,
        key: &ObjectKey,
        version: Option<&ETag>,
        range: Range<u64>,
        length: u64,
    ) -> io::Result<Box<dyn Read + Send>> {
        let whole = range == (0..length);
        let part = (!whole).then(|| range.clone());
        let request = self.bucket.get(key, part, version, clock::now());
        let (runtime, wanted) = (Handle::current(), request.headers.clone());
        let incoming = runtime.block_on(self.begin(request, key)).map_err(io::Error::other)?;
        let expected = range.end.saturating_sub(range.start);
        let answer = (incoming.status, &incoming.headers);
        self.asked(key).check_object(&wanted, expected, answer).map_err(io::Error::other)?;
        Ok(Box::new(Reader {
            objects: self.clone(),
            key: key.clone(),
            incoming,
            rest: Bytes::new(),
            runtime,
        }))
    }

    /// Sends a request whose answer is an object, and waits for its headers.
    async fn begin(&self, request: Request, key: &ObjectKey) -> Result<Incoming, StorageError> {
        let incoming = self.transport.fetch(request).await.map_err(|error| unsent(&error, self.name(key)))?;
        let mut incoming = incoming.map_err(|why| self.broke_off(key, why))?;
        let asked = self.asked(key);
        if asked.is_given(incoming.status, &incoming.headers) {
            return Ok(incoming);
        }
        // An error document is short, and a missing one does no harm.
        let mut body = Vec::new();
        while body.len() < MAX_REFUSAL_BYTES
            && let Ok(Some(chunk)) = incoming.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        Err(asked.refused(incoming.status, &incoming.headers, &body))
    }

    fn asked(&self, key: &ObjectKey) -> Asked {
        self.bucket.asked(self.name(key))
    }

    fn sent(&self, key: &ObjectKey, answer: Result<Answer, SendError>) -> Result<Answer, StorageError> {
        answer.map_err(|error| unsent(&error, self.name(key)))
    }

    fn broke_off(&self, key: &ObjectKey, why: NoAnswer) -> StorageError {
        log::debug!("{}: {why}", self.name(key));
        self.error(key, StorageErrorKind::Unreachable)
    }

    fn error(&self, key: &ObjectKey, kind: StorageErrorKind) -> StorageError {
        StorageError::new(kind, self.name(key))
    }

    fn name(&self, key: &ObjectKey) -> String {
        self.bucket.place(key.clone()).to_string()
    }
}

fn unsent(error: &SendError, place: String) -> StorageError {
    log::debug!("{place}: {error}");
    match error {
        SendError::Source(error) => storage_error(Path::new(&place), error),
        SendError::Simulator(_) | SendError::Unsendable(_) => {
            StorageError::new(StorageErrorKind::Refused, place)
        }
    }
}

/// An object's bytes for code that blocks.
struct Reader {
    objects: Objects,
    key: ObjectKey,
    incoming: Incoming,
    rest: Bytes,
    runtime: Handle,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && !buffer.is_empty() {
            match self.runtime.block_on(self.incoming.chunk()) {
                Ok(Some(chunk)) => self.rest = chunk,
                Ok(None) => return Ok(0),
                Err(why) => return Err(io::Error::other(self.objects.broke_off(&self.key, why))),
            }
        }
        let part = self.rest.split_to(self.rest.len().min(buffer.len()));
        buffer[..part.len()].copy_from_slice(&part);
        Ok(part.len())
    }
}

/// Repeats a call until it works, or until its error does not pass: for commands that have nothing else to do
/// meanwhile.
pub(crate) async fn patiently<T, E>(
    call: impl AsyncFn() -> Result<T, E>,
    reason: fn(&E) -> Option<&StorageError>,
) -> Result<T, E> {
    let seed = clock::now().millis().unsigned_abs();
    let mut tries = 1;
    loop {
        let error = match call().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some((why, pause)) =
            reason(&error).and_then(|why| Some((why, retry::pause_of_a_command(why, tries, seed)?)))
        else {
            return Err(error);
        };
        log::warn!("{why}. It is tried again in {:.0} s.", pause.as_secs_f32());
        tokio::time::sleep(pause).await;
        tries += 1;
    }
}

/// Finds the error of a bucket that code for files carried here.
pub(crate) fn carried(error: &io::Error) -> Option<StorageError> {
    error.get_ref()?.downcast_ref::<StorageError>().cloned()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        thread,
        time::Duration,
    };

    use likeness_core::{
        error::StorageErrorKind,
        limits::{TRANSFER_SILENCE, TRANSFER_TIMEOUT},
        secret::Secret,
        storage::{Access, Bucket, ObjectKey},
    };
    use tokio::{sync::oneshot, time};

    use super::{Objects, ReadError};
    use crate::transport::Transport;

    /// Tells whether a request has come with all of its body.
    fn is_whole(request: &[u8]) -> bool {
        let text = String::from_utf8_lossy(request).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        body.len() >= length.map_or(0, |length| length.parse().expect("a length"))
    }

    /// Makes a server that takes one request, answers this much, and then sends nothing for ever.
    fn slow(answer: &'static str) -> (Objects, oneshot::Receiver<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let (said, heard) = oneshot::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let (mut bytes, mut request) = ([0; 4096], Vec::new());
            while !is_whole(&request) {
                let read = stream.read(&mut bytes).expect("a request");
                assert!(read > 0, "it broke off");
                request.extend_from_slice(&bytes[..read]);
            }
            stream.write_all(answer.as_bytes()).expect("said");
            said.send(()).expect("a listener");
            // Until the client is gone.
            while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
        });
        let secret = || Secret::new("hush").expect("text");
        let access = Access { key: secret(), secret: secret(), region: "us-east-1".to_owned() };
        let bucket =
            Bucket::new(&endpoint.parse().expect("an address"), "photos", &access, None).expect("a bucket");
        (Objects::new(bucket, Transport::direct().expect("a client")), heard)
    }

    /// Waits for a task while time passes only where the test says so.
    async fn just_in_time<T>(limit: Duration, begun: time::Instant, task: &tokio::task::JoinHandle<T>) {
        time::pause();
        let almost = limit.saturating_sub(begun.elapsed()).saturating_sub(Duration::from_secs(5));
        time::advance(almost).await;
        assert!(!task.is_finished());
        time::advance(Duration::from_secs(6)).await;
        time::resume();
    }

    #[tokio::test]
    async fn a_read_that_stalls_is_given_up_after_a_minute() {
        assert_eq!((TRANSFER_SILENCE.as_secs(), TRANSFER_TIMEOUT.as_secs()), (60, 300));
        let (objects, heard) = slow("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf a photo");
        let key = ObjectKey::new("a.jpg").expect("a key");
        let begun = time::Instant::now();
        let task = tokio::spawn(async move { objects.read(&key, 10_000).await });
        heard.await.expect("said");
        just_in_time(TRANSFER_SILENCE, begun, &task).await;
        let error = task.await.expect("no panic").expect_err("half a photo");
        assert!(matches!(error, ReadError::Storage(error) if error.kind == StorageErrorKind::Unreachable));
    }

    #[tokio::test]
    async fn a_write_without_an_answer_is_given_up_after_five_minutes() {
        let (objects, heard) = slow("");
        let key = ObjectKey::new("a.jpg").expect("a key");
        let begun = time::Instant::now();
        let task = tokio::spawn(async move { objects.write(&key, vec![7; 100], "image/jpeg").await });
        heard.await.expect("said");
        just_in_time(TRANSFER_TIMEOUT, begun, &task).await;
        let error = task.await.expect("no panic").expect_err("no answer");
        assert_eq!((error.kind, error.place.as_str()), (StorageErrorKind::Unreachable, "s3://photos/a.jpg"));
    }
}
