//! The laws that hold after every step, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use likeness_core::{
    avatar::{
        Avatar, Order, OrderKey, OrderStep, OrderView, PhotoState, Product, Sha256Sum, Stage, State,
        TaskKind, TaskRecord,
    },
    limits::EXPIRY_AT_FAL,
    time::Timestamp,
    words::Audience,
};

use super::{
    life::{Stop, World},
    person::PERSONAL,
};

/// A law was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation(pub(super) String);

/// The world's own record of every order, against which the avatars' memory is checked.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Orders that fal took, whether or not any avatar learned of it.
    purchases: BTreeMap<(usize, OrderKey), String>,
    /// Orders that were cancelled before they were bought.
    off: BTreeSet<(usize, OrderKey)>,
    /// Progress that was shown, of a training placed at a time.
    shown: BTreeMap<(usize, u32, Timestamp), u8>,
    /// SHA-256 of each file that fal made, by its address there.
    made: BTreeMap<String, Sha256Sum>,
    /// True once the shell found that prepared photos are gone.
    pub(super) files_missing: bool,
}

impl Books {
    pub(super) fn purchase(&self, home: usize, key: OrderKey) -> Option<&str> {
        self.purchases.get(&(home, key)).map(String::as_str)
    }

    pub(super) fn purchases(&self) -> impl Iterator<Item = (usize, OrderKey, &str)> {
        self.purchases.iter().map(|((home, key), id)| (*home, *key, id.as_str()))
    }

    /// Tells whether the sum of the file at this address is written down.
    pub(super) fn knows(&self, address: &str) -> bool {
        self.made.contains_key(address)
    }

    /// Forgets the progress that was shown: an avatar that goes on from an old copy shows less.
    pub(super) fn forget_progress(&mut self) {
        self.shown.clear();
    }

    /// Writes down the sum of a file that fal made.
    pub(super) fn made(&mut self, address: String, sum: Sha256Sum) {
        self.made.insert(address, sum);
    }

    pub(super) fn called_off(&mut self, home: usize, key: OrderKey) {
        self.off.insert((home, key));
    }

    /// Notes that a cancelled order is placed once more.
    pub(super) fn asked_again(&mut self, home: usize, key: OrderKey) {
        self.off.remove(&(home, key));
    }

    /// Checks a purchase at fal: never the second of an order, and never of a cancelled one.
    pub(super) fn bought(&mut self, home: usize, key: OrderKey, request_id: String) -> Result<(), Violation> {
        if self.off.contains(&(home, key)) {
            return broken(format!("{key:?} of home {home} was called off, and then bought"));
        }
        match self.purchases.insert((home, key), request_id) {
            Some(_) => broken(format!("{key:?} of home {home} was bought twice")),
            None => Ok(()),
        }
    }

    /// Checks the beginning of a task: a submit only after its intent was saved, an upload only when it is needed.
    pub(super) fn begins(
        home: usize,
        saved: &Avatar,
        task_kind: TaskKind,
        careless: bool,
        now: Timestamp,
    ) -> Result<(), Violation> {
        let Some((key, step)) = task_kind.order_step() else { return Ok(()) };
        match saved.order(key) {
            Some(OrderView::Training(training)) => begins(&training.order, step, careless, now),
            Some(OrderView::Pictures(pictures)) => begins(&pictures.order, step, careless, now),
            None => broken("no such order".to_owned()),
        }
        .map_err(|Violation(why)| Violation(format!("home {home}, {task_kind:?}: {why}")))
    }

    /// Checks a change of an avatar.
    pub(super) fn look(
        &mut self,
        home: usize,
        before: &Avatar,
        after: &Avatar,
        now: Timestamp,
    ) -> Result<(), Violation> {
        after.orders().try_for_each(|order| self.adopted(home, order))?;
        for training in after.trainings() {
            let (attempt, order) = (training.attempt, &training.order);
            let status = after.status(attempt, now, Audience::Terminal).expect("a status");
            let shown = self.shown.entry((home, attempt, order.ordered_at())).or_default();
            if status.progress < *shown || status.progress > 100 {
                return broken(format!("progress fell from {shown} to {}", status.progress));
            }
            *shown = status.progress;
            let word = serde_json::to_value(status.status).expect("JSON");
            if !["in_progress", "completed", "error", "unknown"].map(Into::into).contains(&word) {
                return broken(format!("the status is {word}"));
            }
            let done = matches!(order.stage(), Stage::Done { .. });
            let forgotten = after.person().is_none();
            if done != (status.status == State::Completed) || done != (status.progress == 100) && !forgotten {
                return broken(format!("the status does not fit the stage: {status:?}"));
            }
            self.whole(home, OrderKey::Training(attempt), order)?;
            let earlier = before.training(attempt).filter(|one| one.order.ordered_at() == order.ordered_at());
            if let Some(earlier) = earlier {
                kept(&earlier.order, order, forgotten)?;
                if !forgotten && after.trainings().last() == Some(training) {
                    self.photos_stay(before, after)?;
                }
            }
        }
        for pictures in after.pictures() {
            self.whole(home, OrderKey::Pictures(pictures.number), &pictures.order)?;
            let earlier = before.generation(pictures.number);
            if let Some(earlier) = earlier {
                kept(&earlier.order, &pictures.order, after.person().is_none())?;
            }
        }
        Ok(())
    }

