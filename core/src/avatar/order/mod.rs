//! An order at fal, from the plan to the goods: the same way for a model and for pictures.
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
    next::{Lease, Next, Plan},
};
use super::task::OrderStep;
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
    sha256::Sha256Sum,
    time::Timestamp,
};

/// An order at fal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order<G> {
    pub(super) stage: Stage<G>,
    /// What fal holds for it: the archive, or the model's file.
    pub(super) upload: Option<Uploaded>,
    /// What went wrong last, while it may still go right.
    pub(super) trouble: Option<RetryState>,
    pub(super) cancel: Cancel,
    /// The hash of the token in the webhook's address.
    pub(super) token: Option<TokenHash>,
    pub(super) ordered_at: Timestamp,
}

/// How far an order is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage<G> {
    /// The photos are being made ready.
    Preparing,
    /// Everything is ready but the upload, or the upload is there too.
    Planned,
    /// The intent is saved and the submit is under way.
    Submitting {
        /// Since when.
        since: Timestamp,
        /// The request that a webhook named before the submit was answered.
        hint: Option<RequestId>,
    },
    /// fal may have taken it, and may not.
    Unclear {
        /// Since when.
        since: Timestamp,
        /// Why.
        why: Unclear,
        /// The request that it may have become.
        candidate: Option<RequestId>,
        /// Whether the candidate's input was found to be ours, as far as fal shows it.
        #[serde(default)]
        compared: bool,
        /// The candidate that fal was asked about last: the answer counts for no other.
        #[serde(default)]
        asked: Option<RequestId>,
        /// How far fal's list was searched.
        search: Search,
    },
    /// fal took it.
    Accepted(Accepted),
    /// fal made it; the files are being kept.
    Keeping {
        /// The request.
        request_id: RequestId,
        /// What was bought.
        goods: G,
        /// The files that are already kept, in their order.
        kept: Vec<Kept>,
        /// When fal took it: its own copies end a week after they were made, which was later.
        taken_at: Timestamp,
    },
    /// It is ours.
    Done {
        /// The request.
        request_id: RequestId,
        /// What was bought.
        goods: G,
        /// Our copies of its files.
        kept: Vec<Kept>,
        /// When fal took it.
        taken_at: Timestamp,
        /// When it was all kept.
        at: Timestamp,
    },
    /// It ended without goods.
    Failed {
        /// Why.
        error: Error,
        /// When.
        at: Timestamp,
        /// What fal did with it, as far as it came.
        bought: Bought,
        /// Whether fal may still have a result: it gave neither one nor a reason that could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doubt: Option<Doubt>,
    },
    /// It was called off.
    Cancelled {
        /// When.
        at: Timestamp,
        /// The request, when it had become one.
        request_id: Option<RequestId>,
    },
}

/// What is known of an accepted request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// fal's name for it.
    pub request_id: RequestId,
    /// When fal took it.
    pub at: Timestamp,
    /// No look before this moment.
    pub look_at: Timestamp,
    /// What the last look saw.
    pub seen: Seen,
    /// Since when it has been seen as ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Whether its status called it a failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub said_to_have_failed: bool,
    /// The answer without a reason that fal's result was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unexplained: Option<Box<Unexplained>>,
}

/// An answer instead of a result, like that for a failed request, but without a reason that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexplained {
    /// What it was.
    pub error: ApiError,
    /// When it came first.
    pub since: Timestamp,
    /// How often it came.
    pub times: u32,
    /// Whether fal has called the request completed since it came last.
    pub confirmed: bool,
}

/// What is remembered of a request that ended with neither a result nor a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// When fal took the request.
    pub taken_at: Timestamp,
    /// When its result was last asked for.
    pub asked_at: Timestamp,
    /// Whether it is asked for now.
    pub asking: bool,
}

/// What fal said about a request when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It waits.
    Queued {
        /// How many are ahead, when fal says so.
        position: Option<u64>,
    },
    /// It runs.
    Running {
        /// Since when, as far as we saw.
        since: Timestamp,
        /// How far its own log lines say it is, in percent.
        percent: Option<u8>,
    },
    /// It ended, well or badly.
    Ended,
}

/// What fal did with an order that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bought {
    /// Nothing: the same order may be placed again.
    Nothing,
    /// It ran as this request, and may have been paid for.
    Ran(RequestId),
    /// A person said that fal took nothing. Should it show that fal did, this is kept.
    NotAccepted {
        /// Since when it had been unclear.
        since: Timestamp,
    },
}

