//! The operator's ledger: how the jobs of all avatars stand, by ids, times and codes.
//!
//! An avatar's [`Entry`](crate::avatar::Entry) holds what its operator may see. A shell that can look at all avatars at
//! once adds their entries to a [`Fold`] when it is asked. At the edge, where each avatar lies in an object of its own,
//! they [report](Report) their entries to one ledger, which keeps them in rows by day.
//!
//! Nothing else depends on the ledger: an avatar that could not report is missing in the overview until its next change.

mod fold;
mod report;
#[cfg(test)]
mod tests;

pub use self::{
    fold::{Counted, Counts, Fold, JobView, OrderKind, Overview, TrainingTime},
    report::Report,
};
use std::time::Duration;

use crate::time::Timestamp;

/// Number of days, today among them, that the ledger remembers.
pub const DAYS: u32 = 90;

const DAY: Duration = Duration::from_hours(24);

/// Returns the beginning of a moment's day, in UTC.
fn start_of_day(moment: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.millis().saturating_sub(moment.millis().rem_euclid(day)))
}

/// Returns the beginning of the first day that is remembered.
fn remembered_since(now: Timestamp) -> Timestamp {
    days_before(now, DAYS - 1)
}

/// Returns the beginning of the day so many days before this moment's.
fn days_before(now: Timestamp, days: u32) -> Timestamp {
    let back = i64::try_from((DAY * days).as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(start_of_day(now).millis().saturating_sub(back))
}
