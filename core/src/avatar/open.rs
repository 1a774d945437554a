//! Placing of orders: which request is new, which carries on, which has been answered already.

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{
    Avatar, AvatarId, Generation, Kept, Moment, Order, OrderStep, Person, PhotoSet, PictureRequest, Stage,
    TaskKind, TrainingConfig, TrainingJob, TriggerPhrase, Uploaded,
    order::{Bought, Product},
    training::model_file,
};
use crate::{
    error::Error,
    fal::error::ErrorKind,
    limits::EXPIRY_AT_FAL,
    storage::{BucketFolder, ObjectPlace},
    time::Timestamp,
};

/// A person's request for a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRequest {
    /// Identity of the training: see [`super::Identity`].
    pub identity: Uuid,
    /// The person shown.
    pub person: Person,
    /// Settings of the training.
    pub config: TrainingConfig,
    /// Photos, waiting or prepared. `None`: those that the avatar has.
    pub photos: Option<PhotoSet>,
    /// Folder for files of the avatar in the bucket, when the photos come from one.
    pub bucket_folder: Option<BucketFolder>,
    /// True to buy another training although one was bought already.
    pub again: bool,
}

/// The answer to a request for a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A new order: it costs money.
    Began,
    /// An order that failed before anything was bought is placed once more: it costs money.
    Reopened,
    /// An order of this training is under way and carries on.
    Resumed,
    /// An order of this training is done, or its purchase is over: nothing is bought.
    Ended,
    /// Another order of this avatar is under way: nothing is bought.
    Busy,
}

/// A model that was trained elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// Our copy of the model's file, and its length in bytes.
    pub file: Option<(String, u64)>,
    /// Address of the model on the network, if it is not a file.
    pub url: Option<Url>,
    /// The phrase that the model was trained with.
    pub trigger: TriggerPhrase,
}

/// A file that fal still holds, and its expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Remains {
    /// Kind of the file: `archive`, `model`, `pictures`.
    pub what: &'static str,
    /// Time at which fal deletes the file, as Likeness asked when it was made.
    pub until: Timestamp,
}

impl Avatar {
    /// Makes an avatar without photos or orders.
    #[must_use]
    pub fn new(id: AvatarId, person: Person, test_mode: bool, origin: String, moment: &Moment) -> Self {
        Self {
            id,
            person: Some(person),
            test_mode,
            origin,
            created_at: moment.now,
            photos: PhotoSet::default(),
            trainings: Vec::new(),
            pictures: Vec::new(),
            imported: None,
            bucket_folders: Vec::new(),
            hosted: None,
            running: Vec::new(),
            next_task: 1,
        }
    }

    /// Adds a model that was trained elsewhere.
    #[must_use]
    pub fn with_model(mut self, model: Imported) -> Self {
        self.imported = Some(model);
        self
    }

    /// Returns the avatar that is known already, if there is one. A forgotten avatar comes back with this one's person
    /// and model, and keeps the earlier purchases that it has to remember.
    #[must_use]
    pub fn or_known(self, known: Option<Self>) -> Self {
        match known {
            Some(known) if known.person.is_some() => known,
            Some(forgotten) => Self { person: self.person, imported: self.imported, ..forgotten },
            None => self,
        }
    }

    /// Tells how this request would be answered, without placing it: a shell asks before it spends.
    #[must_use]
    pub fn would_open(&self, request: &TrainingRequest) -> Opened {
        let Some(current) = self.trainings.last() else { return Opened::Began };
        let same = current.identity == request.identity;
        match &current.order.stage {
            // A failed attempt may follow one that was bought: then a plain request means the bought one.
            Stage::Failed { bought: Bought::Nothing, .. }
                if self.hosted.is_none() && (request.again || !self.was_bought_before()) =>
            {
                Opened::Reopened
            }
            Stage::Cancelled { .. } if self.person.is_none() => Opened::Began,
            Stage::Failed { .. } | Stage::Cancelled { .. } | Stage::Done { .. } if request.again => {
                Opened::Began
            }
            Stage::Failed { .. } | Stage::Cancelled { .. } | Stage::Done { .. } if same => Opened::Ended,
            _ if same => Opened::Resumed,
            _ => Opened::Busy,
        }
    }

    /// Tells whether an attempt before the last was bought, or may have been.
    fn was_bought_before(&self) -> bool {
        let before = self.trainings.iter().rev().skip(1);
        before.into_iter().any(|training| training.order.may_be_bought())
    }

    /// Tells whether the training of this number can be placed once more: it is the last one, and ended without an
    /// order.
    #[must_use]
    pub fn may_reopen(&self, attempt: u32) -> bool {
        let last = self.trainings.last().filter(|training| training.attempt == attempt);
        // The answer to a submit that was lost may still come.
        let submit = TaskKind::Training(attempt, OrderStep::Submit);
        let submits = self.running.iter().any(|mark| mark.task_kind == submit);
        let ended = last.is_some_and(|training| training.order.ended_without_order());
        self.person.is_some() && ended && !submits
    }

