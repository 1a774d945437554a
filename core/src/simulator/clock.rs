//! The simulator's own time, which never goes back: where the machine's clock is set back, trainings do not wait
//! until that day has come again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A clock that goes on where the machine's is set back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    last: Option<Timestamp>,
    /// Sum of all steps by which the machine's clock was set back.
    behind: Duration,
}

impl Clock {
    /// Takes the machine's time, and returns the clock's own.
    pub(super) fn tick(&mut self, now: Timestamp) -> Timestamp {
        if let Some(last) = self.last {
            self.behind = self.behind.saturating_add(last.since(now.plus(self.behind)));
        }
        let own = now.plus(self.behind);
        self.last = Some(own);
        own
    }

    /// Returns the clock's own time.
    pub(super) fn own(&self, now: Timestamp) -> Timestamp {
        let own = now.plus(self.behind);
        self.last.map_or(own, |last| own.max(last))
    }

    /// Converts the clock's own time to the machine's.
    pub(super) fn of_machine(&self, own: Timestamp) -> Timestamp {
        let behind = i64::try_from(self.behind.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(own.millis().saturating_sub(behind))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Clock;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::time::Timestamp;

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let (mut clock, day) = (Clock::default(), 86_400_000);
        let at = Timestamp::from_millis;
        assert_eq!(clock.tick(at(2 * day)), at(2 * day));
        assert_eq!(clock.own(at(day)), at(2 * day));
        assert_eq!(clock.tick(at(day)), at(2 * day));
        assert_eq!(clock.tick(at(day + 5)), at(2 * day + 5));
        assert_eq!(clock.of_machine(at(2 * day + 9)), at(day + 9));
        // After the machine's clock is set right again, the own time is ahead.
        assert_eq!(clock.tick(at(2 * day)), at(2 * day).plus(Duration::from_hours(24)));
    }
}
