//! Points in time. The core never reads a clock: a shell passes the time in.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::text::stored_as_text;

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z. Stored and shown as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The beginning of 1970.
    pub const START: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// Makes the time this many milliseconds after 1970 began; a time beyond the calendar's end becomes that end.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Reads a `Date` header (RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`).
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        jiff::fmt::rfc2822::parse(text).ok().map(|date| Self(date.timestamp()))
    }

    /// Returns the milliseconds since 1970 began.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Adds the duration, never beyond the calendar's end.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(
            self.millis().saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// Returns the time since `earlier`; zero when that is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis().saturating_sub(earlier.millis())).unwrap_or(0))
    }
}

/// Converts for signatures, which name the time at which they were made.
impl From<Timestamp> for jiff::Timestamp {
    fn from(moment: Timestamp) -> Self {
        moment.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Always three digits, so that times sort as text.
        write!(f, "{:.3}", self.0)
    }
}

/// The text is not a time in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TimestampError(pub(crate) String);

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimestampError(text.to_owned()))?;
        Ok(Self::from_millis(moment.as_millisecond()))
    }
}

stored_as_text!(Timestamp: from_str, TimestampError);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Timestamp;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_moment_survives_being_written_and_read() {
        let moment = Timestamp::from_millis(1_795_555_555_123);
        assert_eq!(moment.to_string(), "2026-11-24T21:25:55.123Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (120, "1970-01-01T00:00:00.120Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let date = Timestamp::from_http_date("Tue, 24 Nov 2026 21:25:55 GMT").expect("a date");
        assert_eq!(date.to_string(), "2026-11-24T21:25:55.000Z");
        for other in ["", "now", "2026-11-24T21:25:55Z", "Tue, 99 Nov 2026 21:25:55 GMT"] {
            assert_eq!(Timestamp::from_http_date(other), None, "{other}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        let moment = Timestamp::from_millis(1_000);
        assert_eq!(moment.plus(Duration::from_millis(500)).millis(), 1_500);
        assert_eq!(moment.since(moment.plus(Duration::from_secs(1))), Duration::ZERO);
        assert!(moment.plus(Duration::MAX) > moment);
    }
}
