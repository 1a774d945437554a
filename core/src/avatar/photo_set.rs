//! The photos of one avatar: each photo's state, and the check whether they make a set.

mod report;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    duplicates::staying_instead,
    photo::{Photo, PhotoState},
};
use crate::{
    archive::{Archive, ArchiveError, Entry, EntryName},
    error::{DataError, DatasetProblem},
    limits::DatasetLimits,
    photo::PhotoProblem,
    sha256::Sha256Sum,
    storage::ETag,
};

/// A list of photos in the order in which they go into the archive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhotoSet(Vec<Photo>);

impl PhotoSet {
    /// Makes a set of the photos in this order.
    #[must_use]
    pub fn new(photos: Vec<Photo>) -> Self {
        Self(photos)
    }

    /// Returns the photos.
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

    /// Returns the indices of the photos that are still to be prepared. A duplicate is not, unless the photo that stays
    /// instead of it is rejected.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let waits = |photo: &Photo| photo.state == PhotoState::Waiting;
        // Called after every step, when most sets are long since prepared: the search for duplicates would be wasted.
        if !self.0.iter().any(waits) {
            return Vec::new();
        }
        self.counting().filter(|(_, photo)| waits(photo)).map(|(index, _)| index).collect()
    }

    /// Returns the index of the first photo that is still to be prepared.
    #[must_use]
    pub fn next_waiting(&self) -> Option<usize> {
        self.waiting().first().copied()
    }

    /// Counts the photos that no longer wait.
    pub(super) fn settled(&self) -> usize {
        self.0.len() - self.waiting().len()
    }

    /// Refuses photos that cannot become a set, before a training is ordered. Rejected photos and duplicates do not
    /// count; a photo that was read does, since its headers were looked at then. A photo that was never read may turn
    /// out either way, so the training decides once it was prepared.
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

    /// Refuses a set that preparing more photos cannot mend: too many are good already, or more than twice the
    /// permitted number are listed. Preparing thousands of photos only to refuse the set would be wasted work.
    pub(super) fn worth_preparing(&self, limits: DatasetLimits) -> Result<(), DataError> {
        let counting = self.counting().count();
        let ready = counting - self.waiting().len();
        let found = if ready > limits.max_photos { ready } else { counting };
        if ready > limits.max_photos || counting > limits.max_photos.saturating_mul(2) {
            return Err(self.refused(vec![DatasetProblem::TooMany { found, max: limits.max_photos }]));
        }
        Ok(())
    }

    /// Makes the set that goes into the archive; else returns everything that is wrong with it. A photo that still
    /// waits counts as missing.
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

    /// Lists the photos that are not left out, in order.
    pub(super) fn that_count(&self) -> impl Iterator<Item = &Photo> {
        self.counting().map(|(_, photo)| photo)
    }

    /// Pairs the sums of one picture: that of a duplicate, and that of the photo that stays instead.
    pub(super) fn same_pictures(&self) -> Vec<(Sha256Sum, Sha256Sum)> {
        let pair = |(photo, instead): (&Photo, Option<usize>)| {
            let stays = instead.and_then(|index| self.0.get(index))?;
            Some((photo.sha256?, stays.sha256?)).filter(|(one, other)| one != other)
        };
        self.0.iter().zip(staying_instead(&self.0)).filter_map(pair).collect()
    }

    /// Names two photos of the same bytes whose captions differ. Only their owner knows which of the two is meant.
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

    /// Gives up the prepared files, so that the photos are prepared once more elsewhere. Rejected photos stay rejected.
    #[must_use]
    pub fn unprepared(mut self) -> Self {
        self.prepare_again();
        self
    }

    /// Forgets the prepared files, since they are gone. Rejected photos stay rejected.
    pub(super) fn prepare_again(&mut self) {
        for photo in &mut self.0 {
            if matches!(photo.state, PhotoState::Ready(_)) {
                photo.state = PhotoState::Waiting;
            }
        }
    }

    /// Lists the photos that are not left out, each with its index.
    fn counting(&self) -> impl Iterator<Item = (usize, &Photo)> {
        let photos = self.0.iter().enumerate().zip(staying_instead(&self.0));
        photos.filter_map(|((index, photo), instead)| {
            let rejected = matches!(photo.state, PhotoState::Rejected(_));
            (instead.is_none() && !rejected).then_some((index, photo))
        })
    }

    /// Makes the refusal of the set for these problems, with every photo that is left out.
    fn refused(&self, mut problems: Vec<DatasetProblem>) -> DataError {
        let left_out = self.0.iter().zip(self.left_out());
        problems.extend(left_out.filter_map(|(photo, why)| {
            Some(DatasetProblem::Rejected { photo: photo.name.clone(), why: why? })
        }));
        DataError::Dataset(problems)
    }
}

/// A set of enough good photos, none twice: the content of the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Files of the archive, in their order.
    pub parts: Vec<Part>,
}

/// One file of the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Name, length and CRC-32.
    pub entry: Entry,
    /// Place of the bytes.
    pub content: Content,
}

/// The place of the bytes of an archive's file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A prepared photo.
    Photo {
        /// Name of the file.
        file: String,
        /// ETag of the object, when the file lies in a bucket.
        etag: Option<ETag>,
    },
    /// The text of a caption.
    Caption(String),
}

impl Dataset {
    /// Lays out the archive.
    pub fn archive(&self) -> Result<Archive, ArchiveError> {
        Archive::new(self.parts.iter().map(|part| part.entry.clone()).collect())
    }
}

#[cfg(test)]
mod tests;
