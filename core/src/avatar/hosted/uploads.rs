//! Uploads of photos: one that breaks off leaves nothing behind.

use serde::{Deserialize, Serialize};

use crate::{
    avatar::{Avatar, Moment},
    ids::PhotoId,
    limits::LONGEST_UPLOAD,
    time::Timestamp,
};

/// The calls that upload a photo and whose end was not reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploads {
    /// Number of calls: a caller that was cut off may be back before the first call is known to be over.
    calls: u32,
    /// Time at which the last call began.
    since: Timestamp,
}

/// The way on which a photo comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Bytes in the body of this call.
    Upload,
    /// Bytes in the body of a call that was counted before.
    SameUpload,
    /// Bytes that are PUT to a presigned URL.
    Address,
}

impl Uploads {
    /// Counts the first call, if the photo comes by one.
    pub(super) fn by(means: Means, now: Timestamp) -> Option<Self> {
        (means != Means::Address).then_some(Self { calls: 1, since: now })
    }

    /// Counts one more call. `None` once a URL was given out: it stays valid, whatever becomes of the calls.
    pub(super) fn and(self, means: Means, now: Timestamp) -> Option<Self> {
        match means {
            Means::Upload => Some(Self { calls: self.calls.saturating_add(1), since: now }),
            Means::SameUpload => Some(self),
            Means::Address => None,
        }
    }
}

impl Avatar {
    /// Frees the place of a photo whose upload broke off or was refused. A photo that has a presigned URL may still
    /// come.
    #[must_use]
    pub(crate) fn photo_not_arrived(mut self, id: &PhotoId, moment: &Moment) -> Self {
        let expected = self.hosted.iter_mut().flat_map(|hosted| &mut hosted.expected);
        for uploads in expected.filter(|expected| expected.id == *id).filter_map(|one| one.uploads.as_mut()) {
            uploads.calls = uploads.calls.saturating_sub(1);
        }
        self.drop_expected(moment, |uploads| uploads.calls == 0);
        self
    }

    /// Frees the places of photos whose uploads never reported an end, as when a process dies.
    #[must_use]
    pub(crate) fn without_lost_uploads(mut self, moment: &Moment) -> Self {
        self.drop_expected(moment, |uploads| moment.now.since(uploads.since) >= LONGEST_UPLOAD);
        self
    }

    fn drop_expected(&mut self, moment: &Moment, is_lost: impl Fn(Uploads) -> bool) {
        let Some(hosted) = &mut self.hosted else { return };
        let (lost, expected): (Vec<_>, Vec<_>) =
            hosted.expected.drain(..).partition(|expected| expected.uploads.is_some_and(&is_lost));
        hosted.expected = expected;
        if !lost.is_empty() {
            hosted.touched_at = moment.now;
            // A part of the photo may be there.
            hosted.discarded.extend(lost.into_iter().map(|lost| lost.source));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::Means;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::{Avatar, AvatarId, AvatarTerms, Consent, Moment, Name, Person, PhotoId, TrainingSettings},
        time::Timestamp,
    };

    fn moment(seconds: u64) -> Moment {
        let now = Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds));
        Moment { now, poll: Duration::from_secs(30), photo_slots: 1, entropy: [0; 16] }
    }

    fn avatar() -> Avatar {
        let name = |text| Name::new(text).expect("a name");
        let person = Person { user: name("u"), name: name("Anna"), gender: None };
        let terms = AvatarTerms {
            settings: TrainingSettings::default(),
            capability: None,
            consent: Consent::NotAsked,
            bucket_folder: None,
            retention: Duration::from_hours(24),
        };
        let id = AvatarId::new(Uuid::from_u128(7));
        Avatar::new(id, person, false, "http://fal.test".to_owned(), &moment(0)).hosted(terms, &moment(0))
    }

    fn id() -> PhotoId {
        PhotoId::new("p").expect("an id")
    }

    fn coming(means: &[Means]) -> Avatar {
        means.iter().fold(avatar(), |avatar, means| {
            avatar.expect_photo(&id(), "p".to_owned(), None, *means, &moment(0)).0
        })
    }

    fn places_after(failures: usize, means: &[Means]) -> usize {
        let lost = |avatar: Avatar, _| avatar.photo_not_arrived(&id(), &moment(1));
        (0..failures).fold(coming(means), lost).expected_photos().len()
    }

    #[test]
    fn a_place_is_free_once_the_last_upload_has_failed() {
        use Means::{Address, SameUpload, Upload};
        assert_eq!(places_after(1, &[Upload]), 0);
        // A caller that is back before the end of its first call is counted.
        assert_eq!(places_after(1, &[Upload, Upload]), 1);
        assert_eq!(places_after(2, &[Upload, Upload]), 0);
        // A message that comes twice is one call.
        assert_eq!(places_after(1, &[Upload, SameUpload]), 0);
        // A presigned URL may still be used.
        for means in [&[Address][..], &[Address, Upload], &[Upload, Address], &[Address, SameUpload]] {
            assert_eq!(places_after(3, means), 1, "{means:?}");
        }
    }

    #[test]
    fn an_upload_whose_end_nobody_told_is_given_up_after_an_hour() {
        let places =
            |means, seconds| coming(&[means]).without_lost_uploads(&moment(seconds)).expected_photos().len();
        assert_eq!((places(Means::Upload, 3599), places(Means::Upload, 3600)), (1, 0));
        assert_eq!(places(Means::Address, 100_000), 1);
    }
}
