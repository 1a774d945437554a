//! What an avatar asks its shell to do, and what the shell says of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    order::{Lease, TokenHash},
    photo_set::{Dataset, Photo, Prepared},
};
use crate::{
    download::{Kept, RemoteFile},
    error::{Error, StorageError},
    fal::{
        RequestId,
        submit::{self, Submitted},
        upload::Upload,
    },
    http::{Answer, Request},
    ids::{OrderKey, TaskId},
    limits::TRANSFER_CEILING,
    photo::PhotoProblem,
    storage::{BucketFolder, ObjectPlace},
    time::Timestamp,
};

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Save that this began, then do it, then say how it ended.
    Begin(Box<Task>),
    /// Nothing before this moment, unless something happens.
    Wait(Timestamp),
    /// Nothing until something happens.
    Idle,
}

/// One thing to do.
#[derive(Debug)]
pub struct Task {
    /// What is saved of it.
    pub mark: TaskRecord,
    /// What the shell does.
    pub work: Work,
}

/// The lease of a transfer from the moment at which its bytes were said to move: longer than the longest silence, the
/// pauses before a transfer goes on, and the time that storage has to think about a whole file.
const MOVING_LEASE: Duration = Duration::from_mins(11);

/// What is saved of a task when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Its number, never used twice in one avatar.
    pub id: TaskId,
    /// What it is for.
    #[serde(rename = "errand")]
    pub task_kind: TaskKind,
    /// When it counts as lost.
    pub lease: Timestamp,
    /// The latest end of a transfer's lease, which is put off while its bytes move. The shell breaks the transfer off then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
    /// For a submit with a webhook: the hash of the token in the webhook's address.
    pub token: Option<TokenHash>,
}

impl TaskRecord {
    pub(super) fn new(
        id: TaskId,
        task_kind: TaskKind,
        lease: Lease,
        token: Option<TokenHash>,
        now: Timestamp,
    ) -> Self {
        let (length, latest) = match lease {
            Lease::Fixed(length) => (length, None),
            Lease::Transfer(length) => (length, Some(now.plus(TRANSFER_CEILING))),
        };
        let lease = now.plus(length);
        Self { id, task_kind, lease: latest.map_or(lease, |latest| lease.min(latest)), latest, token }
    }

    /// Puts the lease of a transfer off, since its bytes move, and never beyond `latest`.
    pub(super) fn progressed(&mut self, now: Timestamp) {
        if let Some(latest) = self.latest {
            self.lease = self.lease.max(now.plus(MOVING_LEASE)).min(latest);
        }
    }

    /// Whether it is a purchase: the one call that is never made twice.
    #[must_use]
    pub fn is_submit(&self) -> bool {
        matches!(
            self.task_kind,
            TaskKind::Training(_, OrderStep::Submit) | TaskKind::Pictures(_, OrderStep::Submit)
        )
    }

