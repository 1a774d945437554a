//! A photo that was found and not opened yet.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    file::{FileProblem, read_bounded},
    paths::written,
    zipped::ZippedPhotos,
};

/// A file that may be a photo: only its name has been looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhotoFile {
    pub(super) path: PathBuf,
    /// ZIP that holds the file: the file's path is the ZIP's with the member's name behind it.
    zip: Option<Arc<ZippedPhotos>>,
    /// Text files that belong to the photo, the one that takes precedence first.
    pub(super) captions: Vec<PathBuf>,
}

impl PhotoFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, zip: None, captions: Vec::new() }
    }

    /// Takes the member of this ZIP that is shown as `path`.
    pub(super) fn in_zip(path: PathBuf, zip: &Arc<ZippedPhotos>) -> Self {
        Self { zip: Some(Arc::clone(zip)), ..Self::at(path) }
    }

    /// Returns the file's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file's source for a job, which leads back to it also from another current folder.
    pub(crate) fn source(&self) -> String {
        match &self.zip {
            Some(zip) => zip.source(&self.path),
            None => written(&std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())),
        }
    }

    /// Returns the file's path as text; bytes that are not UTF-8 show as `�`. Code that shows the text to people makes
    /// it printable.
    pub(crate) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Reads the file's bytes, never more than `limit` of them.
    pub(crate) fn read(&self, limit: u64) -> Result<Vec<u8>, FileProblem> {
        self.read_beside(&self.path, limit)
    }

    /// Reads the bytes of the file, or of a file beside it.
    pub(super) fn read_beside(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileProblem> {
        match &self.zip {
            Some(zip) => zip.read(path, limit),
            None => read_bounded(path, limit),
        }
    }
}
