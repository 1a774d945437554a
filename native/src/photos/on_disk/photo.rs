//! A photo that was found, before anybody looked into it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    file::{FileProblem, read_bounded},
    paths::written,
    zipped::ZippedPhotos,
};

/// A photo that may or may not be one: nothing but its name has been looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhotoFile {
    pub(super) path: PathBuf,
    /// The ZIP that it is a member of: its path is the ZIP's with the member's name behind it.
    zip: Option<Arc<ZippedPhotos>>,
    /// The text files that belong to it, the one that goes before the others first.
    pub(super) captions: Vec<PathBuf>,
}

impl PhotoFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, zip: None, captions: Vec::new() }
    }

    /// The member of this ZIP that is shown as `path`.
    pub(super) fn in_zip(path: PathBuf, zip: &Arc<ZippedPhotos>) -> Self {
        Self { zip: Some(Arc::clone(zip)), ..Self::at(path) }
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
    pub(super) fn read_beside(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileProblem> {
        match &self.zip {
            Some(zip) => zip.read(path, limit),
            None => read_bounded(path, limit),
        }
    }
}
