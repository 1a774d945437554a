//! The part of an avatar that lives behind the API: photos that arrive one by one, tidying up, and notices to the
//! backend. An avatar of the command line has none of it.

mod consent;
mod notices;
mod report;
#[cfg(test)]
mod tests;
mod tidying;
mod uploads;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

pub(in crate::avatar) use self::tidying::Tidying;
pub use self::{
    consent::Consent,
    uploads::{Means, Uploads},
};
use self::{notices::Notice, report::Reports};
use super::{
    Avatar, Moment, OrderView, Photo, PhotoState, Stage, StageName, TaskKind, TrainingSettings, order::Order,
};
use crate::{
    budget::TokenDigest,
    error::{Error, StorageError, StorageErrorKind},
    ids::{OrderKey, PhotoId, TaskId},
    limits::{SIGNED_FOR, TRANSFER_TIMEOUT},
    photo::PhotoProblem,
    retry::{RetryState, has_come},
    storage::{BucketFolder, ObjectPlace},
    time::Timestamp,
};

/// The state that only an avatar behind the API has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ApiState {
    /// Defaults of the avatar's trainings.
    pub(in crate::avatar) settings: TrainingSettings,
    /// SHA-256 of the avatar's capability.
    pub(in crate::avatar) capability: Option<TokenDigest>,
    /// Consent of the person that the photos show.
    #[serde(default)]
    pub(in crate::avatar) consent: Consent,
    /// Time for which photos are kept while no training was made of them.
    pub(in crate::avatar) retention: Duration,
    /// Photos whose place is known and whose bytes are not there yet.
    pub(in crate::avatar) expected: Vec<Expected>,
    /// Trouble with photos while no training waits for them.
    #[serde(rename = "trouble")]
    pub(in crate::avatar) retry: Option<RetryState>,
    /// Moment before which no photo is begun, since the preparing worker has no room.
    pub(in crate::avatar) rest_until: Option<Timestamp>,
    /// Task from which on photos are prepared one at a time: one of several crashed the worker, and which one is not
    /// known.
    #[serde(default)]
    pub(in crate::avatar) alone_from: Option<TaskId>,
    /// Time of the last change to the photos.
    pub(in crate::avatar) touched_at: Timestamp,
    /// Expiry of the last presigned upload URL that was given out for the avatar.
    pub(in crate::avatar) signed_until: Option<Timestamp>,
    /// Photos that were taken out and are to be deleted, with the files prepared from them.
    pub(in crate::avatar) discarded: Vec<String>,
    /// Deleted photos whose presigned upload URL is still valid. They are deleted again once it expires.
    #[serde(default)]
    pub(in crate::avatar) emptied: Vec<String>,
    /// Trouble with tidying up, with the time of the next try.
    pub(in crate::avatar) untidy: Option<RetryState>,
    /// Stage that the backend was told last, for each order.
    pub(in crate::avatar) told: BTreeMap<String, StageName>,
    /// Notices that the backend has not yet received.
    pub(in crate::avatar) notices: Vec<Notice>,
    /// Reports to the operator's ledger.
    #[serde(default, skip_serializing_if = "Reports::are_none")]
    pub(in crate::avatar) reports: Reports,
    /// Number of photos expected so far, so that no place is given out twice.
    pub(in crate::avatar) places: u64,
}

/// The terms on which an avatar lives behind the API.
#[derive(Clone, Debug)]
pub struct AvatarTerms {
    /// Defaults of the avatar's trainings.
    pub settings: TrainingSettings,
    /// SHA-256 of the avatar's capability, if it has one.
    pub capability: Option<TokenDigest>,
    /// Consent of the person that the photos show.
    pub consent: Consent,
    /// Folder of the avatar's files, when that is in a bucket.
    pub bucket_folder: Option<BucketFolder>,
    /// Time for which photos are kept while no training was made of them.
    pub retention: Duration,
}

/// A photo on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The caller's name for the photo.
    pub id: PhotoId,
    /// The photo's name, as its owner knows it.
    pub name: String,
    /// Caption: the content of the photo in words.
    pub caption: Option<String>,
    /// Destination of the photo's bytes: an object of a bucket ([`ObjectPlace`]), or a file among the avatar's own.
    pub source: String,
    /// The calls that upload the photo, where it comes by these alone. A photo with a presigned URL may come at any
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploads: Option<Uploads>,
}

impl ApiState {
    /// Returns the moment until which a presigned URL that was given out can write.
    pub(in crate::avatar) fn written_until(&self) -> Option<Timestamp> {
        self.signed_until.map(|until| until.plus(TRANSFER_TIMEOUT))
    }

