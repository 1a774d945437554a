//! The log: lines on standard error such as
//!
//! ```text
//! 2026-11-24T03:12:24.123Z INFO [FAL AI] 5f0c…/2: training bought, request 764cabcf
//! ```
//!
//! The prefix `[FAL AI]` is the one that monitoring of the earlier Python service looks for. ERROR is what stops
//! a job, WARNING a single photo, INFO a success, DEBUG detail. Lines of other crates are left out: an HTTP
//! client's lines carry addresses, and in their queries signatures.

use std::{
    future::Future,
    io::{self, Write as _},
};

use crate::clock;
use likeness_core::time::Timestamp;
use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::{output::Bars, printable::printable};

tokio::task_local! {
    static JOB: String;
}

/// Runs a future whose log lines all carry this job's id. Tasks that it spawns need it again.
pub(crate) async fn of_job<T>(job: impl Into<String>, future: impl Future<Output = T>) -> T {
    JOB.scope(job.into(), future).await
}

/// The same for a thread.
pub(crate) fn in_job<T>(job: impl Into<String>, work: impl FnOnce() -> T) -> T {
    JOB.sync_scope(job.into(), work)
}

/// The job whose lines these are, to hand on to a thread or a spawned task.
pub(crate) fn current_job() -> Option<String> {
    JOB.try_with(Clone::clone).ok()
}

/// Begins to log; progress bars step aside for each line. A second call changes only the level.
pub(crate) fn start(level: LevelFilter, bars: Bars) {
    // Lives as long as the process. An error means that an earlier call's logger stands already.
    let _ = log::set_logger(Box::leak(Box::new(Lines { bars })));
    log::set_max_level(level);
}

/// The level that fits the place: bars already show successes on a terminal, a pipe gets them as lines.
pub(crate) fn level(quiet: bool, verbose: bool, set: Option<LevelFilter>, terminal: bool) -> LevelFilter {
    match (quiet, verbose, set) {
        (true, ..) => LevelFilter::Error,
        (_, true, _) => LevelFilter::Debug,
        (.., Some(level)) => level,
        _ if terminal => LevelFilter::Warn,
        _ => LevelFilter::Info,
    }
}

struct Lines {
    bars: Bars,
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target == "likeness" || target.starts_with("likeness::") || target.starts_with("likeness_core")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let job = current_job();
            let line = line(clock::now(), record.level(), job.as_deref(), &record.args().to_string());
            // A log that cannot be written has nowhere to say so.
            self.bars.suspend(|| io::stderr().lock().write_all(line.as_bytes()).ok());
        }
    }

    fn flush(&self) {}
}

fn line(now: Timestamp, level: Level, job: Option<&str>, message: &str) -> String {
    let level = match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    };
    let message = printable(message);
    match job {
        Some(job) => format!("{now} {level} [FAL AI] {}: {message}\n", printable(job)),
        None => format!("{now} {level} [FAL AI] {message}\n"),
    }
}

#[cfg(test)]
mod tests {
    use likeness_core::time::Timestamp;
    use log::{Level, LevelFilter};

    use super::{current_job, in_job, level, line};

    #[test]
    fn a_line_of_each_level() {
        let now = Timestamp::from_millis(1_795_555_555_123);
        let cases = [
            (Level::Error, None, "no key", "2026-11-24T21:25:55.123Z ERROR [FAL AI] no key\n"),
            (
                Level::Warn,
                Some("5f0c/1"),
                "a.jpg is cut off",
                "2026-11-24T21:25:55.123Z WARNING [FAL AI] 5f0c/1: a.jpg is cut off\n",
            ),
            (
                Level::Info,
                Some("5f0c/1"),
                "training bought",
                "2026-11-24T21:25:55.123Z INFO [FAL AI] 5f0c/1: training bought\n",
            ),
            (Level::Debug, None, "a\nb\x1b[2J", "2026-11-24T21:25:55.123Z DEBUG [FAL AI] a\\nb\\u{1b}[2J\n"),
        ];
        for (level, job, message, expected) in cases {
            assert_eq!(line(now, level, job, message), expected);
        }
    }

    #[test]
    fn the_level_is_quieter_where_bars_show() {
        assert_eq!(level(false, false, None, true), LevelFilter::Warn);
        assert_eq!(level(false, false, None, false), LevelFilter::Info);
        assert_eq!(level(false, false, Some(LevelFilter::Debug), true), LevelFilter::Debug);
        assert_eq!(level(true, false, Some(LevelFilter::Debug), true), LevelFilter::Error);
        assert_eq!(level(false, true, Some(LevelFilter::Error), true), LevelFilter::Debug);
    }

    #[test]
    fn a_job_s_lines_carry_its_id() {
        assert_eq!(current_job(), None);
        assert_eq!(in_job("5f0c/1", current_job).as_deref(), Some("5f0c/1"));
    }
}