    /// Places a training that ended without an order once more, under its number. A training that may have been bought
    /// stays as it is.
    #[must_use]
    pub fn reopen_training(self, attempt: u32, request: TrainingRequest, moment: &Moment) -> Self {
        if self.may_reopen(attempt) { self.placed(Opened::Reopened, request, moment) } else { self }
    }

    /// Places the order, or carries on with the one there is.
    #[must_use]
    pub fn open_training(self, request: TrainingRequest, moment: &Moment) -> (Self, Opened) {
        let opened = self.would_open(&request);
        (self.placed(opened, request, moment), opened)
    }

    fn placed(mut self, opened: Opened, request: TrainingRequest, moment: &Moment) -> Self {
        let cleared =
            self.bucket_folders.last().is_some_and(|bucket_folder| !bucket_folder.holds_working_files());
        if let (Some(bucket_folder), Opened::Began | Opened::Reopened | Opened::Resumed) =
            (&request.bucket_folder, opened)
        {
            // The folder is noted before anything is written there: files have to be found again.
            self.bucket_folders.retain(|known| !known.is_same_place(bucket_folder));
            self.bucket_folders.push(BucketFolder { working: true, ..bucket_folder.clone() });
        }
        match opened {
            Opened::Began | Opened::Reopened => {
                let before = self.trainings.last().map_or(0, |training| training.attempt);
                let attempt = match opened {
                    Opened::Reopened => self.trainings.pop().map_or(1, |training| training.attempt),
                    _ => before + 1,
                };
                if opened == Opened::Reopened {
                    // An upload that still runs for the training is of another archive.
                    self.running
                        .retain(|mark| !matches!(mark.task_kind, TaskKind::Training(of, _) if of == attempt));
                }
                self.person = Some(request.person);
                if let Some(photos) = request.photos {
                    self.photos = photos;
                    // Photos that are still being prepared are those of before, under the same numbers.
                    self.running.retain(|mark| !matches!(mark.task_kind, TaskKind::Photo(_)));
                } else if cleared {
                    self.photos.prepare_again();
                }
                self.trainings.push(TrainingJob {
                    attempt,
                    identity: request.identity,
                    config: request.config,
                    order: Order::new(Stage::Preparing, None, moment.now),
                    progress: 0,
                    copy_to: request
                        .bucket_folder
                        .map(|bucket_folder| bucket_folder.copy(&model_file(attempt))),
                    prepared_again: 0,
                });
            }
            Opened::Resumed => {
                if let Some(photos) = &request.photos {
                    self.find_photos_at(photos);
                }
                if let Some(training) = self.trainings.last_mut() {
                    training.order.asked_again(moment);
                }
            }
            Opened::Ended | Opened::Busy => {}
        }
        self
    }

    /// Takes photos that have moved from where the same bytes are now, also if they are prepared again.
    fn find_photos_at(&mut self, photos: &PhotoSet) {
        for index in 0..self.photos.photos().len() {
            let Some(photo) = self.photos.photo_mut(index) else { continue };
            // The same file is preferred where it still exists; else the first of those bytes.
            let same =
                || photos.photos().iter().filter(|now| now.sha256.is_some() && now.sha256 == photo.sha256);
            let now = same().find(|now| now.source == photo.source).or_else(|| same().next());
            if let Some((source, name)) = now.map(|now| (now.source.clone(), now.name.clone())) {
                photo.source = source;
                photo.name = name;
            }
        }
    }

    /// Finds an order of the same pictures that is under way, or made and not handed over: such an order carries on.
    #[must_use]
    pub fn pictures_under_way(&self, request: &PictureRequest) -> Option<u32> {
        let waits = |pictures: &Generation| match pictures.order.stage {
            Stage::Done { .. } => !pictures.delivered,
            _ => !pictures.order.ended(),
        };
        let under_way = |pictures: &&Generation| pictures.request == *request && waits(pictures);
        self.pictures.iter().find(under_way).map(|pictures| pictures.number)
    }

    /// Orders pictures, or carries on with an order that exists. `None` when there is no model.
    #[must_use]
    pub fn open_pictures(mut self, request: PictureRequest, moment: &Moment) -> (Self, Option<u32>) {
        if let Some(number) = self.pictures_under_way(&request).filter(|_| self.hosted.is_none()) {
            for pictures in self.pictures.iter_mut().filter(|pictures| pictures.number == number) {
                pictures.order.asked_again(moment);
            }
            return (self, Some(number));
        }
        let upload = self.model_at_fal(moment.now);
        if upload.is_none() && self.model_file().is_none() {
            return (self, None);
        }
        let number = self.pictures.last().map_or(1, |pictures| pictures.number + 1);
        let [a, b, c, d, ..] = moment.entropy;
        let seed = request.seed().unwrap_or(u32::from_le_bytes([a, b, c, d]));
        let order = Order::new(Stage::Planned, upload, moment.now);
        self.pictures.push(Generation { number, request, seed, order, delivered: false });
        (self, Some(number))
    }

