//! The log: lines on standard error such as
//!
//! ```text
//! 2026-11-24T03:12:24.123Z INFO [FAL AI] 5f0c…/2: training bought, request 764cabcf
//! ```
//!
//! Lines look so where standard error is not a terminal, and with `--verbose`. On a terminal a warning is one sentence,
//! without time, prefix, id and code, and the end of a command is left to its ending.
//!
//! The prefix `[FAL AI]` is the one that monitoring of the earlier Python service looks for. ERROR means that a job
//! stops, WARNING a single photo, INFO a success, DEBUG detail. Lines of other crates are left out: an HTTP client's
//! lines carry addresses, and in their queries signatures.

use std::{
    future::Future,
    io::{self, Write as _},
};

use likeness_core::time::Timestamp;
use log::{Level, LevelFilter, Log, Metadata, Record};

use super::{lines::seen, progress::Bars};
use crate::{clock, printable::printable};

tokio::task_local! {
    static JOB: String;
}

/// Runs a future whose log lines all carry this job's id. Tasks that it spawns need it again.
pub(crate) async fn of_job<T>(job: impl Into<String>, future: impl Future<Output = T>) -> T {
    JOB.scope(job.into(), future).await
}

/// Runs work on a thread whose log lines all carry this job's id.
pub(crate) fn in_job<T>(job: impl Into<String>, work: impl FnOnce() -> T) -> T {
    JOB.sync_scope(job.into(), work)
}

/// Returns the job of this thread's lines, to hand on to a thread or a spawned task.
pub(crate) fn current_job() -> Option<String> {
    JOB.try_with(Clone::clone).ok()
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Lines with time, prefix, id and code: for programs, for files, and for the search of a cause.
    Whole,
    /// Sentences: for a person at a terminal.
    Sentences,
}

impl Style {
    /// Chooses the style that fits the place. `serves` says that the command works on many jobs at once, so that their
    /// ids are needed.
    pub(crate) fn of(terminal: bool, level: LevelFilter, serves: bool) -> Self {
        if terminal && level < LevelFilter::Debug && !serves { Self::Sentences } else { Self::Whole }
    }
}

/// The target of lines that say how a job ended, or that this is unknown: the command's own ending says so too.
pub(crate) const ENDING: &str = "likeness::ending";

/// The target of lines whose text a bar shows as well, for as long as it is true.
pub(crate) const SHOWN: &str = "likeness::shown";

/// Begins to log; progress bars step aside for each line. A second call changes only the level.
pub(crate) fn start(level: LevelFilter, style: Style, bars: Bars) {
    // The logger lives as long as the process. An error means that an earlier call's logger exists already.
    let _ = log::set_logger(Box::leak(Box::new(Lines { bars, style })));
    log::set_max_level(level);
}

/// Chooses the level that fits the place: bars already show successes on a terminal, a pipe gets them as lines.
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
    style: Style,
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target == "likeness" || target.starts_with("likeness::") || target.starts_with("likeness_core")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = match self.style {
                Style::Whole => {
                    let job = current_job();
                    line(clock::now(), record.level(), job.as_deref(), &whole(record))
                }
                Style::Sentences if record.target() == ENDING => return,
                Style::Sentences if record.target() == SHOWN && self.bars.are_seen() => return,
                Style::Sentences => sentence(record.level(), &record.args().to_string()),
            };
            // A log that cannot be written cannot report that either.
            self.bars.suspend(|| io::stderr().lock().write_all(line.as_bytes()).ok());
        }
    }

    fn flush(&self) {}
}

/// Returns the message with its code and its advice, which a line may carry as `code` and `advice`.
fn whole(record: &Record<'_>) -> String {
    let text = |name: &str| record.key_values().get(name.into()).map(|value| value.to_string());
    let advice = text("advice").map_or_else(String::new, |advice| format!(". {advice}"));
    let code = text("code").map_or_else(String::new, |code| format!(" ({code})"));
    format!("{}{advice}{code}", record.args())
}

fn sentence(level: Level, message: &str) -> String {
    let message = printable(message);
    match level {
        Level::Error | Level::Warn => format!("{}\n", seen(&format!("warning: {message}"), 9)),
        Level::Info | Level::Debug | Level::Trace => format!("{}\n", seen(&message, 0)),
    }
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

    use super::{Style, current_job, in_job, level, line, sentence, whole};

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
    fn a_person_reads_a_sentence_and_a_program_the_code_as_well() {
        let code = [("code", "photo.truncated")];
        let args = format_args!("a.jpg is left out: it is cut off");
        let record = log::Record::builder().level(Level::Warn).args(args).key_values(&code).build();
        assert_eq!(whole(&record), "a.jpg is left out: it is cut off (photo.truncated)");
        assert_eq!(sentence(Level::Warn, "a.jpg\nis left out"), "warning: a.jpg\\nis left out\n");
    }

    #[test]
    fn sentences_are_for_a_person_at_a_terminal() {
        assert_eq!(Style::of(true, LevelFilter::Warn, false), Style::Sentences);
        assert_eq!(Style::of(true, LevelFilter::Debug, false), Style::Whole);
        assert_eq!(Style::of(true, LevelFilter::Warn, true), Style::Whole);
        assert_eq!(Style::of(false, LevelFilter::Info, false), Style::Whole);
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
