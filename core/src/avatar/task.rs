//! Tasks that an avatar gives its shell, and the events that the shell reports.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    photo::{Photo, Prepared},
    photo_set::Dataset,
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
    sha256::Sha256Sum,
    storage::{BucketFolder, FolderPart, ObjectPlace},
    time::Timestamp,
};

/// The next step of an avatar.
#[derive(Debug)]
pub enum Step {
    /// A task to begin: save that it began, do it, then report how it ended.
    Begin(Box<Task>),
    /// A pause until this moment, unless something happens.
    Wait(Timestamp),
    /// A pause until something happens.
    Idle,
}

/// A task for the shell.
#[derive(Debug)]
pub struct Task {
    /// The saved part of the task.
    pub mark: TaskRecord,
    /// The work for the shell.
    pub work: Work,
}

/// The lease of a transfer from the moment at which its bytes were said to move: longer than the longest silence, the
/// pauses before a transfer goes on, and the time that storage needs to take a whole file.
const MOVING_LEASE: Duration = Duration::from_mins(11);

/// The hash of the random token in a webhook's address. The token itself is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(Sha256Sum);

impl TokenHash {
    /// Hashes a token as it stands in the address.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256Sum::of(token.as_bytes()))
    }
}

/// The time that a task has before it counts as lost.
#[derive(Clone, Copy)]
pub(in crate::avatar) enum Lease {
    /// A time that stays as it is.
    Fixed(Duration),
    /// A time that begins anew while the task's bytes move.
    Transfer(Duration),
}

/// The record of a task, saved when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Number of the task, never used twice in one avatar.
    pub id: TaskId,
    /// Purpose of the task.
    #[serde(rename = "errand")]
    pub task_kind: TaskKind,
    /// Time at which the task counts as lost.
    pub lease: Timestamp,
    /// Latest end of a transfer's lease, which is extended while its bytes move. The shell breaks the transfer off
    /// then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
    /// Hash of the token in the webhook's address, for a submit with a webhook.
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

    /// Extends the lease of a transfer whose bytes move, never beyond `latest`.
    pub(super) fn progressed(&mut self, now: Timestamp) {
        if let Some(latest) = self.latest {
            self.lease = self.lease.max(now.plus(MOVING_LEASE)).min(latest);
        }
    }

    /// Tells whether the task is a purchase: the one call that is never made twice.
    #[must_use]
    pub fn is_submit(&self) -> bool {
        self.task_kind.step() == Some(OrderStep::Submit)
    }

    /// Returns the request that a purchase has become, when fal took it.
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

/// The purpose of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Preparing one photo, by its index.
    Photo(usize),
    /// A step of a training, by its attempt.
    Training(u32, OrderStep),
    /// A step of pictures, by their number.
    Pictures(u32, OrderStep),
    /// Deleting what is needed no more.
    Tidy,
    /// Telling the backend something: the message's number.
    Notify(u64),
    /// Telling the operator's ledger: the report's number.
    Report(u64),
}

impl TaskKind {
    /// Makes the purpose of a task that is a step of an order.
    pub(super) fn of_order(order: OrderKey, step: OrderStep) -> Self {
        match order {
            OrderKey::Training(attempt) => Self::Training(attempt, step),
            OrderKey::Pictures(number) => Self::Pictures(number, step),
        }
    }

    /// Returns the order that the task is for, and its step. A photo is prepared for every order of the set.
    #[must_use]
    pub fn order_step(self) -> Option<(OrderKey, OrderStep)> {
        match self {
            Self::Photo(_) | Self::Tidy | Self::Notify(_) | Self::Report(_) => None,
            Self::Training(attempt, step) => Some((OrderKey::Training(attempt), step)),
            Self::Pictures(number, step) => Some((OrderKey::Pictures(number), step)),
        }
    }

    /// Returns the order that the task is for.
    #[must_use]
    pub fn order(self) -> Option<OrderKey> {
        self.order_step().map(|(order, _)| order)
    }

    /// Returns the step of an order that the task is.
    #[must_use]
    pub fn step(self) -> Option<OrderStep> {
        self.order_step().map(|(_, step)| step)
    }

    /// Tells whether the task writes files of the avatar.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Photo(_)) || matches!(self.step(), Some(OrderStep::Keep(_)))
    }
}

/// A step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStep {
    /// Sending the archive or the model to fal.
    Upload,
    /// The purchase: the one call that is never made twice.
    Submit,
    /// Looking for an unclear purchase in fal's list of requests.
    Search,
    /// Comparing what fal shows of the request that an unclear purchase may have become with what was sent.
    Compare,
    /// Asking fal about the request that an unclear purchase may have become.
    Prove,
    /// Asking for the request's status.
    Look,
    /// Fetching the result.
    Collect,
    /// Asking fal to stop.
    Cancel,
    /// Keeping one of the files that were bought, by its index.
    Keep(usize),
}

