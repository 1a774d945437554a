//! Photos on their way in, models and pictures on their way out.

use std::{
    error::Error,
    fs::File,
    io::{self, Read, Seek as _},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Incoming};
use likeness_core::{
    api::{ApiProblem, Download, Problem, Reply},
    avatar::{AvatarId, Expected},
    download::FileCheck,
    error::{StorageError, StorageErrorKind},
    storage::ObjectPlace,
};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
};

use super::{
    connections::Paced,
    problem::{shown, unfinished},
};
use crate::{
    disk::{locked_part_of, private_folder, put, storage_error},
    driver::{refetch, shell::Shell},
    files::album,
    streamed::Streamed,
    transport::{ByteSource, objects::Objects},
};

/// Size of the pieces in which files are sent.
const PIECE: usize = 64 << 10;

/// Number of pieces that wait for a slow caller.
const PIECES_AHEAD: usize = 4;

/// The limits of draining a body after its refusal: this time, and this number of bytes.
const REST_WITHIN: Duration = Duration::from_secs(15);
const MOST_OF_THE_REST: u64 = 64 << 20;

/// A photo that has arrived whole.
pub(super) enum Arrived {
    /// A photo in the avatar's folder, under another name than its own until it is put into its place.
    Part {
        /// The file, which is removed when this is dropped.
        part: Option<NamedTempFile>,
        /// Path of the photo's place.
        path: PathBuf,
    },
    /// A photo in the bucket.
    Object {
        /// The bucket.
        objects: Arc<Objects>,
        /// Place of the object.
        place: ObjectPlace,
    },
}

/// Receives a photo of this length.
pub(super) async fn receive<B>(
    shell: &Shell,
    id: AvatarId,
    photo: &Expected,
    body: Paced<B>,
    length: u64,
) -> Result<Arrived, Problem>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    shell.store.follow_no_link(id).map_err(shown)?;
    let Ok(place) = photo.source.parse::<ObjectPlace>() else {
        let folder = shell.folder(id);
        let path = album::file(&folder, &photo.source).map_err(shown)?;
        private_folder(&folder).map_err(shown)?;
        let part = locked_part_of(&path).map_err(shown)?;
        let file = part.as_file().try_clone().map_err(|error| shown(storage_error(&path, &error)))?;
        write(body, file, length, &path).await?;
        return Ok(Arrived::Part { part: Some(part), path });
    };
    let objects = bucket(shell, &place).map_err(shown)?;
    // The body is stored here first, without a name: a slow caller must not hold a connection to the bucket.
    let home = shell.store.home().to_owned();
    let failed = |error: &io::Error| shown(storage_error(&home, error));
    let file = tempfile::tempfile_in(&home).map_err(|error| failed(&error))?;
    let copy = file.try_clone().map_err(|error| failed(&error))?;
    write(body, copy, length, &home).await?;
    let source = Arc::new(Spooled(Arc::new(file)));
    objects.write_source(&place.key, source, length).await.map_err(shown)?;
    Ok(Arrived::Object { objects, place })
}

impl Arrived {
    /// Puts the photo into its place, in place of any earlier file.
    pub(super) fn put(&mut self) -> Result<(), StorageError> {
        if let Self::Part { part, path } = self
            && let Some(part) = part.take()
        {
            put(part, path).map_err(|error| storage_error(path, &error))?;
        }
        Ok(())
    }

    /// Cleans up after the call: a photo that is not kept is removed.
    pub(super) async fn leave(self, kept: bool) {
        match self {
            Self::Part { part, path } => {
                drop(part);
                // The folder may be an erased avatar's; while any other file is in it, it stays.
                if !kept && let Some(folder) = path.parent() {
                    drop(std::fs::remove_dir(folder));
                }
            }
            Self::Object { objects, place } if !kept => {
                if let Err(error) = objects.delete(&place.key).await {
                    log::warn!("a photo that nobody keeps could not be deleted: {error}");
                }
            }
            Self::Object { .. } => {}
        }
    }
}

/// Writes a body of this length, which is on the disk then.
async fn write<B>(mut body: Paced<B>, file: File, length: u64, path: &Path) -> Result<(), Problem>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let failed = |error: &io::Error| shown(storage_error(path, error));
    let broken = |why: String| ApiProblem::Body { why };
    let mut file = tokio::fs::File::from_std(file);
    let mut received = 0_u64;
    while let Some(chunk) = body.next().await.map_err(unfinished)? {
        received += chunk.len() as u64;
        if received > length {
            return Err(ApiProblem::TooLarge { max: length }.into());
        }
        file.write_all(&chunk).await.map_err(|error| failed(&error))?;
    }
    if received != length {
        return Err(broken(format!("{length} bytes were announced, and {received} came")).into());
    }
    file.flush().await.map_err(|error| failed(&error))?;
    file.sync_all().await.map_err(|error| failed(&error))
}

