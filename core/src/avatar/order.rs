//! An order at fal, from the plan to the kept files: the same states for a model and for pictures.
//!
//! ```text
//! preparing ─ planned ─ submitting ─ accepted ─ keeping ─ done
//!                 │          │          │  │
//!                 │       unclear ──────┘  ├─ failed
//!                 └───────────┴────────────┴─ cancelled
//! ```
//!
//! Only `planned` submits, and only once: before the bytes leave, the order is `submitting`; whatever is lost
//! after that makes it `unclear`, from which only a late answer that proves that fal took nothing leads back.

mod after;
mod collect;
mod next;
mod recovery;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(super) use self::{
    after::{Happened, lacks_files},
    next::{DueQuery, Plan},
};
use super::task::{OrderStep, TokenHash};
use crate::{
    download::{Expected, FileKind, Kept},
    error::Error,
    fal::{
        ApiError, RequestId,
        result::{self, Image, Pictures, ResultError, TrainedModel},
        submit::Unclear,
    },
    http::Answer,
    retry::RetryState,
    time::Timestamp,
};

/// An order at fal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order<G> {
    pub(super) stage: Stage<G>,
    /// File that fal holds for the order: the archive, or the model's file.
    pub(super) upload: Option<Uploaded>,
    /// Last error, while it may still pass.
    #[serde(rename = "trouble")]
    pub(super) retry: Option<RetryState>,
    pub(super) cancel: Cancel,
    /// The hash of the token in the webhook's address.
    pub(super) token: Option<TokenHash>,
    pub(super) ordered_at: Timestamp,
}

/// The stage of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage<G> {
    /// Preparation of the photos.
    Preparing,
    /// All is ready but the upload, or the upload is there too.
    Planned,
    /// The submit is under way, and the intent to buy is saved.
    Submitting {
        /// Time at which the submit began.
        since: Timestamp,
        /// Request that a webhook named before the submit was answered.
        hint: Option<RequestId>,
    },
    /// Uncertainty: fal may have taken the order, and may not.
    Unclear {
        /// Time at which the order became unclear.
        since: Timestamp,
        /// Reason why the order is unclear.
        why: Unclear,
        /// Request that the order may have become.
        candidate: Option<RequestId>,
        /// True if the candidate's input was found to be ours, as far as fal shows it.
        #[serde(default)]
        compared: bool,
        /// Candidate that fal was asked about last: the answer counts for no other.
        #[serde(default)]
        asked: Option<RequestId>,
        /// Progress of the search in fal's list.
        search: Search,
    },
    /// Acceptance by fal.
    Accepted(Accepted),
    /// A result: fal has made the files, and they are being kept.
    Keeping {
        /// The request.
        request_id: RequestId,
        /// The result that was bought.
        #[serde(rename = "goods")]
        product: G,
        /// Files that are already kept, in their order.
        kept: Vec<Kept>,
        /// Time at which fal took the order. fal's own copies end a week after they were made, which was later.
        taken_at: Timestamp,
    },
    /// A complete result: every file is kept.
    Done {
        /// The request.
        request_id: RequestId,
        /// The result that was bought.
        #[serde(rename = "goods")]
        product: G,
        /// Our copies of the files.
        kept: Vec<Kept>,
        /// Time at which fal took the order.
        taken_at: Timestamp,
        /// Time at which the last file was kept.
        at: Timestamp,
    },
    /// An end without a result.
    Failed {
        /// Reason for the end.
        error: Error,
        /// Time of the end.
        at: Timestamp,
        /// fal's part in the order, as far as it came.
        bought: Bought,
        /// Present if fal may still have a result: it gave neither one nor a reason that could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doubt: Option<Doubt>,
    },
    /// A cancelled order.
    Cancelled {
        /// Time of the end.
        at: Timestamp,
        /// The request, if the order had become one.
        request_id: Option<RequestId>,
    },
}

