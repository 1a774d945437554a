//! From what was typed to photos in order.
//!
//! Arguments keep their order; the photos of a folder, or of a ZIP, come in the order of their names' bytes, which is the
//! same on every machine and in every language. In a folder, files that are no pictures are passed over and counted,
//! hidden ones silently; folders inside it are opened on request. A picture of a kind that cannot be used (HEIC, say) is
//! not passed over: its owner would wonder where it went, so it is refused by name. For the same reason a text that
//! belongs to no photo is named.

mod captions;
mod folder;
mod kind;
mod zipped;

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use likeness_core::caption::{CaptionConflict, CaptionProblem, is_caption_file};

use self::{captions::Folders, folder::Contents, zipped::ZippedPhotos};
pub(crate) use self::{folder::Inside, kind::PassedOver, zipped::read_source};
use crate::{
    driver::shell::written,
    failure::{Exit, Failure},
    printable::printable,
};

/// A photo that may or may not be one: nothing but its name has been looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhotoFile {
    path: PathBuf,
    /// The ZIP that it is a member of: its path is the ZIP's with the member's name behind it.
    zip: Option<Arc<ZippedPhotos>>,
    /// The text files that belong to it, the one that goes before the others first.
    captions: Vec<PathBuf>,
}

/// What the arguments name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The photos, in order.
    pub(crate) photos: Vec<PhotoFile>,
    /// The text files that belong to none of them.
    pub(crate) unmatched: Vec<PathBuf>,
    /// The files that are neither.
    pub(crate) passed_over: PassedOver,
    /// Folders inside folders, which were not opened.
    pub(crate) inside: Inside,
}

/// So many photos are looked at, at most: enough to choose from.
const MOST: usize = 1000;

/// Why a file gave no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileProblem {
    /// It went away, or a link leads nowhere.
    #[error("the file is not there")]
    Missing,
    /// Its permissions forbid it.
    #[error("the file may not be read")]
    Forbidden,
    /// A folder, a pipe, a device or a socket; reading one could wait for ever.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// Links that lead to each other.
    #[error("the link leads back to itself")]
    LinkLoop,
    /// More bytes than a photo may have.
    #[error("the file has {bytes} bytes, more than the {limit} that a photo may have")]
    TooLarge { bytes: u64, limit: u64 },
    /// Anything else that the system said.
    #[error("the file could not be read: {0}")]
    Unreadable(String),
    /// The text beside it cannot be used.
    #[error("{0}")]
    Caption(CaptionProblem),
    /// The texts beside it contradict each other.
    #[error("{0}")]
    Captions(CaptionConflict),
}

/// Finds every photo that the arguments name, and its captions. What is wrong with the arguments is named at once.
pub(crate) fn find(arguments: &[PathBuf], recursive: bool) -> Result<Found, Failure> {
    let (mut photos, mut problems, mut folders_only) = (Vec::new(), Vec::new(), true);
    let (mut passed_over, mut inside) = (PassedOver::default(), Inside::default());
    let mut folders = Folders::default();
    for argument in arguments {
        match fs::metadata(argument) {
            Ok(metadata) if metadata.is_dir() => match Contents::of(argument, recursive) {
                Ok(contents) => {
                    photos.extend(contents.photos);
                    contents.opened.iter().for_each(|folder| folders.whole(folder));
                    passed_over.merge(contents.passed_over);
                    inside.add(contents.inside);
                }
                Err(error) => problems.push(format!("{}: {error}", shown(argument))),
            },
            Ok(_) if ZippedPhotos::is_at(argument) => match ZippedPhotos::open(argument) {
                Ok(zip) => {
                    let contents = zip.contents();
                    photos.extend(contents.photos);
                    contents.folders.into_iter().for_each(|(folder, files)| folders.listed(folder, files));
                    passed_over.merge(contents.passed_over);
                }
                Err(problem) => problems.push(format!("{}: {problem}", shown(argument))),
            },
            Ok(_) => {
                folders_only = false;
                // `photos/*` names the captions as well; they are not photos of their own.
                if is_caption_file(name_bytes(argument)) && !begins_like_a_photo(argument) {
                    folders.text(argument);
                } else {
                    photos.push(PhotoFile::at(argument.clone()));
                }
            }
            Err(error) => problems.push(format!("{}: {}", shown(argument), problem(&error))),
        }
    }
    if !problems.is_empty() {
        let failure =
            Failure::new(Exit::Data, "photos.unreadable", "not everything that was named can be read");
        return Err(problems
            .into_iter()
            .fold(failure, Failure::why)
            .next("check the names; quote those with spaces"));
    }
    let unmatched = folders.matched(&mut photos);
    let found = Found { photos, unmatched, passed_over, inside };
    if found.photos.is_empty() { Err(found.none(folders_only)) } else { Ok(found) }
}

/// The refusal of photos or captions that cannot be read, each with its reason.
pub(crate) fn unreadable(problems: Vec<String>) -> Failure {
    let failure = Failure::new(Exit::Data, "photos.unreadable", "not every photo and caption can be read");
    problems.into_iter().fold(failure, Failure::why).next("mend what is named, or leave it out")
}

/// Says that a text file belongs to no photo.
pub(crate) fn belongs_to_none(text: &Path) -> String {
    format!("{} belongs to no photo", shown(text))
}

/// Counts the text files that belong to no photo, as the end of a list.
pub(crate) fn unmatched_counted(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", 1 text belongs to no photo".to_owned(),
        several => format!(", {several} texts belong to no photo"),
    }
}

