//! The report to the operator's ledger, kept until the ledger takes it.

use serde::{Deserialize, Serialize};

use super::super::{Avatar, Moment};
use crate::{error::Error, limits::MOST_NOTICES, retry::RetryState, sha256::Sha256Sum, time::Timestamp};

/// The reports of an avatar. A report is made of the avatar as it is when it is sent, so that the newest one replaces
/// all before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reports {
    /// Number of the last report.
    number: u64,
    /// SHA-256 of the entry for which it was made.
    noted: Option<Sha256Sum>,
    /// True until the ledger has taken it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    due: bool,
    /// Trouble with the last try to deliver it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<RetryState>,
}

impl Reports {
    /// Tells whether nothing was ever to be reported.
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether a report is on its way.
    pub(super) fn is_due(&self) -> bool {
        self.due
    }
}

impl Avatar {
    /// Notes that the ledger is to be told, when the avatar's entry is another than the last one.
    pub(in crate::avatar) fn note_entry(&mut self, now: Timestamp) {
        let Some(entry) = self.entry(now) else { return };
        let Some(hosted) = &mut self.hosted else { return };
        let reports = &mut hosted.reports;
        if entry.is_empty() && reports.noted.is_none() {
            return;
        }
        let noted = serde_json::to_vec(&entry).ok().map(|text| Sha256Sum::of(&text));
        if noted == reports.noted {
            return;
        }
        // A ledger that failed before may take the new one: its pause stays, its tries begin anew.
        let retry = reports.retry.take().map(|retry| RetryState { tries: 0, ..retry });
        *reports = Reports { number: reports.number.saturating_add(1), noted, due: true, retry };
    }

    /// Returns the number of the report that is due, or the time at which one will be.
    pub(in crate::avatar) fn report(&self, moment: &Moment) -> Option<Result<u64, Timestamp>> {
        let reports = self.hosted.as_ref().map(|hosted| &hosted.reports).filter(|reports| reports.due)?;
        let rests = reports.retry.as_ref().and_then(|retry| retry.rests_until(moment.now));
        Some(rests.map_or(Ok(reports.number), Err))
    }

    /// Applies the result of a try to deliver a report. A ledger that takes nothing is told again with the next change;
    /// of an erase it is told without end, since it still names the avatar.
    pub(in crate::avatar) fn reported(&mut self, number: u64, result: Result<(), Error>, moment: &Moment) {
        let must_arrive = self.person.is_none();
        let Some(hosted) = &mut self.hosted else { return };
        let reports = &mut hosted.reports;
        match result {
            Ok(()) if reports.number == number => (reports.due, reports.retry) = (false, None),
            Ok(()) => reports.retry = None,
            Err(error) => {
                let retry = RetryState::after(reports.retry.as_ref(), error, None, moment.seed(), moment.now);
                reports.due = must_arrive || retry.tries < MOST_NOTICES;
                reports.retry = reports.due.then_some(retry);
            }
        }
    }
}