/// The work of a task.
#[derive(Debug)]
pub enum Work {
    /// Preparation: read the photo, check its bytes against the stored sum, normalise it, keep the JPEG.
    Prepare {
        /// The photo.
        photo: Photo,
        /// Name under which the JPEG is kept, never used before: an object of a bucket ([`ObjectPlace`]) for a photo
        /// that came from one, else a file's name.
        file: String,
    },
    /// A request to send once.
    Call(Request),
    /// An upload to drive to its end, with the upload source as its bytes.
    Send {
        /// The calls.
        upload: Box<Upload>,
        /// The bytes.
        upload_source: UploadSource,
    },
    /// A file to fetch from fal, and to keep under this name once it is whole. The key is not sent along.
    Fetch {
        /// Address of the file, and the facts known of it: for [`crate::download::Download`].
        file: RemoteFile,
        /// Name among the avatar's files.
        name: String,
        /// Destination of a copy. Once the file is kept, a copy that fails does not fail the task: it is made later
        /// ([`Event::Copied`]).
        copy: Option<ObjectPlace>,
    },
    /// Deletion of a folder of a bucket, or, without one, of the avatar's own folder.
    Clear {
        /// The folder.
        bucket_folder: Option<BucketFolder>,
        /// Part of the folder to delete.
        what: FolderPart,
    },
    /// Deletion of single files: objects ([`ObjectPlace`]), or files in the avatar's own folder.
    Discard {
        /// Names of the files.
        sources: Vec<String>,
    },
    /// A notice to the backend about an order.
    Notify {
        /// The order.
        order: OrderKey,
        /// Number of the message.
        number: u64,
    },
    /// A report to the operator's ledger: [`crate::ledger::Report`].
    Report {
        /// Number of the report.
        number: u64,
    },
}

/// The bytes of an upload to fal.
#[derive(Clone, Debug, PartialEq)]
pub enum UploadSource {
    /// An archive of the photos.
    Archive(Dataset),
    /// A model file, in the shell's own words.
    Model(String),
}

/// An event that the shell reports.
#[derive(Debug)]
pub enum Event {
    /// The start of a task.
    Began(TaskRecord),
    /// The end of a task.
    Ended(TaskId, Outcome),
    /// Bytes of a transfer that have moved since the last such event: the lease is extended. A shell reports it after
    /// each [`crate::limits::PROGRESS_INTERVAL`] in which bytes moved, and breaks the transfer off when the avatar no
    /// longer [awaits](super::Avatar::awaits) it.
    Progressed(TaskId),
    /// A new start of the shell: work under way is lost.
    Restarted,
    /// The passing of time.
    Woke,
    /// A call of fal's webhook. A hint only: nothing of its payload is believed.
    Webhook {
        /// Request that the call names.
        request_id: RequestId,
        /// Hash of the token in the call's address.
        token: Option<TokenHash>,
    },
    /// A folder that the shell has emptied.
    Cleared {
        /// The folder.
        bucket_folder: BucketFolder,
        /// Part of the folder that was deleted.
        what: FolderPart,
    },
    /// The copy of this attempt's model, which has arrived where it goes.
    Copied(u32),
    /// A person's command.
    Asked(Command),
}

/// The outcome of a task.
#[derive(Debug)]
pub enum Outcome {
    /// The end of [`Work::Prepare`].
    Prepared(Result<Prepared, PrepareError>),
    /// The end of [`Work::Call`].
    Answered {
        /// fal's answer.
        answer: Answer,
        /// For [`OrderStep::Prove`]: true if another avatar's purchase already holds that request.
        held_elsewhere: bool,
    },
    /// The end of [`Work::Send`]: the address at which fal keeps the file.
    Sent(Result<Url, Error>),
    /// The end of [`Work::Fetch`].
    Fetched(Result<Kept, Error>),
    /// The end of [`Work::Clear`].
    Cleared {
        /// The folder.
        bucket_folder: Option<BucketFolder>,
        /// Part of the folder.
        what: FolderPart,
        /// Success, or the error of storage.
        result: Result<(), StorageError>,
    },
    /// The end of [`Work::Discard`].
    Discarded {
        /// Names of the files.
        sources: Vec<String>,
        /// Success, or the error of storage.
        result: Result<(), StorageError>,
    },
    /// The end of [`Work::Notify`].
    Notified(Result<(), Error>),
    /// The end of [`Work::Report`].
    Reported(Result<(), Error>),
}

/// The reason why a photo was not prepared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PrepareError {
    /// A photo that cannot be used. The set goes on without it.
    #[error(transparent)]
    Photo(PhotoProblem),
    /// Storage that could not read the photo, or write the clean one.
    #[error(transparent)]
    Storage(StorageError),
    /// A worker without room now: the photo is tried again soon, and nothing went wrong.
    #[error("no photo can be taken in at the moment")]
    Busy,
    /// A worker with room for smaller photos, but not for this one as its memory is divided now: the photo is tried a
    /// few times where there may be more.
    #[error("the photo takes {needed} bytes of memory, and {free} are free in one piece")]
    Cramped {
        /// Number of bytes that preparing the photo takes.
        needed: u64,
        /// Number of bytes that are free in one piece.
        free: u64,
    },
    /// A worker that crashed on the photo, or on another one that it had in hand: the photo is begun again a few times.
    #[error("the photo was not finished")]
    Crashed,
}

/// A person's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Showing how an order stands: fal is asked at once, whatever pause was kept.
    Look(OrderKey),
    /// Stopping an order.
    Cancel(OrderKey),
    /// Naming the request that an unclear order became.
    Resolve(OrderKey, RequestId),
    /// Saying that fal took nothing of an unclear order.
    NotAccepted(OrderKey),
    /// Noting that these pictures were handed over: the same request is from now on a new order.
    Delivered(u32),
    /// Forgetting the person.
    Erase,
}
