//! Pauses between tries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{backoff, time::Timestamp};

/// A pause before another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pause {
    /// Number of tries in a row that went wrong.
    pub(super) tries: u32,
    since: Timestamp,
    until: Timestamp,
}

impl Pause {
    /// Counts one failure more. A pause that the other side asks for is granted.
    pub(super) fn after(earlier: Option<Self>, asked: Option<Duration>, seed: u64, now: Timestamp) -> Self {
        let tries = earlier.map_or(0, |pause| pause.tries).saturating_add(1);
        let pause = backoff::pause(tries, seed).max(asked.unwrap_or_default());
        Self { tries, since: now, until: now.plus(pause) }
    }

    /// Returns the end of the pause while it lasts. A clock that was set back to before the pause ends it.
    pub(super) fn lasts_until(self, now: Timestamp) -> Option<Timestamp> {
        Some(self.until).filter(|until| *until > now && self.since <= now)
    }
}
