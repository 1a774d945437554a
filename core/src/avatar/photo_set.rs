//! The photos of one avatar: what each is, what became of it, and whether together they make a set.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{duplicates::staying_instead, hosted::PhotoId};
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
    /// Its SHA-256; `None` in rows of releases that did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Sum>,
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

    /// Says of each photo why it is left out, in the photos' order: it was rejected, or it is a duplicate. `None` for
    /// those that count.
    #[must_use]
    pub fn left_out(&self) -> Vec<Option<PhotoProblem>> {
        let instead = staying_instead(&self.0);
        let why = |(photo, instead): (&Photo, Option<usize>)| match &photo.state {
            PhotoState::Rejected(why) => Some(why.clone()),
            PhotoState::Waiting | PhotoState::Ready(_) => {
                instead.and_then(|index| self.0.get(index)).map(|stays| PhotoProblem::Duplicate {
                    of: stays.name.clone(),
                    other_caption: photo.caption.is_some() && photo.caption != stays.caption,
                })
            }
        };
        self.0.iter().zip(instead).map(why).collect()
    }

    /// The indices of the photos that are still to be prepared. A duplicate is not, unless the photo that stays instead
    /// of it is rejected.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let waits = |photo: &Photo| photo.state == PhotoState::Waiting;
        // Asked after every step, when most sets are long since prepared.
        if !self.0.iter().any(waits) {
            return Vec::new();
        }
        self.counting().filter(|(_, photo)| waits(photo)).map(|(index, _)| index).collect()
    }

    /// The first photo that is still to be prepared.
    #[must_use]
    pub fn next_waiting(&self) -> Option<usize> {
        self.waiting().first().copied()
    }

    /// How many are no longer waiting.
    pub(super) fn settled(&self) -> usize {
        self.0.len() - self.waiting().len()
    }

    /// Refuses, before a training is ordered, what cannot become a set. What was rejected and duplicates do not count;
    /// a photo that was read does, since its headers were looked at then. Of one that nobody has read nothing is known,
    /// so the training decides once it was prepared.
    pub fn could_be_a_set(&self, limits: DatasetLimits) -> Result<(), DataError> {
        let (mut good, mut unread) = (0, 0);
        for (_, photo) in self.counting() {
            match (&photo.state, photo.sha256) {
                (PhotoState::Waiting, None) => unread += 1,
                _ => good += 1,
            }
        }
        if good > limits.max_photos {
            Err(self.refused(vec![DatasetProblem::TooMany { found: good, max: limits.max_photos }]))
        } else if good + unread < limits.min_photos {
            Err(self.refused(vec![DatasetProblem::TooFew { good: good + unread, min: limits.min_photos }]))
        } else {
            self.worth_preparing(limits)
        }
    }

    /// Refuses, while photos are prepared, what preparing more of them cannot mend: too many are good already, or more
    /// than twice as many as may be are there. Looking at thousands of photos only to say that there are too many helps
    /// nobody.
    pub(super) fn worth_preparing(&self, limits: DatasetLimits) -> Result<(), DataError> {
        let counting = self.counting().count();
        let ready = counting - self.waiting().len();
        let found = if ready > limits.max_photos { ready } else { counting };
        if ready > limits.max_photos || counting > limits.max_photos.saturating_mul(2) {
            return Err(self.refused(vec![DatasetProblem::TooMany { found, max: limits.max_photos }]));
        }
        Ok(())
    }

    /// The set as it goes into the archive, when it is a set; else everything that is wrong with it. A photo
    /// that still waits counts as missing.
    pub fn dataset(&self, limits: DatasetLimits) -> Result<Dataset, DataError> {
        let good: Vec<_> =
            self.counting().filter_map(|(_, photo)| photo.ready().map(|jpeg| (photo, jpeg))).collect();
        let mut problems = Vec::new();
        if good.len() < limits.min_photos {
            problems.push(DatasetProblem::TooFew { good: good.len(), min: limits.min_photos });
        }
        if good.len() > limits.max_photos {
            problems.push(DatasetProblem::TooMany { found: good.len(), max: limits.max_photos });
        }
        if !problems.is_empty() {
            return Err(self.refused(problems));
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

    /// The photos that are not left out, in order.
    pub(super) fn that_count(&self) -> impl Iterator<Item = &Photo> {
        self.counting().map(|(_, photo)| photo)
    }

    /// Pairs of sums that are of one picture: that of a duplicate, and that of the photo that stays instead.
    pub(super) fn same_pictures(&self) -> Vec<(Sha256Sum, Sha256Sum)> {
        let pair = |(photo, instead): (&Photo, Option<usize>)| {
            let stays = instead.and_then(|index| self.0.get(index))?;
            Some((photo.sha256?, stays.sha256?)).filter(|(one, other)| one != other)
        };
        self.0.iter().zip(staying_instead(&self.0)).filter_map(pair).collect()
    }

    /// Names two photos of the same bytes whose captions differ. Which of the two is meant only their owner knows.
    #[must_use]
    pub fn two_captions(&self) -> Option<(&str, &str)> {
        let mut captioned = BTreeMap::new();
        for photo in self.0.iter().filter(|photo| !photo.is_left_out()) {
            let (Some(sum), Some(caption)) = (photo.sha256, &photo.caption) else { continue };
            let first = captioned.entry(sum).or_insert(photo);
            if first.caption.as_ref() != Some(caption) {
                return Some((first.name.as_str(), photo.name.as_str()));
            }
        }
        None
    }

    /// Gives up what was prepared, so that it is prepared once more elsewhere. What was rejected stays rejected.
    #[must_use]
    pub fn unprepared(mut self) -> Self {
        self.prepare_again();
        self
    }

    /// Forgets what was prepared, since the files are gone. What was rejected stays rejected.
    pub(super) fn prepare_again(&mut self) {
        for photo in &mut self.0 {
            if matches!(photo.state, PhotoState::Ready(_)) {
                photo.state = PhotoState::Waiting;
            }
        }
    }

    /// The photos that are not left out, each with its index.
    fn counting(&self) -> impl Iterator<Item = (usize, &Photo)> {
        let photos = self.0.iter().enumerate().zip(staying_instead(&self.0));
        photos.filter_map(|((index, photo), instead)| {
            let rejected = matches!(photo.state, PhotoState::Rejected(_));
            (instead.is_none() && !rejected).then_some((index, photo))
        })
    }

    /// The refusal of the set for these problems, with every photo that is left out.
    fn refused(&self, mut problems: Vec<DatasetProblem>) -> DataError {
        let left_out = self.0.iter().zip(self.left_out());
        problems.extend(left_out.filter_map(|(photo, why)| {
            Some(DatasetProblem::Rejected { photo: photo.name.clone(), why: why? })
        }));
        DataError::Dataset(problems)
    }
}

impl Photo {
    /// The object that it is, when it lies in a bucket.
    #[must_use]
    pub fn object(&self) -> Option<ObjectPlace> {
        self.source.parse().ok()
    }

    /// Says whether the photo was looked at and cannot be used.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        matches!(self.state, PhotoState::Rejected(_))
    }

    /// Says whether no more than the headers were looked at.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == PhotoState::Waiting
    }

    fn ready(&self) -> Option<&Prepared> {
        match &self.state {
            PhotoState::Ready(jpeg) => Some(jpeg),
            PhotoState::Waiting | PhotoState::Rejected(_) => None,
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
            sha256: None,
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

    fn rejected(name: &str) -> Photo {
        photo(name, PhotoState::Rejected(PhotoProblem::Empty))
    }

    fn waiting(name: &str) -> Photo {
        photo(name, PhotoState::Waiting)
    }

    /// One that nobody has read.
    fn unread(name: &str) -> Photo {
        Photo { sha256: None, ..waiting(name) }
    }

    fn same_as(original: &Photo, name: &str) -> Photo {
        Photo { sha256: original.sha256, ..ready(name) }
    }

    fn left_out(name: &str, why: PhotoProblem) -> DatasetProblem {
        DatasetProblem::Rejected { photo: name.to_owned(), why }
    }

    fn duplicate(of: &str) -> PhotoProblem {
        PhotoProblem::Duplicate { of: of.to_owned(), other_caption: false }
    }

    fn refusal(result: Result<impl Sized, DataError>) -> Vec<DatasetProblem> {
        match result.map(drop) {
            Err(DataError::Dataset(problems)) => problems,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let set = PhotoSet::new(vec![
            ready("a"),
            rejected("b"),
            same_as(&ready("a"), "d"),
            ready("e"),
            waiting("w"),
        ]);
        assert_eq!(
            refusal(set.dataset(limits(3, 1))),
            [
                DatasetProblem::TooFew { good: 2, min: 3 },
                DatasetProblem::TooMany { found: 2, max: 1 },
                left_out("b", PhotoProblem::Empty),
                left_out("d", duplicate("a")),
            ]
        );
    }

    #[test]
    fn a_duplicate_is_left_out_and_the_set_goes_on() {
        let set = PhotoSet::new(vec![ready("a"), same_as(&ready("a"), "b"), ready("d")]);
        assert_eq!(set.left_out(), [None, Some(duplicate("a")), None]);
        let dataset = set.dataset(limits(2, 2)).expect("a set");
        let names: Vec<_> = dataset.parts.iter().map(|part| part.entry.name.as_str()).collect();
        assert_eq!(names, ["photo_001.jpg", "photo_002.jpg"]);
        assert_eq!(
            refusal(set.dataset(limits(3, 3))).first(),
            Some(&DatasetProblem::TooFew { good: 2, min: 3 })
        );
    }

    #[test]
    fn another_caption_of_the_same_photo_is_told() {
        let other = |caption: &str| Photo { caption: Some(caption.to_owned()), ..same_as(&ready("c"), "d") };
        let why = |other| PhotoSet::new(vec![ready("c"), other]).left_out().pop().flatten();
        assert_eq!(why(other("by the sea")), Some(duplicate("c")));
        let differs = PhotoProblem::Duplicate { of: "c".to_owned(), other_caption: true };
        assert_eq!(why(other("at home")), Some(differs));
        assert_eq!(why(same_as(&ready("c"), "d")), Some(duplicate("c")));
    }

    #[test]
    fn two_captions_of_the_same_bytes_are_named() {
        let other = |caption: &str| Photo { caption: Some(caption.to_owned()), ..same_as(&ready("c"), "d") };
        let two = |other| PhotoSet::new(vec![ready("a"), ready("c"), other]);
        assert_eq!(two(other("at home")).two_captions(), Some(("c", "d")));
        assert_eq!(two(other("by the sea")).two_captions(), None);
        assert_eq!(two(same_as(&ready("c"), "d")).two_captions(), None);
    }

    #[test]
    fn a_duplicate_is_prepared_once_it_is_needed() {
        let double = Photo { sha256: waiting("a").sha256, ..waiting("b") };
        let mut set = PhotoSet::new(vec![waiting("a"), double, waiting("d")]);
        assert_eq!((set.waiting(), set.settled()), (vec![0, 2], 1));
        if let Some(first) = set.photo_mut(0) {
            first.state = PhotoState::Rejected(PhotoProblem::NotEncoded);
        }
        assert_eq!((set.waiting(), set.settled()), (vec![1, 2], 1));
    }

    #[test]
    fn what_headers_and_sums_show_is_counted_before_anything_is_ordered() {
        let set = |photos: &[Photo]| PhotoSet::new(photos.to_vec());
        let double = same_as(&waiting("a"), "double");
        let two = set(&[waiting("a"), rejected("x"), double.clone(), ready("b")]);
        assert!(two.could_be_a_set(limits(2, 2)).is_ok());
        assert_eq!(
            refusal(two.could_be_a_set(limits(1, 1))),
            [
                DatasetProblem::TooMany { found: 2, max: 1 },
                left_out("x", PhotoProblem::Empty),
                left_out("double", duplicate("a")),
            ]
        );
        assert_eq!(
            refusal(two.could_be_a_set(limits(3, 9))).first(),
            Some(&DatasetProblem::TooFew { good: 2, min: 3 })
        );
        // What nobody has read may turn out to be anything.
        let hopeful = set(&[waiting("a"), unread("b"), unread("d")]);
        assert!(hopeful.could_be_a_set(limits(3, 3)).is_ok());
        assert!(hopeful.could_be_a_set(limits(1, 2)).is_ok());
        assert!(hopeful.could_be_a_set(limits(1, 1)).is_err(), "more than twice as many");
        assert!(hopeful.could_be_a_set(limits(4, 9)).is_err());
    }

    #[test]
    fn preparing_goes_on_only_while_it_can_end_well() {
        let set = |ready_ones: usize, waiting_ones: usize| {
            let ready = (0..ready_ones).map(|number| ready(&format!("r{number}")));
            let waiting = (0..waiting_ones).map(|number| unread(&format!("w{number}")));
            PhotoSet::new(ready.chain(waiting).collect())
        };
        assert!(set(0, 40).worth_preparing(limits(10, 20)).is_ok());
        assert!(set(0, 41).worth_preparing(limits(10, 20)).is_err());
        assert!(set(20, 5).worth_preparing(limits(10, 20)).is_ok());
        assert_eq!(
            refusal(set(21, 5).worth_preparing(limits(10, 20))),
            [DatasetProblem::TooMany { found: 21, max: 20 }]
        );
    }

    #[test]
    fn a_row_without_the_clean_jpegs_sum_is_read() {
        let row = r#"{"file":"photo-1.jpg","length":7,"crc32":9,"width":512,"height":512,"changes":[]}"#;
        let jpeg: Prepared = serde_json::from_str(row).expect("a row of an earlier release");
        assert_eq!(jpeg.sha256, None);
        assert_eq!(serde_json::to_string(&jpeg).expect("JSON"), row);
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
