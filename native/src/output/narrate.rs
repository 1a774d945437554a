//! Reports of a job's progress for people and programs: a bar on a terminal, log lines in a pipe, and with `--json` the
//! status document after every change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Instant,
};

use likeness_core::{
    avatar::{Avatar, PicturesStatus, StageName, State, Status},
    words::Audience,
};
use serde_json::{Value, json};

use super::{
    Output, Progress, Unit,
    gauge::Gauge,
    log::{ENDING, SHOWN},
};
use crate::{clock, failure::Failure, transport::moving::Transfers};

/// A reporter of one job's progress.
pub(crate) struct Narrator<'a> {
    output: &'a Output,
    folder: PathBuf,
    transfers: Transfers,
    gauge: Gauge,
    bar: Option<Progress>,
    log: JobLog,
}

/// A reporter that writes one order's progress into the log.
#[derive(Default)]
pub(crate) struct JobLog {
    told: Option<News>,
    rejected: BTreeSet<String>,
}

/// The last report.
#[derive(Clone, PartialEq)]
struct News {
    stage: StageName,
    message: String,
    code: Option<String>,
    /// Progress in steps of ten percent.
    tenth: u8,
}

impl<'a> Narrator<'a> {
    /// Makes a reporter. `folder` is that of the job's avatar, `transfers` are those of this process.
    pub(crate) fn new(output: &'a Output, folder: PathBuf, transfers: Transfers) -> Self {
        Self { output, folder, transfers, gauge: Gauge::default(), bar: None, log: JobLog::default() }
    }

    /// Takes these photos for known: a person has seen them named as left out.
    pub(crate) fn after(mut self, left_out: Vec<String>) -> Self {
        self.log.rejected.extend(left_out);
        self
    }

    /// Reports how a training stands, if that is news.
    pub(crate) fn training(&mut self, avatar: &Avatar, attempt: u32) -> Result<(), Failure> {
        let Some(status) = avatar.status(attempt, clock::now(), Audience::Terminal) else { return Ok(()) };
        self.bar("Training", 100, Unit::Percent, status.progress.into(), &status.message);
        if self.log.training(&status) {
            self.output.document(&status_document(&status, &self.folder))?;
        }
        Ok(())
    }

    /// Reports how pictures stand, if that is news.
    pub(crate) fn pictures(&mut self, avatar: &Avatar, number: u32) -> Result<(), Failure> {
        let Some(status) = avatar.pictures_status(number, clock::now()) else { return Ok(()) };
        let count = avatar.generation(number).map_or(1, |pictures| pictures.request.count());
        self.bar("Pictures", count.into(), Unit::Pictures, status.files.len() as u64, &status.message);
        if self.log.pictures(&status) {
            self.output.document(&pictures_document(&status, &self.folder))?;
        }
        Ok(())
    }

    /// Shows the bar of a terminal; in a pipe the log reports.
    fn bar(&mut self, what: &str, total: u64, unit: Unit, done: u64, message: &str) {
        if self.output.shows_bars() {
            let moving = self.gauge.sentence(self.transfers.now(), Instant::now());
            let message = moving.as_deref().unwrap_or(message);
            let bar = self.bar.get_or_insert_with(|| self.output.progress(what, total, unit));
            bar.at(done);
            bar.message(message);
        }
    }
}

impl JobLog {
    /// Reports the training's status, and tells whether it is news and not yet the end, which is the result.
    pub(crate) fn training(&mut self, status: &Status) -> bool {
        // Photos end in any order, so their number does not tell which are new.
        for photo in &status.rejected_photos {
            if self.rejected.insert(photo.photo.clone()) {
                log::warn!(code = photo.code; "{} is left out: {}", photo.photo, photo.message);
            }
        }
        let taken = status.request_id.as_deref().map(|id| taken(id, status.test_mode));
        // The bar counts photos and percents; in the log a line for each would drown the rest.
        let (message, tenth) = match (status.stage, &status.code) {
            (StageName::Preparing, None) => ("The photos are being prepared.".to_owned(), 0),
            (StageName::Training, None) => {
                (format!("{} works on it.", who(status.test_mode)), status.progress / 10)
            }
            _ => (status.message.clone(), 0),
        };
        let news = News { stage: status.stage, message, code: status.code.clone(), tenth };
        self.tell(news, status.status, status.progress, taken)
    }

    /// Reports the status of pictures, and tells whether it is news and not yet the end.
    pub(crate) fn pictures(&mut self, status: &PicturesStatus) -> bool {
        let taken = status.request_id.as_deref().map(|id| taken(id, status.test_mode));
        let news = News {
            stage: status.stage,
            message: status.message.clone(),
            code: status.code.clone(),
            tenth: 0,
        };
        self.tell(news, status.status, 0, taken)
    }

    fn tell(&mut self, news: News, status: State, progress: u8, taken: Option<String>) -> bool {
        let is_over =
            |news: &News| matches!(news.stage, StageName::Done | StageName::Failed | StageName::Cancelled);
        let ended = is_over(&news);
        // An erase takes the result away, and the rest of the order looks as if it had been cancelled.
        if self.told.as_ref().is_some_and(|told| *told == news || is_over(told) && ended) {
            return false;
        }
        let bought_now = taken.filter(|_| {
            let before = self.told.as_ref().map(|told| told.stage);
            news.stage == StageName::Queued && before != Some(StageName::Queued)
        });
        if let Some(taken) = bought_now {
            log::info!("{taken}");
        }
        let percent = if news.tenth > 0 && progress > 0 { format!(" {progress} %") } else { String::new() };
        match (status, &news.code) {
            (State::Error, code) => {
                log::error!(target: ENDING, code = code.as_deref().unwrap_or("failed"); "{}", news.message);
            }
            (State::InProgress, Some(code)) if news.stage == StageName::SubmissionUnclear => {
                log::warn!(target: ENDING, code = code.as_str(); "{}", news.message);
            }
            (State::InProgress | State::Unknown, Some(code)) => {
                log::warn!(target: SHOWN, code = code.as_str(); "{}", news.message);
            }
            (State::Unknown, None) => log::warn!(target: SHOWN, "{}", news.message),
            (State::InProgress | State::Completed, _) => log::info!("{}{percent}", news.message),
        }
        self.told = Some(news);
        !ended
    }
}

fn taken(request_id: &str, test_mode: bool) -> String {
    format!("{} took the order: request {request_id}", who(test_mode))
}

fn who(test_mode: bool) -> &'static str {
    if test_mode { "The simulator" } else { "fal.ai" }
}

/// Makes the status document, with the paths of its files.
pub(crate) fn status_document(status: &Status, folder: &Path) -> Value {
    let mut document = json!(status);
    if let (Some(Value::Object(model)), Some(kept)) = (document.get_mut("model"), &status.model) {
        model.insert("path".to_owned(), json!(folder.join(&kept.file.name).to_string_lossy()));
    }
    document
}

/// Makes the pictures' document, with the paths of the files.
pub(crate) fn pictures_document(status: &PicturesStatus, folder: &Path) -> Value {
    let mut document = json!(status);
    let path = |name: &String| folder.join(name).to_string_lossy().into_owned();
    let paths: Vec<String> = status.files.iter().map(|file| path(&file.name)).collect();
    if let Value::Object(document) = &mut document {
        document.insert("paths".to_owned(), json!(paths));
    }
    document
}
