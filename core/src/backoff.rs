//! Pauses between tries: longer each time, with jitter.

use std::time::Duration;

use crate::random::Random;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// Computes the pause after the given number of failures in a row (1 is the first).
#[must_use]
pub fn pause(tries: u32, seed: u64) -> Duration {
    // Bounded, since a shift by 32 overflows; 2^16 seconds are beyond the longest pause anyway.
    jittered(FIRST.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST), tries, seed)
}

/// Computes the pause before a file that arrived wrong is fetched again: half as long again each time.
pub(crate) fn pause_of_a_file(tries: u32, seed: u64) -> Duration {
    let grown = (1..tries.min(32)).fold(FIRST, |pause, _| (pause * 3 / 2).min(LONGEST));
    jittered(grown, tries, seed)
}

fn jittered(whole: Duration, tries: u32, seed: u64) -> Duration {
    let jitter = u32::try_from(Random::new(seed ^ u64::from(tries)).next_u64() % 250).unwrap_or(0);
    whole + whole * jitter / 1000
}