/// The facts known of an accepted request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// fal's id of the request.
    pub request_id: RequestId,
    /// Time at which fal took the request.
    pub at: Timestamp,
    /// Earliest time of the next look.
    pub look_at: Timestamp,
    /// State seen at the last look.
    pub seen: Seen,
    /// Time since which the request has been seen as ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// True if the request's status called it a failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub said_to_have_failed: bool,
    /// The last answer that fal gave instead of a result without a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unexplained: Option<Box<Unexplained>>,
}

/// An answer instead of a result, like that for a failed request, but without a reason that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexplained {
    /// The answer, read as an error.
    pub error: ApiError,
    /// Time of the first such answer.
    pub since: Timestamp,
    /// Number of such answers.
    pub times: u32,
    /// True if fal has called the request completed since the last such answer.
    pub confirmed: bool,
}

/// The memory of a request that ended with neither a result nor a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Time at which fal took the request.
    pub taken_at: Timestamp,
    /// Time at which its result was last asked for.
    pub asked_at: Timestamp,
    /// True while the result is asked for.
    pub asking: bool,
}

/// The state of a request in fal's last answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Waiting in fal's queue.
    Queued {
        /// Number of requests ahead, when fal says so.
        position: Option<u64>,
    },
    /// Running.
    Running {
        /// Time at which the request was first seen to run.
        since: Timestamp,
        /// Progress by its own log lines, in percent.
        percent: Option<u8>,
    },
    /// Ended, well or badly.
    Ended,
}

/// fal's part in an order that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bought {
    /// Nothing was bought: the same order may be placed again.
    Nothing,
    /// The order ran as this request, and may have been paid for.
    Ran(RequestId),
    /// A person's word that fal took nothing. A request of fal that shows up later is kept nevertheless.
    NotAccepted {
        /// Time since which the order had been unclear.
        since: Timestamp,
    },
}

/// The progress of a person's wish to cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// No wish to cancel.
    #[default]
    NotAsked,
    /// A wish that fal was not told yet.
    Asked,
    /// A wish that fal was told: it then ends the request or finishes it first.
    Sent,
}

/// The progress of the search for an unclear purchase in fal's list of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Number of times that the whole list was searched in vain.
    pub rounds: u32,
    /// Start of the next page, while a search is under way.
    pub cursor: Option<String>,
    /// Number of pages that this search has read.
    pub pages: u32,
    /// Earliest time of the next search.
    pub at: Timestamp,
}

/// A file of ours that fal holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// Address of the file.
    pub url: url::Url,
    /// Expiry, if the file has one.
    pub until: Option<Timestamp>,
}

impl Uploaded {
    /// Tells whether the file will still be there when fal's runner fetches it, the longest queue included.
    pub(super) fn lasts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until.since(now) >= LONGEST_QUEUE)
    }
}

/// Time that an upload must still live when the order that needs it is placed.
pub(super) const LONGEST_QUEUE: Duration = Duration::from_hours(24);

/// A file that was bought.
#[derive(Clone, Debug)]
pub struct ProductFile<'a> {
    /// Address of the file at fal.
    pub url: &'a url::Url,
    /// MIME type, when fal gives one.
    pub content_type: Option<&'a str>,
    /// The file that must arrive.
    pub expected: Expected,
}

/// The result of an order: a model or pictures.
pub trait Product: Clone + Sized {
    /// Reads fal's result.
    fn parse(answer: Answer) -> Result<Self, ResultError>;

    /// Lists the files to keep, in their order.
    fn files(&self) -> Vec<ProductFile<'_>>;
}

impl Product for TrainedModel {
    fn parse(answer: Answer) -> Result<Self, ResultError> {
        result::parse_model(answer)
    }

    fn files(&self) -> Vec<ProductFile<'_>> {
        let content_type = self.lora.content_type.as_deref();
        let expected = Expected::of_fal(FileKind::Model, self.lora.size);
        vec![ProductFile { url: &self.lora.url, content_type, expected }]
    }
}

impl Product for Pictures {
    fn parse(answer: Answer) -> Result<Self, ResultError> {
        result::parse_pictures(answer)
    }

    fn files(&self) -> Vec<ProductFile<'_>> {
        let products = self.images.iter().map(|Image { url, content_type, size, .. }| ProductFile {
            url,
            content_type: content_type.as_deref(),
            expected: Expected::of_fal(FileKind::Picture, *size),
        });
        products.collect()
    }
}