    /// The request that it has become, when it is a purchase that fal took.
    #[must_use]
    pub fn accepted(&self, outcome: &Outcome) -> Option<RequestId> {
        match outcome {
            Outcome::Answered { answer, .. } if self.is_submit() => match submit::parse(answer.clone()) {
                Submitted::Accepted(request_id) => Some(request_id),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What a task is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Making one photo ready.
    Photo(usize),
    /// A training, by its attempt.
    Training(u32, OrderStep),
    /// Pictures, by their number.
    Pictures(u32, OrderStep),
    /// Deleting what is needed no more.
    Tidy,
    /// Telling the backend something: the message's number.
    Notify(u64),
}

impl TaskKind {
    /// The order that it is for; a photo is for whichever comes of it.
    #[must_use]
    pub fn order(self) -> Option<OrderKey> {
        match self {
            Self::Photo(_) | Self::Tidy | Self::Notify(_) => None,
            Self::Training(attempt, _) => Some(OrderKey::Training(attempt)),
            Self::Pictures(number, _) => Some(OrderKey::Pictures(number)),
        }
    }

    /// Tells whether files of the avatar come of the task.
    pub(super) fn writes(self) -> bool {
        matches!(
            self,
            Self::Photo(_) | Self::Training(_, OrderStep::Keep(_)) | Self::Pictures(_, OrderStep::Keep(_))
        )
    }
}

/// One step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStep {
    /// Sending the archive or the model to fal.
    Upload,
    /// The purchase itself: the one call that is never made twice.
    Submit,
    /// Looking for an unclear purchase in fal's list of requests.
    Search,
    /// Comparing what fal shows of the request that an unclear purchase may have become with what was sent.
    Compare,
    /// Asking fal about the request that an unclear purchase may have become.
    Prove,
    /// Asking how far it is.
    Look,
    /// Fetching the result.
    Collect,
    /// Asking fal to stop.
    Cancel,
    /// Keeping one of the files that were bought.
    Keep(usize),
}

/// What the shell does.
#[derive(Debug)]
pub enum Work {
    /// Read the photo, check that its bytes are still the ones of its sum, normalise it, keep the JPEG.
    Prepare {
        /// The photo.
        photo: Photo,
        /// The name under which the JPEG is kept, never used before: an object of a bucket ([`ObjectPlace`]) for a
        /// photo that came from one, else a file's name.
        file: String,
    },
    /// Send this, once.
    Call(Request),
    /// Drive the upload to its end, with the upload_source as its bytes.
    Send {
        /// The calls.
        upload: Box<Upload>,
        /// The bytes.
        upload_source: UploadSource,
    },
    /// Fetch this file from fal, and keep it under this name once it is whole. The key does not go with it.
    Fetch {
        /// The file's address and what is known of it: for [`crate::download::Download`].
        file: RemoteFile,
        /// Its name among the avatar's files.
        name: String,
        /// Where a copy of it goes. Once the file is kept, a copy that fails is no reason to fail: it is made later
        /// ([`Event::Copied`]).
        copy: Option<ObjectPlace>,
    },
    /// Delete what lies in a bucket_folder, or, without one, what lies in the avatar's own folder.
    Clear {
        /// The bucket_folder.
        bucket_folder: Option<BucketFolder>,
        /// What of it.
        what: Cleared,
    },
    /// Delete single files: objects ([`ObjectPlace`]), or files in the avatar's own folder.
    Discard {
        /// What they are called.
        sources: Vec<String>,
    },
    /// Tell the backend how this order stands.
    Notify {
        /// The order.
        order: OrderKey,
        /// The message's number.
        number: u64,
    },
}

/// What is sent to fal.
#[derive(Clone, Debug, PartialEq)]
pub enum UploadSource {
    /// The photos.
    Archive(Dataset),
    /// A model file, in the shell's own words.
    Model(String),
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A task is about to be done.
    Began(TaskRecord),
    /// A task ended.
    Ended(TaskId, Outcome),
    /// Bytes of a transfer have moved since the shell said so last: the lease is put off. A shell says so after each
    /// [`crate::limits::PROGRESS_INTERVAL`] in which bytes moved, and breaks the transfer off when the avatar no longer
    /// [awaits](super::Avatar::awaits) it.
    Progressed(TaskId),
    /// The shell started anew: what was under way is lost.
    Restarted,
    /// Time passed.
    Woke,
    /// fal called the webhook. A hint only: nothing of its payload is believed.
    Webhook {
        /// The request that it names.
        request_id: RequestId,
        /// The hash of the token in its address.
        token: Option<TokenHash>,
    },
    /// The shell has deleted what lay in a bucket_folder.
    Cleared {
        /// The bucket_folder.
        bucket_folder: BucketFolder,
        /// What was deleted.
        what: Cleared,
    },
    /// The shell has copied the model of this attempt to where its copy goes.
    Copied(u32),
    /// A person asked for something.
    Asked(Command),
}

/// What was deleted in a bucket_folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// The prepared photos, which nothing needed any more.
    WorkingFiles,
    /// Everything that was ours.
    Everything,
}

/// How a task ended.
#[derive(Debug)]
pub enum Outcome {
    /// [`Work::Prepare`] ended.
    Prepared(Result<Prepared, PrepareError>),
    /// [`Work::Call`] ended.
    Answered {
        /// fal's answer.
        answer: Answer,
        /// For [`OrderStep::Prove`]: whether another avatar's purchase already holds that request.
        held_elsewhere: bool,
    },
    /// [`Work::Send`] ended: where fal keeps it.
    Sent(Result<Url, Error>),
    /// [`Work::Fetch`] ended.
    Fetched(Result<Kept, Error>),
    /// [`Work::Clear`] ended.
    Cleared {
        /// The bucket_folder.
        bucket_folder: Option<BucketFolder>,
        /// What of it.
        what: Cleared,
        /// Whether it is gone.
        result: Result<(), StorageError>,
    },
    /// [`Work::Discard`] ended.
    Discarded {
        /// What was to be deleted.
        sources: Vec<String>,
        /// Whether it is gone.
        result: Result<(), StorageError>,
    },
    /// [`Work::Notify`] ended.
    Notified(Result<(), Error>),
}

/// Why a photo was not made ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PrepareError {
    /// The photo cannot be used. The set goes on without it.
    #[error(transparent)]
    Photo(PhotoProblem),
    /// It could not be read, or the clean one could not be written.
    #[error(transparent)]
    Storage(StorageError),
    /// Whoever prepares photos has no room now: it is tried again soon, and nothing went wrong.
    #[error("no photo can be taken in at the moment")]
    Busy,
    /// The one who prepares photos has room for smaller ones, but not for this one as its memory is divided now: it is
    /// tried a few times where there may be more.
    #[error("the photo takes {needed} bytes of memory, and {free} are free in one piece")]
    Cramped {
        /// The bytes that preparing it takes.
        needed: u64,
        /// The bytes that are free in one piece.
        free: u64,
    },
    /// Whoever prepares photos died of it, or of another one that it had in hand: it is begun again a few times.
    #[error("the photo was not finished")]
    Crashed,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say how an order stands: fal is asked at once, whatever pause was kept.
    Look(OrderKey),
    /// Stop an order.
    Cancel(OrderKey),
    /// This is the request that an unclear order became.
    Resolve(OrderKey, RequestId),
    /// fal took nothing of an unclear order, the person says.
    NotAccepted(OrderKey),
    /// These pictures were handed over: the same wish is from now on a new order.
    Delivered(u32),
    /// Forget the person.
    Erase,
}
