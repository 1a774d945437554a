//! A ZIP of photos, read member by member. Nothing is extracted: no name in it becomes a path of this machine.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::{ffi::OsStrExt as _, fs::FileExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use zip::{ZipArchive, result::ZipError};

use super::{
    file::{FileProblem, open, problem, starts_like_a_photo},
    kind::{Beside, Kind, PassedOver},
    paths::{read_back, written},
};

/// A ZIP of photos.
pub(crate) struct ZippedPhotos {
    path: PathBuf,
    archive: ZipArchive<Shared>,
}

/// The contents of a ZIP.
pub(super) struct ZipContents {
    pub(super) photos: Vec<PathBuf>,
    /// Files of each folder in the ZIP, by the folder's path.
    pub(super) folders: BTreeMap<PathBuf, Vec<OsString>>,
    pub(super) passed_over: PassedOver,
}

/// The most members that are read, far more than a person has photos.
const MOST_MEMBERS: usize = 100_000;

/// The prefix of a member as a photo's source. Absolute paths begin otherwise.
const SCHEME: &str = "zip:";
const BETWEEN: &str = "!/";
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'!');

impl ZippedPhotos {
    /// Tells whether a file begins like a ZIP.
    pub(super) fn is_at(path: &Path) -> bool {
        let mut start = [0; 4];
        open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok() && start == *b"PK\x03\x04")
    }

    /// Reads the ZIP's directory.
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>, FileProblem> {
        let file = open(path)?;
        let length = file.metadata().map_err(|error| problem(&error))?.len();
        let archive = ZipArchive::new(Shared { file: Arc::new(file), at: 0, length })
            .map_err(|error| unzippable(&error))?;
        if archive.len() > MOST_MEMBERS {
            return Err(FileProblem::Unreadable(format!("the ZIP has more than {MOST_MEMBERS} files")));
        }
        Ok(Arc::new(Self { path: path.to_owned(), archive }))
    }

    /// Lists the ZIP's photos in the order of their names, and the other files beside them, in all folders.
    pub(super) fn contents(&self) -> ZipContents {
        let mut contents =
            ZipContents { photos: Vec::new(), folders: BTreeMap::new(), passed_over: PassedOver::default() };
        let mut names: Vec<_> =
            self.archive.file_names().filter_map(Result::ok).filter(|name| is_plain(name)).collect();
        names.sort_unstable();
        for name in &names {
            let path = self.shown(name);
            let is_photo = match Kind::of(&path) {
                Kind::Picture => true,
                Kind::Text => false,
                Kind::Hidden => continue,
                Kind::Beside(beside) => {
                    contents.passed_over.add(beside);
                    continue;
                }
                Kind::Untold if self.begins_like_a_photo(name) => true,
                Kind::Untold => {
                    contents.passed_over.add(Beside::Other);
                    continue;
                }
            };
            if let (Some(folder), Some(file)) = (path.parent(), path.file_name()) {
                contents.folders.entry(folder.to_owned()).or_default().push(file.to_owned());
            }
            if is_photo {
                contents.photos.push(path);
            }
        }
        contents
    }

    /// Reads the member that is shown as `path`, never more than `limit` bytes of it, whatever its headers say.
    pub(super) fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileProblem> {
        self.read_member(self.name(path).ok_or(FileProblem::Missing)?, limit)
    }

    /// Names the member as a photo's source.
    pub(super) fn source(&self, path: &Path) -> String {
        let archive = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let name = self.name(path).unwrap_or_default();
        format!("{SCHEME}{}{BETWEEN}{}", written(&archive), percent_encode(name.as_bytes(), ESCAPED))
    }

    fn read_member(&self, name: &str, limit: u64) -> Result<Vec<u8>, FileProblem> {
        let mut archive = self.archive.clone();
        let member = archive.by_name(name).map_err(|error| unzippable(&error))?;
        if member.size() > limit {
            return Err(FileProblem::TooLarge { bytes: member.size(), limit });
        }
        let mut bytes = Vec::new();
        member.take(limit + 1).read_to_end(&mut bytes).map_err(|error| problem(&error))?;
        if bytes.len() as u64 > limit {
            return Err(FileProblem::TooLarge { bytes: bytes.len() as u64, limit });
        }
        Ok(bytes)
    }

    fn begins_like_a_photo(&self, name: &str) -> bool {
        let mut archive = self.archive.clone();
        let mut start = [0; 12];
        archive.by_name(name).is_ok_and(|mut member| member.read_exact(&mut start).is_ok())
            && starts_like_a_photo(start)
    }

    /// Shows a member's name behind the archive's, for people.
    fn shown(&self, name: &str) -> PathBuf {
        let mut shown = self.path.as_os_str().to_owned();
        shown.push("/");
        shown.push(name);
        shown.into()
    }

    fn name<'a>(&self, shown: &'a Path) -> Option<&'a str> {
        let behind = shown.as_os_str().as_bytes().strip_prefix(self.path.as_os_str().as_bytes())?;
        OsStr::from_bytes(behind).to_str()?.strip_prefix('/')
    }
}

/// Reads the member that a photo's source names; `None` when the source is not one.
pub(crate) fn read_source(source: &str, limit: u64) -> Option<Result<Vec<u8>, FileProblem>> {
    let (archive, name) = source.strip_prefix(SCHEME)?.rsplit_once(BETWEEN)?;
    let name = percent_decode_str(name).decode_utf8_lossy();
    Some(ZippedPhotos::open(&read_back(archive)).and_then(|zip| zip.read_member(&name, limit)))
}

