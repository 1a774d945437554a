//! The photos of one avatar: what each is, what became of it, and whether together they make a set.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hosted::PhotoId;
use crate::{
    archive::{Archive, ArchiveError, Entry, EntryName},
    error::{DataError, DatasetProblem},
    limits::DatasetLimits,
    photo::{Change, PhotoProblem},
    storage::{ETag, ObjectPlace},
};

/// Photos in the order in which they go into the archive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhotoSet(Vec<Photo>);

/// One photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Its caller's name for it, when it came on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PhotoId>,
    /// Its name, as its owner knows it.
    pub name: String,
    /// Where the shell finds it: an object of a bucket ([`ObjectPlace`]), or else in the shell's own words.
    pub source: String,
    /// What its bytes were when they were read first; nobody has read them before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Sum>,
    /// What it shows, in words.
    pub caption: Option<String>,
    /// How often whoever prepared it died of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crashes: u8,
    /// What became of it.
    pub state: PhotoState,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// What became of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoState {
    /// It has not been looked at.
    Waiting,
    /// It lies ready as a clean JPEG.
    Ready(Prepared),
    /// It cannot be used.
    Rejected(PhotoProblem),
}

/// A clean JPEG that the shell keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// Its file, as [`super::Work::Prepare`] named it.
    pub file: String,
    /// Which version of the object it is, when it lies in a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// Its length in bytes.
    pub length: u64,
    /// Its CRC-32.
    pub crc32: u32,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// What was done to it.
    pub changes: Vec<Change>,
    /// What the photo's own bytes were, for one that was not read before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Sha256Sum>,
}

impl PhotoSet {
    /// The photos in this order.
    #[must_use]
    pub fn new(photos: Vec<Photo>) -> Self {
        Self(photos)
    }

    /// The photos.
    #[must_use]
    pub fn photos(&self) -> &[Photo] {
        &self.0
    }

    pub(super) fn push(&mut self, photo: Photo) {
        self.0.push(photo);
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<Photo> {
        (index < self.0.len()).then(|| self.0.remove(index))
    }

    pub(super) fn photo_mut(&mut self, index: usize) -> Option<&mut Photo> {
        self.0.get_mut(index)
    }

    /// How many are no longer waiting.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.0.iter().filter(|photo| photo.state != PhotoState::Waiting).count()
    }

    /// What the list alone shows to be hopeless, before any photo is opened: more than twice as many as may be.
    /// Looking at thousands of photos only to say that there are too many helps nobody.
    pub fn worth_preparing(&self, limits: DatasetLimits) -> Result<(), DataError> {
        if self.0.len() <= limits.max_photos.saturating_mul(2) {
            return Ok(());
        }
        let mut problems = vec![DatasetProblem::TooMany { found: self.0.len(), max: limits.max_photos }];
        problems.extend(self.duplicates());
        Err(DataError::Dataset(problems))
    }

    /// Whether it may become a set at all: what its number alone shows, and what was rejected before.
    pub fn could_be_a_set(&self, limits: DatasetLimits) -> Result<(), DataError> {
        let possible = self.0.iter().filter(|photo| photo.rejected().is_none()).count();
        if possible < limits.min_photos {
            let mut problems = vec![DatasetProblem::TooFew { good: possible, min: limits.min_photos }];
            problems.extend(self.duplicates());
            problems.extend(self.0.iter().filter_map(Photo::rejected));
            return Err(DataError::Dataset(problems));
        }
        self.worth_preparing(limits)?;
        let duplicates = self.duplicates();
        if duplicates.is_empty() { Ok(()) } else { Err(DataError::Dataset(duplicates)) }
    }

    /// The set as it goes into the archive, when it is a set; else everything that is wrong with it. A photo
    /// that still waits counts as missing.
    pub fn dataset(&self, limits: DatasetLimits) -> Result<Dataset, DataError> {
        let good: Vec<_> =
            self.0.iter().filter_map(|photo| photo.ready().map(|jpeg| (photo, jpeg))).collect();
        let mut problems = Vec::new();
        if good.len() < limits.min_photos {
            problems.push(DatasetProblem::TooFew { good: good.len(), min: limits.min_photos });
        }
        if good.len() > limits.max_photos {
            problems.push(DatasetProblem::TooMany { found: good.len(), max: limits.max_photos });
        }
        problems.extend(self.duplicates());
        if !problems.is_empty() {
            problems.extend(self.0.iter().filter_map(Photo::rejected));
            return Err(DataError::Dataset(problems));
        }
        let mut parts = Vec::new();
        for ((photo, jpeg), number) in good.into_iter().zip(1..) {
            let entry = Entry { name: EntryName::photo(number), length: jpeg.length, crc32: jpeg.crc32 };
            let content = Content::Photo { file: jpeg.file.clone(), etag: jpeg.etag.clone() };
            parts.push(Part { entry, content });
            if let Some(caption) = &photo.caption {
                let (bytes, name) = (caption.as_bytes(), EntryName::caption(number));
                let entry = Entry { name, length: bytes.len() as u64, crc32: crc32fast::hash(bytes) };
                parts.push(Part { entry, content: Content::Caption(caption.clone()) });
            }
        }
        let dataset = Dataset { parts };
        match dataset.archive() {
            Ok(_) => Ok(dataset),
            Err(_) => Err(DataError::Dataset(vec![DatasetProblem::TooLarge])),
        }
    }