    /// Returns the phrase that calls the person in a prompt.
    #[must_use]
    pub fn trigger(&self) -> Option<TriggerPhrase> {
        let trained = self.trained().map(|training| training.config.trigger(self.id));
        trained.or_else(|| self.imported.as_ref().map(|model| model.trigger.clone()))
    }

    /// Returns our copy of the model that was trained last, as it was when it was kept.
    #[must_use]
    pub fn kept_model(&self) -> Option<&Kept> {
        self.trained().and_then(|training| match &training.order.stage {
            Stage::Done { kept, .. } => kept.first(),
            _ => None,
        })
    }

    /// Returns our copy of the model's file, and its length in bytes.
    #[must_use]
    pub fn model_file(&self) -> Option<(String, u64)> {
        let trained = self.kept_model().map(|file| (file.name.clone(), file.length));
        trained.or_else(|| self.imported.as_ref().and_then(|model| model.file.clone()))
    }

    /// Lists the models whose copy is not in the bucket yet: the attempt, our file's name, and where the copy goes.
    pub fn missing_copies(&self) -> impl Iterator<Item = (u32, &str, &ObjectPlace)> {
        self.trainings.iter().filter_map(|training| {
            let Stage::Done { kept, .. } = &training.order.stage else { return None };
            let file = kept.first().filter(|file| file.copy.is_none())?;
            Some((training.attempt, file.name.as_str(), training.copy_to.as_ref()?))
        })
    }

    /// Finds the last training that ended with a model.
    pub(super) fn trained(&self) -> Option<&TrainingJob> {
        self.trainings.iter().rev().find(|training| matches!(training.order.stage, Stage::Done { .. }))
    }

    /// Returns an address of the model that fal can read, while fal's own copy lives. A copy that fal said it could not
    /// fetch is gone, or was never reachable: ours is uploaded anew.
    fn model_at_fal(&self, now: Timestamp) -> Option<Uploaded> {
        let unreadable = |upload: &Uploaded| {
            self.pictures.iter().any(|pictures| {
                let failed = matches!(
                    &pictures.order.stage,
                    Stage::Failed { error: Error::Api(error), .. }
                        if matches!(error.kind, ErrorKind::FileDownloadError)
                );
                failed && pictures.order.upload.as_ref().is_some_and(|used| used.url == upload.url)
            })
        };
        let usable = self.known_at_fal(now).filter(|upload| !unreadable(upload));
        // Without a file of ours, the address is the only source of the model.
        usable.or_else(|| self.known_at_fal(now).filter(|_| self.model_file().is_none()))
    }

    fn known_at_fal(&self, now: Timestamp) -> Option<Uploaded> {
        if let Some(training) = self.trained()
            && let Stage::Done { product, taken_at, .. } = &training.order.stage
        {
            let until = taken_at.plus(EXPIRY_AT_FAL);
            let url = product.files().first()?.url.clone();
            return Some(Uploaded { url, until: Some(until) }).filter(|model| model.lasts(now));
        }
        let imported = self.imported.as_ref()?;
        if let Some(url) = imported.url.clone() {
            return Some(Uploaded { url, until: None });
        }
        // Our file, as it was uploaded for earlier pictures.
        let mut uploads = self.pictures.iter().rev().filter_map(|pictures| pictures.order.upload.as_ref());
        uploads.find(|upload| upload.lasts(now)).cloned()
    }

    /// Lists the files that fal still holds of this avatar, with their expiry, for the answer to an erase.
    #[must_use]
    pub fn remains(&self, now: Timestamp) -> Vec<Remains> {
        let mut remains = Vec::new();
        if self.test_mode {
            return remains;
        }
        for training in &self.trainings {
            remains.extend(uploaded("archive", &training.order));
            remains.extend(produced("model", &training.order, now));
        }
        for pictures in &self.pictures {
            remains.extend(uploaded("model", &pictures.order));
            remains.extend(produced("pictures", &pictures.order, now));
        }
        remains.retain(|remains| remains.until > now);
        // Of each kind, the file that stays longest is told.
        remains.sort_by(|one, other| one.what.cmp(other.what).then(other.until.cmp(&one.until)));
        remains.dedup_by_key(|remains| remains.what);
        remains
    }
}

fn uploaded<G>(what: &'static str, order: &Order<G>) -> Option<Remains> {
    Some(Remains { what, until: order.upload.as_ref()?.until? })
}

fn produced<G>(what: &'static str, order: &Order<G>, now: Timestamp) -> Option<Remains> {
    match &order.stage {
        // Longer than fal's copies can live: a person who is told that they are gone must be able to rely on it.
        Stage::Keeping { .. } => Some(Remains { what, until: now.plus(EXPIRY_AT_FAL) }),
        Stage::Done { at, .. } => Some(Remains { what, until: at.plus(EXPIRY_AT_FAL) }),
        _ => None,
    }
}
