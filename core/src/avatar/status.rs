//! The status document: the view of a job that users get.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Avatar, Generation, JobId, Kept, OrderView, TrainingJob,
    message::Message,
    order::{Accepted, Order, Product, Seen, Stage},
};
use crate::{language::Audience, limits::UNCLEAR_FOR, time::Timestamp};

/// The status document of a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// One of four words, so that monitoring loops end.
    pub status: State,
    /// 0 to 100, never backwards.
    pub progress: u8,
    /// Sentence that says what is going on.
    pub message: String,
    /// Time of the order.
    pub created_at: Timestamp,
    /// Time of the end.
    pub completed_at: Option<Timestamp>,
    /// Stage of the job.
    pub stage: StageName,
    /// Name of the job.
    pub job: JobId,
    /// fal's id of the request.
    pub request_id: Option<String>,
    /// Number of requests ahead in fal's queue.
    pub queue_position: Option<u64>,
    /// Stable name of the reason for a bad end, or for the present wait.
    pub code: Option<String>,
    /// True if nothing was bought.
    pub test_mode: bool,
    /// The model, once our copy is complete.
    pub model: Option<ModelStatus>,
    /// Photos that were left out, with the reasons.
    pub rejected_photos: Vec<PhotoStatus>,
}

/// The state of a job in four words, so that monitoring loops end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum State {
    /// Under way.
    InProgress,
    /// Complete: the model or the pictures are ours.
    Completed,
    /// Ended without a result.
    Error,
    /// Unknown: fal cannot be reached.
    Unknown,
}

/// The stage of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the documented words of the status document")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Stage"))]
pub enum StageName {
    Preparing,
    Uploading,
    Submitting,
    SubmissionUnclear,
    Queued,
    Training,
    Generating,
    Collecting,
    Done,
    Cancelled,
    Failed,
}

/// A model of which we have a copy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ModelStatus {
    /// The word that calls the person in a prompt.
    pub trigger_phrase: String,
    /// Our copy of the model's file.
    pub file: Kept,
    /// Address of fal's copy, which ends a week after the training.
    pub url: Url,
}

/// A photo that was left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "RejectedPhoto"))]
pub struct PhotoStatus {
    /// Name of the photo.
    pub photo: String,
    /// Stable name of the reason.
    pub code: &'static str,
    /// Sentence that gives the reason.
    pub message: String,
    /// Advice: what to do about the photo.
    pub advice: &'static str,
    /// Name of the photo that stays instead, for a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
}

/// The status document of pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PicturesStatus {
    /// One of four words.
    pub status: State,
    /// Sentence that says what is going on.
    pub message: String,
    /// Time of the order.
    pub created_at: Timestamp,
    /// Stage of the order.
    pub stage: StageName,
    /// Number of the order in the avatar.
    pub number: u32,
    /// fal's id of the request.
    pub request_id: Option<String>,
    /// Number of requests ahead in fal's queue.
    pub queue_position: Option<u64>,
    /// Stable name of the reason for a bad end.
    pub code: Option<String>,
    /// True if nothing was bought.
    pub test_mode: bool,
    /// Random seed, to get the same pictures again.
    pub seed: u32,
    /// Prompt that fal was sent, with the trigger phrase.
    pub prompt: String,
    /// Our copies of the files, in fal's order.
    pub files: Vec<Kept>,
    /// Indices, from 0, of the files that fal's safety filter blanked. They were paid for.
    pub blanked: Vec<usize>,
}

/// Number of looks in a row that must fail before a job counts as unreachable: one lost answer is no news.
pub(crate) const LOOKS_BEFORE_UNKNOWN: u32 = 3;

/// The part of an order that both documents show.
pub(super) struct OrderStatus<'a> {
    pub(super) state: State,
    pub(super) stage: StageName,
    message: Message<'a>,
    pub(super) code: Option<String>,
    pub(super) completed_at: Option<Timestamp>,
    queue_position: Option<u64>,
}

impl Avatar {
    /// Makes the status document of this attempt. The advice on photos that were left out is for `audience`.
    #[must_use]
    pub fn status(&self, attempt: u32, now: Timestamp, audience: Audience) -> Option<Status> {
        let training = self.training(attempt)?;
        let order = &training.order;
        let told = OrderView::Training(training).status(now);
        let message = match &order.stage {
            Stage::Preparing if order.retry.is_none() => {
                let of = self.photos.photos().len();
                Message::Photo { number: (self.photos.settled() + 1).min(of), of }
            }
            _ => told.message,
        };
        let model = match &order.stage {
            Stage::Done { product, kept, .. } => kept.first().map(|file| ModelStatus {
                trigger_phrase: training.config.trigger(self.id).to_string(),
                file: file.clone(),
                url: product.lora.url.clone(),
            }),
            _ => None,
        };
        Some(Status {
            status: told.state,
            progress: training.progress.max(self.progress_of(training, now)),
            message: self.told(message),
            created_at: order.ordered_at,
            // The clock may have been set back meanwhile.
            completed_at: told.completed_at.map(|at| at.max(order.ordered_at)),
            stage: told.stage,
            job: JobId { avatar: self.id, attempt },
            request_id: order.request_id().map(ToString::to_string),
            queue_position: told.queue_position,
            code: told.code,
            test_mode: self.test_mode,
            model,
            rejected_photos: self.rejected_photos(audience),
        })
    }

