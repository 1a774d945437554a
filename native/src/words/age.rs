use likeness_core::time::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Says how long ago a moment was, such as `2 min ago`; after a month its date.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    match now.since(then).as_secs() {
        0..10 => "just now".to_owned(),
        seconds @ 10..MINUTE => format!("{seconds} s ago"),
        seconds @ MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h ago", seconds / HOUR),
        seconds if seconds < 2 * DAY => "yesterday".to_owned(),
        seconds if seconds < 31 * DAY => format!("{} days ago", seconds / DAY),
        _ => format!("on {}", day(then)),
    }
}

/// Writes the date of a moment (UTC), such as `2026-11-24`.
pub(crate) fn day(moment: Timestamp) -> String {
    moment.to_string().chars().take_while(|letter| *letter != 'T').collect()
}

/// Writes a moment to the minute, such as `2026-11-24 04:25 UTC`.
pub(crate) fn minute(moment: Timestamp) -> String {
    let text: String = moment.to_string().chars().take(16).collect();
    format!("{} UTC", text.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use likeness_core::time::Timestamp;

    use super::age;

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        let then: Timestamp = "2026-11-24T04:25:27.569Z".parse().expect("a moment");
        let cases = [
            (0, "just now"),
            (9, "just now"),
            (10, "10 s ago"),
            (59, "59 s ago"),
            (60, "1 min ago"),
            (3599, "59 min ago"),
            (3600, "1 h ago"),
            (86_399, "23 h ago"),
            (86_400, "yesterday"),
            (2 * 86_400, "2 days ago"),
            (31 * 86_400 - 1, "30 days ago"),
            (31 * 86_400, "on 2026-11-24"),
        ];
        for (seconds, said) in cases {
            assert_eq!(age(then, then.plus(Duration::from_secs(seconds))), said);
        }
        assert_eq!(super::minute(then), "2026-11-24 04:25 UTC");
        // A clock that was set back.
        assert_eq!(age(then.plus(Duration::from_secs(90)), then), "just now");
    }
}
