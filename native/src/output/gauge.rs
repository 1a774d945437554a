//! Transfers, as people are told of them: how far, how fast, how long still.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{
    transport::moving::{Direction, Transfer},
    words::bytes,
};

/// The time over which speed is measured.
const WINDOW: Duration = Duration::from_secs(8);
/// The shortest time after which the speed is shown.
const LEAST: Duration = Duration::from_secs(1);
/// The shortest standstill that is shown.
const STANDSTILL: Duration = Duration::from_secs(5);

/// A gauge of a transfer's progress, and of its speed over the last seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge {
    way: Option<Direction>,
    seen: VecDeque<(Instant, u64)>,
}

impl Gauge {
    /// Says how far the transfer is, such as `Uploading 12.3 MB of 45.6 MB, 1.2 MB/s, 28 s left`.
    pub(crate) fn sentence(&mut self, transfer: Option<Transfer>, now: Instant) -> Option<String> {
        let Some(Transfer { way, done, total }) = transfer else {
            *self = Self::default();
            return None;
        };
        if self.way != Some(way) || self.seen.back().is_some_and(|(_, before)| *before > done) {
            *self = Self { way: Some(way), seen: VecDeque::new() };
        }
        self.seen.push_back((now, done));
        // A piece that is older than the window stays: speed is measured over all of it.
        while self.seen.get(1).is_some_and(|(then, _)| now.duration_since(*then) >= WINDOW) {
            self.seen.pop_front();
        }
        let verb = match way {
            Direction::Up => "Uploading",
            Direction::Down => "Downloading",
        };
        let far = match total {
            Some(total) if total == done && way == Direction::Up => {
                return Some(format!("Uploaded {}; waiting for the answer", size(total)));
            }
            Some(total) => format!("{verb} {} of {}", size(done), size(total)),
            None => format!("{verb}: {} so far", size(done)),
        };
        Some(match self.speed() {
            Some((0, time)) if time >= STANDSTILL => format!("{far}; nothing moves just now"),
            Some((speed @ 1.., _)) if total != Some(done) => {
                let left = total.map(|total| total.saturating_sub(done).div_ceil(speed));
                let left = left.map_or_else(String::new, |left| format!(", {} left", time(left)));
                format!("{far}, {}/s{left}", size(speed))
            }
            _ => far,
        })
    }

    /// Returns the number of bytes in a second, and the time in which they were counted.
    fn speed(&self) -> Option<(u64, Duration)> {
        let ((first, from), (last, to)) = (self.seen.front()?, self.seen.back()?);
        let time = last.duration_since(*first);
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let speed = to.saturating_sub(*from).saturating_mul(1000) / millis.max(1);
        (time >= LEAST).then_some((speed, time))
    }
}

/// Writes a number of bytes that is not broken into two lines.
fn size(count: u64) -> String {
    bytes(count).replace(' ', "\u{a0}")
}

fn time(seconds: u64) -> String {
    match seconds {
        0..90 => format!("{seconds}\u{a0}s"),
        90..5400 => format!("{}\u{a0}min", seconds.div_ceil(60)),
        _ => format!("{}\u{a0}h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Direction, Gauge, Transfer, time};

    const MB: u64 = 1_000_000;

    fn up(done: u64) -> Transfer {
        Transfer { way: Direction::Up, done: done * MB, total: Some(100 * MB) }
    }

    #[test]
    fn a_transfer_is_told_in_bytes_with_its_speed_and_the_time_that_is_left() {
        let (mut gauge, start) = (Gauge::default(), Instant::now());
        let mut at = |seconds, now| {
            let said = gauge.sentence(Some(now), start + Duration::from_secs(seconds)).expect("a sentence");
            said.replace('\u{a0}', " ")
        };
        assert_eq!(at(0, up(0)), "Uploading 0 bytes of 100.0 MB");
        assert_eq!(at(2, up(4)), "Uploading 4.0 MB of 100.0 MB, 2.0 MB/s, 48 s left");
        // Faster than at the beginning: only the last seconds count.
        for second in 3..20 {
            at(second, up(4 + 5 * (second - 2)));
        }
        assert_eq!(at(20, up(94)), "Uploading 94.0 MB of 100.0 MB, 5.0 MB/s, 2 s left");
        assert_eq!(at(21, up(100)), "Uploaded 100.0 MB; waiting for the answer");
        assert_eq!(gauge.sentence(None, start), None);
    }

    #[test]
    fn what_stands_still_or_has_no_length_is_told_as_well() {
        let (mut gauge, start) = (Gauge::default(), Instant::now());
        let mut at = |seconds, now| {
            let said = gauge.sentence(Some(now), start + Duration::from_secs(seconds)).expect("a sentence");
            said.replace('\u{a0}', " ")
        };
        at(0, up(3));
        assert_eq!(at(2, up(3)), "Uploading 3.0 MB of 100.0 MB");
        assert_eq!(at(60, up(3)), "Uploading 3.0 MB of 100.0 MB; nothing moves just now");
        let down = |done| Transfer { way: Direction::Down, done, total: None };
        // The other direction is measured anew.
        assert_eq!(at(61, down(10)), "Downloading: 10 bytes so far");
        assert_eq!(at(63, down(2010)), "Downloading: 2.0 kB so far, 1.0 kB/s");
    }

    #[test]
    fn times_are_told_in_their_largest_unit() {
        assert_eq!(
            [1, 89, 90, 5399, 5400].map(time).map(|said| said.replace('\u{a0}', " ")),
            ["1 s", "89 s", "2 min", "90 min", "2 h"]
        );
    }
}
