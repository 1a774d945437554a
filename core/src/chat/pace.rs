//! The pace of messages: Telegram takes about 20 in a minute for a chat, and edits count as messages.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{retry::has_come, time::Timestamp};

/// The most messages and edits in [`SPAN`].
pub(super) const MOST: usize = 20;
/// The span of time in which messages are counted.
pub(super) const SPAN: Duration = Duration::from_mins(1);
/// Number of messages that edits leave for answers.
const LEFT_BY_EDITS: usize = 8;
/// The pause between two edits: what changed meanwhile is shown by the next.
const BETWEEN_EDITS: Duration = Duration::from_secs(3);
/// The pause between two edits once there were [`MANY`] messages in the last minute: the last change is shown soon as well.
const BETWEEN_MANY: Duration = Duration::from_secs(6);
const MANY: usize = 6;
/// The longest pause that Telegram may ask for.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// The messages of the last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// Times of messages and edits, the earliest first.
    #[serde(default)]
    sent: VecDeque<Timestamp>,
    #[serde(default)]
    edited_at: Option<Timestamp>,
    /// True if a person waits for the next edit.
    #[serde(default)]
    hurried: bool,
    /// Time until which Telegram asked to wait.
    #[serde(default)]
    rest_until: Option<Timestamp>,
}

impl Pace {
    /// Tells when so many messages may be sent: now, or at the time of the error.
    pub(super) fn may_send(&self, messages: usize, now: Timestamp) -> Result<(), Timestamp> {
        self.room_for(messages, MOST, now)
    }

    /// Tells when an edit may be sent.
    pub(super) fn may_edit(&self, now: Timestamp) -> Result<(), Timestamp> {
        if self.hurried {
            return self.room_for(1, MOST, now);
        }
        self.room_for(1, MOST - LEFT_BY_EDITS, now)?;
        let between = if self.lately(now).count() < MANY { BETWEEN_EDITS } else { BETWEEN_MANY };
        let next = self.edited_at.map(|at| at.plus(between));
        match next.filter(|next| !has_come(*next, BETWEEN_MANY, now)) {
            Some(next) => Err(next),
            None => Ok(()),
        }
    }

    /// Tells whether Telegram asked to wait.
    pub(super) fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.rest_until.filter(|until| !has_come(*until, LONGEST_REST, now))
    }

    /// Counts messages.
    pub(super) fn sent(&mut self, messages: usize, now: Timestamp) {
        self.sent.retain(|at| *at <= now && now.since(*at) < SPAN);
        self.sent.extend(std::iter::repeat_n(now, messages));
    }

    /// Counts an edit.
    pub(super) fn edited(&mut self, now: Timestamp) {
        self.sent(1, now);
        self.edited_at = Some(now);
        self.hurried = false;
    }

    /// Lets the next edit go at once: a person waits for what a button does.
    pub(super) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Tells whether a person waits for the next edit.
    pub(super) fn is_hurried(&self) -> bool {
        self.hurried
    }

    /// Notes that Telegram asked to wait.
    pub(super) fn rest(&mut self, pause: Duration, now: Timestamp) {
        self.rest_until = Some(now.plus(pause));
    }

    fn room_for(&self, messages: usize, most: usize, now: Timestamp) -> Result<(), Timestamp> {
        if let Some(until) = self.rests_until(now) {
            return Err(until);
        }
        let lately: Vec<_> = self.lately(now).collect();
        let too_many = (lately.len() + messages).saturating_sub(most);
        // An album that is larger than the whole room goes when everything else is past.
        let waits_for = too_many.min(lately.len()).checked_sub(1).and_then(|index| lately.get(index));
        match waits_for {
            Some(at) => Err(at.plus(SPAN)),
            None => Ok(()),
        }
    }

    fn lately(&self, now: Timestamp) -> impl Iterator<Item = &Timestamp> {
        self.sent.iter().filter(move |at| **at <= now && now.since(**at) < SPAN)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MOST, Pace, SPAN};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::time::Timestamp;

    #[test]
    fn twenty_messages_go_in_a_minute() {
        let (mut pace, now) = (Pace::default(), Timestamp::from_millis(0));
        for _ in 0..MOST {
            assert_eq!(pace.may_send(1, now), Ok(()));
            pace.sent(1, now);
        }
        assert_eq!(pace.may_send(1, now), Err(now.plus(SPAN)));
        assert_eq!(pace.may_send(1, now.plus(SPAN)), Ok(()));
    }

    #[test]
    fn edits_leave_room_for_answers_and_never_end() {
        let (mut pace, start) = (Pace::default(), Timestamp::from_millis(0));
        let mut edits = Vec::new();
        for second in 0..300 {
            let now = start.plus(Duration::from_secs(second));
            if pace.may_edit(now).is_ok() {
                pace.edited(now);
                edits.push(second);
            }
            assert_eq!(pace.may_send(8, now), Ok(()), "{second}");
        }
        assert!(edits.starts_with(&[0, 3, 6, 9, 12, 15, 21]), "{edits:?}");
        assert!(edits.windows(2).all(|pair| pair[1] - pair[0] <= 9), "{edits:?}");
    }

    #[test]
    fn an_edit_that_a_person_waits_for_goes_at_once() {
        let (mut pace, now) = (Pace::default(), Timestamp::from_millis(0));
        pace.edited(now);
        pace.sent(14, now);
        assert!(pace.may_edit(now).is_err());
        pace.hurry();
        assert_eq!(pace.may_edit(now), Ok(()));
        pace.edited(now);
        assert!(pace.may_edit(now).is_err());
    }

    #[test]
    fn a_rest_that_telegram_asks_for_is_kept() {
        let (mut pace, now) = (Pace::default(), Timestamp::from_millis(0));
        pace.rest(Duration::from_secs(40), now);
        assert_eq!(pace.may_send(1, now), Err(now.plus(Duration::from_secs(40))));
        assert_eq!(pace.may_send(1, now.plus(Duration::from_secs(40))), Ok(()));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_silence_the_bot() {
        let (mut pace, now) = (Pace::default(), Timestamp::from_millis(10_000_000_000));
        pace.sent(MOST, now);
        pace.edited(now);
        pace.rest(Duration::from_secs(40), now);
        let before = Timestamp::from_millis(0);
        assert_eq!((pace.may_send(1, before), pace.may_edit(before)), (Ok(()), Ok(())));
    }
}
