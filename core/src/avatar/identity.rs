//! Which job a request means: the same command names the same job, on any machine and at any time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use uuid::Uuid;

use crate::avatar::{Avatar, Name, PhotoSet, Sha256Sum, TrainingConfig, TrainingJob};

/// Everything that makes one training another. Photos count by the SHA-256 of their own bytes, never by what is made of
/// them: an encoder that changes must not turn a finished job into a new one.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// Whose avatar it is.
    pub user: &'a Name,
    /// The person's name.
    pub name: &'a Name,
    /// Whether nothing is bought.
    pub test_mode: bool,
    /// Where it is bought, such as `https://queue.fal.run`.
    pub origin: &'a str,
    /// How it is trained.
    pub config: &'a TrainingConfig,
}

impl Identity<'_> {
    /// Names the training by every photo that was listed, in the order of the list: the form of the first release and of
    /// the API, where a photo without a sum is named by its key alone. UUID version 5 (RFC 9562, section 5.5).
    #[must_use]
    pub fn as_listed(&self, photos: &[(Option<Sha256Sum>, Option<&str>)]) -> Uuid {
        let photos: Vec<_> = photos.iter().map(|(sum, caption)| json!([sum, caption])).collect();
        let everything =
            json!([self.user, self.name, self.test_mode, self.origin, self.config.seen_by_fal(), photos]);
        Uuid::new_v5(&NAMESPACE, everything.to_string().as_bytes())
    }

    /// Names the training by the photos that go in, whatever their order: the form of new jobs, marked 2.
    #[must_use]
    pub fn of_photos(&self, photos: &PhotoSums) -> Uuid {
        let photos: Vec<_> = photos.iter().map(|(sum, caption)| json!([sum, caption])).collect();
        let seen_by_fal = self.config.seen_by_fal();
        let everything = json!([2, self.user, self.name, self.test_mode, self.origin, seen_by_fal, photos]);
        Uuid::new_v5(&NAMESPACE, everything.to_string().as_bytes())
    }

    /// Says whether a training of this avatar is one of the same person, at the same place and under the same settings.
    /// How many photos may be in it, where its end is reported, and the person's gender do not count.
    #[must_use]
    pub fn is_that_of(&self, avatar: &Avatar, training: &TrainingJob) -> bool {
        avatar.person().is_some_and(|person| person.user == *self.user && person.name == *self.name)
            && avatar.test_mode() == self.test_mode
            && avatar.origin() == self.origin
            && training.config.seen_by_fal() == self.config.seen_by_fal()
    }
}

/// Photos by the SHA-256 of their own bytes, each once, with its caption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhotoSums(BTreeMap<Sha256Sum, Option<String>>);

/// Two captions for one photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the same photo has two different captions")]
pub struct TwoCaptions(pub Sha256Sum);

impl PhotoSums {
    /// Adds a photo. Where the same bytes are there already, a caption is kept, and two that differ are an error.
    pub fn insert(&mut self, sum: Sha256Sum, caption: Option<&str>) -> Result<(), TwoCaptions> {
        let known = self.0.entry(sum).or_default();
        match (known.as_deref(), caption) {
            (Some(one), Some(other)) if one != other => return Err(TwoCaptions(sum)),
            (None, Some(caption)) => *known = Some(caption.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// The photos, by their sums.
    pub fn iter(&self) -> impl Iterator<Item = (&Sha256Sum, Option<&str>)> {
        self.0.iter().map(|(sum, caption)| (sum, caption.as_deref()))
    }

    /// Whether no photo is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many photos are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn caption(&self, sum: &Sha256Sum) -> Option<Option<&str>> {
        self.0.get(sum).map(Option::as_deref)
    }
}

/// Photos that a caller lists for a training, as far as they have been looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedPhotos {
    /// All of them.
    pub all: PhotoSums,
    /// Those that were looked at and may go in.
    pub good: BTreeSet<Sha256Sum>,
    /// Those that were looked at and are left out.
    pub left_out: BTreeSet<Sha256Sum>,
}

/// The answer to whether listed photos are those of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SamePhotos {
    /// They are.
    Yes,
    /// They are not.
    No,
    /// That depends on these, which nobody has looked at.
    DependsOn(BTreeSet<Sha256Sum>),
}

