//! The simulator's state, as a shell makes and reads it.

use serde::{Deserialize, Serialize};

use super::{
    Plan, clock::Clock, delivery::Delivery, fault::Pending, job::Job, keeping::Keeping, random,
    upload::Upload,
};
use crate::time::Timestamp;

/// fal in a box: the whole state, without keys, models, pictures or large uploads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulator {
    pub(super) plan: Plan,
    pub(super) faults: Pending,
    /// Number of ids that were given out.
    pub(super) counter: u64,
    pub(super) jobs: Vec<Job>,
    pub(super) uploads: Vec<Upload>,
    pub(super) deliveries: Vec<Delivery>,
    #[serde(default)]
    pub(super) clock: Clock,
    /// Work with files that the shell must do before the answer to the last call leaves.
    #[serde(skip)]
    pub(super) keeping: Keeping,
}

/// A request that was accepted: at the real fal, paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// fal's id of the request.
    pub request_id: String,
    /// Endpoint of the model.
    pub endpoint: &'static str,
    /// Time of acceptance.
    pub at: Timestamp,
}

impl Simulator {
    /// Begins with nothing but a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let faults = Pending::new(&plan.faults);
        Self {
            plan,
            faults,
            counter: 0,
            jobs: Vec::new(),
            uploads: Vec::new(),
            deliveries: Vec::new(),
            clock: Clock::default(),
            keeping: Keeping::default(),
        }
    }

    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Changes the simulator's address, when a shell learns its port only after the simulator has begun.
    pub fn move_to(&mut self, base: url::Url) {
        self.plan.base = base;
    }

    /// Sets the durations of this plan for orders from now on.
    pub fn set_pace(&mut self, pace: &Plan) {
        self.plan.queue = pace.queue;
        self.plan.training = pace.training;
        self.plan.generation = pace.generation;
        self.plan.cancelling = pace.cancelling;
    }

    /// Drops all faults that are still to come.
    #[must_use]
    pub fn without_faults(self) -> Self {
        Self { faults: Pending::new(&[]), ..self }
    }

    /// Lists the faults that are still to come.
    #[cfg(test)]
    pub(crate) fn faults_left(&self) -> &[super::Fault] {
        self.faults.left()
    }

    /// Lists every request that was accepted, in order, whether or not the caller learned of it.
    pub fn accepted(&self) -> impl Iterator<Item = Accepted> {
        self.jobs.iter().map(|job| Accepted {
            request_id: job.id.clone(),
            endpoint: job.model.id(),
            at: job.submitted,
        })
    }

    pub(super) fn next_id(&mut self, purpose: &str) -> String {
        self.counter = self.counter.wrapping_add(1);
        random::uuid(self.plan.seed, purpose, self.counter)
    }
}