impl<G> Order<G> {
    /// Makes a new order.
    pub(super) fn new(stage: Stage<G>, upload: Option<Uploaded>, now: Timestamp) -> Self {
        Self { stage, upload, retry: None, cancel: Cancel::default(), token: None, ordered_at: now }
    }

    /// Returns the order's stage.
    pub fn stage(&self) -> &Stage<G> {
        &self.stage
    }

    /// Returns the last error, while it may still pass.
    pub fn retry(&self) -> Option<&RetryState> {
        self.retry.as_ref()
    }

    /// Returns the file that fal holds for the order: the archive, or the model's file.
    pub fn upload(&self) -> Option<&Uploaded> {
        self.upload.as_ref()
    }

    /// Returns the progress of a person's wish to cancel.
    pub fn cancel(&self) -> Cancel {
        self.cancel
    }

    /// Returns the time at which the order was placed.
    pub fn ordered_at(&self) -> Timestamp {
        self.ordered_at
    }

    /// Tells whether nothing more will happen by itself.
    pub fn ended(&self) -> bool {
        matches!(self.stage, Stage::Done { .. } | Stage::Failed { .. } | Stage::Cancelled { .. })
    }

    /// Tells whether the outcome of this step still matters. An answer of fal always does.
    pub(super) fn awaits(&self, step: OrderStep) -> bool {
        match step {
            OrderStep::Upload => matches!(self.stage, Stage::Planned),
            OrderStep::Keep(_) => matches!(self.stage, Stage::Keeping { .. }),
            _ => true,
        }
    }

    /// Returns the doubt about an order that ended though fal may still have a result: then the result can be asked for
    /// once more.
    pub fn doubt(&self) -> Option<&Doubt> {
        match &self.stage {
            Stage::Failed { doubt, .. } => doubt.as_ref(),
            _ => None,
        }
    }

    /// Returns fal's id of the request, once there is one.
    pub fn request_id(&self) -> Option<&RequestId> {
        match &self.stage {
            Stage::Accepted(Accepted { request_id, .. })
            | Stage::Keeping { request_id, .. }
            | Stage::Done { request_id, .. }
            | Stage::Failed { bought: Bought::Ran(request_id), .. } => Some(request_id),
            Stage::Cancelled { request_id, .. } => request_id.as_ref(),
            Stage::Preparing
            | Stage::Planned
            | Stage::Submitting { .. }
            | Stage::Unclear { .. }
            | Stage::Failed { .. } => None,
        }
    }

    /// Returns the request that the order may have become, while that is unclear.
    pub(super) fn candidate(&self) -> Option<&RequestId> {
        match &self.stage {
            Stage::Unclear { candidate, .. } => candidate.as_ref(),
            _ => None,
        }
    }

    /// Tells whether fal may have taken the order, and may not.
    pub fn is_unclear(&self) -> bool {
        matches!(self.stage, Stage::Unclear { .. })
    }

    /// Tells whether the order is still to be placed.
    pub fn is_unplaced(&self) -> bool {
        matches!(self.stage, Stage::Preparing | Stage::Planned)
    }

    /// Tells whether every file of the result is kept.
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done { .. })
    }

    /// Tells whether the order ended and fal certainly has no request for it: the same may be ordered in its place and
    /// is bought once.
    pub(crate) fn ended_without_order(&self) -> bool {
        match &self.stage {
            Stage::Failed { bought: Bought::Nothing, .. } => true,
            // fal may still name an order that was sent with a webhook's address.
            Stage::Cancelled { request_id: None, .. } => self.token.is_none(),
            _ => false,
        }
    }

    /// Tells whether fal took the order, or may have.
    pub fn may_be_bought(&self) -> bool {
        match &self.stage {
            Stage::Preparing | Stage::Planned => false,
            Stage::Failed { bought, .. } => *bought != Bought::Nothing,
            Stage::Cancelled { request_id, .. } => request_id.is_some(),
            _ => true,
        }
    }
}
