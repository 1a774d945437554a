//! Transitions of an avatar: the state that follows an event.

use super::{
    Avatar, Bought, Cancel, Command, Consent, Event, FolderPart, Moment, OrderKey, OrderStep, OrderView,
    Outcome, PhotoSet, PhotoState, PrepareError, Prepared, Stage, TaskId, TaskKind, TaskRecord,
    order::{Happened, Order, Product, lacks_files},
};
use crate::{
    error::{Error, StorageError, StorageErrorKind},
    fal::submit::Unclear,
    limits::SIGNED_FOR,
    retry::RetryState,
    storage::BucketFolder,
    time::Timestamp,
};

impl Avatar {
    /// Applies an event and returns the avatar's next state.
    #[must_use]
    pub fn after(mut self, event: Event, moment: &Moment) -> Self {
        self.show_progress(moment);
        match event {
            Event::Began(mark) => self.began(mark, moment),
            Event::Ended(id, outcome) => self.task_ended(id, outcome, moment),
            Event::Progressed(id) => self.task_progressed(id, moment),
            Event::Restarted => self.lose(|_| true, Unclear::Interrupted, moment),
            Event::Woke => self.lose(|mark| mark.lease <= moment.now, Unclear::TimedOut, moment),
            Event::Webhook { request_id, token } => {
                let named = || Happened::Named { request_id: request_id.clone(), token };
                self.every_order(named, moment);
            }
            Event::Cleared { bucket_folder, what } => self.cleared(&bucket_folder, what, moment),
            Event::Copied(attempt) => self.copied(attempt),
            Event::Asked(command) => self.asked(command, moment),
        }
        self.settle_photos(moment);
        for (order, error) in self.hopeless() {
            self.order_happened(order, Happened::Unworkable(error), moment);
        }
        if self.person.is_none() {
            self.forget();
        }
        self.show_progress(moment);
        self.note_changes(moment.now);
        self.note_entry(moment.now);
        self
    }

    /// Notes that a file of the avatar may be written until this moment.
    fn may_be_written_until(&mut self, until: Timestamp) {
        if let Some(hosted) = &mut self.hosted {
            hosted.signed_until = hosted.signed_until.max(Some(until));
        }
    }

    /// Extends the lease of a transfer whose bytes move. A lease that has expired stays expired.
    fn task_progressed(&mut self, id: TaskId, moment: &Moment) {
        let alive = |mark: &&mut TaskRecord| mark.id == id && mark.lease > moment.now;
        if let Some(mark) = self.running.iter_mut().find(alive) {
            mark.progressed(moment.now);
        }
    }

    fn began(&mut self, mark: TaskRecord, moment: &Moment) {
        self.next_task = self.next_task.max(mark.id.0.saturating_add(1));
        let (task_kind, token) = (mark.task_kind, mark.token);
        if let TaskKind::Photo(_) = task_kind {
            self.bucket_folders.iter_mut().for_each(|bucket_folder| bucket_folder.working = true);
        }
        if task_kind.writes() {
            self.may_be_written_until(moment.now.plus(SIGNED_FOR));
        }
        self.running.push(mark);
        self.step_happened(task_kind, |step| Happened::Began { step, token }, moment);
    }

    /// Forgets the files of a folder that was deleted. While tasks of photos run, they may still write there.
    fn cleared(&mut self, cleared: &BucketFolder, what: FolderPart, moment: &Moment) {
        let writes = |mark: &TaskRecord| mark.task_kind.writes() && mark.lease > moment.now;
        let written = self.running.iter().any(writes);
        for bucket_folder in
            self.bucket_folders.iter_mut().filter(|bucket_folder| bucket_folder.is_same_place(cleared))
        {
            bucket_folder.working = written;
        }
        if written {
            // A writer that is still under way is waited for: deleting in a loop until it ends would keep the bucket
            // busy.
            let place = cleared.prefix().to_string();
            self.tidied(Err(StorageError::new(StorageErrorKind::Busy, place)), moment);
            return;
        }
        if what != FolderPart::Everything {
            return;
        }
        if self.person.is_some() {
            self.photos_cleared();
        } else if self.hosted.as_ref().is_none_or(|hosted| hosted.nothing_signed(moment.now)) {
            self.bucket_folders.retain(|bucket_folder| !bucket_folder.is_same_place(cleared));
        }
    }

    fn copied(&mut self, attempt: u32) {
        for training in self.trainings.iter_mut().filter(|training| training.attempt == attempt) {
            if let Stage::Done { kept, .. } = &mut training.order.stage
                && let Some(file) = kept.first_mut()
            {
                file.copy.clone_from(&training.copy_to);
            }
        }
    }

