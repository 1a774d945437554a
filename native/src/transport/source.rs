//! Sources of the bytes of a streamed body.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use hyper::body::Bytes;

/// Bytes that can be read more than once, from anywhere: an archive, a model file. A transfer that broke is
/// begun again from the same source.
pub trait ByteSource: Send + Sync {
    /// Opens these bytes. Called on a thread that may block. The reader may end early only by mistake: the
    /// transport reports that as an error and never sends a short body.
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>>;
}

impl fmt::Debug for dyn ByteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteSource")
    }
}

/// A source of bytes in memory.
pub(super) struct Held(pub(super) Bytes);

impl ByteSource for Held {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(self.0.len());
        Ok(Box::new(io::Cursor::new(self.0.slice(at(range.start)..at(range.end).max(at(range.start))))))
    }
}

/// A source of a file's bytes, of the length that the file had when it was first looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    path: PathBuf,
    length: u64,
}

impl FileSource {
    /// Makes a source of the file at this path. Its length is read now and must stay.
    pub fn new(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata().map_err(|error| named(path, &error))?;
        Ok(Self { path: path.to_owned(), length: metadata.len() })
    }

    /// Returns the file's length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl ByteSource for FileSource {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let mut file = open_unchanged(&self.path, self.length)?;
        file.seek(SeekFrom::Start(range.start))?;
        Ok(Box::new(file.take(range.end.saturating_sub(range.start))))
    }
}

/// Opens a file that must still have this length.
pub(crate) fn open_unchanged(path: &Path, length: u64) -> io::Result<File> {
    let file = File::open(path).map_err(|error| named(path, &error))?;
    let now = file.metadata().map_err(|error| named(path, &error))?.len();
    if now != length {
        let path = path.display();
        let why = format!("{path} has changed while it was in use: it had {length} bytes, now it has {now}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(file)
}

/// Adds the file's name to the error's sentence.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};

    use super::{ByteSource, FileSource};

    #[test]
    fn any_range_of_a_file_can_be_opened_again_and_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        std::fs::write(&path, b"0123456789").expect("a file");
        let source = FileSource::new(&path).expect("a source");
        for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (3..5, "34"), (10..10, "")] {
            let mut text = String::new();
            source.open(range).and_then(|mut reader| reader.read_to_string(&mut text)).expect("its bytes");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_file_that_changed_or_vanished_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        assert_eq!(FileSource::new(&path).expect_err("nothing there").kind(), ErrorKind::NotFound);
        std::fs::write(&path, b"0123456789").expect("a file");
        let source = FileSource::new(&path).expect("a source");
        std::fs::write(&path, b"012345678").expect("a shorter file");
        let changed = source.open(0..10).err().expect("an error").to_string();
        assert!(changed.contains("has changed") && changed.contains("10 bytes"), "{changed}");
        std::fs::remove_file(&path).expect("gone");
        let gone = source.open(0..10).err().expect("an error");
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        assert!(gone.to_string().contains("model"), "{gone}");
    }
}
