//! The avatar: one person's photos, the trainings bought for them and the pictures made with the model.
//!
//! A shell drives it with one question and one kind of fact, and saves it after every fact:
//!
//! ```text
//! loop {
//!     (avatar, step) = avatar.advance(account, moment, wanted); save
//!     match step {
//!         Step::Begin(task) => { do task.work;
//!                                avatar = avatar.after(Event::Ended(id, outcome), moment); save }
//!         Step::Wait(until) => wait until then, or until something happens
//!         Step::Idle => stop, unless tasks are under way
//!     }
//! }
//! ```
//!
//! A task is saved before it is done: a purchase whose answer is lost is therefore known to be unclear.
//!
//! A training of one photo, by a shell that cleans it and has no network:
//!
//! ```
//! use likeness_core::{
//!     avatar::{
//!         Avatar, AvatarId, Event, Moment, Name, Outcome, Person, Photo, PhotoSet, PhotoState, PrepareError, Prepared,
//!         Step, TrainingRequest, TrainingSettings, Work,
//!     },
//!     error::{Error, NetworkError},
//!     fal::{Account, Origins},
//!     http::NoAnswer,
//!     limits::PhotoLimits,
//!     photo::{Normalise, Normaliser},
//!     secret::Secret,
//!     simulator::drawing,
//!     time::Timestamp,
//! };
//! use uuid::Uuid;
//!
//! # let poll = std::time::Duration::from_secs(30);
//! // A shell gives the time and random bytes with each question. Here both stand still.
//! let moment = Moment { now: Timestamp::from_millis(0), poll, photo_slots: 1, entropy: [7; 16] };
//! let account = Account::new(Secret::new("id:secret").expect("text"), Origins::fal())?;
//!
//! let person = Person { user: Name::new("anna")?, name: Name::new("Anna")?, gender: None };
//! let photo = Photo {
//!     id: None,
//!     name: "beach.jpg".to_owned(),
//!     source: "photos/beach.jpg".to_owned(),
//!     sha256: None,
//!     caption: None,
//!     crashes: 0,
//!     cramped: 0,
//!     state: PhotoState::Waiting,
//! };
//! let request = TrainingRequest {
//!     identity: Uuid::nil(),
//!     person: person.clone(),
//!     config: TrainingSettings { min_photos: Some(1), ..TrainingSettings::default() }.check()?,
//!     photos: Some(PhotoSet::new(vec![photo])),
//!     bucket_folder: None,
//!     again: false,
//! };
//! let avatar = Avatar::new(AvatarId::new(Uuid::nil()), person, false, "https://fal.ai".to_owned(), &moment);
//! let (mut avatar, _) = avatar.open_training(request, &moment);
//!
//! let mut done = Vec::new();
//! let until = loop {
//!     let (next, step) = avatar.advance(&account, &moment, |_, _| true);
//!     avatar = next; // A shell saves it here, before the task is done,
//!     let task = match step {
//!         Step::Begin(task) => task,
//!         Step::Wait(until) => break Some(until),
//!         Step::Idle => break None,
//!     };
//!     let outcome = match task.work {
//!         Work::Prepare { photo, file } => {
//!             done.push(format!("clean {}", photo.source));
//!             let bytes = drawing::jpeg(&vec![128; 600 * 600 * 3], 600, 600).expect("a drawn photo");
//!             let clean = Normaliser::default().normalise(&bytes, &PhotoLimits::default());
//!             let prepared = clean.map(|clean| Prepared::of(&clean, file, None));
//!             Outcome::Prepared(prepared.map_err(PrepareError::Photo))
//!         }
//!         Work::Send { .. } => {
//!             done.push("send the archive".to_owned());
//!             Outcome::Sent(Err(Error::Network(NetworkError::NoAnswer(NoAnswer::NotConnected))))
//!         }
//!         other => panic!("not before the archive is sent: {other:?}"),
//!     };
//!     avatar = avatar.after(Event::Ended(task.mark.id, outcome), &moment); // and here.
//! };
//! assert_eq!(done, ["clean photos/beach.jpg", "send the archive"]);
//! // The archive is sent again later: that costs nothing.
//! assert!(until.is_some_and(|until| until > moment.now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod after;
mod due;
mod duplicates;
mod elsewhere;
mod entry;
mod generation;
mod goal;
mod hosted;
mod identity;
mod lookup;
mod message;
mod newest;
mod next;
mod open;
mod order;
mod orders;
mod photo;
mod photo_set;
mod status;
mod task;
#[cfg(test)]
mod tests;
mod training;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The reader and writer of stored avatars.
pub type Stored = crate::versioned::Versioned<Avatar>;