    fn task_ended(&mut self, id: TaskId, outcome: Outcome, moment: &Moment) {
        let Some(place) = self.running.iter().position(|mark| mark.id == id) else { return };
        let task_kind = self.running.remove(place).task_kind;
        if task_kind.writes() {
            // The listing that the deletion works from may have been made before the last byte was written.
            self.may_be_written_until(moment.now);
        }
        match (task_kind, outcome) {
            (TaskKind::Photo(index), Outcome::Prepared(result)) => {
                self.photo_ended(index, id, result, moment);
                self.photos_settled();
            }
            (TaskKind::Training(attempt, _), outcome) if lacks_files(&outcome).is_some() => {
                if let Some(error) = lacks_files(&outcome) {
                    self.prepare_again(attempt, error.clone(), moment);
                }
            }
            (TaskKind::Tidy, Outcome::Cleared { bucket_folder, what, result }) => {
                let cleared = result.is_ok();
                self.tidied(result, moment);
                match bucket_folder.filter(|_| cleared) {
                    Some(bucket_folder) => self.cleared(&bucket_folder, what, moment),
                    None if cleared => self.photos_cleared(),
                    None => {}
                }
            }
            (TaskKind::Tidy, Outcome::Discarded { sources, result }) => {
                self.discarded(&sources, result, moment);
            }
            (TaskKind::Notify(number), Outcome::Notified(result)) => self.notified(number, result, moment),
            (TaskKind::Report(number), Outcome::Reported(result)) => self.reported(number, result, moment),
            (task_kind, outcome) => {
                let held = self.request_ids().cloned().collect();
                self.step_happened(task_kind, |step| Happened::Ended { step, outcome, held }, moment);
            }
        }
    }

    /// Marks tasks as lost. A lost submit stays known, since its answer may still come.
    fn lose(&mut self, is_lost: impl Fn(&TaskRecord) -> bool, why: Unclear, moment: &Moment) {
        let (lost, running) = std::mem::take(&mut self.running).into_iter().partition(is_lost);
        self.running = running;
        let lost: Vec<TaskRecord> = lost;
        for mark in lost {
            self.step_happened(mark.task_kind, |step| Happened::Lost { step, why }, moment);
            if why != Unclear::TimedOut {
                continue;
            }
            if let Some(latest) = mark.latest.filter(|_| mark.task_kind.writes()) {
                // The shell has not said that the transfer ended, so it may go on for as long as its longest lease.
                self.may_be_written_until(latest);
            }
            if mark.is_submit() {
                self.running.push(mark);
            }
        }
    }

    fn asked(&mut self, command: Command, moment: &Moment) {
        let (order, happened) = match command {
            Command::Look(order) => (order, Happened::LookAsked),
            Command::Cancel(order) => (order, Happened::CancelAsked),
            Command::Resolve(order, request_id) => (order, Happened::Resolved(request_id)),
            Command::NotAccepted(order) => (order, Happened::NotAccepted),
            Command::Delivered(number) => {
                for pictures in self.pictures.iter_mut().filter(|pictures| pictures.number == number) {
                    pictures.delivered |= matches!(pictures.order.stage, Stage::Done { .. });
                }
                return;
            }
            Command::Erase => {
                self.every_order(|| Happened::CancelAsked, moment);
                self.person = None;
                if let Some(hosted) = &mut self.hosted {
                    hosted.consent = Consent::NotAsked;
                    // Everything is deleted at once, and again when nothing can be written any more.
                    self.bucket_folders.iter_mut().for_each(|bucket_folder| bucket_folder.working = true);
                }
                return;
            }
        };
        self.order_happened(order, happened, moment);
    }

    fn photo_ended(
        &mut self,
        index: usize,
        task: TaskId,
        result: Result<Prepared, PrepareError>,
        moment: &Moment,
    ) {
        let state = match result {
            Ok(prepared) => {
                if let Some(photo) = self.photos.photo_mut(index) {
                    photo.sha256 = photo.sha256.or(prepared.original);
                }
                PhotoState::Ready(prepared)
            }
            Err(PrepareError::Photo(problem)) => PhotoState::Rejected(problem),
            Err(PrepareError::Busy) => return self.photo_not_begun(moment),
            Err(PrepareError::Cramped { needed, free }) => {
                return self.photo_cramped(index, (needed, free), moment);
            }
            Err(PrepareError::Crashed) => return self.photo_crashed(index, task, moment),
            Err(PrepareError::Storage(error)) => {
                if let Some(problem) = self.photo_lost(&error) {
                    if let Some(photo) = self.photos.photo_mut(index) {
                        photo.state = PhotoState::Rejected(problem);
                    }
                    return;
                }
                if !self.photos_waited_for() {
                    return self.retry_album_after(error, moment);
                }
                let Some(training) = self.trainings.last() else { return };
                // Several photos at a time fail for one reason, which counts as one try.
                let rests = |retry: &RetryState| retry.rests_until(moment.now).is_some();
                if !training.order.retry.as_ref().is_some_and(rests) {
                    let order = OrderKey::Training(training.attempt);
                    self.order_happened(order, Happened::Troubled(Error::Storage(error)), moment);
                }
                return;
            }
        };
        if let (PhotoState::Ready(_), Some(training)) = (&state, self.trainings.last_mut()) {
            training.order.retry = None;
        }
        if let Some(photo) = self.photos.photo_mut(index) {
            photo.state = state;
        }
    }