    /// Checks that a request is held by no order but the one that bought it.
    fn adopted(&self, home: usize, order: OrderView<'_>) -> Result<(), Violation> {
        let (key, Some(held)) = (order.key(), order.request_id()) else { return Ok(()) };
        if self.purchase(home, key) == Some(held.as_str()) {
            return Ok(());
        }
        broken(format!("{key:?} of home {home} holds {held}, which is not what it bought"))
    }

    /// Checks that every kept file, and so every file of a completed order, is what fal made, to the last byte.
    fn whole<G: Product>(&self, home: usize, key: OrderKey, order: &Order<G>) -> Result<(), Violation> {
        let (Stage::Keeping { product, kept, .. } | Stage::Done { product, kept, .. }) = order.stage() else {
            return Ok(());
        };
        for (file, kept) in product.files().iter().zip(kept) {
            if self.made.get(file.url.as_str()).is_some_and(|made| *made != kept.sha256) {
                return broken(format!("{} of {key:?} of home {home} is not what fal made", kept.name));
            }
        }
        Ok(())
    }

    /// Checks that a prepared photo is that photo, and stays ready while its file is there.
    fn photos_stay(&self, before: &Avatar, after: &Avatar) -> Result<(), Violation> {
        for (then, now) in before.photos().photos().iter().zip(after.photos().photos()) {
            match (&then.state, &now.state) {
                (PhotoState::Ready(_), PhotoState::Waiting) if !self.files_missing => {
                    return broken("a prepared photo was forgotten".to_owned());
                }
                (_, PhotoState::Ready(prepared))
                    if now.sha256.is_none_or(|sum| !prepared.file.starts_with(&sum.to_string())) =>
                {
                    return broken(format!("{} is another photo", prepared.file));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl World {
    /// Checks that every task that the saved avatar counts as under way is under way.
    pub(super) fn nobody_waits_for_nothing(&self, home: usize) -> Result<(), Violation> {
        // Only that part of the text is parsed, since this runs after every step.
        let saved = &self.homes[home].saved;
        let list = saved.find(r#""running":["#).expect("a list of tasks") + r#""running":"#.len();
        let running =
            serde_json::Deserializer::from_str(&saved[list..]).into_iter::<Vec<TaskRecord>>().next();
        for mark in running.expect("a list").expect("marks") {
            let in_flight = self.flights.values().any(|flight| flight.is(home, mark.id));
            if mark.lease > self.now && !in_flight {
                return Err(Violation(format!(
                    "{:?} counts as under way, and nobody does it",
                    mark.task_kind
                )));
            }
        }
        Ok(())
    }

    /// Sends a submit, and writes down the purchases that it made.
    pub(super) fn buys(
        &mut self,
        home: usize,
        task_kind: TaskKind,
        call: impl FnOnce(&mut Self),
    ) -> Result<(), Stop> {
        let before = self.fal.accepted().count();
        call(self);
        let bought: Vec<_> = self.fal.accepted().skip(before).map(|job| job.request_id).collect();
        let Some(key) = task_kind.order() else { return Ok(()) };
        for request_id in bought {
            self.note(|| format!("home {home}: fal took {task_kind:?} as {request_id}"));
            self.books.bought(home, key, request_id)?;
        }
        Ok(())
    }
}

fn begins<G: Product>(
    order: &Order<G>,
    step: OrderStep,
    careless: bool,
    now: Timestamp,
) -> Result<(), Violation> {
    match step {
        OrderStep::Submit if !matches!(order.stage(), Stage::Submitting { .. }) && !careless => {
            broken("a submit is sent, and its intent is not saved".to_owned())
        }
        OrderStep::Upload => match order.upload().and_then(|upload| upload.until) {
            Some(until) if until.since(now) >= EXPIRY_AT_FAL / 7 => {
                broken("it is uploaded again, and fal still has it".to_owned())
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Checks that what was whole stays whole.
fn kept<G: Product>(before: &Order<G>, after: &Order<G>, forgotten: bool) -> Result<(), Violation> {
    if forgotten {
        return Ok(());
    }
    if let (Some(then), now) = (before.request_id(), after.request_id())
        && now != Some(then)
    {
        return broken(format!("the purchase {then} was lost: now {now:?}"));
    }
    match (before.stage(), after.stage()) {
        (Stage::Done { kept: then, .. }, Stage::Done { kept: now, .. }) if then == now => Ok(()),
        (Stage::Done { .. }, _) => broken("what was done is undone".to_owned()),
        (
            Stage::Keeping { kept: then, .. },
            Stage::Keeping { kept: now, .. } | Stage::Done { kept: now, .. },
        ) if now.starts_with(then) => Ok(()),
        (Stage::Keeping { .. }, Stage::Failed { .. }) => Ok(()),
        (Stage::Keeping { .. }, _) => broken("kept files are lost".to_owned()),
        _ => Ok(()),
    }
}

/// Checks that nothing personal is left of a forgotten person once everything is at rest.
pub(super) fn forgotten(saved: &str) -> Result<(), Violation> {
    if saved.contains(PERSONAL) { broken(format!("something personal is left: {saved}")) } else { Ok(()) }
}

pub(super) fn broken(why: String) -> Result<(), Violation> {
    Err(Violation(why))
}