    /// Forgets what was prepared, since the files are gone. What was rejected stays rejected.
    pub(super) fn prepare_again(&mut self) {
        for photo in &mut self.0 {
            if matches!(photo.state, PhotoState::Ready(_)) {
                photo.state = PhotoState::Waiting;
            }
        }
    }

    fn duplicates(&self) -> Vec<DatasetProblem> {
        let mut problems = Vec::new();
        let (mut by_bytes, mut by_picture) = (BTreeMap::new(), BTreeMap::new());
        // What is left out harms nobody, however often it is there.
        for photo in self.0.iter().filter(|photo| photo.rejected().is_none()) {
            // The same clean JPEG comes of a copy that only lost its metadata on the way.
            let picture = photo.ready().map(|jpeg| (jpeg.length, jpeg.crc32));
            let same_picture = picture.and_then(|picture| by_picture.get(&picture).copied());
            let same_bytes = photo.sha256.and_then(|sum| by_bytes.get(&sum).copied());
            if let Some(first) = same_bytes.or(same_picture) {
                let (first, second) = (String::clone(first), photo.name.clone());
                problems.push(DatasetProblem::Duplicate { first, second });
            } else {
                by_bytes.extend(photo.sha256.map(|sum| (sum, &photo.name)));
                by_picture.extend(picture.map(|picture| (picture, &photo.name)));
            }
        }
        problems
    }
}

impl Photo {
    /// The object that it is, when it lies in a bucket.
    #[must_use]
    pub fn object(&self) -> Option<ObjectPlace> {
        self.source.parse().ok()
    }

    fn ready(&self) -> Option<&Prepared> {
        match &self.state {
            PhotoState::Ready(jpeg) => Some(jpeg),
            PhotoState::Waiting | PhotoState::Rejected(_) => None,
        }
    }

    fn rejected(&self) -> Option<DatasetProblem> {
        match &self.state {
            PhotoState::Rejected(why) => {
                Some(DatasetProblem::Rejected { photo: self.name.clone(), why: why.clone() })
            }
            PhotoState::Waiting | PhotoState::Ready(_) => None,
        }
    }
}

/// Enough good photos, none twice: what is uploaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// What the archive holds, in its order.
    pub parts: Vec<Part>,
}

/// One file of the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name, length and CRC-32.
    pub entry: Entry,
    /// Where its bytes are.
    pub content: Content,
}

/// Where the bytes of an archive's file are.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A prepared photo.
    Photo {
        /// Its file.
        file: String,
        /// Which version of the object it is, when it lies in a bucket.
        etag: Option<ETag>,
    },
    /// A caption's text.
    Caption(String),
}

impl Dataset {
    /// The archive's layout.
    pub fn archive(&self) -> Result<Archive, ArchiveError> {
        Archive::new(self.parts.iter().map(|part| part.entry.clone()).collect())
    }
}

/// A SHA-256, written in hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Sum([u8; 32]);

impl Sha256Sum {
    /// The sum of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A sum that was computed elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no SHA-256 in hex.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct Sha256SumError;

impl FromStr for Sha256Sum {
    type Err = Sha256SumError;

    fn from_str(text: &str) -> Result<Self, Sha256SumError> {
        let mut sum = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Sha256SumError);
        }
        for (byte, digits) in sum.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| Sha256SumError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| Sha256SumError)?;
        }
        Ok(Self(sum))
    }
}

impl TryFrom<String> for Sha256Sum {
    type Error = Sha256SumError;

    fn try_from(text: String) -> Result<Self, Sha256SumError> {
        text.parse()
    }
}

