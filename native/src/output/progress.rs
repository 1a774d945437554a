use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::{width_of, wrapped};
use crate::printable::columns;

/// The unit that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Photos,
    Pictures,
    Percent,
}

/// The progress of work that takes a while. Its bar goes away when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    what: String,
    total: u64,
    unit: Unit,
    /// Present activity, as a text.
    text: Mutex<String>,
    /// In a pipe: the quarter that was last reported.
    said: Option<AtomicU64>,
}

/// The progress bars of the process.
#[derive(Clone, Debug)]
pub(crate) struct Bars(MultiProgress);

impl Bars {
    /// Makes the bars of this process, `seen` by a person or not.
    pub(super) fn new(seen: bool) -> Self {
        let bars = MultiProgress::new();
        if !seen {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self(bars)
    }

    /// Tells whether a person sees the bars.
    pub(crate) fn are_seen(&self) -> bool {
        !self.0.is_hidden()
    }

    /// Takes the bars away while their place is written to.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

/// The layout of a bar in a terminal of a certain width.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// Template in indicatif's language.
    template: String,
    message: String,
}

impl Progress {
    pub(super) fn new(bars: &Bars, what: &str, total: u64, unit: Unit, plain: bool) -> Self {
        let bar = bars.0.add(ProgressBar::new(total)).with_prefix(what.to_owned());
        if !plain {
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        let said = plain.then(|| AtomicU64::new(0));
        let progress = Self { bar, what: what.to_owned(), total, unit, text: Mutex::default(), said };
        progress.lay_out();
        progress
    }

    /// Sets the amount that is done.
    pub(crate) fn at(&self, done: u64) {
        self.bar.set_position(done);
        let Some(said) = &self.said else { return };
        let quarter = done.min(self.total).saturating_mul(4).checked_div(self.total).unwrap_or(0);
        if quarter > said.fetch_max(quarter, Ordering::Relaxed) {
            log::info!("{}", self.sentence(done));
        }
    }

    /// Adds to the amount that is done.
    pub(crate) fn advance(&self, more: u64) {
        self.at(self.bar.position().saturating_add(more));
    }

    /// Shows the present activity, behind the bar or under it.
    pub(crate) fn message(&self, text: &str) {
        let is_news = {
            let mut told = self.text.lock().unwrap_or_else(PoisonError::into_inner);
            let is_news = *told != text;
            text.clone_into(&mut told);
            is_news
        };
        if is_news && self.said.is_some() {
            log::info!("{}: {text}", self.what);
        }
        // Also without news: the terminal may have another width by now.
        self.lay_out();
    }

    fn lay_out(&self) {
        let Some(width) = width_of(&io::stderr()).filter(|_| self.said.is_none()) else { return };
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Layout { template, message } = layout(&self.what, self.total, self.unit, &text, width);
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
            self.bar.set_message(message);
        }
    }

    fn sentence(&self, done: u64) -> String {
        let Self { what, total, .. } = self;
        match self.unit {
            Unit::Photos => format!("{what}: {done} of {total} photos"),
            Unit::Pictures => format!("{what}: {done} of {total} pictures"),
            Unit::Percent => format!("{what}: {done}%"),
        }
    }
}

/// Number of columns behind a bar's text that stay free. Some terminals begin a new line behind the last column, and
/// Ctrl-C shows as `^C` at the cursor: a row more than the bar knows of would stay when the bar goes.
const FREE: usize = 3;

/// Lays the bar out so that all of its text is seen: beside the bar where there is room for it, else in lines below. In
/// a narrow terminal the bar is shorter, or left out.
fn layout(what: &str, total: u64, unit: Unit, text: &str, width: usize) -> Layout {
    let (counted, counted_width) = match unit {
        Unit::Photos | Unit::Pictures => ("{pos}/{len}", 2 * total.to_string().len() + 1),
        Unit::Percent => ("{percent} %", 5),
    };
    let bar = match width {
        0..36 => 0,
        36..60 => 10,
        _ => 24,
    };
    let drawn = if bar == 0 { String::new() } else { format!("{{bar:{bar}}} ") };
    let line = format!("{{prefix}} {drawn}{counted} {{elapsed}}");
    // The time that has passed takes three columns, such as `59m`.
    let used = columns(what) + 1 + bar + 1 + counted_width + 1 + 3;
    if used + 2 + columns(text) + FREE <= width {
        return Layout { template: format!("{line}  {{msg}}"), message: text.to_owned() };
    }
    Layout {
        template: format!("{line}\n{{msg}}"),
        message: wrapped(&format!("  {text}"), width.saturating_sub(FREE), 0),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {

    use super::{Bars, Layout, Progress, Unit, layout};

    #[test]
    fn it_counts_and_says_what_it_counts() {
        let bars = Bars::new(false);
        let progress = Progress::new(&bars, "preparing", 12, Unit::Photos, true);
        progress.advance(5);
        progress.advance(2);
        assert_eq!(progress.bar.position(), 7);
        assert_eq!(progress.sentence(7), "preparing: 7 of 12 photos");
        Progress::new(&bars, "nothing", 0, Unit::Photos, true).at(0);
    }

    #[test]
    fn the_text_is_seen_in_whole_at_any_width() {
        let text = "fal.ai did not answer: no connection could be made. It is tried again.";
        let at = |text, width| layout("Training", 100, Unit::Percent, text, width);
        assert_eq!(
            at("It waits at fal.ai.", 80),
            Layout {
                template: "{prefix} {bar:24} {percent} % {elapsed}  {msg}".to_owned(),
                message: "It waits at fal.ai.".to_owned(),
            }
        );
        assert_eq!(
            at(text, 40),
            Layout {
                template: "{prefix} {bar:10} {percent} % {elapsed}\n{msg}".to_owned(),
                message: "  fal.ai did not answer: no\n  connection could be made. It is\n  tried again."
                    .to_owned(),
            }
        );
        for width in 1..120 {
            let said = at(text, width).message;
            assert_eq!(said.split_whitespace().collect::<Vec<_>>(), text.split(' ').collect::<Vec<_>>());
        }
    }
}