    /// Makes the status document of these pictures.
    #[must_use]
    pub fn pictures_status(&self, number: u32, now: Timestamp) -> Option<PicturesStatus> {
        let pictures = self.pictures.iter().find(|pictures| pictures.number == number)?;
        let Generation { order, request, seed, .. } = pictures;
        let told = OrderView::Pictures(pictures).status(now);
        let (files, blanked) = match &order.stage {
            Stage::Keeping { product, kept, .. } | Stage::Done { product, kept, .. } => {
                let blanked = product.images.iter().enumerate().filter(|(_, image)| image.blanked);
                (kept.clone(), blanked.map(|(index, _)| index).collect())
            }
            _ => (Vec::new(), Vec::new()),
        };
        Some(PicturesStatus {
            status: told.state,
            message: self.told(told.message),
            created_at: order.ordered_at,
            stage: told.stage,
            number,
            request_id: order.request_id().map(ToString::to_string),
            queue_position: told.queue_position,
            code: told.code,
            test_mode: self.test_mode,
            seed: *seed,
            prompt: request.prompt().to_owned(),
            files,
            blanked,
        })
    }

    fn told(&self, message: Message<'_>) -> String {
        message.sentence(self.test_mode)
    }

    /// Remembers the progress that was shown, so that progress never goes backwards.
    pub(super) fn show_progress(&mut self, moment: &super::Moment) {
        for place in 0..self.trainings.len() {
            let progress = self.progress_of(&self.trainings[place], moment.now);
            let training = &mut self.trainings[place];
            training.progress = training.progress.max(progress);
        }
    }

    fn progress_of(&self, training: &TrainingJob, now: Timestamp) -> u8 {
        let part = |from: u8, to: u8, done: u64, all: u64| {
            let share = u64::from(to - from) * done.min(all) / all.max(1);
            from + u8::try_from(share).unwrap_or(0)
        };
        match training.order.stage {
            Stage::Preparing => part(0, 20, self.photos.settled() as u64, self.photos.photos().len() as u64),
            Stage::Planned if training.order.upload.is_none() => 20,
            Stage::Planned | Stage::Submitting { .. } | Stage::Unclear { .. } => 30,
            Stage::Accepted(Accepted { seen: Seen::Queued { .. }, .. }) => 32,
            Stage::Accepted(Accepted { seen: Seen::Running { percent: Some(percent), .. }, .. }) => {
                part(35, 90, percent.into(), 100)
            }
            Stage::Accepted(Accepted { seen: Seen::Running { since, percent: None }, .. }) => {
                let elapsed = now.since(since).as_secs();
                // Nears the end without reaching it: two thirds of the way after the expected time.
                part(35, 90, elapsed, elapsed + training_time(training.config.steps()).as_secs() / 2)
            }
            // A cancelled request has only come to its end, not far.
            Stage::Accepted(Accepted { seen: Seen::Ended, .. })
                if training.order.cancel != super::Cancel::NotAsked =>
            {
                0
            }
            Stage::Accepted(Accepted { seen: Seen::Ended, .. }) => 92,
            Stage::Keeping { .. } => 95,
            Stage::Done { .. } => 100,
            // Progress stays where the job ended: the highest value that was shown counts.
            Stage::Failed { .. } | Stage::Cancelled { .. } => 0,
        }
    }

    fn rejected_photos(&self, audience: Audience) -> Vec<PhotoStatus> {
        let left_out = self.photos.photos().iter().zip(self.photos.left_out());
        let status = left_out.filter_map(|(photo, why)| {
            let why = why?;
            Some(PhotoStatus {
                photo: photo.name.clone(),
                code: why.code(),
                message: why.to_string(),
                advice: why.advice(audience),
                duplicate_of: why.duplicate_of().map(str::to_owned),
            })
        });
        status.collect()
    }
}

/// Guesses how long a training takes: fal promises nothing.
#[must_use]
pub fn training_time(steps: u32) -> Duration {
    Duration::from_mins(1) + Duration::from_millis(150) * steps
}

