//! Folders as people have them: photos, other files beside them, and folders inside.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    contact_sheet::is_contact_sheet,
    file::{begins_like_a_photo, name_bytes},
    kind::{Beside, Kind, PassedOver},
    photo::PhotoFile,
};

/// The contents of a folder.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Photos of the folder, and of the folders inside where they are opened, each folder in the order of its names'
    /// bytes.
    pub(super) photos: Vec<PhotoFile>,
    /// The folders that were opened.
    pub(super) opened: Vec<PathBuf>,
    pub(super) passed_over: PassedOver,
    pub(super) inside: Inside,
}

/// Folders inside that hold photos and were not opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) folders: usize,
    pub(crate) photos: usize,
}

/// The deepest folder that is opened. Photos are not kept deeper; a folder that is mounted inside itself would never
/// end.
const DEEPEST: usize = 32;

impl Contents {
    /// Lists a folder; with `recursive` also the folders inside. Links to folders are not followed: they may lead back.
    pub(super) fn of(folder: &Path, recursive: bool) -> io::Result<Self> {
        let mut contents = Self::default();
        contents.add(folder, recursive, 0)?;
        Ok(contents)
    }

    fn add(&mut self, folder: &Path, recursive: bool, depth: usize) -> io::Result<()> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
        paths.sort_by(|a, b| name_bytes(a).cmp(name_bytes(b)));
        self.opened.push(folder.to_owned());
        let mut folders = Vec::new();
        for path in paths {
            let hidden = name_bytes(&path).starts_with(b".");
            match fs::symlink_metadata(&path) {
                _ if hidden => {}
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(_) if fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir()) => {}
                _ => self.add_file(path),
            }
        }
        for folder in folders.into_iter().filter(|_| depth < DEEPEST) {
            if recursive {
                // A folder that may not be opened is one of many.
                if let Err(error) = self.add(&folder, recursive, depth + 1) {
                    log::warn!("{} could not be opened: {error}", folder.display());
                }
            } else {
                self.inside.add(photos_in(&folder, depth + 1));
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf) {
        match Kind::of(&path) {
            Kind::Picture if is_contact_sheet(&path) => self.passed_over.add(Beside::ContactSheet),
            Kind::Picture => self.photos.push(PhotoFile::at(path)),
            Kind::Untold if begins_like_a_photo(&path) => self.photos.push(PhotoFile::at(path)),
            Kind::Untold => self.passed_over.add(Beside::Other),
            Kind::Beside(beside) => self.passed_over.add(beside),
            Kind::Text | Kind::Hidden => {}
        }
    }
}

impl Inside {
    pub(super) fn add(&mut self, other: Self) {
        self.folders += other.folders;
        self.photos += other.photos;
    }

    /// Says that there are photos further inside; `None` where there are none.
    pub(crate) fn sentence(self) -> Option<String> {
        let Self { folders, photos } = self;
        let folders = match folders {
            0 => return None,
            1 => "A folder inside holds".to_owned(),
            several => format!("{several} folders inside hold"),
        };
        let photos = crate::words::counted(photos, "more photo", "more photos");
        Some(format!("{folders} {photos}: --recursive takes them as well."))
    }
}

/// Counts photos by their names, in a folder and those inside.
fn photos_in(folder: &Path, depth: usize) -> Inside {
    let mut inside = Inside::default();
    let mut here = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < DEEPEST && !name_bytes(&path).starts_with(b".") {
            inside.add(photos_in(&path, depth + 1));
        } else if !is_folder && Kind::of(&path) == Kind::Picture {
            here += 1;
        }
    }
    if here > 0 {
        inside.add(Inside { folders: 1, photos: here });
    }
    inside
}