impl From<Sha256Sum> for String {
    fn from(sum: Sha256Sum) -> Self {
        sum.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Photo, PhotoSet, PhotoState, Prepared, Sha256Sum};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        error::{DataError, DatasetProblem},
        limits::DatasetLimits,
        photo::PhotoProblem,
    };

    fn photo(name: &str, state: PhotoState) -> Photo {
        let caption = name.starts_with('c').then(|| "by the sea".to_owned());
        Photo {
            id: None,
            name: name.to_owned(),
            source: name.to_owned(),
            crashes: 0,
            sha256: Some(Sha256Sum::of(name.as_bytes())),
            caption,
            state,
        }
    }

    fn ready(name: &str) -> Photo {
        let file = format!("{name}.prepared");
        let crc32 = crc32fast::hash(name.as_bytes());
        let jpeg = Prepared {
            file,
            etag: None,
            length: 7,
            crc32,
            width: 512,
            height: 512,
            changes: vec![],
            original: None,
        };
        photo(name, PhotoState::Ready(jpeg))
    }

    fn limits(min_photos: usize, max_photos: usize) -> DatasetLimits {
        DatasetLimits { min_photos, max_photos }
    }

    #[test]
    fn good_photos_are_numbered_without_gaps_and_keep_their_captions() {
        let broken = photo("b", PhotoState::Rejected(PhotoProblem::Empty));
        let set = PhotoSet::new(vec![ready("a"), broken, ready("c")]);
        let dataset = set.dataset(limits(2, 3)).expect("a set");
        let names: Vec<_> = dataset.parts.iter().map(|part| part.entry.name.as_str()).collect();
        assert_eq!(names, ["photo_001.jpg", "photo_002.jpg", "photo_002.txt"]);
        assert!(dataset.archive().is_ok());
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let broken = photo("b", PhotoState::Rejected(PhotoProblem::Empty));
        let mut double = ready("d");
        double.sha256 = Some(Sha256Sum::of(b"a"));
        let set = PhotoSet::new(vec![ready("a"), broken, double, photo("w", PhotoState::Waiting)]);
        let Err(DataError::Dataset(problems)) = set.dataset(limits(3, 1)) else { panic!("accepted") };
        let duplicate = DatasetProblem::Duplicate { first: "a".to_owned(), second: "d".to_owned() };
        let rejected = DatasetProblem::Rejected { photo: "b".to_owned(), why: PhotoProblem::Empty };
        assert_eq!(
            problems,
            [
                DatasetProblem::TooFew { good: 2, min: 3 },
                DatasetProblem::TooMany { found: 2, max: 1 },
                duplicate,
                rejected
            ]
        );
    }

    #[test]
    fn the_same_picture_counts_once_and_what_is_left_out_not_at_all() {
        let as_first = |name: &str| {
            let Photo { state, .. } = ready("a");
            Photo { state, ..photo(name, PhotoState::Waiting) }
        };
        let set = PhotoSet::new(vec![ready("a"), as_first("b")]);
        let Err(DataError::Dataset(problems)) = set.dataset(limits(1, 3)) else { panic!("accepted") };
        let duplicate = DatasetProblem::Duplicate { first: "a".to_owned(), second: "b".to_owned() };
        assert_eq!(problems, [duplicate]);
        let empty = || photo("empty", PhotoState::Rejected(PhotoProblem::Empty));
        let set = PhotoSet::new(vec![ready("a"), empty(), empty()]);
        assert!(set.dataset(limits(1, 3)).is_ok());
        // Before anybody is asked for money.
        let waiting = || photo("w", PhotoState::Waiting);
        assert!(PhotoSet::new(vec![waiting(), waiting()]).could_be_a_set(limits(1, 3)).is_err());
        assert!(PhotoSet::new(vec![waiting(), empty(), empty()]).could_be_a_set(limits(1, 3)).is_ok());
    }

    #[test]
    fn too_many_photos_are_not_even_opened() {
        let set = PhotoSet::new((0..41).map(|n| photo(&n.to_string(), PhotoState::Waiting)).collect());
        assert!(set.worth_preparing(limits(10, 21)).is_ok());
        assert!(matches!(set.worth_preparing(limits(10, 20)), Err(DataError::Dataset(_))));
    }

    #[test]
    fn a_sum_is_written_and_read() {
        let sum = Sha256Sum::of(b"abc");
        assert_eq!(sum.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sum.to_string().parse(), Ok(sum));
        assert!("é".repeat(32).parse::<Sha256Sum>().is_err());
        assert!("+f".repeat(32).parse::<Sha256Sum>().is_err());
    }
}