pub use self::{
    due::Due,
    elsewhere::Elsewhere,
    entry::{Entry, Job},
    generation::{Generation, PictureError, PictureRequest, PictureSettings},
    goal::{GivenUp, Goal},
    hosted::{AvatarTerms, Consent, Expected, Means, Uploads},
    identity::{Identity, SamePhotos},
    lookup::{OnRecord, OtherTraining},
    newest::Newest,
    open::{Imported, Opened, Remains, TrainingRequest},
    order::{
        Accepted, Bought, Cancel, Doubt, Order, Product, ProductFile, Search, Seen, Stage, Unexplained,
        Uploaded,
    },
    orders::OrderView,
    photo::{Photo, PhotoState, Prepared},
    photo_set::{Content, Dataset, Part, PhotoSet},
    status::{ModelStatus, PhotoStatus, PicturesStatus, StageName, State, Status, training_time},
    task::{
        Command, Event, OrderStep, Outcome, PrepareError, Step, Task, TaskKind, TaskRecord, TokenHash,
        UploadSource, Work,
    },
    training::{TrainingJob, addressee},
};
pub(crate) use self::{hosted::ApiState, message::Message};
pub use crate::{
    config::{ConfigError, Quality, TrainingConfig, TrainingSettings, TriggerPhrase},
    download::Kept,
    ids::{AvatarId, Gender, JobId, Name, NameError, OrderKey, PhotoId, PhotoIdError, TaskId, UnknownGender},
    sha256::{Sha256Sum, Sha256SumError},
};
use crate::{storage::BucketFolder, time::Timestamp};
pub use crate::{storage::FolderPart, versioned::StoredError};

/// One person's photos, trainings and pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Avatar {
    id: AvatarId,
    /// The person shown; `None` once the person was forgotten.
    person: Option<Person>,
    test_mode: bool,
    /// Origin at which orders are placed, such as `https://queue.fal.run`.
    origin: String,
    created_at: Timestamp,
    photos: PhotoSet,
    /// Trainings, the current one last.
    trainings: Vec<TrainingJob>,
    pictures: Vec<Generation>,
    /// A model that was trained elsewhere.
    imported: Option<Imported>,
    /// Folders of buckets in which files of the avatar may lie. Kept, also of a forgotten person, until they are known
    /// to be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "depots")]
    bucket_folders: Vec<BucketFolder>,
    /// The additional state of an avatar that lives behind the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hosted: Option<ApiState>,
    running: Vec<TaskRecord>,
    next_task: u64,
}

/// The person whom an avatar shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The caller's user whose avatar it is, in the caller's own words.
    pub user: Name,
    /// The person's name.
    pub name: Name,
    /// The choice of words in messages.
    pub gender: Option<Gender>,
}

/// The facts that a shell gives with each question and event.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The present time.
    pub now: Timestamp,
    /// The pause between two looks at a request.
    pub poll: Duration,
    /// Number of photos that may be worked on at a time.
    pub photo_slots: usize,
    /// Fresh random bytes.
    pub entropy: [u8; 16],
}

impl Moment {
    /// Makes the token in a webhook's address: 128 random bits.
    fn token(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.entropy))
    }

    fn seed(&self) -> u64 {
        u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|index| self.entropy[index]))
    }
}

impl Avatar {
    /// Returns the avatar's id.
    #[must_use]
    pub fn id(&self) -> AvatarId {
        self.id
    }

    /// Returns the person shown; `None` once the person was forgotten.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    /// Tells whether the avatar is in test mode, where nothing is bought.
    #[must_use]
    pub fn test_mode(&self) -> bool {
        self.test_mode
    }

    /// Returns the origin at which orders are placed, such as `https://queue.fal.run`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the time at which the avatar was made.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns the photos.
    #[must_use]
    pub fn photos(&self) -> &PhotoSet {
        &self.photos
    }

    /// Returns the trainings, the current one last.
    #[must_use]
    pub fn trainings(&self) -> &[TrainingJob] {
        &self.trainings
    }

    /// Finds the training of this attempt.
    #[must_use]
    pub fn training(&self, attempt: u32) -> Option<&TrainingJob> {
        self.trainings.iter().find(|training| training.attempt == attempt)
    }

    /// Returns the orders of pictures.
    #[must_use]
    pub fn pictures(&self) -> &[Generation] {
        &self.pictures
    }

    /// Returns the folders of buckets in which files of the avatar may lie; the last is where new files go.
    #[must_use]
    pub fn bucket_folders(&self) -> &[BucketFolder] {
        &self.bucket_folders
    }

    /// Tells whether a working file may still be needed: the prepared photos of a training that is not bought yet. An
    /// order whose submit was lost can only be found again at fal: its photos are never sent once more.
    #[must_use]
    pub fn needs_working_files(&self) -> bool {
        self.trainings.iter().any(|training| match training.order.stage {
            Stage::Preparing | Stage::Planned => true,
            Stage::Submitting { .. } | Stage::Unclear { .. } => {
                let submit = TaskKind::Training(training.attempt, OrderStep::Submit);
                self.running.iter().any(|mark| mark.task_kind == submit)
            }
            _ => false,
        })
    }

    /// Tells whether the training was interrupted before anything was ordered.
    #[must_use]
    pub fn is_unordered(&self) -> bool {
        self.trainings.last().is_some_and(|training| training.order.is_unplaced())
    }

    /// Tells whether a working file may still be needed, also for an avatar behind the API, where photos are prepared
    /// before a training asks for them.
    #[must_use]
    pub fn may_need_working_files(&self) -> bool {
        self.needs_working_files() || self.keeps_album()
    }

    /// Finds the order of pictures of this number.
    #[must_use]
    pub fn generation(&self, number: u32) -> Option<&Generation> {
        self.pictures.iter().find(|pictures| pictures.number == number)
    }
}
