//! The fold of all entries into the overview that an operator sees.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    DAYS, days_before, remembered_since,
    report::{avatar_of, day, erased},
};
use crate::{
    avatar::{AvatarId, Entry, Job, OrderKey, StageName, State},
    budget::rows::Want,
    json,
    time::Timestamp,
};

/// Number of entries that an overview is made from, at most.
const MOST_ENTRIES: u32 = 5000;

/// Number of orders that are listed, of those under way and of those that ended.
const MOST_LISTED: usize = 100;

/// Number of trainings whose times are listed.
const MOST_TIMES: usize = 60;

/// The jobs of a deployment, as its operator sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Overview {
    /// Time of the answer.
    pub at: Timestamp,
    /// Beginning of the first day that is counted.
    pub since: Timestamp,
    /// True if all of these days are counted. Of a deployment with a great many avatars the newest are.
    pub complete: bool,
    /// Number of orders by how they stand.
    pub counts: Counts,
    /// Orders: those under way, and then those that ended, each with the newest first.
    pub jobs: Vec<JobView>,
    /// Times of the trainings that were completed last, the oldest first.
    pub training_times: Vec<TrainingTime>,
    /// Orders that ended badly, by the reason's code; the most frequent first.
    pub failures: Vec<Counted>,
    /// Photos that are left out, by the reason's code; the most frequent first.
    pub rejected_photos: Vec<Counted>,
}

/// Numbers of orders by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Orders under way.
    pub under_way: u32,
    /// Orders that were completed.
    pub completed: u32,
    /// Orders that ended without a result, and those of which it is unclear for long whether fal.ai took them.
    pub failed: u32,
    /// Orders that were called off.
    pub cancelled: u32,
    /// Avatars that were erased. What became of their orders is not known any more.
    pub erased_avatars: u32,
}

/// An order in the operator's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Job"))]
pub struct JobView {
    /// The avatar's id.
    pub avatar_id: AvatarId,
    /// Kind of the order.
    pub kind: OrderKind,
    /// Number of the order in the avatar.
    pub number: u32,
    /// One of four words.
    pub status: State,
    /// Stage of the order.
    pub stage: StageName,
    /// Stable name of the reason for a bad end, or for a wait in which fal.ai cannot be reached.
    pub code: Option<String>,
    /// Time of the order.
    pub ordered_at: Timestamp,
    /// Time of the end.
    pub ended_at: Option<Timestamp>,
    /// True if nothing was bought.
    pub test_mode: bool,
}

/// The kind of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum OrderKind {
    /// A training.
    Training,
    /// Pictures.
    Pictures,
}

/// The time that a training took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TrainingTime {
    /// Time of the end.
    pub ended_at: Timestamp,
    /// Time from the order to the kept model, in seconds.
    pub seconds: u64,
}

/// A code with the number of its occurrences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counted {
    /// Stable name of a reason.
    pub code: String,
    /// Number of occurrences.
    pub count: u32,
}

/// An overview in the making: entries are added one by one, in any order.
#[derive(Debug)]
pub struct Fold {
    now: Timestamp,
    since: Timestamp,
    /// Number of days whose rows were wanted so far.
    days: u32,
    entries: u32,
    counts: Counts,
    under_way: Vec<JobView>,
    ended: Vec<JobView>,
    times: Vec<TrainingTime>,
    failures: BTreeMap<String, u32>,
    rejected: BTreeMap<String, u32>,
}

