//! What an avatar needs that lives behind the API: photos that arrive one by one, tidying up, and messages to the
//! backend that it belongs to. An avatar of the command line has none of it.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Avatar, Errand, Moment, Photo, PhotoSet, PhotoState, Stage, StageName, TrainingSettings,
    order::Order,
    task::{Cleared, OrderKey, Work},
};
use crate::{
    budget::TokenDigest,
    error::{Error, StorageError, StorageErrorKind},
    limits::TRANSFER_TIMEOUT,
    photo::PhotoProblem,
    retry::Trouble,
    storage::{Depot, ObjectPlace, SIGNED_FOR},
    time::Timestamp,
};

/// The part of an avatar that only the API knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hosted {
    /// How its trainings are made unless one says otherwise.
    pub(super) settings: TrainingSettings,
    /// What its capability must hash to.
    pub(super) capability: Option<TokenDigest>,
    /// How long photos are kept of which nothing was trained.
    pub(super) retention: Duration,
    /// Photos whose place is known and whose bytes are not there yet.
    pub(super) expected: Vec<Expected>,
    /// What went wrong with photos while no training waits for them.
    pub(super) trouble: Option<Trouble>,
    /// Before this moment no photo is begun: whoever prepares them has no room.
    pub(super) rest_until: Option<Timestamp>,
    /// When photos were touched last.
    pub(super) touched_at: Timestamp,
    /// Until when somebody may hold an address at which something of it can still be written.
    pub(super) signed_until: Option<Timestamp>,
    /// Photos that were taken out, and what was prepared of them.
    pub(super) discarded: Vec<String>,
    /// Whether tidying up failed, and when it is tried again.
    pub(super) untidy: Option<Trouble>,
    /// What the backend was told last of each order.
    pub(super) told: BTreeMap<String, StageName>,
    /// What it is still to be told.
    pub(super) notices: Vec<Notice>,
    /// How many photos have been expected so far: no place is given out twice.
    pub(super) places: u64,
}

/// On what terms an avatar lives behind the API.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How its trainings are made unless one says otherwise.
    pub settings: TrainingSettings,
    /// What its capability must hash to, if it has one.
    pub capability: Option<TokenDigest>,
    /// Where its files lie, when that is a bucket.
    pub depot: Option<Depot>,
    /// How long photos are kept of which nothing was trained.
    pub retention: Duration,
}

/// A photo on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Its caller's name for it.
    pub id: PhotoId,
    /// Its name, as its owner knows it.
    pub name: String,
    /// What it shows, in words.
    pub caption: Option<String>,
    /// Where its bytes go: an object of a bucket ([`ObjectPlace`]), or a file among the avatar's own.
    pub source: String,
}

/// Something to tell the backend: how this order stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The order.
    pub order: OrderKey,
    /// Which message it is: the same one is never told twice under two names.
    pub number: u64,
    /// What went wrong with telling it.
    pub trouble: Option<Trouble>,
}

/// A caller's own name for a photo: 1 to 64 letters, digits, dashes and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhotoId(String);

/// The text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a photo's id has 1 to 64 characters: letters, digits, dashes and underscores")]
pub struct PhotoIdError;

impl Hosted {
    /// Whether nobody holds an address any more at which something can be written.
    pub(super) fn nothing_signed(&self, now: Timestamp) -> bool {
        self.signed_until.is_none_or(|until| until.plus(TRANSFER_TIMEOUT) <= now)
    }
}

impl PhotoId {
    /// Checks the text.
    pub fn new(text: &str) -> Result<Self, PhotoIdError> {
        let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if (1..=64).contains(&text.len()) && text.chars().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhotoIdError)
        }
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PhotoId {
    type Error = PhotoIdError;

    fn try_from(text: String) -> Result<Self, PhotoIdError> {
        Self::new(&text)
    }
}

impl From<PhotoId> for String {
    fn from(id: PhotoId) -> Self {
        id.0
    }
}

/// How often a photo may take its worker down before it is left out.
const MOST_CRASHES: u8 = 3;

