//! A question to the budget, from the rows that it takes to the rows that it changes. A shell reads rows and writes
//! them, all in one transaction; the inquiry decides which.

use std::collections::BTreeSet;

use super::recent::{MessageId, Recent};
use crate::{
    budget::{
        Budget, Question, StoredError,
        rows::{Change, Rows, Want},
    },
    time::Timestamp,
};

/// A question on its way: first [`Inquiry::wanted`] and [`Inquiry::found`] until nothing more is wanted, then
/// [`Inquiry::answer`].
#[derive(Clone, Debug)]
pub struct Inquiry {
    question: Question,
    /// Id of the message with which the question came, where the message may come again.
    message: Option<MessageId>,
    now: Timestamp,
    asked: BTreeSet<Want>,
    seen: Rows,
}

impl Inquiry {
    /// Begins a question, for which no row was looked up yet.
    #[must_use]
    pub fn new(question: Question, message: Option<MessageId>, now: Timestamp) -> Self {
        Self { question, message, now, asked: BTreeSet::new(), seen: Rows::default() }
    }

    /// Names rows that have yet to be looked up. `None`: the question can be answered.
    pub fn wanted(&mut self) -> Option<Want> {
        let mut wants = self.question.wants(&self.seen, self.now);
        if let Some(message) = self.message {
            wants.extend(Recent::wants(message, self.now));
        }
        let want = wants.into_iter().find(|want| !self.asked.contains(want))?;
        self.asked.insert(want.clone());
        Some(want)
    }

    /// Takes a row that was found among the wanted ones.
    pub fn found(&mut self, name: String, value: String) {
        self.seen.0.insert(name, value);
    }

    /// Does the work of the question, and returns the rows that change. The entropy becomes the salt of a budget that
    /// does not exist yet.
    pub fn answer<T>(
        self,
        entropy: [u8; 32],
        work: impl FnOnce(Budget, &mut Recent) -> (Budget, T),
    ) -> Result<(T, Vec<Change>), StoredError> {
        let recent = Recent::of(&self.seen);
        let stored = self.seen.budget()?;
        let is_new = stored.is_none();
        let budget = stored.unwrap_or_else(|| Budget::new(entropy, self.now));
        let mut recent_after = recent.clone();
        let (after, told) = work(budget.clone(), &mut recent_after);
        let mut changes = Vec::new();
        if after != budget {
            let before = if is_new { Rows::default() } else { Rows::of(&budget)? };
            changes = before.changes(Rows::of(&after)?);
        }
        if recent_after != recent {
            changes.extend(recent.rows()?.changes(recent_after.rows()?));
        }
        Ok((told, changes))
    }
}
