//! The next step of an avatar.

use std::time::Duration;

use super::{
    Avatar, Event, Generation, Moment, OrderStep, Photo, Stage, Step, Task, TaskId, TaskKind, TaskRecord,
    TrainingJob, Work, hosted::Tidying, order::Next, task::Lease,
};
use crate::{
    fal::Account,
    limits::{READ_TIMEOUT, TRANSFER_TIMEOUT},
    time::Timestamp,
};

/// Lease for preparing one photo: two transfers, and a hundred times what cleaning the largest takes.
const PHOTO_LEASE: Duration = Duration::from_mins(20);

/// Wake the object this soon while a task runs. Leases are far longer, so a dead worker would go unnoticed until one
/// expires.
const LOOK_AFTER: Duration = Duration::from_secs(20);

/// Lease for deleting: some sixty objects, one after the other.
const TIDY_LEASE: Duration = TRANSFER_TIMEOUT;

impl Avatar {
    /// Returns the next step. `account` gives fal's address and the key for its calls.
    #[must_use]
    pub fn next_step(&self, account: &Account, moment: &Moment) -> Step {
        self.next_step_of(account, moment, |_| true)
    }

    /// Lets time pass, and takes the next task among those that are `wanted`. The state that it returns is saved before
    /// the task is done.
    #[must_use]
    pub fn advance(
        self,
        account: &Account,
        moment: &Moment,
        wanted: impl Fn(&Self, TaskKind) -> bool,
    ) -> (Self, Step) {
        let avatar = self.after(Event::Woke, moment);
        let step = avatar.next_step_of(account, moment, |task_kind| wanted(&avatar, task_kind));
        let avatar = match &step {
            Step::Begin(task) => avatar.after(Event::Began(task.mark.clone()), moment),
            Step::Wait(_) | Step::Idle => avatar,
        };
        (avatar, step)
    }

    /// Returns the next step among the tasks that are `wanted`. Other tasks wait until a caller wants them, and hold
    /// nothing up.
    #[must_use]
    pub fn next_step_of(
        &self,
        account: &Account,
        moment: &Moment,
        wanted: impl Fn(TaskKind) -> bool,
    ) -> Step {
        let leases = self.running.iter().map(|mark| mark.lease).filter(|lease| *lease > moment.now);
        let mut wake = leases.min();
        let trainings = self.trainings.iter().map(|training| self.of_training(training, account, moment));
        let pictures = self.pictures.iter().map(|pictures| self.of_pictures(pictures, account, moment));
        let photos = std::iter::once_with(|| self.of_album(moment));
        let around =
            std::iter::once_with(|| self.tidy(moment)).chain(std::iter::once_with(|| self.notify(moment)));
        for (task_kind, next) in photos.chain(trainings).chain(pictures).chain(around) {
            match next {
                Next::Do { .. } if !wanted(task_kind) => {}
                Next::Do { work, lease, token, .. } => {
                    let id = TaskId(self.next_task);
                    let mark = TaskRecord::new(id, task_kind, lease, token, moment.now);
                    return Step::Begin(Box::new(Task { mark, work: *work }));
                }
                Next::Wait(until) => wake = Some(wake.map_or(until, |wake| wake.min(until))),
                Next::Idle => {}
            }
        }
        wake.map_or(Step::Idle, Step::Wait)
    }

    /// Returns the time at which a sleeping object has to be woken. Work that can begin now or is under way is looked
    /// after soon: the process that does it may be gone by then without a trace.
    #[must_use]
    pub fn look_again(
        &self,
        account: &Account,
        moment: &Moment,
        wanted: impl Fn(TaskKind) -> bool,
    ) -> Option<Timestamp> {
        let soon = moment.now.plus(LOOK_AFTER);
        let busy = self.is_running(moment, |_| true);
        match self.next_step_of(account, moment, wanted) {
            Step::Begin(_) => Some(soon),
            Step::Wait(until) if busy => Some(until.min(soon)),
            Step::Wait(until) => Some(until),
            Step::Idle => busy.then_some(soon),
        }
    }

    fn of_training(&self, training: &TrainingJob, account: &Account, moment: &Moment) -> (TaskKind, Next) {
        if matches!(training.order.stage, Stage::Preparing) {
            return self.of_photos(Some(training), moment);
        }
        let attempt = training.attempt;
        let running = self.steps(moment, |task_kind| match task_kind {
            TaskKind::Training(number, step) if number == attempt => Some(step),
            _ => None,
        });
        let next = training
            .with_plan(self.id, &self.photos, |plan| training.order.next(&running, plan, account, moment));
        (TaskKind::Training(attempt, chore_of(&next)), next)
    }

