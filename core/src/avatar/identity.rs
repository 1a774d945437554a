//! Identity of a training: the same command names the same job, on any machine and at any time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use uuid::Uuid;

use crate::avatar::{Avatar, Name, PhotoSet, Sha256Sum, TrainingConfig, TrainingJob};

/// Everything that makes one training another. Photos count by the SHA-256 of their own bytes, never by what is made of
/// them: an encoder that changes must not turn a finished job into a new one.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// The caller's user whose avatar it is.
    pub user: &'a Name,
    /// The person's name.
    pub name: &'a Name,
    /// True in test mode, where nothing is bought.
    pub test_mode: bool,
    /// Origin at which the training is bought, such as `https://queue.fal.run`.
    pub origin: &'a str,
    /// Settings of the training.
    pub config: &'a TrainingConfig,
}

impl Identity<'_> {
    /// Names the training by every photo that was listed, in the order of the list: the form of the first release and
    /// of the API, where a photo without a sum is named by its key alone. UUID version 5 (RFC 9562, section 5.5).
    #[must_use]
    pub fn as_listed(&self, photos: &[(Option<Sha256Sum>, Option<&str>)]) -> Uuid {
        let photos: Vec<_> = photos.iter().map(|(sum, caption)| json!([sum, caption])).collect();
        let everything =
            json!([self.user, self.name, self.test_mode, self.origin, self.config.seen_by_fal(), photos]);
        Uuid::new_v5(&NAMESPACE, everything.to_string().as_bytes())
    }

    /// Names the training by the photos that go in, whatever their order: the form of new jobs, marked 2. Of photos
    /// that are the same picture the smallest sum counts, with the caption that goes in.
    #[must_use]
    pub fn of_photos(&self, photos: &PhotoSet) -> Uuid {
        let pictures = Pictures::of(&[photos]);
        let mut pairs: Vec<_> = pictures.that_go_in(photos).into_iter().collect();
        pairs.sort_unstable();
        let photos: Vec<_> = pairs.iter().map(|(sum, caption)| json!([sum, caption])).collect();
        let seen_by_fal = self.config.seen_by_fal();
        let everything = json!([2, self.user, self.name, self.test_mode, self.origin, seen_by_fal, photos]);
        Uuid::new_v5(&NAMESPACE, everything.to_string().as_bytes())
    }

    /// Tells whether a training of this avatar is one of the same person, at the same place and under the same
    /// settings. The bounds on the number of photos, the address for its end, and the person's gender do not count.
    #[must_use]
    pub(crate) fn is_that_of(&self, avatar: &Avatar, training: &TrainingJob) -> bool {
        avatar.person().is_some_and(|person| person.user == *self.user && person.name == *self.name)
            && avatar.test_mode() == self.test_mode
            && avatar.origin() == self.origin
            && training.config.seen_by_fal() == self.config.seen_by_fal()
    }
}

/// The answer to whether the listed photos and a job's are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamePhotos {
    /// The photos are the same.
    Yes,
    /// The photos differ.
    No,
    /// The answer depends on photos that were not looked at yet.
    Unknown,
}

impl SamePhotos {
    /// Compares the photos that a caller lists, as far as they have been looked at, with those of a job. Each photo
    /// keeps the verdict that the job gave it, left out or taken in: a version that learns a format must not turn a
    /// finished job into a new one.
    #[must_use]
    pub fn between(listed: &PhotoSet, job: &PhotoSet) -> Self {
        // A photo that was never read has no sum to be named by; only jobs of the API have such.
        if job.photos().iter().any(|photo| photo.sha256.is_none()) {
            return Self::No;
        }
        let pictures = Pictures::of(&[listed, job]);
        let (taken, offered) = (pictures.that_go_in(job), pictures.that_go_in(listed));
        let all: BTreeMap<_, _> = pictures.all(listed).collect();
        // A photo that would be left out now went into that job, and keeps its verdict.
        let listed_as = |picture| offered.get(picture).or_else(|| all.get(picture));
        if taken.iter().any(|(picture, caption)| listed_as(picture) != Some(caption)) {
            return Self::No;
        }
        let refused: BTreeSet<_> = pictures.all(job).map(|(picture, _)| picture).collect();
        let (mut more, mut unknown) = (false, false);
        for photo in listed.photos() {
            let Some(picture) = photo.sha256.map(|sum| pictures.picture(sum)) else { continue };
            if taken.contains_key(&picture) || refused.contains(&picture) || photo.is_left_out() {
                continue;
            }
            if photo.is_waiting() { unknown = true } else { more = true }
        }
        match (more, unknown) {
            (true, _) => Self::No,
            (false, true) => Self::Unknown,
            (false, false) => Self::Yes,
        }
    }
}

/// The sums that belong to one picture: equal clean JPEGs, as each set knows of its own photos.
struct Pictures(BTreeMap<Sha256Sum, Sha256Sum>);

impl Pictures {
    fn of(sets: &[&PhotoSet]) -> Self {
        let mut pictures = Self(BTreeMap::new());
        for (one, other) in sets.iter().flat_map(|set| set.same_pictures()) {
            let (one, other) = (pictures.picture(one), pictures.picture(other));
            // The smallest sum names them all, so that the order of photos does not count.
            pictures.0.insert(one.max(other), one.min(other));
        }
        pictures
    }

    fn picture(&self, mut sum: Sha256Sum) -> Sha256Sum {
        while let Some(smaller) = self.0.get(&sum).filter(|smaller| **smaller < sum) {
            sum = *smaller;
        }
        sum
    }

    /// Maps each picture that goes into the training to its caption.
    fn that_go_in<'a>(&self, set: &'a PhotoSet) -> BTreeMap<Sha256Sum, Option<&'a str>> {
        let pictures = set.that_count().filter_map(|photo| Some((photo.sha256?, photo.caption.as_deref())));
        pictures.map(|(sum, caption)| (self.picture(sum), caption)).collect()
    }

    /// Lists every picture of the set, also those that are left out.
    fn all<'a>(&self, set: &'a PhotoSet) -> impl Iterator<Item = (Sha256Sum, Option<&'a str>)> {
        let photos = set.photos().iter();
        photos.filter_map(|photo| Some((self.picture(photo.sha256?), photo.caption.as_deref())))
    }
}

/// The UUID namespace of these names: a fixed value of our own.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c69_6b65_6e65_5073_a002_7472_6169_6e73);

#[cfg(test)]
mod tests;
