//! Times at which a failed step is tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    backoff::{pause, pause_of_a_file},
    error::{Error, NetworkError, StorageError, StorageErrorKind},
    time::Timestamp,
};

/// The longest pause that fal may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// A step that went wrong and will be tried again: the last error, the number of tries, and the time of the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryState {
    /// Last error.
    pub error: Error,
    /// Number of tries in a row that went wrong.
    pub tries: u32,
    /// Earliest time of the next try.
    pub until: Timestamp,
    /// Time at which the pause began. Earlier releases did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl RetryState {
    /// Counts one failure more. The pause doubles from one second to five minutes and carries up to a quarter of
    /// jitter, so that many jobs that failed together do not come back together. A pause that fal asks for
    /// (Retry-After) is granted, up to an hour. A file that arrived wrong is fetched again sooner: no server was
    /// away, and a person who waits for a command's eight tries is told within a minute.
    #[must_use]
    pub fn after(
        earlier: Option<&Self>,
        error: Error,
        asked: Option<Duration>,
        seed: u64,
        now: Timestamp,
    ) -> Self {
        let tries = earlier.map_or(0, |retry| retry.tries).saturating_add(1);
        let pause = if matches!(error, Error::Network(NetworkError::NotWhole(_))) {
            pause_of_a_file(tries, seed)
        } else {
            pause(tries, seed)
        };
        let pause = asked.map_or(Duration::ZERO, |asked| asked.min(LONGEST_ASKED)).max(pause);
        Self { error, tries, until: now.plus(pause), since: Some(now) }
    }
}

impl RetryState {
    /// Returns the time until which nothing is tried; `None` once a new try is due. A clock that was set back to
    /// before the pause ends it: by that clock the pause would last for as long as the step was.
    #[must_use]
    pub(crate) fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        let before = self.since.is_some_and(|since| now < since);
        Some(self.until).filter(|until| *until > now && !before)
    }
}

/// Tells whether a time has come that was set at most `longest` ahead. One that is further off was set before the
/// clock was set back, and has come too.
#[must_use]
pub(crate) fn has_come(at: Timestamp, longest: Duration, now: Timestamp) -> bool {
    at <= now || at > now.plus(longest)
}

/// Computes the pause before a command that waits for a bucket asks it once more; `None` when the command gives up.
/// A bucket that says that it has too much to do is given half a minute in all, one that breaks off three seconds:
/// there a person is better told soon.
#[must_use]
pub fn pause_of_a_command(error: &StorageError, tries: u32, seed: u64) -> Option<Duration> {
    let most = if error.refusal.is_some() { 6 } else { 3 };
    (error.kind == StorageErrorKind::Unreachable && tries < most).then(|| pause(tries, seed))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RetryState, has_come, pause, pause_of_a_command};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        download::FileProblem,
        error::{Error, NetworkError, StorageError, StorageErrorKind},
        http::NoAnswer,
        storage::Refusal,
        time::Timestamp,
    };

    #[test]
    fn a_command_waits_for_a_busy_bucket_and_not_for_one_that_refuses() {
        let pauses = |kind, refusal: Option<Refusal>| {
            let error =
                StorageError { refusal: refusal.map(Box::new), ..StorageError::new(kind, "s3://a/b") };
            (1..).map_while(|tries| pause_of_a_command(&error, tries, 7)).collect::<Vec<_>>()
        };
        let busy = pauses(StorageErrorKind::Unreachable, Some(Refusal::default()));
        assert_eq!(busy.len(), 5);
        assert!((31..39).contains(&busy.iter().sum::<Duration>().as_secs()), "{busy:?}");
        assert_eq!(pauses(StorageErrorKind::Unreachable, None).len(), 2);
        assert_eq!(pauses(StorageErrorKind::Denied, Some(Refusal::default())), []);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_pause_longer_than_twice_as_long() {
        let start = Timestamp::from_millis(1_000_000_000);
        let error = || Error::Network(NetworkError::NoAnswer(NoAnswer::TimedOut));
        let retry = RetryState::after(None, error(), Some(Duration::from_mins(4)), 1, start);
        let back = |seconds: i64| Timestamp::from_millis(start.millis() - seconds * 1000);
        assert_eq!(retry.rests_until(start), Some(retry.until));
        assert_eq!(retry.rests_until(retry.until), None);
        for seconds in [1, 60, 600, 100_000] {
            assert_eq!(retry.rests_until(back(seconds)), None, "{seconds}");
        }
        let stored = serde_json::json!({ "error": error(), "tries": 1, "until": retry.until });
        let before: RetryState = serde_json::from_value(stored).expect("what earlier releases stored");
        assert_eq!(before.rests_until(start), Some(retry.until));
        let at = start.plus(Duration::from_secs(10));
        assert!(!has_come(at, Duration::from_secs(10), start));
        assert!(has_come(at, Duration::from_secs(10), at) && has_come(at, Duration::from_secs(10), back(1)));
    }

    #[test]
    fn pauses_double_and_stop_growing() {
        for tries in 1..100 {
            let expected = Duration::from_secs((1_u64 << (tries - 1).min(16)).min(300));
            let pause = pause(tries, 7);
            assert!(pause >= expected && pause <= expected * 5 / 4, "{tries}: {pause:?}");
        }
        assert_ne!(pause(5, 1), pause(5, 2));
    }

    #[test]
    fn a_file_that_arrived_wrong_is_fetched_eight_times_within_a_minute() {
        let now = Timestamp::from_millis(0);
        let error = || Error::Network(NetworkError::NotWhole(FileProblem::Empty));
        let (mut retry, mut waited, mut last) = (None, Duration::ZERO, Duration::ZERO);
        for _ in 0..7 {
            let next = RetryState::after(retry.as_ref(), error(), None, 7, now);
            let pause = next.until.since(now);
            assert!(pause > last, "they grow");
            (waited, last, retry) = (waited + pause, pause, Some(next));
        }
        assert!((32..41).contains(&waited.as_secs()), "{waited:?}");
        assert!(super::pause_of_a_file(u32::MAX, 7) <= Duration::from_secs(375));
    }

    #[test]
    fn what_fal_asks_for_is_granted_within_reason() {
        let error = Error::Network(NetworkError::NoAnswer(NoAnswer::TimedOut));
        let now = Timestamp::from_millis(0);
        let waits = |asked| RetryState::after(None, error.clone(), Some(asked), 1, now).until.since(now);
        assert_eq!(waits(Duration::from_secs(90)), Duration::from_secs(90));
        assert_eq!(waits(Duration::MAX), Duration::from_hours(1));
    }
}