/// Tells whether a name is one that archivers write: not a folder, not leading upwards, not one of macOS's own files.
fn is_plain(name: &str) -> bool {
    let odd = |part: &str| part.is_empty() || matches!(part, "." | ".." | "__MACOSX");
    !name.split('/').any(odd) && !name.contains('\0')
}

fn unzippable(error: &ZipError) -> FileProblem {
    match error {
        ZipError::Io(error) => problem(error),
        ZipError::FileNotFound => FileProblem::Missing,
        _ => FileProblem::Unreadable(format!("the ZIP cannot be read: {error}")),
    }
}

impl PartialEq for ZippedPhotos {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for ZippedPhotos {}

impl std::fmt::Debug for ZippedPhotos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ZippedPhotos").field(&self.path).finish()
    }
}

/// An open file for many readers, each with its own position.
#[derive(Clone)]
struct Shared {
    file: Arc<File>,
    at: u64,
    length: u64,
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, path::Path};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::{ZippedPhotos, is_plain, read_source};
    use crate::{
        failure::Exit,
        photos::on_disk::{FileProblem, PhotoFile, find},
    };

    const JPEG: &[u8] = b"\xff\xd8\xff\xe0 nothing more!";

    fn zipped(path: &Path, files: &[(&str, &[u8])]) {
        let mut zip = ZipWriter::new(fs::File::create(path).expect("created"));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).expect("begun");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("finished");
    }

    #[test]
    fn a_zip_gives_its_photos_with_their_captions() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("my photos!.zip");
        let files: &[(&str, &[u8])] = &[
            ("Anna/b.jpg", JPEG),
            ("Anna/a.jpg", JPEG),
            ("Anna/a.txt", b"by the sea"),
            ("Anna/scan", JPEG),
            ("Anna/notes.txt", b"milk"),
            ("Anna/IMG_1.MOV", b"film"),
            ("Anna/a.jpg.json", b"{}"),
            ("__MACOSX/Anna/._a.jpg", JPEG),
            ("../../evil.jpg", JPEG),
            ("/etc/evil.jpg", JPEG),
        ];
        zipped(&path, files);
        let found = find(std::slice::from_ref(&path), false).expect("photos");
        let names: Vec<_> = found.photos.iter().map(PhotoFile::name).collect();
        let shown = |name: &str| format!("{}/Anna/{name}", path.display());
        assert_eq!(names, ["a.jpg", "b.jpg", "scan"].map(shown));
        assert_eq!(found.unmatched, [Path::new(&shown("notes.txt"))]);
        assert_eq!(found.passed_over.sentence().as_deref(), Some("Passed over: 1 movie, 1 sidecar file."));
        let caption = found.photos[0].caption().expect("a caption").map(String::from);
        assert_eq!(caption.as_deref(), Some("by the sea"));
        assert_eq!(found.photos[0].read(100).as_deref(), Ok(JPEG));
        // The source in a job leads back to the member, from wherever the next command is started.
        let source = found.photos[2].source();
        assert!(source.starts_with("zip:/") && source.ends_with("my photos!.zip!/Anna/scan"), "{source}");
        assert_eq!(read_source(&source, 100), Some(Ok(JPEG.to_vec())));
        assert_eq!(read_source("/an/ordinary/path.jpg", 100), None);
        fs::remove_file(&path).expect("removed");
        assert_eq!(read_source(&source, 100), Some(Err(FileProblem::Missing)));
    }

    #[test]
    fn a_member_that_unpacks_to_more_than_a_photo_is_not_unpacked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bomb.zip");
        zipped(&path, &[("a.jpg", &vec![0; 1 << 20])]);
        let found = find(std::slice::from_ref(&path), false).expect("a photo");
        let limit = 1000;
        assert_eq!(found.photos[0].read(limit), Err(FileProblem::TooLarge { bytes: 1 << 20, limit }));
        // Not even when its headers lie about the size.
        let mut bytes = fs::read(&path).expect("read");
        let size = (1_u32 << 20).to_le_bytes();
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == size {
                bytes[at..at + 4].copy_from_slice(&900_u32.to_le_bytes());
            }
        }
        fs::write(&path, bytes).expect("written");
        let read = find(&[path], false).expect("a photo").photos[0].read(limit);
        assert!(read.is_err() || read.is_ok_and(|bytes| bytes.len() <= 1000));
    }

    #[test]
    fn a_broken_zip_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("broken.zip");
        fs::write(&path, b"PK\x03\x04 and nothing more").expect("written");
        let failure = find(&[path], false).expect_err("broken");
        assert_eq!(failure.exit(), Exit::Data);
        assert!(failure.to_string().contains("broken.zip: the file could not be read: the ZIP"), "{failure}");
    }

    #[test]
    fn names_that_lead_elsewhere_are_passed_over() {
        for name in ["a.jpg", "a/b.jpg", "a b/c!.jpg", "..a.jpg"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["../a.jpg", "a/../b.jpg", "/a.jpg", "a//b.jpg", "a/", "__MACOSX/a.jpg", "a\0.jpg", ""] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_zip_is_told_by_its_first_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("photos");
        zipped(&path, &[("a.jpg", JPEG)]);
        assert!(ZippedPhotos::is_at(&path));
        fs::write(&path, b"PK").expect("written");
        assert!(!ZippedPhotos::is_at(&path));
    }
}