    /// Tells whether every presigned URL that was given out has expired.
    pub(in crate::avatar) fn nothing_signed(&self, now: Timestamp) -> bool {
        self.written_until().is_none_or(|until| until <= now)
    }
}

/// Number of crashes of the worker after which a photo is left out.
const MOST_CRASHES: u8 = 3;

/// Number of times without room after which a photo is left out, so that none waits for ever.
const MOST_TIMES_CRAMPED: u8 = 3;

/// Pause for a worker without room.
const REST: Duration = Duration::from_secs(3);

/// Pauses for a worker after a photo crashed it for the first and second time: it may have gone away for reasons of its
/// own.
const RESTS_AFTER_CRASHES: [Duration; 2] = [Duration::from_secs(20), LONGEST_REST];

/// The longest pause for a worker.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// Number of tries of a step that costs nothing yet: enough to outlast an outage of an hour and a half.
const MOST_TRIES: u32 = 24;

/// Number of tries after a refusal that does not pass by itself: some ten minutes, in which settings can be mended.
const MOST_TRIES_OF_A_REFUSAL: u32 = 10;

impl Avatar {
    /// Puts the avatar behind the API on these terms.
    #[must_use]
    pub fn hosted(mut self, terms: AvatarTerms, moment: &Moment) -> Self {
        self.bucket_folders.extend(terms.bucket_folder);
        self.hosted = Some(ApiState {
            settings: terms.settings,
            capability: terms.capability,
            consent: terms.consent,
            retention: terms.retention,
            expected: Vec::new(),
            retry: None,
            rest_until: None,
            alone_from: None,
            touched_at: moment.now,
            signed_until: None,
            discarded: Vec::new(),
            emptied: Vec::new(),
            untidy: None,
            told: BTreeMap::new(),
            notices: Vec::new(),
            reports: Reports::default(),
            places: 0,
        });
        self
    }

    /// Returns the defaults of the avatar's trainings.
    #[must_use]
    pub fn settings(&self) -> Option<&TrainingSettings> {
        self.hosted.as_ref().map(|hosted| &hosted.settings)
    }

    /// Tells whether this is the hash of the avatar's capability, in constant time.
    #[must_use]
    pub(crate) fn is_capability(&self, hash: TokenDigest) -> bool {
        let own = self.hosted.as_ref().and_then(|hosted| hosted.capability);
        own == Some(hash)
    }

    /// Replaces the capability; the one before is no longer valid.
    #[must_use]
    pub(crate) fn with_capability(mut self, hash: TokenDigest) -> Self {
        if let Some(hosted) = &mut self.hosted {
            hosted.capability = Some(hash);
        }
        self
    }

