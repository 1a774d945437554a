//! The entry of an avatar in the operator's ledger: ids, times and codes, and nothing of the person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Avatar, OrderKey, OrderView, StageName, State};
use crate::time::Timestamp;

/// Number of trainings, and of orders of pictures, that an entry holds: the newest ones.
const MOST_JOBS: usize = 30;

/// The facts about an avatar that its operator may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Time of the newest order, or of its end.
    pub at: Timestamp,
    /// True if nothing is bought for the avatar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test_mode: bool,
    /// True once the person was forgotten. Nothing else is known then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// The newest trainings, and the newest orders of pictures.
    pub jobs: Vec<Job>,
    /// Number of photos that are left out, by the reason's code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<String, u32>,
}

/// An order in an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The order.
    pub order: OrderKey,
    /// One of four words.
    pub status: State,
    /// Stage of the order.
    pub stage: StageName,
    /// Time of the order.
    pub ordered_at: Timestamp,
    /// Time of the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Stable name of the reason for a bad end, or for a wait in which fal cannot be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Entry {
    /// Tells whether there is nothing to see.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.rejected.is_empty() && !self.erased
    }
}

impl Avatar {
    /// Makes the entry of an avatar behind the API; `None` for any other.
    ///
    /// Of an erased avatar that something was once ordered for, only that much is left: what became of the orders is
    /// forgotten with the person.
    #[must_use]
    pub fn entry(&self, now: Timestamp) -> Option<Entry> {
        if !self.is_hosted() {
            return None;
        }
        let erased = self.person.is_none() && !(self.trainings.is_empty() && self.pictures.is_empty());
        let trainings = self.trainings.iter().rev().take(MOST_JOBS).map(OrderView::Training);
        let pictures = self.pictures.iter().rev().take(MOST_JOBS).map(OrderView::Pictures);
        let mut jobs: Vec<Job> = trainings.chain(pictures).map(|order| job(order, now)).collect();
        let at = jobs.iter().map(|job| job.ended_at.unwrap_or(job.ordered_at)).max();
        let at = at.unwrap_or(self.created_at);
        if erased {
            jobs.clear();
        }
        let mut rejected = BTreeMap::new();
        for problem in self.photos.left_out().into_iter().flatten() {
            let count: &mut u32 = rejected.entry(problem.code().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        Some(Entry { at, test_mode: self.test_mode, erased, jobs, rejected })
    }
}

fn job(order: OrderView<'_>, now: Timestamp) -> Job {
    let seen = order.status(now);
    Job {
        order: order.key(),
        status: seen.state,
        stage: seen.stage,
        ordered_at: order.ordered_at(),
        // The clock may have been set back meanwhile.
        ended_at: seen.completed_at.map(|at| at.max(order.ordered_at())),
        // An error that a single try met says little, and would be told with each.
        code: seen.code.filter(|_| seen.state != State::InProgress),
    }
}
