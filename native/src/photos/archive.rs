//! The archive as bytes to send: its framing from the core, the photos from their files or objects.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
    ops::Range,
    path::PathBuf,
    sync::Arc,
    vec,
};

use likeness_core::{
    archive::{Archive, Piece},
    error::{StorageError, StorageErrorKind},
    storage::{ETag, ObjectKey},
};

use crate::transport::{ByteSource, objects::Objects, open_unchanged};

/// An archive whose entries lie in files, in a bucket and in memory. At most one is open at a time, and none is
/// read whole.
#[derive(Clone, Debug)]
pub(crate) struct ArchiveSource {
    whole: Arc<Whole>,
}

#[derive(Debug)]
struct Whole {
    archive: Archive,
    contents: Vec<Contents>,
}

/// The content of an entry.
#[derive(Clone, Debug)]
pub(crate) enum Contents {
    /// The bytes of this file: a normalised photo.
    File(PathBuf),
    /// The bytes of this version of an object: a normalised photo in a bucket.
    Object { objects: Arc<Objects>, key: ObjectKey, version: Option<ETag> },
    /// The bytes of a caption, in memory.
    Bytes(Vec<u8>),
}

/// The reason why contents do not belong to an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ContentsError {
    /// Another number of contents than of entries.
    #[error("the archive has {entries} entries, but {contents} contents were given")]
    Count {
        /// Number of the archive's entries.
        entries: usize,
        /// Number of contents that were given.
        contents: usize,
    },
    /// An entry in memory of another length or sum than the archive was laid out for.
    #[error("the contents of {0} are not those that the archive was made for")]
    Different(String),
}

impl ArchiveSource {
    /// Joins an archive with the contents of its entries, in the entries' order. Files are looked at when they are
    /// sent, not now.
    pub(crate) fn new(archive: Archive, contents: Vec<Contents>) -> Result<Self, ContentsError> {
        let entries = archive.entries();
        if entries.len() != contents.len() {
            return Err(ContentsError::Count { entries: entries.len(), contents: contents.len() });
        }
        for (entry, contents) in entries.iter().zip(&contents) {
            if let Contents::Bytes(bytes) = contents
                && (bytes.len() as u64 != entry.length || crc32fast::hash(bytes) != entry.crc32)
            {
                return Err(ContentsError::Different(entry.name.to_string()));
            }
        }
        Ok(Self { whole: Arc::new(Whole { archive, contents }) })
    }

    /// Returns the length of the whole archive in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.whole.archive.length()
    }
}

impl ByteSource for ArchiveSource {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let pieces = self.whole.archive.pieces(range).into_iter();
        Ok(Box::new(Reader { whole: Arc::clone(&self.whole), pieces, current: Current::None }))
    }
}

struct Reader {
    whole: Arc<Whole>,
    pieces: vec::IntoIter<Piece>,
    current: Current,
}

enum Current {
    None,
    Bytes(Cursor<Vec<u8>>),
    File { file: io::Take<File>, path: PathBuf },
    Object(Checked),
}

/// An object on its way. Its length must be as asked, and a whole object's sum must be right: other bytes would make an
/// archive that cannot be unpacked, and fal says so only after the training was paid for.
struct Checked {
    bytes: Box<dyn Read + Send>,
    left: u64,
    sum: Option<(crc32fast::Hasher, u32)>,
    place: String,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.bytes.read(&mut buffer[..most])?;
        let cut = read == 0 && most > 0;
        self.left -= read as u64;
        if let Some((hasher, expected)) = &mut self.sum {
            hasher.update(&buffer[..read]);
            if self.left == 0 && hasher.clone().finalize() != *expected {
                return Err(self.other());
            }
        }
        if cut { Err(self.other()) } else { Ok(read) }
    }
}

impl Checked {
    fn other(&self) -> io::Error {
        io::Error::other(StorageError::new(StorageErrorKind::Changed, self.place.clone()))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.current {
                Current::None => 0,
                Current::Bytes(bytes) => bytes.read(buffer)?,
                Current::Object(object) => object.read(buffer)?,
                Current::File { file, path } => {
                    let read = file.read(buffer)?;
                    if read == 0 && !buffer.is_empty() && file.limit() > 0 {
                        return Err(changed(path));
                    }
                    read
                }
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.pieces.next() {
                Some(piece) => self.current = self.whole.open(piece)?,
                None => return Ok(0),
            }
        }
    }
}