/// How far a person's wish to cancel has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// Nobody wishes it.
    #[default]
    NotAsked,
    /// Asked for, and not yet said to fal.
    Asked,
    /// Said to fal, which then ends the request or finishes it first.
    Sent,
}

/// How far fal's list of requests was searched for an unclear purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// How many times the whole list was searched in vain.
    pub rounds: u32,
    /// Where the next page begins, while a search is under way.
    pub cursor: Option<String>,
    /// How many pages this search has read.
    pub pages: u32,
    /// No search before this moment.
    pub at: Timestamp,
}

/// Something of ours that fal holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// Where.
    pub url: url::Url,
    /// Until when, if it ends.
    pub until: Option<Timestamp>,
}

impl Uploaded {
    /// Whether it will still be there when fal's runner comes to fetch it, queue and all.
    pub(super) fn lasts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until.since(now) >= LONGEST_QUEUE)
    }
}

/// How long an upload must still live when the order that needs it is placed.
pub(super) const LONGEST_QUEUE: Duration = Duration::from_hours(24);

/// The hash of the random token in a webhook's address. The token itself is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(Sha256Sum);

impl TokenHash {
    /// The hash of this token, as it stands in the address.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256Sum::of(token.as_bytes()))
    }
}

/// A file that was bought.
#[derive(Clone, Debug)]
pub struct ProductFile<'a> {
    /// Where fal keeps it.
    pub url: &'a url::Url,
    /// What it is, when fal says so.
    pub content_type: Option<&'a str>,
    /// The file that must arrive.
    pub expected: Expected,
}

/// What can be bought: a model or pictures.
pub trait Product: Clone + Sized {
    /// Reads fal's result.
    fn parse(answer: Answer) -> Result<Self, ResultError>;

    /// The files to keep, in their order.
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
    /// A new order.
    pub(super) fn new(stage: Stage<G>, upload: Option<Uploaded>, now: Timestamp) -> Self {
        Self { stage, upload, trouble: None, cancel: Cancel::default(), token: None, ordered_at: now }
    }

    /// How far it is.
    pub fn stage(&self) -> &Stage<G> {
        &self.stage
    }

    /// What went wrong last, while it may still go right.
    pub fn trouble(&self) -> Option<&RetryState> {
        self.trouble.as_ref()
    }

    /// What fal holds for it: the archive, or the model's file.
    pub fn upload(&self) -> Option<&Uploaded> {
        self.upload.as_ref()
    }

    /// How far a person's wish to cancel has come.
    pub fn cancel(&self) -> Cancel {
        self.cancel
    }

    /// When it was placed.
    pub fn ordered_at(&self) -> Timestamp {
        self.ordered_at
    }

    /// Whether nothing more will happen by itself.
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

    /// Whether fal may still have a result, though the order has ended: then it can be asked for once more.
    pub fn doubt(&self) -> Option<&Doubt> {
        match &self.stage {
            Stage::Failed { doubt, .. } => doubt.as_ref(),
            _ => None,
        }
    }

    /// fal's name for it, once there is one.
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

    /// The request that it may have become, while that is unclear.
    pub(super) fn candidate(&self) -> Option<&RequestId> {
        match &self.stage {
            Stage::Unclear { candidate, .. } => candidate.as_ref(),
            _ => None,
        }
    }

    /// Whether it is still to be placed.
    #[must_use]
    pub fn is_unplaced(&self) -> bool {
        matches!(self.stage, Stage::Preparing | Stage::Planned)
    }

    /// Whether it is ours.
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done { .. })
    }

    /// Whether it ended and fal certainly has no request for it: the same may be ordered in its place and is bought once.
    pub fn ended_without_order(&self) -> bool {
        match &self.stage {
            Stage::Failed { bought: Bought::Nothing, .. } => true,
            // One whose address was sent to fal may still be named by it.
            Stage::Cancelled { request_id: None, .. } => self.token.is_none(),
            _ => false,
        }
    }

    /// Whether fal took it, or may have.
    pub fn may_be_bought(&self) -> bool {
        match &self.stage {
            Stage::Preparing | Stage::Planned => false,
            Stage::Failed { bought, .. } => *bought != Bought::Nothing,
            Stage::Cancelled { request_id, .. } => request_id.is_some(),
            _ => true,
        }
    }
}