    /// Tells whether the avatar lives behind the API.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        self.hosted.is_some()
    }

    /// Returns the photos that are on their way.
    #[must_use]
    pub fn expected_photos(&self) -> &[Expected] {
        self.hosted.as_ref().map_or(&[], |hosted| &hosted.expected)
    }

    /// Finds the photo of this id, once it is there.
    #[must_use]
    pub fn photo(&self, id: &PhotoId) -> Option<&Photo> {
        self.photos.photos().iter().find(|photo| photo.id.as_ref() == Some(id))
    }

    /// Tells whether a purchase depends on the photos as they are: they stay until fal has taken the archive.
    #[must_use]
    pub(crate) fn photos_in_use(&self) -> bool {
        self.trainings.last().is_some_and(|training| {
            matches!(
                training.order.stage,
                Stage::Preparing | Stage::Planned | Stage::Submitting { .. } | Stage::Unclear { .. }
            )
        })
    }

    /// Notes that a photo is on its way, and says where its bytes go. The same id has one place until the photo is
    /// taken out.
    #[must_use]
    pub fn expect_photo(
        mut self,
        id: &PhotoId,
        name: String,
        caption: Option<String>,
        means: Means,
        moment: &Moment,
    ) -> (Self, Option<Expected>) {
        let bucket_folder = self.bucket_folders.last().cloned();
        let Some(hosted) = &mut self.hosted else { return (self, None) };
        hosted.signed_until = Some(moment.now.plus(SIGNED_FOR));
        hosted.touched_at = moment.now;
        if let Some(known) = hosted.expected.iter_mut().find(|known| known.id == *id) {
            known.name = name;
            known.caption = caption;
            // A presigned URL that was given out stays valid, whatever becomes of an upload.
            known.uploads = known.uploads.and_then(|before| before.and(means, moment.now));
            let known = known.clone();
            return (self, Some(known));
        }
        hosted.places += 1;
        let file = format!("upload-{}-{id}", hosted.places);
        let source = match bucket_folder {
            Some(bucket_folder) => bucket_folder.copy(&file).to_string(),
            None => file,
        };
        let uploads = Uploads::by(means, moment.now);
        let expected = Expected { id: id.clone(), name, caption, source, uploads };
        hosted.expected.push(expected.clone());
        (self, Some(expected))
    }

    /// Notes that the bytes of an expected photo are there.
    #[must_use]
    pub(crate) fn photo_arrived(mut self, id: &PhotoId, moment: &Moment) -> Self {
        if let Some(hosted) = &mut self.hosted
            && let Some(place) = hosted.expected.iter().position(|expected| expected.id == *id)
        {
            let Expected { id, name, caption, source, .. } = hosted.expected.remove(place);
            hosted.touched_at = moment.now;
            self.photos.push(Photo {
                id: Some(id),
                name,
                source,
                sha256: None,
                caption,
                crashes: 0,
                cramped: 0,
                state: PhotoState::Waiting,
            });
        }
        self
    }

    /// Takes a photo out, and has its bytes deleted.
    #[must_use]
    pub(crate) fn without_photo(mut self, id: &PhotoId, moment: &Moment) -> Self {
        let Some(hosted) = &mut self.hosted else { return self };
        hosted.touched_at = moment.now;
        if let Some(place) = hosted.expected.iter().position(|expected| expected.id == *id) {
            hosted.discarded.push(hosted.expected.remove(place).source);
        }
        let found = self.photos.photos().iter().position(|photo| photo.id.as_ref() == Some(id));
        if let Some(index) = found {
            if let Some(photo) = self.photos.remove(index) {
                hosted.discarded.push(photo.source);
                if let PhotoState::Ready(jpeg) = photo.state {
                    hosted.discarded.push(jpeg.file);
                }
            }
            // Tasks name photos by their index, which shifts for all photos behind the removed one.
            self.running.retain(|mark| mark.task_kind != TaskKind::Photo(index));
            for mark in &mut self.running {
                if let TaskKind::Photo(at) = &mut mark.task_kind
                    && *at > index
                {
                    *at -= 1;
                }
            }
        }
        self
    }

    /// Returns the object of the avatar's file, where the avatar lives in a bucket.
    #[must_use]
    pub fn object_of(&self, file: &str) -> Option<ObjectPlace> {
        file.parse().ok().or_else(|| self.bucket_folders.last().map(|bucket_folder| bucket_folder.copy(file)))
    }

    /// Tells whether a training waits for the photos.
    pub(in crate::avatar) fn photos_waited_for(&self) -> bool {
        self.hosted.is_none()
            || self.trainings.last().is_some_and(|training| matches!(training.order.stage, Stage::Preparing))
    }

    /// Notes that a photo could not be read or written while no training waits for it.
    pub(in crate::avatar) fn retry_album_after(&mut self, error: StorageError, moment: &Moment) {
        let Some(hosted) = &mut self.hosted else { return };
        // Several photos at a time fail for one reason, which counts as one try.
        if hosted.retry.as_ref().is_none_or(|retry| retry.rests_until(moment.now).is_none()) {
            let earlier = hosted.retry.as_ref();
            let retry = RetryState::after(earlier, Error::Storage(error), None, moment.seed(), moment.now);
            hosted.retry = Some(retry);
        }
    }

    /// Returns the problem that a storage error means for one photo. No person at a terminal can put the file back: a
    /// photo that is not where it was said to be is left out, and the set goes on.
    pub(in crate::avatar) fn photo_lost(&self, error: &StorageError) -> Option<PhotoProblem> {
        let _ = self.hosted.as_ref()?;
        match error.kind {
            StorageErrorKind::Missing => Some(PhotoProblem::Missing),
            StorageErrorKind::Changed => Some(PhotoProblem::Changed),
            _ => None,
        }
    }

    /// Lists the orders that fail again and again before anything was bought: no person watches who could give up.
    pub(in crate::avatar) fn hopeless(&self) -> Vec<(OrderKey, Error)> {
        if self.hosted.is_none() {
            return Vec::new();
        }
        self.orders().filter_map(|order| Some((order.key(), hopeless(order)?))).collect()
    }

    /// Notes that a photo could not be begun, since there is no room.
    pub(in crate::avatar) fn photo_not_begun(&mut self, moment: &Moment) {
        self.photos_rest_for(REST, moment);
    }

    /// Notes that the worker has no room for this photo. Another worker may have, or the same one later: a worker's
    /// WebAssembly memory never shrinks, and earlier requests decide how it is divided.
    pub(in crate::avatar) fn photo_cramped(
        &mut self,
        index: usize,
        (needed, max): (u64, u64),
        moment: &Moment,
    ) {
        let Some(photo) = self.photos.photo_mut(index) else { return };
        photo.cramped = photo.cramped.saturating_add(1);
        if photo.cramped >= MOST_TIMES_CRAMPED {
            photo.state = PhotoState::Rejected(PhotoProblem::TooMuchMemory { needed, max });
        }
        self.photos_rest_for(REST, moment);
    }

    /// Notes that the worker crashed while it prepared this photo. The photo counts as the cause only if it was alone:
    /// photos that were prepared beside it are begun again, one at a time.
    pub(in crate::avatar) fn photo_crashed(&mut self, index: usize, task: TaskId, moment: &Moment) {
        let next = self.next_task;
        if let Some(hosted) = &mut self.hosted
            && hosted.alone_from.is_none_or(|from| task < from)
        {
            hosted.alone_from.get_or_insert(TaskId(next));
            return self.photos_rest_for(REST, moment);
        }
        let Some(photo) = self.photos.photo_mut(index) else { return };
        photo.crashes = photo.crashes.saturating_add(1);
        let crashes = usize::from(photo.crashes);
        if photo.crashes >= MOST_CRASHES {
            photo.state = PhotoState::Rejected(PhotoProblem::NotEncoded);
        }
        let rest = RESTS_AFTER_CRASHES.get(crashes.saturating_sub(1)).copied();
        self.photos_rest_for(rest.unwrap_or(REST), moment);
    }

    /// Lets photos be prepared side by side again, once none waits for its turn.
    pub(in crate::avatar) fn photos_settled(&mut self) {
        let waits = !self.photos.waiting().is_empty();
        if let Some(hosted) = self.hosted.as_mut().filter(|_| !waits) {
            hosted.alone_from = None;
        }
    }

    fn photos_rest_for(&mut self, rest: Duration, moment: &Moment) {
        if let Some(hosted) = &mut self.hosted {
            hosted.rest_until = hosted.rest_until.max(Some(moment.now.plus(rest)));
        }
    }

    /// Returns the number of photos that may be prepared at a time.
    pub(in crate::avatar) fn photo_slots(&self, moment: &Moment) -> usize {
        let alone = self.hosted.as_ref().is_some_and(|hosted| hosted.alone_from.is_some());
        if alone { 1 } else { moment.photo_slots }
    }

    /// Tells whether the avatar still needs work, now or later.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        let erasing = self.person.is_none() && !self.bucket_folders.is_empty();
        let untidy = self.bucket_folders.iter().any(|bucket_folder| bucket_folder.working);
        let owes = self.hosted.as_ref().is_some_and(|hosted| {
            hosted.reports.is_due()
                || !(hosted.notices.is_empty() && hosted.discarded.is_empty() && hosted.emptied.is_empty())
        });
        !self.ended() || erasing || untidy || owes || self.keeps_album()
    }

    /// Drops the notices: the backend is told nothing about a forgotten person.
    pub(in crate::avatar) fn forget_hosted(&mut self) {
        if let Some(hosted) = &mut self.hosted {
            hosted.expected.clear();
            hosted.discarded.clear();
            hosted.emptied.clear();
            hosted.settings = TrainingSettings::default();
            hosted.notices.clear();
            hosted.told.clear();
            hosted.retry = None;
        }
    }

    /// Returns the end of the pause that photos are in at the moment.
    pub(in crate::avatar) fn photos_rest(
        &self,
        order: Option<&Order<impl Clone>>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let of_order = order.and_then(|order| order.retry.as_ref()?.rests_until(now));
        let hosted = self.hosted.as_ref();
        let own = hosted.and_then(|hosted| hosted.retry.as_ref()?.rests_until(now));
        let rest = hosted.and_then(|hosted| hosted.rest_until);
        let rest = rest.filter(|until| !has_come(*until, LONGEST_REST, now));
        [of_order, own, rest].into_iter().flatten().max()
    }
}

fn hopeless(order: OrderView<'_>) -> Option<Error> {
    let retry = order.retry().filter(|_| order.is_unplaced())?;
    let most = if retry.error.may_pass() { MOST_TRIES } else { MOST_TRIES_OF_A_REFUSAL };
    (retry.tries >= most).then(|| retry.error.clone())
}
