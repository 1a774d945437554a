//! The one place of the shell where the clock is read.

use std::time::{SystemTime, UNIX_EPOCH};

use likeness_core::time::Timestamp;

/// Returns the present time, by the machine's clock. A clock set before 1970 reads as 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::now;

    #[test]
    fn it_is_later_than_when_this_was_written() {
        assert!(now() > "2026-01-01T00:00:00Z".parse().expect("a moment"));
    }
}
