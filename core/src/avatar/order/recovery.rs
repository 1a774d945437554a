//! Recovery of an unclear purchase: by fal's webhook, by fal's own list of requests, or by a person.
//!
//! Each only names a candidate. It is adopted when fal's status answers for it under our key, no other purchase
//! holds it, and its input, where fal shows it, is ours.

use std::time::Duration;

use super::{Bought, Order, Plan, Product, Search, Stage};
use crate::{
    avatar::{Moment, TokenHash},
    error::{Error, NetworkError},
    fal::{CallError, RequestId, requests, status},
    http::Answer,
    retry::has_come,
    time::Timestamp,
};

/// Number of pages of fal's list that one search reads (100 requests each) before it starts anew later.
const MAX_PAGES: u32 = 20;

impl<G: Product> Order<G> {
    /// Takes up a repeated request for the same order: a pause ends at once, and an unclear purchase is searched for
    /// anew.
    pub(in crate::avatar) fn asked_again(&mut self, moment: &Moment) {
        self.retry = None;
        if let Stage::Unclear { search, .. } = &mut self.stage {
            *search = Search { rounds: 0, cursor: None, pages: 0, at: moment.now };
        }
    }

    /// Applies the request that fal's webhook named.
    pub(super) fn named(mut self, named: &RequestId, token: Option<TokenHash>, moment: &Moment) -> Self {
        let ours = token.is_some() && token == self.token;
        match &mut self.stage {
            Stage::Submitting { hint, .. } if ours => *hint = Some(named.clone()),
            Stage::Unclear { candidate, compared, .. } if ours => {
                *compared &= candidate.as_ref() == Some(named);
                *candidate = Some(named.clone());
            }
            Stage::Accepted(accepted) if accepted.request_id == *named => accepted.look_at = moment.now,
            Stage::Cancelled { request_id: None, at: since }
            | Stage::Failed { bought: Bought::NotAccepted { since }, .. }
                if ours =>
            {
                self.stage = named_by(named, *since, moment);
            }
            _ => return self,
        }
        self.retry = None;
        self
    }

    /// Applies the request that a person named as the one that the order became.
    pub(super) fn resolved(mut self, named: &RequestId, moment: &Moment) -> Self {
        match &mut self.stage {
            Stage::Unclear { candidate, compared, .. } => {
                *compared &= candidate.as_ref() == Some(named);
                *candidate = Some(named.clone());
            }
            Stage::Failed { bought: Bought::NotAccepted { since }, .. } => {
                self.stage = named_by(named, *since, moment);
            }
            _ => return self,
        }
        self.retry = None;
        self
    }

    /// Ends the attempt, since a person found that fal had taken nothing. Nothing is sent.
    pub(super) fn not_accepted(self, moment: &Moment) -> Self {
        let Stage::Unclear { since, .. } = self.stage else { return self };
        let error = Error::Network(NetworkError::NotAccepted);
        let stage =
            Stage::Failed { error, at: moment.now, bought: Bought::NotAccepted { since }, doubt: None };
        Self { stage, retry: None, ..self }
    }

    /// Applies a page of fal's list.
    pub(super) fn searched(
        mut self,
        answer: Answer,
        held: &[RequestId],
        plan: &Plan<'_>,
        moment: &Moment,
    ) -> Self {
        let upload = self.upload.as_ref().map(|upload| upload.url.clone());
        let Stage::Unclear { candidate, compared, search, .. } = &mut self.stage else { return self };
        // A candidate was named while the page was under way.
        if candidate.is_some() {
            return self;
        }
        let page = match requests::parse(answer) {
            Ok(page) => page,
            Err(error) => {
                // The refusal may concern the cursor, which fal does not take any more.
                (search.cursor, search.pages) = (None, 0);
                return self.retried_after(error.into(), moment);
            }
        };
        let mut same = page.items.into_iter().filter(|item| {
            let ours =
                matches!((&upload, &item.input), (Some(at), Some(input)) if (plan.is_input)(at, input));
            ours && !held.contains(&item.request_id)
        });
        match (same.next(), same.next()) {
            (Some(item), None) => (*candidate, *compared) = (Some(item.request_id), true),
            _ if page.next_cursor.is_some() && search.pages < MAX_PAGES => {
                search.cursor = page.next_cursor;
                search.pages += 1;
            }
            _ => *search = search_later(search, moment),
        }
        self.retry = None;
        self
    }

    /// Notes that fal is asked about the candidate.
    pub(super) fn asking(mut self) -> Self {
        if let Stage::Unclear { candidate, asked, .. } = &mut self.stage {
            asked.clone_from(candidate);
        }
        self
    }

    /// Applies fal's answer to what the candidate was sent with. fal may list only requests that have ended, and then
    /// shows nothing.
    pub(super) fn compared(mut self, answer: Answer, plan: &Plan<'_>, moment: &Moment) -> Self {
        let upload = self.upload.as_ref().map(|upload| upload.url.clone());
        let Stage::Unclear { candidate, compared, asked, search, .. } = &mut self.stage else { return self };
        let Some(named) = candidate.clone().filter(|named| asked.as_ref() == Some(named)) else {
            return self;
        };
        let items = match requests::parse(answer) {
            Ok(page) => page.items,
            // fal does not show requests to this key.
            Err(CallError::Api(error)) if !error.worth_retrying() => Vec::new(),
            Err(error) => return self.retried_after(error.into(), moment),
        };
        let shown = items.into_iter().find(|item| item.request_id == named).and_then(|item| item.input);
        let foreign = matches!((&upload, &shown), (Some(at), Some(input)) if !(plan.is_input)(at, input));
        if foreign {
            *candidate = None;
            *search = search_later(search, moment);
        } else {
            *compared = true;
        }
        self.retry = None;
        self
    }

    /// Applies fal's answer for the candidate.
    pub(super) fn proved(
        mut self,
        answer: Answer,
        held_elsewhere: bool,
        held: &[RequestId],
        moment: &Moment,
    ) -> Self {
        let Stage::Unclear { candidate, compared, asked, search, .. } = &mut self.stage else { return self };
        let Some(named) = candidate.clone().filter(|named| asked.as_ref() == Some(named)) else {
            return self;
        };
        match status::parse(answer) {
            Ok(_) if !held_elsewhere && !held.contains(&named) => return self.accepted(named, moment),
            Ok(_) => {}
            Err(CallError::Api(error)) if matches!(error.status, 400 | 404 | 422) => {}
            Err(error) => return self.retried_after(error.into(), moment),
        }
        (*candidate, *compared) = (None, false);
        *search = search_later(search, moment);
        self.retry = None;
        self
    }
}

fn named_by<G>(named: &RequestId, since: Timestamp, moment: &Moment) -> Stage<G> {
    Stage::Unclear {
        since,
        why: crate::fal::submit::Unclear::Interrupted,
        candidate: Some(named.clone()),
        compared: false,
        asked: None,
        search: Search { rounds: 0, cursor: None, pages: 0, at: moment.now },
    }
}

impl Search {
    /// Tells whether the next search is due. Rounds only grow, so no pause before was longer than the next one.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        has_come(self.at, self.pause(), now)
    }

    fn pause(&self) -> Duration {
        (Duration::from_secs(30) * (1 << self.rounds.min(5))).min(Duration::from_mins(15))
    }
}

/// Plans another search after a pause that grows from half a minute to a quarter of an hour: fal may list a request
/// only once it is finished.
fn search_later(search: &Search, moment: &Moment) -> Search {
    Search {
        rounds: search.rounds.saturating_add(1),
        cursor: None,
        pages: 0,
        at: moment.now.plus(search.pause()),
    }
}