impl<'a> OrderView<'a> {
    /// Names the order's stage.
    pub(super) fn stage_name(self, now: Timestamp) -> StageName {
        self.status(now).stage
    }

    pub(super) fn status(self, now: Timestamp) -> OrderStatus<'a> {
        match self {
            Self::Training(training) => status_of(&training.order, StageName::Training, now),
            Self::Pictures(pictures) => status_of(&pictures.order, StageName::Generating, now),
        }
    }
}

fn status_of<G: Product>(order: &Order<G>, running: StageName, now: Timestamp) -> OrderStatus<'_> {
    let told = |state, stage, message| OrderStatus {
        state,
        stage,
        message,
        code: None,
        completed_at: None,
        queue_position: None,
    };
    let going = |stage, message| told(State::InProgress, stage, message);
    let mut told = match &order.stage {
        Stage::Preparing => going(StageName::Preparing, Message::Preparing),
        Stage::Planned if order.upload.is_none() => going(StageName::Uploading, Message::Uploading),
        Stage::Planned | Stage::Submitting { .. } => going(StageName::Submitting, Message::Submitting),
        Stage::Unclear { since, why, .. } => {
            let late = now.since(*since) >= UNCLEAR_FOR;
            let state = if late { State::Error } else { State::InProgress };
            OrderStatus {
                code: Some("submission_unclear".to_owned()),
                ..told(state, StageName::SubmissionUnclear, Message::Unclear(why))
            }
        }
        Stage::Accepted(accepted) => status_of_accepted(accepted, running),
        Stage::Keeping { .. } => going(StageName::Collecting, Message::Keeping),
        Stage::Done { at, .. } => {
            OrderStatus { completed_at: Some(*at), ..told(State::Completed, StageName::Done, Message::Done) }
        }
        Stage::Failed { error, at, .. } => OrderStatus {
            code: Some(error.code().to_owned()),
            completed_at: Some(*at),
            ..told(State::Error, StageName::Failed, Message::Failed(error))
        },
        Stage::Cancelled { at, .. } => OrderStatus {
            code: Some("cancelled".to_owned()),
            completed_at: Some(*at),
            ..told(State::Error, StageName::Cancelled, Message::Cancelled)
        },
    };
    if let Some(retry) = &order.retry
        && !order.ended()
    {
        told.message = Message::TriedAgain(&retry.error);
        told.code.get_or_insert_with(|| retry.error.code().to_owned());
        let bought = matches!(order.stage, Stage::Accepted(_) | Stage::Keeping { .. });
        if bought && retry.tries >= LOOKS_BEFORE_UNKNOWN {
            told.state = State::Unknown;
        }
    } else if order.cancel != super::Cancel::NotAsked && !order.ended() {
        told.message = Message::Stopping;
    }
    told
}

fn status_of_accepted(accepted: &Accepted, running: StageName) -> OrderStatus<'static> {
    let (stage, message, queue_position) = match accepted.seen {
        Seen::Queued { position } => (StageName::Queued, Message::Queued { ahead: position }, position),
        Seen::Running { percent, .. } => (running, Message::Running { percent }, None),
        Seen::Ended => (StageName::Collecting, Message::Ended, None),
    };
    OrderStatus { state: State::InProgress, stage, message, code: None, completed_at: None, queue_position }
}

/// Reads from the log lines how far a training of that many steps is. Progress bars of tqdm, the library that trainers
/// use, read `45%|████▌     | 450/1000 [00:14<00:17, 31.0it/s]`; only a bar that counts to `steps` is the training's
/// own.
pub(super) fn percent<'a>(lines: impl Iterator<Item = &'a str>, steps: u32) -> Option<u8> {
    let total = format!("/{steps} [");
    let done = lines.filter_map(|line| {
        let (before, _) = line.rsplit_once(&total)?;
        let start = before.rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |place| place + 1);
        let done: u32 = before.get(start..)?.parse().ok()?;
        u8::try_from(u64::from(done.min(steps)) * 100 / u64::from(steps.max(1))).ok()
    });
    done.last()
}

#[cfg(test)]
mod tests {
    use super::percent;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn only_the_bar_of_the_training_itself_counts() {
        let lines = [
            "Captioning: 100%|██████████| 12/12 [00:04<00:00]",
            " 10%|█         | 100/1000 [00:03<00:29, 31.0it/s]",
            " 45%|████▌     | 450/1000 [00:14<00:17, 31.0it/s]",
            "saving",
        ];
        assert_eq!(percent(lines.into_iter(), 1000), Some(45));
        assert_eq!(percent(lines.into_iter(), 2500), None);
        assert_eq!(percent(["99999999999/7 ["].into_iter(), 7), None);
        assert_eq!(percent(["9/7 ["].into_iter(), 7), Some(100));
    }
}
