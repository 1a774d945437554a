//! Notices to the backend, kept until it receives them.

use serde::{Deserialize, Serialize};

use super::super::{Avatar, Moment};
use crate::{error::Error, ids::OrderKey, limits::MOST_NOTICES, retry::RetryState, time::Timestamp};

/// A notice that tells the backend how an order stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// The order.
    pub order: OrderKey,
    /// The notice's number: the same notice is never sent under two numbers.
    pub number: u64,
    /// Trouble with the last try to deliver the notice.
    #[serde(rename = "trouble")]
    pub retry: Option<RetryState>,
}

impl Avatar {
    /// Notes the changes that the backend is to be told.
    pub(in crate::avatar) fn note_changes(&mut self, now: Timestamp) {
        if self.hosted.is_none() || self.person.is_none() {
            return;
        }
        let stages: Vec<_> = self.orders().map(|order| (order.key(), order.stage_name(now))).collect();
        let Some(hosted) = &mut self.hosted else { return };
        for (order, stage) in stages {
            if hosted.told.insert(order.to_string(), stage) == Some(stage) {
                continue;
            }
            hosted.places += 1;
            hosted.notices.retain(|notice| notice.order != order);
            hosted.notices.push(Notice { order, number: hosted.places, retry: None });
        }
    }

    /// Returns the first notice that is due, or the time at which one will be.
    pub(in crate::avatar) fn notice(&self, moment: &Moment) -> Option<Result<&Notice, Timestamp>> {
        let hosted = self.hosted.as_ref()?;
        let mut later = None;
        for notice in &hosted.notices {
            match notice.retry.as_ref().and_then(|retry| retry.rests_until(moment.now)) {
                None => return Some(Ok(notice)),
                Some(until) => later = Some(later.map_or(until, |later: Timestamp| later.min(until))),
            }
        }
        later.map(Err)
    }

    /// Applies the result of a try to deliver a notice.
    pub(in crate::avatar) fn notified(&mut self, number: u64, result: Result<(), Error>, moment: &Moment) {
        let Some(hosted) = &mut self.hosted else { return };
        let Some(place) = hosted.notices.iter().position(|notice| notice.number == number) else { return };
        let Err(error) = result else {
            hosted.notices.remove(place);
            return;
        };
        let notice = &mut hosted.notices[place];
        let retry = RetryState::after(notice.retry.as_ref(), error, None, moment.seed(), moment.now);
        if retry.tries >= MOST_NOTICES {
            hosted.notices.remove(place);
        } else {
            notice.retry = Some(retry);
        }
    }
}
