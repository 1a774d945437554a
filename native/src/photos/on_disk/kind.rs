//! Kinds of files by their names, among those that people keep beside their photos.

use std::{collections::BTreeMap, ffi::OsStr, path::Path};

use likeness_core::caption::is_caption_file;

use super::file::name_bytes;
use crate::words::counted;

/// The kind of a file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture, also one of a kind that is then refused.
    Picture,
    /// A text, which may be a caption.
    Text,
    /// A file that often lies beside photos.
    Beside(Beside),
    /// A hidden file.
    Hidden,
    /// Any other file: its first bytes decide.
    Untold,
}

/// The kind of a file that lies beside photos and is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Beside {
    /// A film, such as that of a Live Photo.
    Movie,
    /// A sidecar, which a camera, a phone or an export wrote about a photo.
    Sidecar,
    /// A sheet that `check --sheet` wrote.
    ContactSheet,
    /// Any other file.
    Other,
}

/// Files that were passed over, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PassedOver(BTreeMap<Beside, usize>);

const PICTURES: [&str; 19] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "heic", "heif", "hif", "avif", "jxl", "tif", "tiff", "gif",
    "bmp", "dng", "cr2", "nef", "arw",
];
const MOVIES: [&str; 8] = ["mov", "mp4", "m4v", "avi", "3gp", "mkv", "webm", "mpg"];
/// The endings of sidecars: Apple's edits, Adobe's metadata, Google Takeout, and small pictures of films.
const SIDECARS: [&str; 6] = ["aae", "xmp", "json", "thm", "lrv", "ini"];

impl Kind {
    pub(super) fn of(path: &Path) -> Self {
        let name = name_bytes(path);
        let extension = path.extension().map(OsStr::to_string_lossy).unwrap_or_default().to_lowercase();
        let among = |known: &[&str]| known.contains(&extension.as_str());
        match () {
            () if name.starts_with(b".") => Self::Hidden,
            () if among(&PICTURES) => Self::Picture,
            () if is_caption_file(name) => Self::Text,
            () if among(&MOVIES) => Self::Beside(Beside::Movie),
            () if among(&SIDECARS) => Self::Beside(Beside::Sidecar),
            () => Self::Untold,
        }
    }
}

impl PassedOver {
    pub(super) fn add(&mut self, beside: Beside) {
        *self.0.entry(beside).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (beside, count) in other.0 {
            *self.0.entry(beside).or_default() += count;
        }
    }

    /// Describes the files in a line; `None` where there were none.
    pub(crate) fn sentence(&self) -> Option<String> {
        let one = |(beside, count): (&Beside, &usize)| match beside {
            Beside::Movie => counted(*count, "movie", "movies"),
            Beside::Sidecar => counted(*count, "sidecar file", "sidecar files"),
            Beside::ContactSheet => counted(*count, "contact sheet", "contact sheets"),
            Beside::Other => counted(*count, "other file", "other files"),
        };
        let all: Vec<_> = self.0.iter().map(one).collect();
        (!all.is_empty()).then(|| format!("Passed over: {}.", all.join(", ")))
    }

    /// Counts the files.
    pub(crate) fn count(&self) -> usize {
        self.0.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Beside, Kind, PassedOver};

    #[test]
    fn files_are_told_by_their_names() {
        for (name, kind) in [
            ("a.JPG", Kind::Picture),
            ("IMG_1.HEIC", Kind::Picture),
            ("DSC_1.HIF", Kind::Picture),
            ("a.txt", Kind::Text),
            ("a.jpg.txt", Kind::Text),
            ("IMG_1.MOV", Kind::Beside(Beside::Movie)),
            ("IMG_1.AAE", Kind::Beside(Beside::Sidecar)),
            ("a.jpg.json", Kind::Beside(Beside::Sidecar)),
            ("a.jpg.supplemental-metadata.json", Kind::Beside(Beside::Sidecar)),
            ("._a.jpg", Kind::Hidden),
            (".DS_Store", Kind::Hidden),
            ("scan", Kind::Untold),
            ("letter.pdf", Kind::Untold),
        ] {
            assert_eq!(Kind::of(Path::new(name)), kind, "{name}");
        }
    }

    #[test]
    fn what_was_passed_over_is_said_in_one_line() {
        let mut passed = PassedOver::default();
        assert_eq!(passed.sentence(), None);
        (0..3000).for_each(|_| passed.add(Beside::Sidecar));
        passed.add(Beside::Movie);
        assert_eq!(passed.sentence().as_deref(), Some("Passed over: 1 movie, 3000 sidecar files."));
    }
}