/// How long a worker without room is left alone.
const REST: Duration = Duration::from_secs(3);

/// How often something that costs nothing yet is tried: an outage of an hour and a half is sat out.
const MOST_TRIES: u32 = 24;

/// How often what is refused in a way that does not pass by itself is tried: some ten minutes, in which settings can be
/// mended.
const MOST_TRIES_OF_A_REFUSAL: u32 = 10;

/// How often a notice is tried before nobody is thought to listen: about a day.
const MOST_NOTICES: u32 = 288;

impl Avatar {
    /// The same, living behind the API.
    #[must_use]
    pub fn hosted(mut self, terms: Terms, moment: &Moment) -> Self {
        self.depots.extend(terms.depot);
        self.hosted = Some(Hosted {
            settings: terms.settings,
            capability: terms.capability,
            retention: terms.retention,
            expected: Vec::new(),
            trouble: None,
            rest_until: None,
            touched_at: moment.now,
            signed_until: None,
            discarded: Vec::new(),
            untidy: None,
            told: BTreeMap::new(),
            notices: Vec::new(),
            places: 0,
        });
        self
    }

    /// How its trainings are made unless one says otherwise.
    #[must_use]
    pub fn settings(&self) -> Option<&TrainingSettings> {
        self.hosted.as_ref().map(|hosted| &hosted.settings)
    }

    /// Whether this is the hash of its capability. The time that it takes tells nothing.
    #[must_use]
    pub fn is_capability(&self, hash: TokenDigest) -> bool {
        let own = self.hosted.as_ref().and_then(|hosted| hosted.capability);
        own == Some(hash)
    }

    /// The same with another capability; the one before counts no more.
    #[must_use]
    pub fn with_capability(mut self, hash: TokenDigest) -> Self {
        if let Some(hosted) = &mut self.hosted {
            hosted.capability = Some(hash);
        }
        self
    }