impl Whole {
    fn open(&self, piece: Piece) -> io::Result<Current> {
        let (index, range) = match piece {
            Piece::Framing(bytes) => return Ok(Current::Bytes(Cursor::new(bytes))),
            Piece::Entry { index, range } => (index, range),
        };
        let (Some(entry), Some(contents)) = (self.archive.entries().get(index), self.contents.get(index))
        else {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the archive names an entry that it does not have",
            ));
        };
        match contents {
            Contents::Bytes(bytes) => {
                let part = usize::try_from(range.start).unwrap_or(usize::MAX)
                    ..usize::try_from(range.end).unwrap_or(usize::MAX);
                Ok(Current::Bytes(Cursor::new(bytes.get(part).unwrap_or_default().to_vec())))
            }
            Contents::Object { objects, key, version } => {
                let whole = range == (0..entry.length);
                let left = range.end.saturating_sub(range.start);
                let bytes = objects.open(key, version.as_ref(), range, entry.length)?;
                let sum = whole.then(|| (crc32fast::Hasher::new(), entry.crc32));
                let place = objects.bucket().place(key.clone()).to_string();
                Ok(Current::Object(Checked { bytes, left, sum, place }))
            }
            Contents::File(path) => {
                // A file of the right length may still hold other bytes. They would make an archive that cannot be
                // unpacked, and fal says so only after the training was paid for.
                let mut file = open_unchanged(path, entry.length)?;
                if crc32(&mut file)? != entry.crc32 {
                    return Err(changed(path));
                }
                file.seek(SeekFrom::Start(range.start))?;
                let file = file.take(range.end.saturating_sub(range.start));
                Ok(Current::File { file, path: path.clone() })
            }
        }
    }
}

fn crc32(file: &mut File) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn changed(path: &std::path::Path) -> io::Error {
    let why = format!("{} has changed since it was prepared", path.display());
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{ErrorKind, Read},
        path::Path,
    };

    use likeness_core::archive::{Archive, Entry, EntryName};

    use super::{ArchiveSource, Contents, ContentsError};
    use crate::transport::ByteSource;

    const PHOTO: &[u8] = b"not really a jpeg";
    const CAPTION: &str = "Анна in a garden";

    fn entry(name: EntryName, bytes: &[u8]) -> Entry {
        Entry { name, length: bytes.len() as u64, crc32: crc32fast::hash(bytes) }
    }

    fn archive() -> Archive {
        let photo = entry(EntryName::photo(1), PHOTO);
        let caption = entry(EntryName::caption(1), CAPTION.as_bytes());
        Archive::new(vec![photo, caption]).expect("an archive")
    }

    fn source(photo: &Path) -> ArchiveSource {
        let contents = vec![Contents::File(photo.to_owned()), Contents::Bytes(CAPTION.into())];
        ArchiveSource::new(archive(), contents).expect("a source")
    }

    fn read(source: &ArchiveSource, range: std::ops::Range<u64>) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        source.open(range)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn any_two_ranges_make_the_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("photo.jpg");
        fs::write(&path, PHOTO).expect("a file");
        let source = source(&path);
        let whole = read(&source, 0..source.length()).expect("the archive");
        assert_eq!(whole.len() as u64, source.length());
        assert!(whole.windows(PHOTO.len()).any(|part| part == PHOTO));
        assert!(whole.windows(CAPTION.len()).any(|part| part == CAPTION.as_bytes()));
        for cut in 0..=source.length() {
            let mut halves = read(&source, 0..cut).expect("the first half");
            halves.extend(read(&source, cut..source.length()).expect("the second half"));
            assert!(halves == whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_photo_that_changed_or_vanished_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("photo.jpg");
        let source = source(&path);
        let error = read(&source, 0..source.length()).expect_err("no file yet");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("photo.jpg"), "{error}");
        for other in [b"not really a jpg".as_slice(), b"not really a JPEG"] {
            fs::write(&path, other).expect("a file");
            let error = read(&source, 0..source.length()).expect_err("another file");
            assert!(error.to_string().contains("photo.jpg has changed"), "{error}");
        }
    }

    #[test]
    fn contents_must_be_those_of_the_archive() {
        let count = ArchiveSource::new(archive(), vec![]).expect_err("too few");
        assert_eq!(count, ContentsError::Count { entries: 2, contents: 0 });
        let contents = vec![Contents::Bytes(PHOTO.into()), Contents::Bytes(b"Anna".to_vec())];
        let different = ArchiveSource::new(archive(), contents).expect_err("another caption");
        assert_eq!(different, ContentsError::Different("photo_001.txt".to_owned()));
    }
}
