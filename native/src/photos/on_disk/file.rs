//! Careful reading of a person's file: it may be a pipe, a link to itself, or endless.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    path::Path,
};

use likeness_core::caption::{CaptionConflict, CaptionProblem};

/// The reason why a file gave no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileProblem {
    /// The file went away, or a link leads nowhere.
    #[error("the file is not there")]
    Missing,
    /// The file's permissions forbid reading.
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
    /// Any other error of the system.
    #[error("the file could not be read: {0}")]
    Unreadable(String),
    /// The text beside the photo cannot be used.
    #[error("{0}")]
    Caption(CaptionProblem),
    /// The texts beside the photo contradict each other.
    #[error("{0}")]
    Captions(CaptionConflict),
}

impl FileProblem {
    /// Returns the stable name of the problem.
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

    /// Says what the file's owner can do.
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

/// Reads the bytes of a file, never more than `limit` of them.
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

/// Opens a plain file, and never waits for the other end of a pipe.
pub(super) fn open(path: &Path) -> Result<File, FileProblem> {
    let mut options = fs::OpenOptions::new();
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    // Looked at before it is opened, since opening a device can already do something; and after, since another file may
    // have taken its place.
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

pub(super) fn problem(error: &io::Error) -> FileProblem {
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

pub(super) fn name_bytes(path: &Path) -> &[u8] {
    path.file_name().map_or(&[], OsStr::as_encoded_bytes)
}

/// Tells by its first bytes whether a file is a photo, when its name has no telling ending.
pub(super) fn begins_like_a_photo(path: &Path) -> bool {
    let mut start = [0; 12];
    let read =
        open(path).and_then(|file| file.take(12).read_exact(&mut start).map_err(|error| problem(&error)));
    read.is_ok() && starts_like_a_photo(start)
}

pub(super) fn starts_like_a_photo(start: [u8; 12]) -> bool {
    start.starts_with(b"\xff\xd8\xff")
        || start.starts_with(b"\x89PNG\r\n\x1a\n")
        || start.starts_with(b"RIFF") && start.ends_with(b"WEBP")
        || begins_like_heic(start)
}

/// Tells by the major brand whether a file is a HEIC or another HEIF.
fn begins_like_heic(start: [u8; 12]) -> bool {
    let brands: [&[u8]; 7] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"mif2"];
    start.get(4..8) == Some(b"ftyp") && start.get(8..).is_some_and(|brand| brands.contains(&brand))
}