    /// Decides, once no photo waits, whether the photos make a set.
    fn settle_photos(&mut self, moment: &Moment) {
        let Some(training) = self.trainings.last_mut() else { return };
        if !matches!(training.order.stage, Stage::Preparing) {
            return;
        }
        let limits = training.config.photos();
        let set = match self.photos.worth_preparing(limits) {
            Ok(()) if !self.photos.waiting().is_empty() => return,
            Ok(()) => self.photos.dataset(limits).map(drop),
            Err(error) => Err(error),
        };
        match set {
            Ok(()) => {
                training.order.stage = Stage::Planned;
                training.order.retry = None;
            }
            Err(error) => {
                let order = OrderKey::Training(training.attempt);
                self.order_happened(order, Happened::Unworkable(Error::Data(error)), moment);
            }
        }
    }

    /// Prepares the photos again after the prepared ones vanished, a limited number of times. A report from an attempt
    /// that is over is ignored: by now the photos may be another attempt's.
    fn prepare_again(&mut self, attempt: u32, error: StorageError, moment: &Moment) {
        /// Number of times that vanished photos are prepared again. If they vanish each time, the cause is another one.
        const TIMES: u32 = 3;

        let current = self.trainings.last_mut().filter(|training| training.attempt == attempt);
        if let Some(training) = current.filter(|training| matches!(training.order.stage, Stage::Planned)) {
            training.prepared_again += 1;
            if training.prepared_again > TIMES {
                let unworkable = Happened::Unworkable(Error::Storage(error));
                self.order_happened(OrderKey::Training(attempt), unworkable, moment);
            } else {
                training.order.stage = Stage::Preparing;
                self.photos.prepare_again();
            }
        }
    }

    fn step_happened(
        &mut self,
        task_kind: TaskKind,
        happened: impl FnOnce(OrderStep) -> Happened,
        moment: &Moment,
    ) {
        if let Some((order, step)) = task_kind.order_step() {
            self.order_happened(order, happened(step), moment);
        }
    }

    fn every_order(&mut self, happened: impl Fn() -> Happened, moment: &Moment) {
        let orders: Vec<OrderKey> = self.orders().map(OrderView::key).collect();
        for order in orders {
            self.order_happened(order, happened(), moment);
        }
    }

    fn order_happened(&mut self, order: OrderKey, happened: Happened, moment: &Moment) {
        match order {
            OrderKey::Training(attempt) => {
                let training = self.trainings.iter_mut().find(|training| training.attempt == attempt);
                let Some(training) = training else { return };
                let order = training.order.clone();
                training.order =
                    training.with_plan(self.id, &self.photos, |plan| order.after(happened, plan, moment));
            }
            OrderKey::Pictures(number) => {
                let model = self.model_file();
                let pictures = self.pictures.iter_mut().find(|pictures| pictures.number == number);
                let Some(pictures) = pictures else { return };
                let order = pictures.order.clone();
                pictures.order =
                    pictures.with_plan(model.as_ref(), |plan| order.after(happened, plan, moment));
            }
        }
    }

    /// Removes everything personal once the person was forgotten. A purchase that still runs stays known, so that it is
    /// cancelled as soon as fal names it.
    fn forget(&mut self) {
        self.photos = PhotoSet::default();
        self.forget_hosted();
        self.imported = None;
        for training in &mut self.trainings {
            forget_order(&mut training.order);
            training.config.forget();
            training.copy_to = None;
        }
        for pictures in &mut self.pictures {
            forget_order(&mut pictures.order);
            pictures.request.forget();
        }
    }
}

fn forget_order<G: Product>(order: &mut Order<G>) {
    let (at, request_id) = match &order.stage {
        Stage::Preparing | Stage::Planned => (order.ordered_at, None),
        Stage::Keeping { request_id, taken_at: at, .. } | Stage::Done { request_id, at, .. } => {
            (*at, Some(request_id.clone()))
        }
        Stage::Failed { at, bought: Bought::Ran(request_id), .. } => (*at, Some(request_id.clone())),
        // If fal took the order after all, its webhook names the request by our token, and the request must still be
        // cancelled.
        Stage::Failed { bought: Bought::NotAccepted { .. }, .. }
        | Stage::Cancelled { request_id: None, .. } => {
            order.upload = None;
            order.retry = None;
            order.cancel = Cancel::Asked;
            return;
        }
        Stage::Failed { at, .. } => (*at, None),
        Stage::Submitting { .. } | Stage::Unclear { .. } | Stage::Accepted(_) => {
            if order.cancel == Cancel::NotAsked {
                order.cancel = Cancel::Asked;
            }
            return;
        }
        Stage::Cancelled { at, request_id } => (*at, request_id.clone()),
    };
    order.upload = None;
    order.token = None;
    order.stage = Stage::Cancelled { at, request_id };
    order.retry = None;
}
