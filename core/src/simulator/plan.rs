//! The simulator's plan, which is decided before it begins.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{fault::Fault, random};
use crate::random::Random;

/// The simulator's settings. The same plan and the same calls give the same answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Address of the simulator. A path is allowed and stands before every route.
    pub base: Url,
    /// Addresses in the simulator's answers.
    pub addresses: Addresses,
    /// Seed of every id, picture and model.
    pub seed: u64,
    /// Time that a request waits in the queue.
    pub queue: Duration,
    /// Number of requests ahead when one is submitted; the number falls to 0 while the request waits.
    pub queue_position: u32,
    /// Time that a training runs.
    pub training: Duration,
    /// Time that a generation runs.
    pub generation: Duration,
    /// Time that a running request takes to notice that it was cancelled. A request that ends before has ended
    /// well.
    pub cancelling: Duration,
    /// Delay of an answer that comes late.
    pub late: Duration,
    /// Width of trained models. With FLUX.1's own width a model has about 1 MB.
    #[serde(default = "flux")]
    pub lora_width: usize,
    /// Faults that happen.
    pub faults: Vec<Fault>,
    /// The fewest images a training takes. fal's error list has `archive_file_count_below_minimum`, but the
    /// portrait trainer's page only advises 10 and more; the default, 4, is the least that any of fal's FLUX
    /// trainers names (flux-lora-fast-training: "at least 4 images").
    pub min_images: u32,
    /// Uploads of at most this many bytes are kept in the state and can be fetched again, where the shell keeps no
    /// files. Of larger ones only the length, the digest and the counts of an archive's entries are kept, so that
    /// the state stays small.
    pub keep_uploads_below: u64,
    /// Bytes of uploads that the shell keeps in files of its own, where it keeps any: the newest. See
    /// [`Keeping`](super::Keeping).
    #[serde(default)]
    pub files: Option<u64>,
    /// True if the list of requests shows unfinished ones. fal does not say; without is the harder case.
    pub list_unfinished: bool,
    /// Time when an input that breaks the model's schema is refused.
    pub input_errors: InputErrors,
}

/// Returns the width of FLUX.1's transformer.
fn flux() -> usize {
    3_072
}

/// The addresses that the answers carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addresses {
    /// Addresses below [`Plan::base`], for clients that were told where the simulator is.
    Base,
    /// Addresses at fal's own hosts, for clients whose connections are led here (a proxy with its own certificate).
    Fal,
}

/// The time when an input that breaks the model's schema is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputErrors {
    /// The submit answers 422.
    AtSubmit,
    /// The request is accepted, is COMPLETED, and its result is the 422. fal's webhook page shows a missing
    /// field reported this way.
    InResult,
}

impl Plan {
    /// Plans a quick, faultless fal at this address.
    #[must_use]
    pub fn new(base: Url) -> Self {
        Self {
            base,
            addresses: Addresses::Base,
            seed: 1,
            queue: Duration::from_secs(2),
            queue_position: 3,
            training: Duration::from_secs(30),
            generation: Duration::from_secs(3),
            cancelling: Duration::from_secs(1),
            late: Duration::from_secs(10),
            lora_width: flux(),
            faults: Vec::new(),
            min_images: 4,
            keep_uploads_below: 64 << 10,
            files: None,
            list_unfinished: false,
            input_errors: InputErrors::AtSubmit,
        }
    }

    /// Sets the length of trainings; everything else takes its time in proportion, but never longer than by
    /// default, so that a simulator with short trainings is quick in everything.
    #[must_use]
    pub fn with_training(self, training: Duration) -> Self {
        let usual = Self::new(self.base.clone());
        let share = |time: Duration| {
            let share = training.as_secs_f64() / usual.training.as_secs_f64();
            time.mul_f64(share.clamp(0.0, 1.0))
        };
        Self {
            training,
            queue: share(usual.queue),
            generation: share(usual.generation),
            cancelling: share(usual.cancelling),
            late: share(usual.late),
            ..self
        }
    }

    /// Returns the address of a path at fal's queue.
    pub(super) fn queue_url(&self, path: &str) -> String {
        self.url("https://queue.fal.run", path)
    }

    /// Returns the address of a path at fal's file store.
    pub(super) fn file_url(&self, path: &str) -> String {
        self.url("https://v3b.fal.media", path)
    }

    /// Plans a simulator for a single avatar. `seed` is a fresh random number: an avatar that was erased may come
    /// again, and its requests must have other ids then.
    #[must_use]
    pub fn of_avatar(base: Url, seed: u64, training: Duration) -> Self {
        Self { seed, ..Self::new(base).with_training(training) }
    }

    /// Returns the path of a file that belongs to a request or an upload.
    pub(super) fn file_path(&self, id: &str, name: &str) -> String {
        let words = [
            "elephant", "kangaroo", "koala", "lion", "monkey", "panda", "penguin", "rabbit", "tiger", "zebra",
        ];
        let word = Random::new(random::number(self.seed, "store", id)).pick(&words, "lion");
        format!("/files/b/{word}/{id}_{name}")
    }

    /// Returns the path below [`Plan::base`] of an address in one of our answers; `None` for any other address.
    pub(super) fn own_path<'a>(&self, url: &'a str) -> Option<&'a str> {
        let base = self.base.as_str().trim_end_matches('/');
        let bases = ["https://v3b.fal.media", "https://v3.fal.media", "https://fal.media", base];
        bases.iter().find_map(|base| url.strip_prefix(base)).filter(|path| path.starts_with('/'))
    }

    fn url(&self, fal: &str, path: &str) -> String {
        match self.addresses {
            Addresses::Base => format!("{}{path}", self.base.as_str().trim_end_matches('/')),
            Addresses::Fal => format!("{fal}{path}"),
        }
    }
}
