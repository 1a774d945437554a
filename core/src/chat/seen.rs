//! Memory of updates: each is carried out once, whatever order updates come in.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The most updates that are remembered one by one.
const MOST: usize = 300;

/// The time for which an update is remembered. Telegram keeps updates for a day ("no longer than 24 hours", says
/// getUpdates), and begins new numbers only after a week without any.
const REMEMBERED_FOR: Duration = Duration::from_hours(48);

/// The updates that came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenUpdates {
    /// Numbers of updates with the times at which they came, the earliest first.
    #[serde(default)]
    updates: VecDeque<(i64, Timestamp)>,
    /// Number up to which all updates count as seen: those that are no longer remembered one by one.
    #[serde(default)]
    all_up_to: Option<i64>,
}

impl SeenUpdates {
    /// Notes an update; tells whether it is new.
    pub(super) fn note(&mut self, id: i64, now: Timestamp) -> bool {
        self.updates.retain(|(_, at)| now.since(*at) < REMEMBERED_FOR);
        if self.updates.is_empty() {
            self.all_up_to = None;
        }
        let known =
            self.updates.iter().any(|(seen, _)| *seen == id) || self.all_up_to.is_some_and(|last| id <= last);
        if known {
            return false;
        }
        self.updates.push_back((id, now));
        if self.updates.len() > MOST
            && let Some(place) = (0..self.updates.len()).min_by_key(|place| self.updates[*place].0)
            && let Some((lowest, _)) = self.updates.remove(place)
        {
            self.all_up_to = self.all_up_to.max(Some(lowest));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MOST, REMEMBERED_FOR, SeenUpdates};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::time::Timestamp;

    #[test]
    fn an_update_is_new_once_in_any_order() {
        let (mut seen, now) = (SeenUpdates::default(), Timestamp::from_millis(0));
        for id in [5, 3, 9, 4] {
            assert!(seen.note(id, now), "{id}");
        }
        for id in [9, 3, 4, 5] {
            assert!(!seen.note(id, now), "{id}");
        }
        assert!(seen.note(6, now));
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_nothing_that_may_come_again() {
        let (mut seen, now) = (SeenUpdates::default(), Timestamp::from_millis(0));
        for id in 0..10_000 {
            assert!(seen.note(id, now));
        }
        assert!(seen.updates.len() <= MOST);
        assert!([0, 17, 9_700, 9_999].into_iter().all(|id| !seen.note(id, now)));
        assert!(seen.note(10_001, now) && seen.note(10_000, now));
    }

    #[test]
    fn numbers_may_begin_anew_after_a_rest() {
        let (mut seen, now) = (SeenUpdates::default(), Timestamp::from_millis(0));
        for id in 1_000_000..1_001_000 {
            assert!(seen.note(id, now));
        }
        let later = now.plus(REMEMBERED_FOR + Duration::from_secs(1));
        assert!(seen.note(5, later) && !seen.note(5, later));
    }
}
