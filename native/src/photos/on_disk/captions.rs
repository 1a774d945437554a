//! Text files beside photos, matched with the photos that they belong to.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use likeness_core::{
    caption::{Caption, CaptionProblem, caption_files, is_caption_file},
    limits::MAX_CAPTION_BYTES,
};

use super::{
    file::{FileProblem, name_bytes},
    photo::PhotoFile,
};

/// The named part of a folder: all of it, or files in it.
#[derive(Default)]
struct Folder {
    /// Path as it was written.
    path: PathBuf,
    /// True if all of the folder was named, not only files in it.
    whole: bool,
    /// Names of its files, where the folder is one inside a ZIP.
    listed: Option<Vec<OsString>>,
    /// Indices of its photos.
    photos: Vec<usize>,
    /// Text files in it that were named.
    texts: Vec<PathBuf>,
}

/// The folders of photos and texts. One folder may be written in several ways.
#[derive(Default)]
pub(super) struct Folders(BTreeMap<PathBuf, Folder>);

impl Folders {
    /// Notes that a whole folder was named.
    pub(super) fn whole(&mut self, path: &Path) {
        self.at(path).whole = true;
    }

    /// Notes that a folder inside a ZIP was named, with all its files.
    pub(super) fn listed(&mut self, path: PathBuf, files: Vec<OsString>) {
        let folder = self.0.entry(path.clone()).or_default();
        (folder.path, folder.whole, folder.listed) = (path, true, Some(files));
    }

    /// Notes that a text file was named.
    pub(super) fn text(&mut self, path: &Path) {
        self.at(parent(path)).texts.push(path.to_owned());
    }

    /// Gives each photo its text files, and returns those that belong to no photo: of whole folders, and texts that
    /// were named themselves. The person did not ask about others.
    pub(super) fn matched(mut self, photos: &mut [PhotoFile]) -> Vec<PathBuf> {
        for (index, photo) in photos.iter().enumerate() {
            self.at(parent(photo.path())).photos.push(index);
        }
        self.0.into_values().flat_map(|folder| folder.matched(photos)).collect()
    }

    fn at(&mut self, path: &Path) -> &mut Folder {
        let key = fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path });
        let new = || Folder { path: path.to_owned(), ..Folder::default() };
        self.0.entry(key.unwrap_or_else(|_| path.to_owned())).or_insert_with(new)
    }
}

impl Folder {
    fn matched(self, photos: &mut [PhotoFile]) -> Vec<PathBuf> {
        let names: Vec<OsString> = self
            .photos
            .iter()
            .map(|index| {
                photos.get(*index).and_then(|photo| photo.path.file_name()).unwrap_or_default().to_owned()
            })
            .collect();
        let texts = self.text_names(&names);
        let bytes = |names: &[OsString]| -> Vec<Vec<u8>> {
            names.iter().map(|name| name.as_encoded_bytes().to_vec()).collect()
        };
        let (photo_names, text_names) = (bytes(&names), bytes(&texts));
        let photo_names: Vec<&[u8]> = photo_names.iter().map(Vec::as_slice).collect();
        let text_names: Vec<&[u8]> = text_names.iter().map(Vec::as_slice).collect();
        let found = caption_files(&photo_names, &text_names);
        for (index, of_photo) in self.photos.iter().zip(found.of_photos) {
            if let Some(photo) = photos.get_mut(*index) {
                let beside = |text: usize| Some(photo.path.with_file_name(texts.get(text)?));
                photo.captions = of_photo.into_iter().filter_map(beside).collect();
            }
        }
        let unmatched = found.unmatched.into_iter().filter_map(|text| texts.get(text));
        unmatched.filter_map(|name| self.named(name)).collect()
    }

    /// Returns the names of the text files here, in the order of their bytes. Photos with names like a text's are
    /// photos.
    fn text_names(&self, photos: &[OsString]) -> Vec<OsString> {
        let mut names: Vec<OsString> = match (&self.listed, fs::read_dir(self.written())) {
            (Some(names), _) => names.clone(),
            (None, Ok(entries)) => entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect(),
            // Files can be read in a folder that may not be listed: the usual names are tried.
            (None, Err(_)) => {
                photos.iter().map(|photo| Path::new(photo).with_extension("txt").into()).collect()
            }
        };
        names.extend(self.texts.iter().filter_map(|path| path.file_name().map(OsStr::to_owned)));
        names.retain(|name| is_caption_file(name.as_encoded_bytes()) && !photos.contains(name));
        names.sort_by(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
        names.dedup();
        names
    }

    /// Returns the path of a text that belongs to no photo, when it was named or its whole folder was.
    fn named(&self, name: &OsStr) -> Option<PathBuf> {
        let named = self.texts.iter().find(|path| path.file_name() == Some(name));
        if let Some(path) = named {
            return Some(path.clone());
        }
        let path = self.path.join(name);
        let is_file = self.listed.is_some() || path.is_file();
        let counts = self.whole && !name_bytes(&path).starts_with(b".") && is_file;
        counts.then_some(path)
    }

    fn written(&self) -> &Path {
        if self.path.as_os_str().is_empty() { Path::new(".") } else { &self.path }
    }
}

impl PhotoFile {
    /// Reads the caption in the text files beside the photo, if there is one.
    pub(crate) fn caption(&self) -> Result<Option<Caption>, FileProblem> {
        let mut texts = Vec::new();
        for path in &self.captions {
            let bytes = match self.read_beside(path, MAX_CAPTION_BYTES as u64) {
                Ok(bytes) => bytes,
                // A link that leads nowhere exists, and was meant.
                Err(FileProblem::Missing) if fs::symlink_metadata(path).is_err() => continue,
                Err(FileProblem::TooLarge { .. }) => {
                    return Err(FileProblem::Caption(CaptionProblem::TooLong));
                }
                Err(problem) => return Err(problem),
            };
            let caption = Caption::parse(&bytes).map_err(FileProblem::Caption)?;
            texts.push((path.to_string_lossy().into_owned(), caption));
        }
        Caption::agreed(texts).map_err(FileProblem::Captions)
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
