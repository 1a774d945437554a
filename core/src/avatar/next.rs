//! The next step of an avatar.

use std::{iter::once_with, time::Duration};

use super::{
    Avatar, Event, Moment, OrderStep, OrderView, Photo, Stage, Step, TaskId, TaskKind, TrainingJob, Work,
    hosted::Tidying, order::DueQuery, task::Lease,
};
use crate::{
    fal::Account,
    limits::{READ_TIMEOUT, TRANSFER_TIMEOUT},
};

/// Lease for preparing one photo: two transfers, and a hundred times what cleaning the largest takes.
const PHOTO_LEASE: Duration = Duration::from_mins(20);

/// Lease for deleting: some sixty objects, one after the other.
const TIDY_LEASE: Duration = TRANSFER_TIMEOUT;

impl Avatar {
    /// Lets time pass, and takes the next task among those that are `wanted`. The returned state is saved before the
    /// task is done. `account` gives fal's address and the key for its calls.
    #[must_use]
    pub fn advance(
        self,
        account: &Account,
        moment: &Moment,
        wanted: impl Fn(&Self, TaskKind) -> bool,
    ) -> (Self, Step) {
        let avatar = self.after(Event::Woke, moment);
        let step = avatar.next_step(account, moment, wanted);
        let avatar = match &step {
            Step::Begin(task) => avatar.after(Event::Began(task.mark.clone()), moment),
            Step::Wait(_) | Step::Idle => avatar,
        };
        (avatar, step)
    }

    /// Returns the next step among the tasks that are `wanted`. Other tasks wait until a caller wants them, and hold
    /// nothing up.
    pub(super) fn next_step(
        &self,
        account: &Account,
        moment: &Moment,
        wanted: impl Fn(&Self, TaskKind) -> bool,
    ) -> Step {
        let query = DueQuery { account, moment, task: TaskId(self.next_task) };
        let leases = self.running.iter().map(|mark| mark.lease).filter(|lease| *lease > moment.now);
        let mut wake = leases.min();
        let photos = once_with(|| self.of_album(query));
        let orders = self.orders().map(|order| self.of_order(order, query));
        let around = once_with(|| self.tidy(query)).chain(once_with(|| self.notify(query)));
        // Last: no purchase waits for a ledger.
        let around = around.chain(once_with(|| self.tell_ledger(query)));
        for step in photos.chain(orders).chain(around) {
            match step {
                Step::Begin(task) if !wanted(self, task.mark.task_kind) => {}
                Step::Begin(task) => return Step::Begin(task),
                Step::Wait(until) => wake = Some(wake.map_or(until, |wake| wake.min(until))),
                Step::Idle => {}
            }
        }
        wake.map_or(Step::Idle, Step::Wait)
    }

    fn of_order(&self, order: OrderView<'_>, query: DueQuery<'_>) -> Step {
        let running: Vec<OrderStep> = self
            .running_now(query.moment)
            .filter_map(|task_kind| task_kind.order_step().filter(|(key, _)| *key == order.key()))
            .map(|(_, step)| step)
            .collect();
        match order {
            OrderView::Training(training) if matches!(training.order.stage, Stage::Preparing) => {
                self.of_photos(Some(training), query)
            }
            OrderView::Training(training) => {
                training.with_plan(self.id, &self.photos, |plan| training.order.next(&running, plan, query))
            }
            OrderView::Pictures(pictures) => pictures
                .with_plan(self.model_file().as_ref(), |plan| pictures.order.next(&running, plan, query)),
        }
    }

    /// Prepares photos that came on their own before any training asks for them.
    fn of_album(&self, query: DueQuery<'_>) -> Step {
        let last = self.trainings.last();
        let waited_for = last.is_some_and(|training| matches!(training.order.stage, Stage::Preparing));
        if self.hosted.is_none() || waited_for {
            return Step::Idle;
        }
        self.of_photos(None, query)
    }

    fn tidy(&self, query: DueQuery<'_>) -> Step {
        let busy = self.running_now(query.moment).any(|task_kind| task_kind == TaskKind::Tidy);
        match self.tidying(query.moment.now) {
            _ if busy => Step::Idle,
            Tidying::Later(until) => Step::Wait(until),
            tidying => tidying
                .work()
                .map_or(Step::Idle, |work| query.begin(TaskKind::Tidy, work, Lease::Fixed(TIDY_LEASE), None)),
        }
    }

    fn notify(&self, query: DueQuery<'_>) -> Step {
        let busy = self.running_now(query.moment).any(|task_kind| matches!(task_kind, TaskKind::Notify(_)));
        match self.notice(query.moment).filter(|_| !busy) {
            Some(Ok(notice)) => {
                let (order, number) = (notice.order, notice.number);
                let lease = Lease::Fixed(READ_TIMEOUT * 2);
                query.begin(TaskKind::Notify(number), Work::Notify { order, number }, lease, None)
            }
            Some(Err(until)) => Step::Wait(until),
            None => Step::Idle,
        }
    }

    fn tell_ledger(&self, query: DueQuery<'_>) -> Step {
        // One at a time: an older report must not arrive behind a newer one.
        let busy = self.running_now(query.moment).any(|task_kind| matches!(task_kind, TaskKind::Report(_)));
        match self.report(query.moment).filter(|_| !busy) {
            Some(Ok(number)) => {
                let lease = Lease::Fixed(READ_TIMEOUT * 2);
                query.begin(TaskKind::Report(number), Work::Report { number }, lease, None)
            }
            Some(Err(until)) => Step::Wait(until),
            None => Step::Idle,
        }
    }

    /// Lists the tasks under way whose leases are not over.
    pub(super) fn running_now(&self, moment: &Moment) -> impl Iterator<Item = TaskKind> {
        let now = moment.now;
        self.running.iter().filter(move |mark| mark.lease > now).map(|mark| mark.task_kind)
    }

    /// Chooses the next photo to prepare. Photos are the only tasks that run side by side, as many as the shell has
    /// room for.
    fn of_photos(&self, training: Option<&TrainingJob>, query: DueQuery<'_>) -> Step {
        let busy = |index: usize| self.running.iter().any(|mark| mark.task_kind == TaskKind::Photo(index));
        let photos = self.photos.photos();
        let waiting = self.photos.waiting().into_iter().find(|index| !busy(*index));
        let Some((index, photo)) = waiting.and_then(|index| Some((index, photos.get(index)?))) else {
            return Step::Idle;
        };
        if let Some(until) = self.photos_rest(training.map(|training| &training.order), query.moment.now) {
            return Step::Wait(until);
        }
        let under_way = (0..photos.len()).filter(|index| busy(*index)).count();
        if under_way >= self.photo_slots(query.moment) {
            return Step::Idle;
        }
        let work = Work::Prepare { photo: photo.clone(), file: self.prepared_file(index, photo) };
        query.begin(TaskKind::Photo(index), work, Lease::Fixed(PHOTO_LEASE), None)
    }

    /// Names the file of a photo's clean JPEG; the task's number tells repeated ones apart.
    fn prepared_file(&self, index: usize, photo: &Photo) -> String {
        let task = TaskId(self.next_task);
        match (photo.object(), self.bucket_folders.last()) {
            (Some(_), Some(bucket_folder)) => bucket_folder.normalised(index, task).to_string(),
            _ => format!("photo-{task}.jpg"),
        }
    }
}
