//! Photos on disk, from typed paths to an ordered list.
//!
//! Arguments keep their order; the photos of a folder, or of a ZIP, come in the order of their names' bytes, which is
//! the same on every machine and in every language. In a folder, files other than pictures are passed over and counted,
//! hidden ones silently; folders inside it are opened on request. A picture of a kind that cannot be used (AVIF, say)
//! is not passed over: its owner would wonder where it went, so it is refused by name. For the same reason a text that
//! belongs to no photo is named.

mod captions;
mod contact_sheet;
mod file;
mod folder;
mod kind;
mod paths;
mod photo;
mod zipped;

use std::{
    fs,
    path::{Path, PathBuf},
};

use likeness_core::caption::is_caption_file;

use self::{
    captions::Folders,
    contact_sheet::is_contact_sheet,
    file::{begins_like_a_photo, name_bytes, problem},
    folder::Contents,
    kind::Beside,
    zipped::ZippedPhotos,
};
pub(crate) use self::{
    contact_sheet::marked,
    file::{FileProblem, read_bounded},
    folder::Inside,
    kind::PassedOver,
    paths::read_back,
    photo::PhotoFile,
    zipped::read_source,
};
use crate::{
    failure::{Exit, Failure},
    printable::printable,
};

/// The files that the arguments name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The photos, in order.
    pub(crate) photos: Vec<PhotoFile>,
    /// Text files that belong to none of them.
    pub(crate) unmatched: Vec<PathBuf>,
    /// Files that are neither.
    pub(crate) passed_over: PassedOver,
    /// Folders inside folders, which were not opened.
    pub(crate) inside: Inside,
}

/// The most photos that are looked at: enough to choose from.
const MOST: usize = 1000;

/// Finds every photo that the arguments name, and its captions. All faults of the arguments are reported at once.
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
                    photos.extend(contents.photos.into_iter().map(|path| PhotoFile::in_zip(path, &zip)));
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
                } else if is_contact_sheet(argument) {
                    passed_over.add(Beside::ContactSheet);
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

/// Makes the refusal of photos or captions that cannot be read, each with its reason.
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
        let failure =
            Failure::new(Exit::Data, "photos.none", what).why("JPEG, PNG, WebP and HEIC files count");
        let failure = self.remarks().into_iter().fold(failure, |failure, remark| failure.why(plain(&remark)));
        let failure = self.unmatched.iter().fold(failure, |failure, text| failure.why(belongs_to_none(text)));
        failure.next("name the photos, or the folder or ZIP that they lie in")
    }

    /// Refuses more photos than one training can mean: reading them all would take minutes, and a list of them would be
    /// unreadable.
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

    /// Describes, a line each, the files that were passed over and the folders that were not opened.
    pub(crate) fn remarks(&self) -> Vec<String> {
        [self.passed_over.sentence(), self.inside.sentence()].into_iter().flatten().collect()
    }

    /// Returns the names of the text files that belong to no photo, as text.
    pub(crate) fn unmatched_names(&self) -> Vec<String> {
        self.unmatched.iter().map(|text| text.to_string_lossy().into_owned()).collect()
    }
}

fn plain(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests;