/// Drains a body that is not needed: a connection that is closed while its caller still sends is reset, and the answer
/// lost with it.
pub(super) async fn drain(mut body: Incoming) {
    let rest = async {
        let mut heard = 0;
        while let Some(Ok(frame)) = body.frame().await
            && heard < MOST_OF_THE_REST
        {
            heard += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
    };
    let _ = tokio::time::timeout(REST_WITHIN, rest).await;
}

/// Finds the bucket that this object lies in.
fn bucket(shell: &Shell, place: &ObjectPlace) -> Result<Arc<Objects>, StorageError> {
    let denied = || StorageError::new(StorageErrorKind::Denied, place.to_string());
    let objects = shell.objects().map_err(|failure| {
        log::error!("{}", failure.brief());
        denied()
    })?;
    if objects.bucket().name() == place.bucket { Ok(Arc::new(objects)) } else { Err(denied()) }
}

/// The bytes of a file without a name.
struct Spooled(Arc<File>);

impl ByteSource for Spooled {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Reader { file: Arc::clone(&self.0), rest: range }))
    }
}

struct Reader {
    file: Arc<File>,
    rest: Range<u64>,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.rest.end.saturating_sub(self.rest.start)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.rest.start)?;
        self.rest.start += read as u64;
        Ok(read)
    }
}

/// Opens a file of an avatar. A file that is gone or was changed is fetched again; where that cannot be done, the
/// object in the bucket is passed on.
pub(super) async fn open(
    shell: &Shell,
    id: AvatarId,
    download: &Download,
) -> Result<(Reply, Streamed), StorageError> {
    shell.store.follow_no_link(id)?;
    let sent = download.sent();
    let length = sent.end.saturating_sub(sent.start);
    let (sender, streamed) = Streamed::new(length, PIECES_AHEAD);
    let path = shell.folder(id).join(&download.file);
    // The names are the core's own; a path that leads elsewhere is not one of them.
    let plain = Path::new(&download.file).components().all(|part| matches!(part, Component::Normal(_)));
    let avatar = shell.store.load(id)?.filter(|_| plain);
    if let Some(avatar) = avatar {
        match refetch::open(shell, &avatar, &download.kept(), None).await {
            Ok(mut file) => {
                file.seek(io::SeekFrom::Start(sent.start)).map_err(|error| storage_error(&path, &error))?;
                drop(tokio::spawn(send(tokio::fs::File::from_std(file).take(length), sender)));
                return Ok((download.head(), streamed));
            }
            Err(lost) => log::error!("{} is not given out: {lost}", path.display()),
        }
    }
    let missing = || StorageError::new(StorageErrorKind::Missing, path.display().to_string());
    let place = download.place.as_ref().ok_or_else(missing)?;
    let incoming = bucket(shell, place)?.fetch(&place.key).await?;
    let check = FileCheck::new(&download.expected(), 0);
    drop(tokio::spawn(pass_on(incoming, check, sent, place.to_string(), sender)));
    Ok((download.head(), streamed))
}

/// Passes part of an object on as it comes. The last piece leaves only when all of the object is known to be right;
/// else the connection is cut.
async fn pass_on(
    mut incoming: crate::transport::Incoming,
    mut check: FileCheck,
    sent: Range<u64>,
    place: String,
    sender: mpsc::Sender<io::Result<Bytes>>,
) {
    let (mut held, mut at): (Option<Bytes>, u64) = (None, 0);
    let broken = loop {
        let piece = match incoming.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => break check.finish().err().map(|problem| problem.to_string()),
            Err(why) => break Some(why.to_string()),
        };
        if let Err(problem) = check.add(&piece) {
            break Some(problem.to_string());
        }
        let start = at;
        at += piece.len() as u64;
        let within =
            |place: u64| usize::try_from(place.saturating_sub(start)).unwrap_or(usize::MAX).min(piece.len());
        let wanted = piece.slice(within(sent.start)..within(sent.end));
        if wanted.is_empty() {
            continue;
        }
        if let Some(before) = held.replace(wanted)
            && sender.send(Ok(before)).await.is_err()
        {
            return;
        }
    };
    let last = match broken {
        None => held.map(Ok),
        Some(why) => {
            log::error!("{place} is not given out: {why}");
            Some(Err(io::ErrorKind::InvalidData.into()))
        }
    };
    if let Some(last) = last {
        // A caller that went away needs nothing more.
        let _ = sender.send(last).await;
    }
}

/// Sends a file, piece by piece.
pub(super) async fn send(
    mut file: tokio::io::Take<tokio::fs::File>,
    sender: mpsc::Sender<io::Result<Bytes>>,
) {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await;
        let piece = match read {
            Ok(0) => return,
            Ok(_) => Ok(piece.into()),
            Err(error) => Err(error),
        };
        let last = piece.is_err();
        if sender.send(piece).await.is_err() || last {
            return;
        }
    }
}