impl Fold {
    /// Begins an overview.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            since: remembered_since(now),
            days: 0,
            entries: 0,
            counts: Counts::default(),
            under_way: Vec::new(),
            ended: Vec::new(),
            times: Vec::new(),
            failures: BTreeMap::new(),
            rejected: BTreeMap::new(),
        }
    }

    /// Names the rows of a ledger that are to be [found](Self::found) next, the newest day first; `None` when the
    /// overview is made.
    pub fn wanted(&mut self) -> Option<[Want; 2]> {
        if self.days >= DAYS || self.entries >= MOST_ENTRIES {
            return None;
        }
        // The newest day also holds what a clock that was ahead wrote.
        let name = day(days_before(self.now, self.days));
        let below = if self.days == 0 { "~".to_owned() } else { format!("{name}~") };
        self.days += 1;
        let most = MOST_ENTRIES - self.entries;
        let counted = if self.days == 1 { "erased/~".to_owned() } else { format!("{}~", erased(&name)) };
        Some([
            Want::between(&format!("day/{name}"), &format!("day/{below}"), most),
            Want::between(&erased(&name), &counted, most),
        ])
    }

    /// Adds a row of a ledger.
    pub fn found(&mut self, name: &str, value: &str) {
        if name.starts_with(&erased("")) {
            let count: u32 = value.parse().unwrap_or(0);
            self.counts.erased_avatars = self.counts.erased_avatars.saturating_add(count);
        } else if let (Some(avatar), Ok(entry)) = (avatar_of(name), json::parse(value)) {
            self.add(avatar, entry);
        }
    }

    /// Adds the entry of an avatar.
    pub fn add(&mut self, avatar: AvatarId, entry: Entry) {
        let Entry { at, test_mode, erased, jobs, rejected } = entry;
        if at < self.since {
            return;
        }
        self.entries = self.entries.saturating_add(1);
        if erased {
            self.counts.erased_avatars = self.counts.erased_avatars.saturating_add(1);
        }
        for job in jobs {
            self.add_job(avatar, job, test_mode);
        }
        for (code, count) in rejected {
            add(&mut self.rejected, code, count);
        }
    }

    fn add_job(&mut self, avatar: AvatarId, job: Job, test_mode: bool) {
        let Job { order, status, stage, ordered_at, ended_at, code } = job;
        if ended_at.is_some_and(|at| at < self.since) {
            return;
        }
        let (kind, number) = match order {
            OrderKey::Training(attempt) => (OrderKind::Training, attempt),
            OrderKey::Pictures(number) => (OrderKind::Pictures, number),
        };
        let counts = &mut self.counts;
        let count = match (status, stage) {
            (State::InProgress | State::Unknown, _) => &mut counts.under_way,
            (State::Completed, _) => &mut counts.completed,
            (State::Error, StageName::Cancelled) => &mut counts.cancelled,
            (State::Error, _) => &mut counts.failed,
        };
        *count = count.saturating_add(1);
        if status == State::Error
            && stage != StageName::Cancelled
            && let Some(code) = &code
        {
            add(&mut self.failures, code.clone(), 1);
        }
        if let (State::Completed, OrderKind::Training, Some(ended_at)) = (status, kind, ended_at) {
            let time = TrainingTime { ended_at, seconds: ended_at.since(ordered_at).as_secs() };
            keep(&mut self.times, MOST_TIMES, time, |time| (time.ended_at, time.seconds));
        }
        // What is unclear for long is still waited for.
        let list = if ended_at.is_some() { &mut self.ended } else { &mut self.under_way };
        let avatar_id = avatar;
        let job = JobView { avatar_id, kind, number, status, stage, code, ordered_at, ended_at, test_mode };
        keep(list, MOST_LISTED, job, |job| {
            (job.ended_at.unwrap_or(job.ordered_at), job.avatar_id, job.number, job.kind)
        });
    }

    /// Returns the overview.
    #[must_use]
    pub fn overview(self) -> Overview {
        let Self { now, since, entries, counts, under_way: mut jobs, mut ended, mut times, .. } = self;
        jobs.append(&mut ended);
        times.reverse();
        Overview {
            at: now,
            since,
            complete: entries < MOST_ENTRIES,
            counts,
            jobs,
            training_times: times,
            failures: by_frequency(self.failures),
            rejected_photos: by_frequency(self.rejected),
        }
    }
}

fn add(counts: &mut BTreeMap<String, u32>, code: String, more: u32) {
    let count = counts.entry(code).or_default();
    *count = count.saturating_add(more);
}

fn by_frequency(counts: BTreeMap<String, u32>) -> Vec<Counted> {
    let mut all = Vec::new();
    // Backwards: of reasons that are as frequent the first by name comes first.
    for (code, count) in counts.into_iter().rev() {
        keep(&mut all, usize::MAX, Counted { code, count }, |one| one.count);
    }
    all
}

/// Adds an item to a list whose greatest items come first, and drops the last one where there are more than `most`.
// A sort would be ten kilobytes more for the front, for each type.
fn keep<T, K: Ord>(list: &mut Vec<T>, most: usize, item: T, key: impl Fn(&T) -> K) {
    let place = list.partition_point(|known| key(known) > key(&item));
    if place < most {
        list.insert(place, item);
        list.truncate(most);
    }
}