impl ListedPhotos {
    /// The photos that go into a new training.
    #[must_use]
    pub fn that_go_in(&self) -> PhotoSums {
        let good = self.all.0.iter().filter(|(sum, _)| self.good.contains(sum));
        PhotoSums(good.map(|(sum, caption)| (*sum, caption.clone())).collect())
    }

    /// Says whether these are the photos of a job. A photo that the job itself left out keeps that verdict, and one that
    /// it took in keeps that one: a version that learns a format must not turn a finished job into a new one.
    #[must_use]
    pub fn are_those_of(&self, job: &PhotoSet) -> SamePhotos {
        let (mut taken, mut refused) = (PhotoSums::default(), BTreeSet::new());
        for photo in job.photos() {
            // A photo that nobody has read is named by no sum; only jobs of the API have such.
            let Some(sum) = photo.sha256 else { return SamePhotos::No };
            if photo.is_left_out() {
                refused.insert(sum);
            } else if taken.insert(sum, photo.caption.as_deref()).is_err() {
                return SamePhotos::No;
            }
        }
        // Equal bytes are left out as duplicates and taken in as the one that stays.
        refused.retain(|sum| taken.caption(sum).is_none());
        let missing = taken.iter().any(|(sum, caption)| self.all.caption(sum) != Some(caption));
        let (mut more, mut unknown) = (false, BTreeSet::new());
        for (sum, _) in self.all.iter().filter(|(sum, _)| taken.caption(sum).is_none()) {
            if refused.contains(sum) || self.left_out.contains(sum) {
                continue;
            }
            more |= self.good.contains(sum);
            unknown.insert(*sum);
        }
        match (missing || more, unknown.is_empty()) {
            (true, _) => SamePhotos::No,
            (false, true) => SamePhotos::Yes,
            (false, false) => SamePhotos::DependsOn(unknown),
        }
    }
}