impl Found {
    fn none(self, folders_only: bool) -> Failure {
        let what = if folders_only { "the folder holds no photos" } else { "no photos were named" };
        let failure = Failure::new(Exit::Data, "photos.none", what).why("JPEG, PNG and WebP files count");
        let failure = self.remarks().into_iter().fold(failure, |failure, remark| failure.why(plain(&remark)));
        let failure = self.unmatched.iter().fold(failure, |failure, text| failure.why(belongs_to_none(text)));
        failure.next("name the photos, or the folder or ZIP that they lie in")
    }

    /// Refuses what nobody means as the photos of one training: reading them all takes minutes, and listing them helps
    /// nobody.
    pub(crate) fn are_not_thousands(&self) -> Result<(), Failure> {
        let count = self.photos.len();
        if count <= MOST {
            return Ok(());
        }
        let sentence = format!("{count} photos were found, more than anybody trains from");
        let failure = Failure::new(Exit::Data, "data.too_many_photos", sentence);
        let failure = self.remarks().into_iter().fold(failure, |failure, remark| failure.why(plain(&remark)));
        Err(failure
            .next("choose 10 to 20 good ones of one person, and name those, or a folder with only them"))
    }

    /// Says, a line each, what was passed over, and what lies further inside.
    pub(crate) fn remarks(&self) -> Vec<String> {
        [self.passed_over.sentence(), self.inside.sentence()].into_iter().flatten().collect()
    }

    /// The names of the text files that belong to no photo, as text.
    pub(crate) fn unmatched_names(&self) -> Vec<String> {
        self.unmatched.iter().map(|text| text.to_string_lossy().into_owned()).collect()
    }
}

impl PhotoFile {
    fn at(path: PathBuf) -> Self {
        Self { path, zip: None, captions: Vec::new() }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is, as a job keeps that: it leads back also where another folder is the current one.
    pub(crate) fn source(&self) -> String {
        match &self.zip {
            Some(zip) => zip.source(&self.path),
            None => written(&std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())),
        }
    }

    /// Its path as text; what is not UTF-8 shows as `�`. Whoever shows it to people makes it printable.
    pub(crate) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Its bytes, never more than `limit` of them.
    pub(crate) fn read(&self, limit: u64) -> Result<Vec<u8>, FileProblem> {
        self.read_beside(&self.path, limit)
    }

    /// The bytes of it, or of a file beside it.
    fn read_beside(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileProblem> {
        match &self.zip {
            Some(zip) => zip.read(path, limit),
            None => read_bounded(path, limit),
        }
    }
}

impl FileProblem {
    /// The stable name of the problem.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Missing => "file.missing",
            Self::Forbidden => "file.forbidden",
            Self::NotAFile(_) => "file.not_a_file",
            Self::LinkLoop => "file.link_loop",
            Self::TooLarge { .. } => "file.too_large",
            Self::Unreadable(_) => "file.unreadable",
            Self::Caption(problem) => problem.code(),
            Self::Captions(conflict) => conflict.code(),
        }
    }

    /// What its owner can do.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Missing | Self::LinkLoop => "Check where the name leads.",
            Self::Forbidden => "Make it readable for yourself, or leave it out.",
            Self::NotAFile(_) => "Name photos, or the folder or ZIP that they lie in.",
            Self::TooLarge { .. } => "Save it smaller, such as with 4000 pixels on its longer side.",
            Self::Unreadable(_) => "Copy it from its source again, or leave it out.",
            Self::Caption(problem) => problem.advice(),
            Self::Captions(conflict) => conflict.advice(),
        }
    }
}

fn name_bytes(path: &Path) -> &[u8] {
    path.file_name().map_or(&[], OsStr::as_encoded_bytes)
}

/// A name without a telling ending: its first bytes decide.
fn begins_like_a_photo(path: &Path) -> bool {
    let mut start = [0; 12];
    let read =
        open(path).and_then(|file| file.take(12).read_exact(&mut start).map_err(|error| problem(&error)));
    read.is_ok() && starts_like_a_photo(start)
}

fn starts_like_a_photo(start: [u8; 12]) -> bool {
    start.starts_with(b"\xff\xd8\xff")
        || start.starts_with(b"\x89PNG\r\n\x1a\n")
        || start.starts_with(b"RIFF") && start.ends_with(b"WEBP")
}

fn plain(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, FileProblem> {
    let file = open(path)?;
    let length = file.metadata().map_err(|error| problem(&error))?.len();
    if length > limit {
        return Err(FileProblem::TooLarge { bytes: length, limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // One byte more shows a file that grew meanwhile.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| problem(&error))?;
    if bytes.len() as u64 > limit {
        return Err(FileProblem::TooLarge { bytes: bytes.len() as u64, limit });
    }
    Ok(bytes)
}

/// Opens what is a plain file, and never waits for the other end of a pipe.
fn open(path: &Path) -> Result<File, FileProblem> {
    let mut options = fs::OpenOptions::new();
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    // Looked at before it is opened, since opening a device can already do something; and after, since it
    // may have been exchanged.
    kind(&fs::metadata(path).map_err(|error| problem(&error))?)?;
    let file = options.open(path).map_err(|error| problem(&error))?;
    kind(&file.metadata().map_err(|error| problem(&error))?)?;
    Ok(file)
}

fn kind(metadata: &fs::Metadata) -> Result<(), FileProblem> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = metadata.file_type();
    Err(FileProblem::NotAFile(if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "something else"
    }))
}

fn problem(error: &io::Error) -> FileProblem {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileProblem::Missing,
        io::ErrorKind::PermissionDenied => FileProblem::Forbidden,
        _ if is_link_loop(error) => FileProblem::LinkLoop,
        _ => FileProblem::Unreadable(error.to_string()),
    }
}

fn is_link_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests;
