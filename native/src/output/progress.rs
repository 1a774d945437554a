use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Photos,
    Pictures,
    Percent,
}

/// Something that takes a while. Its bar goes away when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    what: String,
    total: u64,
    unit: Unit,
    /// In a pipe: which quarter was last said.
    said: Option<AtomicU64>,
}

impl Progress {
    pub(super) fn new(bars: &MultiProgress, what: &str, total: u64, unit: Unit, plain: bool) -> Self {
        let counted = match unit {
            Unit::Photos | Unit::Pictures => "{pos}/{len}",
            Unit::Percent => "{percent}%",
        };
        let template = format!("{{prefix}} {{bar:24}} {counted} {{elapsed}} {{wide_msg}}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("█▉▊▋▌▍▎▏ ");
        let bar = bars.add(ProgressBar::new(total)).with_style(style).with_prefix(what.to_owned());
        if !plain {
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        let said = plain.then(|| AtomicU64::new(0));
        Self { bar, what: what.to_owned(), total, unit, said }
    }

    /// So much is done now.
    pub(crate) fn at(&self, done: u64) {
        self.bar.set_position(done);
        let Some(said) = &self.said else { return };
        let quarter = done.min(self.total).saturating_mul(4).checked_div(self.total).unwrap_or(0);
        if quarter > said.fetch_max(quarter, Ordering::Relaxed) {
            log::info!("{}", self.sentence(done));
        }
    }

    /// So much more is done.
    pub(crate) fn advance(&self, more: u64) {
        self.at(self.bar.position().saturating_add(more));
    }

    /// What is happening right now, behind the bar.
    pub(crate) fn message(&self, text: &str) {
        if self.bar.message() != text {
            self.bar.set_message(text.to_owned());
            if self.said.is_some() {
                log::info!("{}: {text}", self.what);
            }
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

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{MultiProgress, ProgressDrawTarget};

    use super::{Progress, Unit};

    #[test]
    fn it_counts_and_says_what_it_counts() {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let progress = Progress::new(&bars, "preparing", 12, Unit::Photos, true);
        progress.advance(5);
        progress.advance(2);
        assert_eq!(progress.bar.position(), 7);
        assert_eq!(progress.sentence(7), "preparing: 7 of 12 photos");
        Progress::new(&bars, "nothing", 0, Unit::Photos, true).at(0);
    }
}