/// The namespace of these names: a fixed value of ours.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c69_6b65_6e65_5073_a002_7472_6169_6e73);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Identity, ListedPhotos, PhotoSums, SamePhotos, TwoCaptions};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::{Name, Photo, PhotoSet, PhotoState, Quality, Sha256Sum, TrainingConfig, TrainingSettings},
        photo::PhotoProblem,
    };

    fn name(text: &str) -> Name {
        Name::new(text).expect("a name")
    }

    fn config(quality: Option<Quality>) -> TrainingConfig {
        TrainingSettings { quality, ..TrainingSettings::default() }.check().expect("settings")
    }

    fn sum(text: &str) -> Sha256Sum {
        Sha256Sum::of(text.as_bytes())
    }

    fn sums(photos: &[(&str, Option<&str>)]) -> PhotoSums {
        let mut sums = PhotoSums::default();
        for (photo, caption) in photos {
            sums.insert(sum(photo), *caption).expect("one caption");
        }
        sums
    }

    /// Both values are promised: a command that was interrupted before an upgrade must find its job after it.
    #[test]
    fn the_identity_is_stable_and_every_part_of_it_counts() {
        let (user, anna, fast, high) =
            (name("local"), name("Анна"), config(None), config(Some(Quality::High)));
        let first = Identity {
            user: &user,
            name: &anna,
            test_mode: false,
            origin: "https://queue.fal.run",
            config: &fast,
        };
        let listed = [(Some(sum("one")), None), (Some(sum("two")), Some("by the sea"))];
        assert_eq!(first.as_listed(&listed).to_string(), "592ea67b-2e0e-5cd6-876a-951a2ec6f023");
        let turned = [listed[1], listed[0]];
        assert_ne!(first.as_listed(&turned), first.as_listed(&listed));

        let photos = sums(&[("one", None), ("two", Some("by the sea"))]);
        assert_eq!(first.of_photos(&photos).to_string(), "17fcd64c-43ef-5cf2-9c5f-dbd636526be5");
        assert_eq!(
            first.of_photos(&sums(&[("two", Some("by the sea")), ("one", None)])),
            first.of_photos(&photos)
        );
        assert_ne!(first.of_photos(&sums(&[("one", None), ("two", None)])), first.of_photos(&photos));
        for other in [
            Identity { user: &anna, ..first.clone() },
            Identity { name: &user, ..first.clone() },
            Identity { test_mode: true, ..first.clone() },
            Identity { origin: "http://127.0.0.1:1", ..first.clone() },
            Identity { config: &high, ..first.clone() },
        ] {
            assert_ne!(other.of_photos(&photos), first.of_photos(&photos), "{other:?}");
            assert_ne!(other.as_listed(&listed), first.as_listed(&listed), "{other:?}");
        }
    }

    #[test]
    fn the_same_bytes_count_once_with_their_caption_and_two_captions_are_an_error() {
        let mut photos = sums(&[("one", None), ("one", Some("by the sea")), ("one", None)]);
        assert_eq!(photos, sums(&[("one", Some("by the sea"))]));
        assert_eq!(photos.insert(sum("one"), Some("in town")), Err(TwoCaptions(sum("one"))));
    }

    fn job(photos: &[(&str, Option<&str>, PhotoState)]) -> PhotoSet {
        let photo = |(photo, caption, state): &(&str, Option<&str>, PhotoState)| Photo {
            id: None,
            name: (*photo).to_owned(),
            source: (*photo).to_owned(),
            sha256: Some(sum(photo)),
            caption: caption.map(ToOwned::to_owned),
            crashes: 0,
            state: state.clone(),
        };
        PhotoSet::new(photos.iter().map(photo).collect())
    }

    fn listed(all: &[(&str, Option<&str>)], good: &[&str], left_out: &[&str]) -> ListedPhotos {
        let set =
            |photos: &[&str]| -> BTreeSet<Sha256Sum> { photos.iter().map(|photo| sum(photo)).collect() };
        ListedPhotos { all: sums(all), good: set(good), left_out: set(left_out) }
    }

    #[test]
    fn a_job_is_found_by_its_good_photos_whatever_lies_beside_them() {
        let bad = || PhotoState::Rejected(PhotoProblem::Empty);
        let job = job(&[
            ("a", None, PhotoState::Waiting),
            ("b", Some("sea"), PhotoState::Waiting),
            ("x", None, bad()),
        ]);
        let (a, b, c) = (("a", None), ("b", Some("sea")), ("c", None));
        // In another order, with and without the bad one, which keeps its verdict.
        assert_eq!(listed(&[b, a], &[], &[]).are_those_of(&job), SamePhotos::Yes);
        assert_eq!(listed(&[b, a, ("x", None)], &["x"], &[]).are_those_of(&job), SamePhotos::Yes);
        // Another one beside them counts when it is good, and nobody knows before it was looked at.
        assert_eq!(listed(&[a, b, c], &[], &["c"]).are_those_of(&job), SamePhotos::Yes);
        assert_eq!(listed(&[a, b, c], &["c"], &[]).are_those_of(&job), SamePhotos::No);
        let unknown = SamePhotos::DependsOn([sum("c")].into());
        assert_eq!(listed(&[a, b, c], &[], &[]).are_those_of(&job), unknown);
        // One less, or with other words, is another set whatever the rest is.
        assert_eq!(listed(&[a, c], &[], &[]).are_those_of(&job), SamePhotos::No);
        assert_eq!(listed(&[a, ("b", None)], &[], &[]).are_those_of(&job), SamePhotos::No);
    }

    #[test]
    fn a_new_training_is_named_by_its_good_photos_alone() {
        let listed = listed(&[("a", None), ("b", Some("sea")), ("x", None)], &["b", "a"], &["x"]);
        assert_eq!(listed.that_go_in(), sums(&[("a", None), ("b", Some("sea"))]));
    }
}