    fn of_pictures(&self, pictures: &Generation, account: &Account, moment: &Moment) -> (TaskKind, Next) {
        let number = pictures.number;
        let running = self.steps(moment, |task_kind| match task_kind {
            TaskKind::Pictures(of, step) if of == number => Some(step),
            _ => None,
        });
        let next = pictures.with_plan(self.model_file().as_ref(), |plan| {
            pictures.order.next(&running, plan, account, moment)
        });
        (TaskKind::Pictures(number, chore_of(&next)), next)
    }

    /// Prepares photos that came on their own before any training asks for them.
    fn of_album(&self, moment: &Moment) -> (TaskKind, Next) {
        let last = self.trainings.last();
        let waited_for = last.is_some_and(|training| matches!(training.order.stage, Stage::Preparing));
        if self.hosted.is_none() || waited_for {
            return (TaskKind::Photo(0), Next::Idle);
        }
        self.of_photos(None, moment)
    }

    fn tidy(&self, moment: &Moment) -> (TaskKind, Next) {
        let busy = self.is_running(moment, |task_kind| task_kind == TaskKind::Tidy);
        let next = match self.tidying(moment.now) {
            _ if busy => Next::Idle,
            Tidying::Later(until) => Next::Wait(until),
            tidying => tidying.work().map_or(Next::Idle, |work| around(work, TIDY_LEASE)),
        };
        (TaskKind::Tidy, next)
    }

    fn notify(&self, moment: &Moment) -> (TaskKind, Next) {
        let busy = self.is_running(moment, |task_kind| matches!(task_kind, TaskKind::Notify(_)));
        match self.notice(moment).filter(|_| !busy) {
            Some(Ok(notice)) => {
                let (order, number) = (notice.order, notice.number);
                (TaskKind::Notify(number), around(Work::Notify { order, number }, READ_TIMEOUT * 2))
            }
            Some(Err(until)) => (TaskKind::Notify(0), Next::Wait(until)),
            None => (TaskKind::Notify(0), Next::Idle),
        }
    }

    fn is_running(&self, moment: &Moment, is: impl Fn(TaskKind) -> bool) -> bool {
        self.running.iter().any(|mark| mark.lease > moment.now && is(mark.task_kind))
    }

    /// Chooses the next photo to prepare. Photos are the only tasks that run side by side, as many as the shell has
    /// room for.
    fn of_photos(&self, training: Option<&TrainingJob>, moment: &Moment) -> (TaskKind, Next) {
        let busy = |index: usize| self.running.iter().any(|mark| mark.task_kind == TaskKind::Photo(index));
        let photos = self.photos.photos();
        let waiting = self.photos.waiting().into_iter().find(|index| !busy(*index));
        let under_way = (0..photos.len()).filter(|index| busy(*index)).count();
        let resting = self.photos_rest(training.map(|training| &training.order), moment.now);
        let index = waiting.unwrap_or(0);
        let next = match (resting, waiting.and_then(|at| photos.get(at))) {
            (Some(until), Some(_)) => Next::Wait(until),
            (None, Some(photo)) if under_way < self.photo_slots(moment) => Next::Do {
                step: OrderStep::Upload,
                work: Box::new(Work::Prepare {
                    photo: photo.clone(),
                    file: self.prepared_file(index, photo),
                }),
                lease: Lease::Fixed(PHOTO_LEASE),
                token: None,
            },
            _ => Next::Idle,
        };
        (TaskKind::Photo(index), next)
    }

    /// Names the file of a photo's clean JPEG; the task's number tells repeated ones apart.
    fn prepared_file(&self, index: usize, photo: &Photo) -> String {
        let task = TaskId(self.next_task);
        match (photo.object(), self.bucket_folders.last()) {
            (Some(_), Some(bucket_folder)) => bucket_folder.normalised(index, task).to_string(),
            _ => format!("photo-{task}.jpg"),
        }
    }

    fn steps(&self, moment: &Moment, of: impl Fn(TaskKind) -> Option<OrderStep>) -> Vec<OrderStep> {
        let running = self.running.iter().filter(|mark| mark.lease > moment.now);
        running.filter_map(|mark| of(mark.task_kind)).collect()
    }
}

/// Makes a task beside the orders.
fn around(work: Work, lease: Duration) -> Next {
    Next::Do { step: OrderStep::Look, work: Box::new(work), lease: Lease::Fixed(lease), token: None }
}

fn chore_of(next: &Next) -> OrderStep {
    match next {
        Next::Do { step, .. } => *step,
        Next::Wait(_) | Next::Idle => OrderStep::Look,
    }
}
