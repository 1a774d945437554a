//! Placing of a training that the person said yes to: once, whatever other commands do meanwhile.

use likeness_core::avatar::{Avatar, AvatarId, Identity, Moment, Opened, OtherTraining, TrainingRequest};

use super::{found::Job, photos::Named};
use crate::{
    driver::shell::Shell,
    failure::{self, Exit, Failure},
};

/// A requested training.
pub(super) struct Order<'a> {
    pub(super) request: TrainingRequest,
    pub(super) job: Job,
    pub(super) wanted: &'a Identity<'a>,
    pub(super) moment: Moment,
}

impl Order<'_> {
    /// Tells how the request would be answered beside the trainings on record.
    pub(super) fn would_open(&self, known: Option<Avatar>) -> Opened {
        known.unwrap_or_else(|| self.new_avatar()).would_open(&self.request)
    }

    /// Places the training, or carries on with the one that exists. A training that another command placed meanwhile is
    /// carried on; a purchase that the person was not asked about is an error. `told_of` are the other trainings of the
    /// person that the question named, and `attempt` is the last one of this avatar that existed then.
    pub(super) fn place(
        mut self,
        shell: &Shell,
        would: Opened,
        named: &mut Named,
        told_of: &[AvatarId],
        attempt: u32,
    ) -> Result<(Avatar, Opened), Failure> {
        let id = self.job.id;
        let lock = shell.store.lock(id).map_err(failure::storage)?;
        if is_new(would) {
            // Prepared photos are moved only where no other process is at work or has placed the training meanwhile.
            let now = self.would_open(shell.store.load(id).map_err(failure::storage)?);
            let mine = lock.is_some() && now == would;
            self.request.photos = Some(named.placed(&shell.working_folder(id), mine)?);
        }
        let placed = shell.store.update_among(id, |avatar, records| {
            let avatar = avatar.unwrap_or_else(|| self.new_avatar());
            // Only the order that the person was asked about is placed.
            let now = avatar.would_open(&self.request);
            if now != would && !matches!(now, Opened::Resumed | Opened::Ended) {
                return (None, None);
            }
            let last = avatar.trainings().last();
            let is_purchase = is_new(now) || last.is_some_and(|training| training.order.is_unplaced());
            // Another attempt, or another training, that the question did not name is refused too.
            let attempts = last.map_or(0, |training| training.attempt);
            if is_new(now) && attempts != attempt
                || is_purchase && !records.avatars().is_some_and(|all| self.is_as_told(&all, named, told_of))
            {
                return (None, None);
            }
            let (avatar, opened) = avatar.open_training(self.request, &self.moment);
            (Some(avatar.clone()), Some((avatar, opened)))
        });
        drop(lock);
        placed.map_err(failure::storage)?.ok_or_else(changed_meanwhile)
    }

    /// Tells whether nothing was placed, during the question, that the question would have named.
    fn is_as_told(&self, avatars: &[Avatar], named: &Named, told_of: &[AvatarId]) -> bool {
        let others = OtherTraining::among(avatars, self.wanted, self.job.id);
        others.iter().all(|other| told_of.contains(&other.avatar.id()))
            && self.job.is_still_there(avatars, self.wanted, named)
    }

    fn new_avatar(&self) -> Avatar {
        let (person, origin) = (self.request.person.clone(), self.wanted.origin.to_owned());
        Avatar::new(self.job.id, person, self.wanted.test_mode, origin, &self.moment)
    }
}

/// Tells whether the order is a purchase that was never made before.
pub(super) fn is_new(would: Opened) -> bool {
    matches!(would, Opened::Began | Opened::Reopened)
}

/// Makes the failure when another process changed the job between the question and the order.
pub(crate) fn changed_meanwhile() -> Failure {
    Failure::new(Exit::Usage, "job.changed", "the job changed meanwhile")
        .why("another command is at work on it, or on another training of this person")
        .next("run the same command again")
}
