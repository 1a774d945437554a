//! The photos of one avatar: what each is, what became of it, and whether together they make a set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::duplicates::staying_instead;
use crate::{
    archive::{Archive, ArchiveError, Entry, EntryName},
    error::{DataError, DatasetProblem},
    ids::PhotoId,
    limits::DatasetLimits,
    photo::{Change, PhotoProblem},
    sha256::Sha256Sum,
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
    /// How often the one who prepares it had no room for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cramped: u8,
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

#[cfg(test)]
mod tests;