    /// Whether it lives behind the API.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        self.hosted.is_some()
    }

    /// The photos that are on their way.
    #[must_use]
    pub fn expected_photos(&self) -> &[Expected] {
        self.hosted.as_ref().map_or(&[], |hosted| &hosted.expected)
    }

    /// The photo of this id, once it is there.
    #[must_use]
    pub fn photo(&self, id: &PhotoId) -> Option<&Photo> {
        self.photos.photos().iter().find(|photo| photo.id.as_ref() == Some(id))
    }

    /// Whether what is bought depends on the photos as they are: until fal has taken the archive they stay.
    #[must_use]
    pub fn photos_in_use(&self) -> bool {
        self.trainings.last().is_some_and(|training| {
            matches!(
                training.order.stage,
                Stage::Preparing | Stage::Planned | Stage::Submitting { .. } | Stage::Unclear { .. }
            )
        })
    }

    /// A photo is on its way: where its bytes go. The same id has one place until it is taken out.
    #[must_use]
    pub fn expect_photo(
        mut self,
        id: &PhotoId,
        name: String,
        caption: Option<String>,
        moment: &Moment,
    ) -> (Self, Option<Expected>) {
        let depot = self.depots.last().cloned();
        let Some(hosted) = &mut self.hosted else { return (self, None) };
        hosted.signed_until = Some(moment.now.plus(SIGNED_FOR));
        hosted.touched_at = moment.now;
        if let Some(known) = hosted.expected.iter_mut().find(|known| known.id == *id) {
            known.name = name;
            known.caption = caption;
            let known = known.clone();
            return (self, Some(known));
        }
        hosted.places += 1;
        let file = format!("upload-{}-{id}", hosted.places);
        let source = match depot {
            Some(depot) => depot.copy(&file).to_string(),
            None => file,
        };
        let expected = Expected { id: id.clone(), name, caption, source };
        hosted.expected.push(expected.clone());
        (self, Some(expected))
    }

    /// The bytes of an expected photo are there.
    #[must_use]
    pub fn photo_arrived(mut self, id: &PhotoId, moment: &Moment) -> Self {
        if let Some(hosted) = &mut self.hosted
            && let Some(place) = hosted.expected.iter().position(|expected| expected.id == *id)
        {
            let Expected { id, name, caption, source } = hosted.expected.remove(place);
            hosted.touched_at = moment.now;
            self.photos.push(Photo {
                id: Some(id),
                name,
                source,
                sha256: None,
                caption,
                crashes: 0,
                state: PhotoState::Waiting,
            });
        }
        self
    }

    /// Takes a photo out, and has its bytes deleted.
    #[must_use]
    pub fn without_photo(mut self, id: &PhotoId, moment: &Moment) -> Self {
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
            // Tasks name photos by their place.
            self.running.retain(|mark| mark.errand != Errand::Photo(index));
            for mark in &mut self.running {
                if let Errand::Photo(at) = &mut mark.errand
                    && *at > index
                {
                    *at -= 1;
                }
            }
        }
        self
    }

    /// The object that a file of it is, where it lives in a bucket.
    #[must_use]
    pub fn object_of(&self, file: &str) -> Option<ObjectPlace> {
        file.parse().ok().or_else(|| self.depots.last().map(|depot| depot.copy(file)))
    }

    /// Whether nothing was ever bought for it, so that its photos do not stay for good.
    fn never_bought(&self) -> bool {
        self.trainings.iter().all(|training| training.order.ended() && !training.order.may_be_bought())
            && self.imported.is_none()
    }

    /// Whether photos lie ready for a training that nobody has asked for yet.
    pub(super) fn keeps_album(&self) -> bool {
        let any = !self.photos.photos().is_empty();
        let waits = self.photos.photos().iter().any(|photo| photo.state == PhotoState::Waiting);
        self.hosted.is_some() && self.person.is_some() && any && (waits || self.never_bought())
    }

    /// What tidying up there is to do, and by when.
    pub(super) fn tidying(&self, moment: &Moment) -> Tidying {
        let Some(hosted) = &self.hosted else { return Tidying::None };
        if let Some(until) = hosted.untidy.as_ref().map(|trouble| trouble.until)
            && until > moment.now
        {
            return Tidying::Later(until);
        }
        if self.person.is_none() {
            let last = hosted.signed_until.map(|until| until.plus(TRANSFER_TIMEOUT));
            return match self.depots.first() {
                Some(depot) if depot.working => Tidying::Now(depot.clone(), Cleared::Everything),
                // What was signed before the erase may still have been written after it.
                Some(_) if last.is_some_and(|last| last > moment.now) => {
                    last.map_or(Tidying::None, Tidying::Later)
                }
                Some(depot) => Tidying::Now(depot.clone(), Cleared::Everything),
                None => Tidying::None,
            };
        }
        if !hosted.discarded.is_empty() {
            return Tidying::Discard(hosted.discarded.clone());
        }
        let working = self.depots.iter().find(|depot| depot.working);
        if self.needs_working_files()
            || self.running.iter().any(|mark| matches!(mark.errand, Errand::Photo(_)))
        {
            return Tidying::None;
        }
        if self.never_bought() {
            let any = !self.photos.photos().is_empty() || !hosted.expected.is_empty();
            let due = hosted.touched_at.plus(hosted.retention);
            return match self.depots.last() {
                Some(_) if due > moment.now && any => Tidying::Later(due),
                Some(depot) if any => Tidying::Now(depot.clone(), Cleared::Everything),
                None if any && due <= moment.now => Tidying::Forget,
                None if any => Tidying::Later(due),
                _ => Tidying::None,
            };
        }
        let waits = self.photos.photos().iter().any(|photo| photo.state == PhotoState::Waiting);
        match working {
            Some(depot) if !waits => Tidying::Now(depot.clone(), Cleared::WorkingFiles),
            _ => Tidying::None,
        }
    }

    /// Everything that lay in the depot is gone: so are the photos, unless they are still to come.
    pub(super) fn photos_cleared(&mut self) {
        self.photos = PhotoSet::default();
        if let Some(hosted) = &mut self.hosted {
            hosted.expected.clear();
            hosted.discarded.clear();
        }
    }

    /// After single files were deleted, or could not be.
    pub(super) fn discarded(
        &mut self,
        sources: &[String],
        result: Result<(), StorageError>,
        moment: &Moment,
    ) {
        if let (Ok(()), Some(hosted)) = (&result, &mut self.hosted) {
            hosted.discarded.retain(|source| !sources.contains(source));
        }
        self.tidied(result, moment);
    }

    /// After tidying up was tried.
    pub(super) fn tidied(&mut self, result: Result<(), StorageError>, moment: &Moment) {
        let Some(hosted) = &mut self.hosted else { return };
        match result {
            Ok(()) => hosted.untidy = None,
            Err(error) => {
                let error = Error::Storage(error);
                let trouble = hosted.untidy.as_ref();
                hosted.untidy = Some(Trouble::after(trouble, error, None, moment.seed(), moment.now));
            }
        }
    }

    /// Whether a training waits for the photos.
    pub(super) fn photos_waited_for(&self) -> bool {
        self.hosted.is_none()
            || self.trainings.last().is_some_and(|training| matches!(training.order.stage, Stage::Preparing))
    }

    /// A photo could not be read or written while no training waits for it.
    pub(super) fn album_troubled(&mut self, error: StorageError, moment: &Moment) {
        let Some(hosted) = &mut self.hosted else { return };
        // Several at a time fail for one reason, which counts once.
        if hosted.trouble.as_ref().is_none_or(|trouble| trouble.until <= moment.now) {
            let earlier = hosted.trouble.as_ref();
            let trouble = Trouble::after(earlier, Error::Storage(error), None, moment.seed(), moment.now);
            hosted.trouble = Some(trouble);
        }
    }

    /// What a failure of storage means for one photo. Nobody sits at a terminal to put it back: what is not where it
    /// was said to be is left out, and the set goes on.
    pub(super) fn photo_lost(&self, error: &StorageError) -> Option<PhotoProblem> {
        let _ = self.hosted.as_ref()?;
        match error.kind {
            StorageErrorKind::Missing => Some(PhotoProblem::Missing),
            StorageErrorKind::Changed => Some(PhotoProblem::Changed),
            _ => None,
        }
    }

    /// Orders that go wrong again and again before anything was bought: nobody watches who could give up.
    pub(super) fn hopeless(&self) -> Vec<(OrderKey, Error)> {
        if self.hosted.is_none() {
            return Vec::new();
        }
        let trainings =
            self.trainings.iter().map(|one| (OrderKey::Training(one.attempt), hopeless(&one.order)));
        let pictures = self.pictures.iter().map(|one| (OrderKey::Pictures(one.number), hopeless(&one.order)));
        trainings.chain(pictures).filter_map(|(key, error)| Some((key, error?))).collect()
    }

    /// A photo could not be begun, or took its worker down.
    pub(super) fn photo_not_done(&mut self, index: usize, crashed: bool, moment: &Moment) {
        if let Some(hosted) = &mut self.hosted {
            hosted.rest_until = Some(moment.now.plus(REST));
        }
        let Some(photo) = self.photos.photo_mut(index).filter(|_| crashed) else { return };
        photo.crashes = photo.crashes.saturating_add(1);
        if photo.crashes >= MOST_CRASHES {
            photo.state = PhotoState::Rejected(PhotoProblem::NotEncoded);
        }
    }

    /// Notes what the backend is to be told.
    pub(super) fn note_changes(&mut self, now: Timestamp) {
        if self.hosted.is_none() || self.person.is_none() {
            return;
        }
        let trainings = self.trainings.iter().filter_map(|training| {
            let key = OrderKey::Training(training.attempt);
            Some((key, self.status(training.attempt, now)?.stage))
        });
        let pictures = self.pictures.iter().filter_map(|pictures| {
            let key = OrderKey::Pictures(pictures.number);
            Some((key, self.pictures_status(pictures.number, now)?.stage))
        });
        let stages: Vec<(OrderKey, StageName)> = trainings.chain(pictures).collect();
        let Some(hosted) = &mut self.hosted else { return };
        for (order, stage) in stages {
            if hosted.told.insert(order.to_string(), stage) == Some(stage) {
                continue;
            }
            hosted.places += 1;
            hosted.notices.retain(|notice| notice.order != order);
            hosted.notices.push(Notice { order, number: hosted.places, trouble: None });
        }
    }

    /// The first notice that is due, or when one will be.
    pub(super) fn notice(&self, moment: &Moment) -> Option<Result<&Notice, Timestamp>> {
        let hosted = self.hosted.as_ref()?;
        let mut later = None;
        for notice in &hosted.notices {
            match notice.trouble.as_ref().map(|trouble| trouble.until).filter(|until| *until > moment.now) {
                None => return Some(Ok(notice)),
                Some(until) => later = Some(later.map_or(until, |later: Timestamp| later.min(until))),
            }
        }
        later.map(Err)
    }

    /// After the backend was told something, or was not.
    pub(super) fn notified(&mut self, number: u64, result: Result<(), Error>, moment: &Moment) {
        let Some(hosted) = &mut self.hosted else { return };
        let Some(place) = hosted.notices.iter().position(|notice| notice.number == number) else { return };
        let Err(error) = result else {
            hosted.notices.remove(place);
            return;
        };
        let notice = &mut hosted.notices[place];
        let trouble = Trouble::after(notice.trouble.as_ref(), error, None, moment.seed(), moment.now);
        if trouble.tries >= MOST_NOTICES {
            hosted.notices.remove(place);
        } else {
            notice.trouble = Some(trouble);
        }
    }

    /// Of a forgotten person nothing is told any more.
    pub(super) fn forget_hosted(&mut self) {
        if let Some(hosted) = &mut self.hosted {
            hosted.expected.clear();
            hosted.discarded.clear();
            hosted.settings = TrainingSettings::default();
            hosted.notices.clear();
            hosted.told.clear();
            hosted.trouble = None;
        }
    }

    /// What is kept back from photos at the moment.
    pub(super) fn photos_rest(&self, order: Option<&Order<impl Clone>>) -> Option<Timestamp> {
        let of_order = order.and_then(|order| order.trouble.as_ref()).map(|trouble| trouble.until);
        let hosted = self.hosted.as_ref();
        let own = hosted.and_then(|hosted| hosted.trouble.as_ref()).map(|trouble| trouble.until);
        let rest = hosted.and_then(|hosted| hosted.rest_until);
        [of_order, own, rest].into_iter().flatten().max()
    }
}

fn hopeless<G>(order: &Order<G>) -> Option<Error> {
    let trouble =
        order.trouble.as_ref().filter(|_| matches!(order.stage, Stage::Preparing | Stage::Planned))?;
    let most = if trouble.error.may_pass() { MOST_TRIES } else { MOST_TRIES_OF_A_REFUSAL };
    (trouble.tries >= most).then(|| trouble.error.clone())
}

/// What tidying up there is to do.
pub(super) enum Tidying {
    /// None.
    None,
    /// None before this moment.
    Later(Timestamp),
    /// Empty this depot.
    Now(Depot, Cleared),
    /// Delete these.
    Discard(Vec<String>),
    /// Forget the photos, whose files are the shell's own.
    Forget,
}

impl Tidying {
    /// What the shell does.
    pub(super) fn work(self) -> Option<Work> {
        match self {
            Self::None | Self::Later(_) => None,
            Self::Now(depot, what) => Some(Work::Clear { depot: Some(depot), what }),
            Self::Forget => Some(Work::Clear { depot: None, what: Cleared::Everything }),
            Self::Discard(sources) => Some(Work::Discard { sources }),
        }
    }
}

#[cfg(test)]
mod tests;
